"""Half an hour after the start nobody has come: somebody else, at another time (rule L9)."""

from datetime import datetime, timedelta

import pytest

from accounts.models import CalendarEntry
from places.calendar import Closed, instant
from requests_app.actions import undoing
from requests_app.actions.changes import NotLateYet, report_no_show
from requests_app.lifecycle import BRAND, CUSTOMER, OPS, PARTNER, IllegalMove
from requests_app.models import State
from tests.cast import walk
from tests.requests_app.booking_states import booking_in, effects, moves, refused, told, unchanged

MONDAY = datetime(2026, 11, 30, 9, 0)
LATE = timedelta(minutes=30)


def report(booking, *, role=CUSTOMER, wall=MONDAY):
    return report_no_show(booking.pk, [wall], role=role, by=None)


@pytest.mark.parametrize(
    "state", [State.UNCONFIRMED, State.CONFIRMED, State.EN_ROUTE, State.ARRIVED]
)
@pytest.mark.parametrize("role", [CUSTOMER, OPS])
def test_nobody_came_is_their_fault_and_the_search_begins_again(
    state, role, now, partner, stopped_clock
):
    booking = booking_in(state, partner, now)
    stopped_clock(booking.start_at + LATE)

    again = report(booking, role=role)

    assert (again.state, again.technician) == (State.SEARCHING, None)
    assert again.last_start_at == instant(MONDAY, "Europe/Paris")
    assignment = again.assignments.get()
    assert (assignment.end, assignment.fault) == ("no_show", True)
    assert not CalendarEntry.objects.exists()
    assert (moves(again), told(again)) == (["no_show"], ["moved", "no_show"])
    assert effects() == ["dispatch.withdraw", "dispatch.search"]


@pytest.mark.parametrize("state", [State.CONFIRMED, State.EN_ROUTE])
def test_a_second_before_half_an_hour_is_refused(state, now, partner, stopped_clock):
    booking = booking_in(state, partner, now)
    stopped_clock(booking.start_at + LATE - timedelta(seconds=1))

    with refused(booking, NotLateYet):
        report(booking)


def test_a_code_typed_says_that_somebody_came(now, partner, stopped_clock):
    booking = booking_in(State.ARRIVED, partner, now)
    booking.assignments.update(code_typed_at=booking.start_at)
    stopped_clock(booking.start_at + LATE)

    with refused(booking, NotLateYet):
        report(booking)


def test_arrival_that_was_taken_back_is_no_coming(searching, partner, stopped_clock):
    booking = walk(searching, partner, State.ARRIVED)
    booking = undoing.take_back(booking.pk, partner.pk, by=partner.user, step="arrive")
    stopped_clock(booking.start_at + LATE)

    assert report(booking).state == State.SEARCHING


def test_repeat_changes_nothing(now, partner, stopped_clock):
    booking = booking_in(State.CONFIRMED, partner, now)
    stopped_clock(booking.start_at + LATE)
    report(booking)

    with unchanged(booking):
        report(booking)


@pytest.mark.parametrize("state", [State.SEARCHING, State.UNFILLED, State.CANCELLED])
def test_without_a_partner_nobody_is_late(state, now, partner, stopped_clock):
    booking = booking_in(state, partner, now)
    stopped_clock(booking.first_start_at + LATE)

    with refused(booking, NotLateYet):
        report(booking)


@pytest.mark.parametrize("state", [State.IN_PROGRESS, State.FINISHED, State.SETTLED])
def test_somebody_who_came_is_no_absentee(state, now, partner, stopped_clock):
    booking = booking_in(state, partner, now)
    stopped_clock(booking.start_at + LATE)

    with refused(booking, IllegalMove):
        report(booking)


@pytest.mark.parametrize("role", [PARTNER, BRAND])
def test_other_roles_are_refused(role, now, partner, stopped_clock):
    booking = booking_in(State.CONFIRMED, partner, now)
    stopped_clock(booking.start_at + LATE)

    with refused(booking, IllegalMove):
        report(booking, role=role)


def test_time_that_cannot_be_booked_is_refused(now, partner, stopped_clock):
    booking = booking_in(State.CONFIRMED, partner, now)
    stopped_clock(booking.start_at + LATE)

    with refused(booking, Closed):
        report(booking, wall=datetime(2026, 11, 29, 9, 0))
