"""Dispatch ends an hour before the start, or when nobody is left to ask (rule D10)."""

from datetime import timedelta

import pytest

from accounts.models import Notification
from dispatch import offers
from dispatch.models import Search
from mila.clock import mila_now
from requests_app import sweeps
from requests_app.models import Booking
from tests import factories
from tests.dispatch.steps import at, lapse, later, moves, states

pytestmark = pytest.mark.django_db


def state(booking):
    return Booking.objects.get(pk=booking.pk).state


@pytest.mark.parametrize(("early", "ends"), [(timedelta(seconds=1), False), (timedelta(0), True)])
def test_an_hour_before_the_start(early, ends, wanted, partner):
    at(wanted.last_start_at - timedelta(hours=1) - early)

    offers.open_next(wanted.pk)

    run = Search.objects.get()
    assert (run.end, run.ended_at) == (("limit", mila_now()) if ends else ("", None))
    assert state(wanted) == "searching"  # the booking's own clock makes the move
    if ends:
        sweeps.sweep_bookings()
        assert state(wanted) == "unfilled"


def test_nobody_at_all_and_the_customer_is_told(wanted, customer):
    assert offers.open_next(wanted.pk) is None

    assert (state(wanted), Search.objects.get().end) == ("unfilled", "nobody")
    assert moves(wanted) == ["place", "exhaust"]
    assert Notification.objects.filter(kind="unfilled", user=customer).count() == 1


def test_everybody_has_declined(wanted, partner, rival_partner):
    for who in (partner, rival_partner):
        offers.decline(offers.open_next(wanted.pk).pk, who.pk, reason="time")

    assert offers.open_next(wanted.pk) is None

    assert state(wanted) == "unfilled"


def test_everybody_has_declined_or_let_two_windows_lapse(wanted, partner, rival_partner):
    offers.decline(offers.open_next(wanted.pk).pk, partner.pk, reason="time")
    lapse(offers.open_next(wanted.pk))
    assert state(wanted) == "searching"
    lapse(offers.open_next(wanted.pk))

    assert offers.open_next(wanted.pk) is None

    assert state(wanted) == "unfilled"


def test_one_who_was_never_reached_does_not_end_it(wanted, partner):
    for _ in range(5):
        lapse(offers.open_next(wanted.pk), seen=False)

    assert offers.open_next(wanted.pk) is None

    assert state(wanted) == "searching"
    assert Search.objects.get().pool_at is not None
    assert offers.tap(wanted.pk, partner.pk).state == "open"


def test_one_who_is_in_line_gets_their_window_first(wanted, partner, rival_partner):
    lapse(offers.open_next(wanted.pk))
    lapse(offers.open_next(wanted.pk))
    lapse(offers.open_next(wanted.pk))
    held = offers.open_next(wanted.pk)
    assert held.technician_id == rival_partner.pk
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, partner.pk)
    lapse(held)

    assert offers.open_next(wanted.pk).technician_id == partner.pk


def test_a_search_that_has_ended_asks_nobody(wanted, customer):
    offers.open_next(wanted.pk)
    later(seconds=1)
    factories.TechnicianFactory()

    assert offers.open_next(wanted.pk) is None
    assert states(wanted) == []
