"""Confirmed at latest 24 hours before; late, it counts until somebody else claims (rule L3, L4)."""

from datetime import timedelta

import pytest

from requests_app.actions import visit
from requests_app.lifecycle import IllegalMove
from requests_app.models import ClockKind, State
from tests.requests_app.booking_states import booking_in, effects, moves, refused, told, unchanged


def confirm(booking, technician):
    return visit.confirm(booking.pk, technician.pk, by=technician.user)


@pytest.mark.parametrize(("state", "kept"), [(State.CALLED, 1), (State.UNCONFIRMED, 0)])
def test_confirmation_counts_as_kept_only_in_time(state, kept, now, partner):
    booking = booking_in(state, partner, now)

    confirmed = confirm(booking, partner)

    assert (confirmed.state, confirmed.due_at) == (State.CONFIRMED, None)
    assert list(confirmed.clocks.filter(done_at=None).values_list("kind", "due_at")) == [
        (ClockKind.LATENESS, booking.start_at + timedelta(minutes=15))
    ]
    assert (moves(confirmed), told(confirmed), effects()) == (
        ["confirm"],
        ["confirmed"],
        ["dispatch.withdraw"],
    )
    partner.refresh_from_db()
    assert (partner.promises_kept, partner.promises_broken) == (kept, 0)


def test_late_confirmation_fences_the_offers_that_are_out(now, partner):
    booking = booking_in(State.UNCONFIRMED, partner, now)

    assert confirm(booking, partner).epoch == booking.epoch + 1


def test_repeat_changes_nothing(now, partner):
    booking = booking_in(State.CALLED, partner, now)
    confirm(booking, partner)

    with unchanged(booking):
        confirm(booking, partner)


@pytest.mark.parametrize("state", [State.CLAIMED, State.EN_ROUTE, State.FINISHED])
def test_out_of_turn_is_refused(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        confirm(booking, partner)


@pytest.mark.parametrize("state", [State.CALLED, State.SEARCHING, State.UNCONFIRMED])
def test_stranger_is_refused(state, now, partner, rival_partner):
    booking = booking_in(state, partner, now)

    with refused(booking, visit.NotYours):
        confirm(booking, rival_partner)
