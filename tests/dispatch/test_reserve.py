"""Keep me in reserve for a job somebody else has, and take it back (rule L2)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.search import refresh_search_rows
from dispatch import offers
from dispatch.models import Offer, OfferState
from mila.clock import mila_now
from requests_app.actions import changes, visit
from requests_app.lifecycle import Role
from requests_app.models import State
from tests.cast import walk
from tests.dispatch.steps import (
    at,
    lapse,
    later,
    pooled,
    release,
    reserves,
    states,
    taken,
    technician,
)

pytestmark = pytest.mark.django_db


def rows():
    return list(Offer.objects.order_by("pk").values())


# --- In and out
# --------------------------------------------------------------------------------------------------


def test_who_was_asked_keeps_themselves_in_reserve(wanted, partner, rival_partner):
    taken(wanted, partner, rival_partner)

    offer = offers.keep_in_reserve(wanted.pk, partner.pk)

    assert (offer.technician_id, offer.reserve_at, offer.state) == (
        partner.pk,
        mila_now(),
        OfferState.LAPSED,
    )


def test_a_repeat_returns_the_same_one_even_when_confirmed(wanted, partner, rival_partner):
    taken(wanted, partner, rival_partner, until=State.CALLED)
    first = offers.keep_in_reserve(wanted.pk, partner.pk)
    visit.confirm(wanted.pk, rival_partner.pk, by=rival_partner.user)
    later(seconds=1)

    assert offers.keep_in_reserve(wanted.pk, partner.pk) == first

    first.refresh_from_db()
    assert first.reserve_at < mila_now()


def test_they_leave_it_and_come_back(wanted, partner, rival_partner):
    taken(wanted, partner, rival_partner)
    offers.keep_in_reserve(wanted.pk, partner.pk)

    for _ in range(2):
        offers.leave_reserve(wanted.pk, partner.pk)
        assert reserves() == []

    offers.keep_in_reserve(wanted.pk, partner.pk)
    assert reserves() == [partner.pk]


def test_who_stood_in_line_keeps_themselves_in_reserve(wanted, partner, rival_partner):
    pooled(wanted)
    held = offers.tap(wanted.pk, rival_partner.pk)
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, partner.pk)
    offers.claim(wanted.pk, rival_partner.pk, rank=held.wishes[0], by=rival_partner.user)

    # the message that ends the line has not been by
    offer = offers.keep_in_reserve(wanted.pk, partner.pk)

    assert (offer.state, states(wanted)) == (OfferState.WITHDRAWN, ["claimed", "withdrawn"])


# --- Refusals: nothing happens
# ----------------------------------------------------------------------------------------


def declined(booking, late, fast):
    offers.decline(offers.open_next(booking.pk).pk, late.pk, reason="pay")
    walk(booking, fast, State.CLAIMED)


def never_asked(booking, late, fast):
    taken(booking, late, fast)
    Offer.objects.filter(technician=late).delete()


def had_it(booking, late, fast):
    walk(booking, late, State.CLAIMED)
    release(booking, late)
    walk(booking, fast, State.CLAIMED)


def has_it(booking, late, fast):
    walk(booking, late, State.CLAIMED)


def suspended(booking, late, fast):
    taken(booking, late, fast)
    late.partner.suspended_at, late.partner.suspension_reason = mila_now(), "No show"
    late.partner.save()
    refresh_search_rows(late)


def papers_over(booking, late, fast):
    taken(booking, late, fast)
    late.search_rows.update(valid_until=mila_now())


def still_open(booking, late, fast):
    lapse(offers.open_next(booking.pk))


def confirmed(booking, late, fast):
    taken(booking, late, fast, until=State.CONFIRMED)


def cancelled(booking, late, fast):
    taken(booking, late, fast)
    changes.cancel(booking.pk, role=Role.OPS, by=None)


def near(booking, late, fast):
    taken(booking, late, fast)
    at(booking.last_start_at - timedelta(hours=1))


REFUSED = {
    declined: offers.NotOffered,
    never_asked: offers.NotOffered,
    had_it: offers.NotOffered,
    has_it: offers.NotOffered,
    suspended: offers.NotOffered,
    papers_over: offers.NotOffered,
    still_open: offers.ReserveClosed,
    confirmed: offers.ReserveClosed,
    cancelled: offers.ReserveClosed,
    near: offers.ReserveClosed,
}


@pytest.mark.parametrize("scene", REFUSED, ids=lambda scene: scene.__name__)
def test_refused_and_nothing_changed(scene, wanted, partner, rival_partner):
    scene(wanted, partner, rival_partner)
    before = rows()

    with pytest.raises(REFUSED[scene]):
        offers.keep_in_reserve(wanted.pk, partner.pk)

    assert rows() == before


def test_a_second_before_the_search_would_be_over_they_still_may(wanted, partner, rival_partner):
    taken(wanted, partner, rival_partner)
    at(wanted.last_start_at - timedelta(hours=1, seconds=1))

    assert offers.keep_in_reserve(wanted.pk, partner.pk).reserve_at == mila_now()


def test_a_no_of_an_earlier_search_is_not_for_ever(wanted, partner, rival_partner):
    declined(wanted, partner, rival_partner)
    release(wanted, rival_partner)
    lapse(offers.open_next(wanted.pk))
    walk(wanted, technician(), State.CLAIMED)

    assert offers.keep_in_reserve(wanted.pk, partner.pk).state == OfferState.LAPSED


@pytest.mark.parametrize("state", ["open", "queued", "claimed", "declined"])
def test_the_database_refuses_a_reserve_of_any_other_offer(state, wanted, partner):
    offer = lapse(offers.open_next(wanted.pk))

    with pytest.raises(IntegrityError, match="reserve_of_an_untaken_offer"), transaction.atomic():
        Offer.objects.filter(pk=offer.pk).update(state=state, reserve_at=mila_now())


def test_the_database_refuses_a_second_reserve(wanted, partner):
    lapse(offers.open_next(wanted.pk))
    lapse(offers.open_next(wanted.pk))

    with pytest.raises(IntegrityError, match="in_reserve_once"), transaction.atomic():
        Offer.objects.filter(technician=partner).update(reserve_at=mila_now())
