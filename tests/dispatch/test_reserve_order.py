"""A lost booking asks those in reserve first, each once (rule L2)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from django.utils.translation import gettext

from accounts import mail_words
from accounts.models import Notification
from dispatch import matching, offers, sweeps
from dispatch.models import Offer, OfferState, Search, Trace
from mila.clock import mila_now
from requests_app import sweeps as booking_sweeps
from requests_app.actions import changes, visit
from requests_app.actions.assigning import assign
from requests_app.lifecycle import Role
from requests_app.models import State
from tests import factories
from tests.cast import next_wall, walk
from tests.dispatch.steps import at, lapse, release, reserves, states, taken, technician

pytestmark = pytest.mark.django_db


def miss_call(booking, who):
    fall_due(booking)
    at(datetime(2026, 11, 25, 8, 0, tzinfo=UTC))  # the call was due at night


def miss_confirm(booking, who):
    visit.record_call(booking.pk, who.pk, by=who.user, channel="phone", reached=True)
    fall_due(booking)


def fall_due(booking):
    booking.refresh_from_db()
    at(booking.due_at)
    assert booking_sweeps.handle_due_booking(booking.pk)


def no_show(booking, who):
    walk_on(booking, who)
    at(booking.last_start_at + timedelta(minutes=30))
    changes.report_no_show(booking.pk, [next_wall(days=3)], role=Role.CUSTOMER, by=booking.customer)


def walk_on(booking, who):
    visit.record_call(booking.pk, who.pk, by=who.user, channel="phone", reached=True)
    visit.confirm(booking.pk, who.pk, by=who.user)


@pytest.mark.parametrize("lost", [miss_call, miss_confirm, release, no_show])
@pytest.mark.parametrize("in_reserve", [True, False])
def test_a_lost_booking_asks_the_one_in_reserve_before_a_better_one(
    lost, in_reserve, wanted, partner, rival_partner
):
    taken(wanted, partner, rival_partner)
    star = technician(star_sum=50, star_count=10)
    if in_reserve:  # else the control: the normal order
        offers.keep_in_reserve(wanted.pk, partner.pk)

    lost(wanted, rival_partner)
    offer = offers.open_next(wanted.pk)

    assert offer.technician_id == (partner.pk if in_reserve else star.pk)
    assert (offer.from_reserve, offer.own_tap) == (in_reserve, False)
    assert Trace.objects.latest("pk").best[0]["reserve"] is in_reserve
    told = Notification.objects.get(kind="offer", round=offer.epoch)
    with translation.override(told.language):
        why = gettext(
            "You kept yourself in reserve for this job. It is free again, and you are asked first."
        )
    assert (why in mail_words.render(told).body) is in_reserve


def test_two_in_reserve_come_in_the_order_of_the_search_then_everybody_else(
    wanted, partner, rival_partner
):
    weak = technician(promises_broken=30)
    star = technician(star_sum=50, star_count=10)
    for who in (star, partner):
        offer = offers.open_next(wanted.pk)
        assert offer.technician_id == who.pk
        lapse(offer)
    held = offers.open_next(wanted.pk)
    offers.decline(held.pk, held.technician_id, reason="far")
    lapse(offers.open_next(wanted.pk))
    walk(wanted, fast := technician(star_sum=50, star_count=10), State.CLAIMED)
    for who in (weak, partner):  # who taps first is not asked first
        offers.keep_in_reserve(wanted.pk, who.pk)
    release(wanted, fast)

    order = [candidate.technician_id for candidate in matching.candidates(wanted, mila_now())]

    assert order == [partner.pk, weak.pk, star.pk, rival_partner.pk]


def test_only_who_may_still_do_it_is_asked(wanted, partner, rival_partner):
    taken(wanted, partner, rival_partner)
    third = technician(promises_broken=30)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    partner.hours.all().delete()
    release(wanted, rival_partner)

    assert offers.open_next(wanted.pk).technician_id == third.pk

    assert reserves() == [partner.pk]  # they may be free again before it is taken


def test_who_looks_at_another_offer_is_asked_when_they_are_free(
    wanted, partner, rival_partner, customer
):
    taken(wanted, partner, rival_partner)
    third = technician(promises_broken=30)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    elsewhere = offers.open_next(factories.placed_booking(customer=customer).pk)
    assert elsewhere.technician_id == partner.pk
    release(wanted, rival_partner)

    first = offers.open_next(wanted.pk)
    offers.decline(elsewhere.pk, partner.pk, reason="far")
    offers.decline(first.pk, third.pk, reason="far")

    assert first.technician_id == third.pk
    assert offers.open_next(wanted.pk).technician_id == partner.pk


def test_the_line_goes_before_the_reserve(wanted, partner, rival_partner, customer):
    taken(wanted, partner, rival_partner)
    third, fourth = technician(promises_broken=30), technician(promises_broken=60)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    elsewhere = offers.open_next(factories.placed_booking(customer=customer).pk)
    release(wanted, rival_partner)
    lapse(offers.open_next(wanted.pk))
    held = offers.open_next(wanted.pk)
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, third.pk)
    offers.decline(elsewhere.pk, partner.pk, reason="far")
    offers.decline(held.pk, fourth.pk, reason="far")

    first = offers.open_next(wanted.pk)
    offers.decline(first.pk, third.pk, reason="far")

    assert first.technician_id == third.pk
    assert offers.open_next(wanted.pk).technician_id == partner.pk


def test_even_a_pool_waits_for_the_reserve_and_opens_after_it(wanted, partner, rival_partner):
    taken(wanted, partner, rival_partner)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    at(wanted.last_start_at - timedelta(hours=5))
    release(wanted, rival_partner)

    offer = offers.open_next(wanted.pk)
    run = Search.objects.get(ended_at=None)
    assert (offer.technician_id, run.pool_at) == (partner.pk, None)
    lapse(offer)

    assert offers.open_next(wanted.pk) is None
    run.refresh_from_db()
    assert run.pool_at == mila_now()


def test_a_pool_does_not_wait_for_one_who_looks_at_another_offer(
    wanted, partner, rival_partner, customer
):
    taken(wanted, partner, rival_partner)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    at(wanted.last_start_at - timedelta(hours=5))
    assert (
        offers.open_next(factories.placed_booking(customer=customer).pk).technician_id == partner.pk
    )
    release(wanted, rival_partner)

    assert offers.open_next(wanted.pk) is None

    assert Search.objects.get(booking=wanted, ended_at=None).pool_at == mila_now()


def test_at_night_nobody_in_reserve_is_woken_and_they_are_asked_in_the_morning(
    wanted, partner, rival_partner
):
    taken(wanted, partner, rival_partner)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    at(datetime(2026, 11, 24, 21, 0, tzinfo=UTC))
    release(wanted, rival_partner)

    assert offers.open_next(wanted.pk) is None

    at(Search.objects.get(ended_at=None).next_at)
    assert offers.open_next(wanted.pk).technician_id == partner.pk


# --- Used once
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["declined", "lapsed", "not_reached"])
def test_an_answer_or_none_ends_their_reserve(end, wanted, partner, rival_partner):
    taken(wanted, partner, rival_partner)
    third = technician(promises_broken=30)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    release(wanted, rival_partner)
    offer = offers.open_next(wanted.pk)

    if end == "declined":
        offers.decline(offer.pk, partner.pk, reason="far")
    else:
        lapse(offer, seen=end == "lapsed")

    assert (states(wanted)[-1], reserves()) == (end, [])
    assert offers.open_next(wanted.pk).technician_id == third.pk


def test_a_window_another_ended_does_not_use_it_up(wanted, partner, rival_partner):
    taken(wanted, partner, rival_partner)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    miss_confirm(wanted, rival_partner)
    offer = offers.open_next(wanted.pk)

    visit.confirm(wanted.pk, rival_partner.pk, by=rival_partner.user)
    offers.withdraw(wanted.pk)

    offer.refresh_from_db()
    assert (offer.state, reserves()) == (OfferState.WITHDRAWN, [partner.pk])
    release(wanted, rival_partner)
    assert offers.open_next(wanted.pk).technician_id == partner.pk


def test_a_silent_lapse_at_night_does_not_use_it_up(wanted, partner, rival_partner):
    taken(wanted, partner, rival_partner)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    release(wanted, rival_partner)
    offer = offers.open_next(wanted.pk)
    Offer.objects.filter(pk=offer.pk).update(silent=True)

    lapse(offer)

    assert reserves() == [partner.pk]


# --- Over
# --------------------------------------------------------------------------------------------------


def rows():
    return list(Offer.objects.order_by("pk").values())


def swept_twice():
    """The second round finds nothing more to do."""
    first, after = sweeps.sweep(), rows()
    assert sweeps.sweep() == 0
    assert rows() == after
    return first


def test_while_it_may_come_back_the_sweep_leaves_it(wanted, partner, rival_partner):
    taken(wanted, partner, rival_partner)
    offers.withdraw(wanted.pk)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    walk_on(wanted, rival_partner)
    at(wanted.last_start_at)
    visit.depart(wanted.pk, rival_partner.pk, by=rival_partner.user)

    assert swept_twice() == 0

    assert reserves() == [partner.pk]


def test_when_the_work_begins_the_sweep_ends_it(wanted, partner, rival_partner):
    taken(wanted, partner, rival_partner)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    walk_on(wanted, rival_partner)
    at(wanted.last_start_at)
    visit.depart(wanted.pk, rival_partner.pk, by=rival_partner.user)
    visit.arrive(wanted.pk, rival_partner.pk, by=rival_partner.user)
    assert swept_twice() == 0  # at the door it may still turn out that nobody came (rule L9)
    visit.start(wanted.pk, rival_partner.pk, by=rival_partner.user)

    assert swept_twice() == 1

    assert reserves() == []


def test_a_cancellation_ends_it(wanted, partner, rival_partner):
    taken(wanted, partner, rival_partner)
    offers.keep_in_reserve(wanted.pk, partner.pk)
    changes.cancel(wanted.pk, role=Role.CUSTOMER, by=wanted.customer)

    offers.withdraw(wanted.pk)

    assert reserves() == []


def taken_from_reserve(booking, who):
    offer = offers.open_next(booking.pk)
    offers.claim(booking.pk, who.pk, rank=offer.wishes[0], by=who.user)


def given_by_hand(booking, who):
    assign(
        booking.pk, who.pk, rank=1, by=factories.UserFactory(is_staff=True), reason="Par téléphone"
    )


@pytest.mark.parametrize("gets_it", [taken_from_reserve, given_by_hand])
def test_who_gets_the_job_is_no_longer_in_reserve_and_the_others_are(
    gets_it, wanted, partner, rival_partner
):
    third = technician(promises_broken=30)
    for who in (partner, rival_partner):
        offer = offers.open_next(wanted.pk)
        assert offer.technician_id == who.pk
        lapse(offer)
    walk(wanted, third, State.CLAIMED)
    for who in (partner, rival_partner):
        offers.keep_in_reserve(wanted.pk, who.pk)
    release(wanted, third)

    gets_it(wanted, partner)
    offers.withdraw(wanted.pk)

    assert reserves() == [rival_partner.pk]
