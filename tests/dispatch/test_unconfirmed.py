"""Unconfirmed a day before the start, the booking may go to others (rule L4)."""

from datetime import timedelta

import pytest

from accounts.models import Notification
from dispatch import offers
from dispatch.models import OfferState, Search
from mila.clock import mila_now
from requests_app import sweeps
from requests_app.actions import visit
from requests_app.models import Assignment, Booking
from tests.cast import claimed
from tests.dispatch.steps import at, lapse, moves, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def late(wanted, partner):
    """Called, not confirmed at the due instant."""
    claimed(wanted, partner)
    booking = visit.record_call(
        wanted.pk, partner.pk, by=partner.user, channel="phone", reached=True
    )
    at(booking.due_at)
    assert sweeps.handle_due_booking(booking.pk)
    booking.refresh_from_db()
    assert booking.state == "unconfirmed"
    return booking


def test_it_is_offered_to_others_and_not_to_them(late, partner, rival_partner):
    offer = offers.open_next(late.pk)

    assert offer.technician_id == rival_partner.pk
    late.refresh_from_db()
    assert (late.technician_id, late.state) == (partner.pk, "unconfirmed")
    assert Assignment.objects.get(ended_at=None).calendar_entry is not None
    with pytest.raises(offers.OfferTaken):
        offers.tap(late.pk, partner.pk)


def test_their_confirmation_ends_the_others_window_without_fault(late, partner, rival_partner):
    offer = offers.open_next(late.pk)

    booking = visit.confirm(late.pk, partner.pk, by=partner.user)
    offers.withdraw(late.pk)

    assert booking.state == "confirmed"
    offer.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN
    assert Search.objects.get(pk=offer.search_id).windows_ended == 0


def test_after_their_confirmation_a_claim_is_too_late_though_its_window_is_still_there(
    late, partner, rival_partner
):
    offer = offers.open_next(late.pk)
    visit.confirm(late.pk, partner.pk, by=partner.user)

    with pytest.raises(offers.OfferTaken):
        offers.claim(late.pk, rival_partner.pk, rank=offer.wishes[0], by=rival_partner.user)

    assert Booking.objects.get(pk=late.pk).technician_id == partner.pk


def test_another_claims_and_the_late_ones_time_and_access_end(late, partner, rival_partner):
    offer = offers.open_next(late.pk)

    booking = offers.claim(late.pk, rival_partner.pk, rank=offer.wishes[0], by=rival_partner.user)

    old, new = Assignment.objects.order_by("pk")
    assert (old.technician_id, old.ended_at, old.end, old.calendar_entry) == (
        partner.pk,
        mila_now(),
        "claim",
        None,
    )
    assert (new.technician_id, new.start_at, new.ended_at) == (
        rival_partner.pk,
        late.start_at,
        None,
    )
    assert not partner.calendar_entries.exists()
    assert (booking.state, booking.technician_id) == ("claimed", rival_partner.pk)
    with pytest.raises(visit.NotYours):
        visit.confirm(late.pk, partner.pk, by=partner.user)


def test_the_late_ones_own_claim_is_no_claim(late, partner):
    with pytest.raises(offers.OfferExpired):
        offers.claim(late.pk, partner.pk, rank=1, by=partner.user)

    assert moves(late)[-1] == "miss_confirm"


def test_nobody_else_and_they_stay_and_ops_are_told(late, partner, rival_partner):
    for _ in range(2):
        lapse(offers.open_next(late.pk))

    assert offers.open_next(late.pk) is None

    late.refresh_from_db()
    assert (late.state, late.technician_id) == ("unconfirmed", partner.pk)
    assert Search.objects.latest("pk").end == "nobody"
    assert Notification.objects.filter(kind="unconfirmed_ops").count() == 1
    assert offers.open_next(late.pk) is None
    assert Notification.objects.filter(kind="unconfirmed_ops").count() == 1


def test_at_the_limit_the_search_ends_and_they_stay(late, partner, rival_partner):
    at(late.start_at - timedelta(hours=1))

    assert offers.open_next(late.pk) is None

    late.refresh_from_db()
    assert (late.state, late.technician_id) == ("unconfirmed", partner.pk)
    assert Search.objects.latest("pk").end == "limit"
    assert states(late) == ["claimed"]
