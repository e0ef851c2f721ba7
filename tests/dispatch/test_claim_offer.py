"""Taken, if it is theirs and the time is not over (rule D3, D4, B2; fault C1, C8, C10, T13)."""

from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.models import CalendarEntry, PartnerProfile, Technician
from dispatch import offers
from dispatch.models import Offer, OfferState, Search
from mila.clock import mila_now
from requests_app.actions.assigning import NoSuchWish, TechnicianBusy
from requests_app.models import Assignment, Booking
from tests import factories
from tests.dispatch.steps import at, lapse, moves, pooled, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(wanted, partner):
    return offers.open_next(wanted.pk)


def take(offer, *, rank=1, who=None):
    who = who or offer.technician
    return offers.claim(offer.booking_id, who.pk, rank=rank, by=who.user)


def refused(error, offer, **kwargs):
    """The claim is refused, and nothing has changed."""
    before = Booking.objects.filter(pk=offer.booking_id).values().get()
    rows = list(Offer.objects.order_by("pk").values())
    with pytest.raises(error):
        take(offer, **kwargs)
    assert Booking.objects.filter(pk=offer.booking_id).values().get() == before
    assert list(Offer.objects.order_by("pk").values()) == rows
    assert "claim" not in moves(offer.booking)
    assert not Assignment.objects.exists()


def test_it_is_theirs(offer, partner):
    booking = take(offer)

    assert (booking.state, booking.technician_id, booking.start_at) == (
        "claimed",
        partner.pk,
        booking.first_start_at,
    )
    offer.refresh_from_db()
    assert (offer.state, offer.ended_at) == (OfferState.CLAIMED, mila_now())
    run = Search.objects.get()
    assert (run.end, run.next_at) == ("claimed", None)
    assert Assignment.objects.get().calendar_entry.during.lower == booking.start_at
    assert moves(booking) == ["place", "claim"]


def test_a_repeat_changes_nothing_and_says_the_same(offer):
    first = take(offer)

    again = [take(offer) for _ in range(20)]

    assert {booking.epoch for booking in again} == {first.epoch}
    assert moves(first) == ["place", "claim"]
    assert Assignment.objects.count() == 1


def test_a_second_before_the_end_is_in_time(offer):
    at(offer.expires_at - timedelta(seconds=1))

    assert take(offer).state == "claimed"


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1)])
def test_from_its_last_instant_on_it_is_over(late, offer):
    at(offer.expires_at + late)

    refused(offers.OfferExpired, offer)


def test_one_that_has_lapsed_is_over(offer):
    lapse(offer)

    refused(offers.OfferExpired, offer)


def test_somebody_elses_window_is_not_theirs(offer, rival_partner):
    refused(offers.NotOffered, offer, who=rival_partner)


def test_in_line_is_not_a_window(wanted, partner, rival_partner):
    pooled(wanted)
    offers.tap(wanted.pk, partner.pk)
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, rival_partner.pk)

    refused(offers.OfferExpired, Offer.objects.get(technician=rival_partner))


def test_a_later_move_has_fenced_it(offer):
    Booking.objects.filter(pk=offer.booking_id).update(epoch=offer.epoch + 1)

    refused(offers.OfferExpired, offer)


def test_a_faster_one_has_it(wanted, partner, rival_partner):
    lapse(offers.open_next(wanted.pk))
    late = Offer.objects.get()
    take(offers.open_next(wanted.pk))

    with pytest.raises(offers.OfferTaken):
        take(late)

    assert moves(wanted) == ["place", "claim"]
    assert Assignment.objects.get().technician_id == rival_partner.pk


def test_busy_meanwhile(offer, partner, wanted):
    CalendarEntry.objects.create(
        technician=partner,
        kind="absence",
        during=DateTimeTZRange(
            wanted.first_start_at, wanted.first_start_at + timedelta(hours=1), "[)"
        ),
    )

    refused(TechnicianBusy, offer)


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (PartnerProfile, {"suspended_at": "now", "suspension_reason": "No show"}),
        (PartnerProfile, {"payable": False}),
        (PartnerProfile, {"papers_valid_until": "now"}),
        (Technician, {"active": False}),
    ],
)
def test_who_may_no_longer_be_asked_may_not_take_it(model, change, offer, partner):
    values = {name: mila_now() if value == "now" else value for name, value in change.items()}
    model.objects.update(**values)

    refused(offers.NotOffered, offer)


def test_without_the_skill_any_more(offer, partner):
    partner.skills.all().delete()

    refused(offers.NotOffered, offer)


def test_papers_that_end_in_a_second_still_hold(offer):
    PartnerProfile.objects.update(papers_valid_until=mila_now() + timedelta(seconds=1))

    assert take(offer).state == "claimed"


def test_a_claim_names_one_of_the_wishes_they_were_shown(offer):
    refused(NoSuchWish, offer, rank=2)


def test_they_may_choose_the_second_wish(still, customer, partner):
    starts = [factories.service_day_at(14), factories.service_day_at(17)]
    offer = offers.open_next(factories.placed_booking(customer=customer, wishes=starts).pk)

    assert offer.wishes == [1, 2]
    assert take(offer, rank=2).start_at == starts[1]


def test_a_place_in_line_written_later_hides_no_open_window(offer):
    Offer.objects.create(
        booking=offer.booking,
        search=offer.search,
        technician=offer.technician,
        epoch=0,
        state="queued",
        distance_m=1,
    )

    assert take(offer).state == "claimed"


def test_states_afterwards(offer, wanted):
    take(offer)

    assert states(wanted) == ["claimed"]
