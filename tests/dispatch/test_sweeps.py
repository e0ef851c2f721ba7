"""What a lost message left behind is found, moved once, and left alone the second time."""

import pytest

from dispatch import offers, sweeps
from dispatch.models import Offer, Search
from mila.clock import mila_now
from requests_app.actions import changes, visit
from requests_app.lifecycle import Role
from tests import factories
from tests.cast import claimed
from tests.dispatch.steps import at, later, states

pytestmark = pytest.mark.django_db


def rows(model):
    return list(model.objects.order_by("pk").values())


def swept_twice():
    """The second round finds nothing more to do."""
    first = sweeps.sweep()
    after = rows(Offer), rows(Search)
    assert sweeps.sweep() == 0
    assert (rows(Offer), rows(Search)) == after
    return first


def test_a_booking_whose_search_was_never_sent(wanted, partner):
    assert swept_twice() == 1

    assert states(wanted) == ["open"]


def test_a_window_that_is_over_and_the_next_one(wanted, partner, rival_partner):
    offer = offers.open_next(wanted.pk)
    at(offer.expires_at)

    assert swept_twice() == 2

    assert states(wanted) == ["not_reached", "open"]


def test_a_second_before_it_there_is_nothing(wanted, partner):
    offer = offers.open_next(wanted.pk)
    at(offer.expires_at)
    later(seconds=-1)

    assert sweeps.sweep() == 0


def test_a_search_after_a_decline(wanted, partner, rival_partner):
    offer = offers.open_next(wanted.pk)
    offers.decline(offer.pk, partner.pk, reason="far")

    assert swept_twice() == 1

    assert states(wanted) == ["declined", "open"]


def test_a_search_that_is_not_due_yet(wanted, partner, customer):
    offers.open_next(factories.placed_booking(customer=customer).pk)
    offers.open_next(wanted.pk)

    assert sweeps.sweep() == 0

    later(seconds=5)
    sweeps.sweep()
    assert Search.objects.get(booking=wanted).next_at > mila_now()


def test_a_window_a_cancellation_has_fenced(wanted, partner, customer):
    offers.open_next(wanted.pk)
    changes.cancel(wanted.pk, role=Role.CUSTOMER, by=customer)

    assert swept_twice() == 1

    assert states(wanted) == ["withdrawn"]
    assert Search.objects.get().end == "over"


def test_a_search_that_outlived_its_booking_without_an_offer(wanted, customer):
    run = Search.objects.create(booking=wanted, round=1, started_at=mila_now())
    changes.cancel(wanted.pk, role=Role.CUSTOMER, by=customer)

    sweeps.sweep()

    run.refresh_from_db()
    assert run.end == "over"


def test_a_fenced_window_whose_time_is_over_is_no_lapse(wanted, partner, customer):
    offer = offers.acknowledge(offers.open_next(wanted.pk).pk, partner.pk)
    changes.cancel(wanted.pk, role=Role.CUSTOMER, by=customer)
    at(offer.expires_at)

    swept_twice()

    assert states(wanted) == ["withdrawn"]


def test_a_booking_that_lost_its_partner(wanted, partner, rival_partner):
    claimed(wanted, partner)
    visit.release(wanted.pk, partner.pk, by=partner.user, reason="Ill")

    assert swept_twice() == 1

    assert Offer.objects.get(state="open").technician_id == rival_partner.pk


def test_a_poisoned_search_stops_nobody_and_comes_again_in_a_minute(
    wanted, partner, customer, caplog
):
    healthy = factories.placed_booking(customer=customer)
    for booking in (wanted, healthy):
        Search.objects.create(booking=booking, round=1, started_at=mila_now(), next_at=mila_now())
    wanted.policy_data = {"offer_window": "two minutes"}
    wanted.save(update_fields=["policy_data"])

    sweeps.sweep()

    assert states(healthy) == ["open"]
    assert Search.objects.get(booking=wanted).next_at > mila_now()
    assert "offer_window" in caplog.text


def test_nothing_to_do_costs_eight_queries(db, django_assert_num_queries):
    with django_assert_num_queries(8):
        assert sweeps.sweep() == 0
