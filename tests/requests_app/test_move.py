"""Another time: the technician keeps the job if free then, else the search
begins again (rule B9).
"""

from datetime import datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.models import CalendarEntry, CalendarEntryKind
from mila.errors import Refusal
from places.calendar import instant, wall_time
from requests_app.actions.changes import TooLate, move, set_access
from requests_app.lifecycle import BRAND, CUSTOMER, OPS, IllegalMove, Role
from requests_app.models import (
    ADJUSTABLE,
    BEFORE_DEPARTURE,
    Booking,
    BookingContact,
    ClockKind,
    State,
)
from tests.requests_app.booking_states import booking_in, effects, moves, refused, told, unchanged

MONDAY = datetime(2026, 11, 30, 9, 0)
TUESDAY = datetime(2026, 12, 1, 9, 0)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(wall):
    return instant(wall, "Europe/Paris")


def moved(booking, *walls, role=CUSTOMER, by=None):
    return move(booking.pk, walls or [MONDAY], role=role, by=by)


def busy(technician, wall):
    return CalendarEntry.objects.create(
        technician=technician,
        kind=CalendarEntryKind.ABSENCE,
        during=DateTimeTZRange(at(wall), at(wall) + HOUR, "[)"),
    )


# --- Nobody has it yet


@pytest.mark.parametrize("state", [State.SEARCHING, State.UNFILLED])
@pytest.mark.parametrize("role", [CUSTOMER, OPS, BRAND])
def test_open_booking_is_searched_for_at_the_new_times(state, role, now, partner, customer):
    booking = booking_in(state, partner, now)

    found = moved(booking, MONDAY, TUESDAY, role=role, by=customer)

    assert (found.state, found.first_start_at, found.last_start_at) == (
        State.SEARCHING,
        at(MONDAY),
        at(TUESDAY),
    )
    assert found.due_at == at(TUESDAY) - HOUR
    assert list(found.wishes.values_list("rank", "start_at")) == [(1, at(MONDAY)), (2, at(TUESDAY))]
    assert (moves(found), found.events.last().role, told(found)) == (["move_open"], role, ["moved"])
    assert effects() == ["dispatch.withdraw", "dispatch.search"]


# --- Free then


@pytest.mark.parametrize(
    ("state", "target", "name", "jobs"),
    [
        (State.CLAIMED, State.CLAIMED, "move_claimed", []),
        (State.CALLED, State.CALLED, "move_kept", ["dispatch.withdraw"]),
        (State.UNCONFIRMED, State.CALLED, "move_kept", ["dispatch.withdraw"]),
        (State.CONFIRMED, State.CALLED, "move_kept", ["dispatch.withdraw"]),
    ],
)
def test_free_technician_keeps_the_job_with_new_clocks(
    state, target, name, jobs, now, partner, stopped_clock
):
    booking = booking_in(state, partner, now)
    later = now + HOUR
    stopped_clock(later)

    kept = moved(booking, MONDAY, TUESDAY)

    assert (kept.state, kept.technician, kept.start_at, kept.claimed_at) == (
        target,
        partner,
        at(MONDAY),
        now,
    )
    assert kept.clocks_from_at == later
    assert kept.due_at == (later + 12 * HOUR if target == State.CLAIMED else at(MONDAY) - 24 * HOUR)
    assignment = kept.assignments.get()
    assert (assignment.start_at, assignment.ended_at) == (at(MONDAY), None)
    assert assignment.calendar_entry.during == DateTimeTZRange(
        at(MONDAY), at(MONDAY) + 90 * MINUTE, "[)"
    )
    assert (moves(kept), told(kept), effects()) == ([name], ["job_moved", "moved"], jobs)
    kind = ClockKind.CALL_REMINDER if target == State.CLAIMED else ClockKind.CONFIRM_REMINDER
    assert list(kept.clocks.filter(done_at=None).values_list("kind", flat=True)) == [kind]


def test_their_own_slot_does_not_stand_in_the_way(now, partner):
    booking = booking_in(State.CONFIRMED, partner, now)
    half_an_hour_later = wall_time(booking.start_at + 30 * MINUTE, "Europe/Paris")

    assert moved(booking, half_an_hour_later).technician == partner


def test_job_without_a_slot_is_moved_too(now, partner):
    booking = booking_in(State.CONFIRMED, partner, now)
    CalendarEntry.objects.all().delete()

    assert moved(booking).start_at == at(MONDAY)
    assert not CalendarEntry.objects.exists()


@pytest.mark.parametrize(
    ("before", "old_start_counts"), [(24 * HOUR, False), (24 * HOUR - timedelta(seconds=1), True)]
)
def test_start_moved_within_24_hours_of_it_is_remembered(
    before, old_start_counts, now, partner, stopped_clock
):
    booking = booking_in(State.CONFIRMED, partner, now)
    stopped_clock(booking.start_at - before)

    kept = moved(booking)

    assert kept.cancel_start_at == (booking.start_at if old_start_counts else None)


def test_second_move_keeps_the_oldest_start(now, partner, stopped_clock):
    booking = booking_in(State.CONFIRMED, partner, now)
    stopped_clock(booking.start_at - HOUR)
    moved(booking)

    assert moved(booking, TUESDAY).cancel_start_at == booking.start_at


# --- Not free then


@pytest.mark.parametrize("state", sorted(BEFORE_DEPARTURE))
def test_busy_technician_loses_the_job_without_fault(state, now, partner):
    booking = booking_in(state, partner, now)
    busy(partner, MONDAY)

    lost = moved(booking, MONDAY, TUESDAY)

    assert (lost.state, lost.technician, lost.start_at) == (State.SEARCHING, None, None)
    assert (lost.first_start_at, lost.last_start_at) == (at(MONDAY), at(TUESDAY))
    assignment = lost.assignments.get()
    assert (assignment.ended_at, assignment.end, assignment.fault) == (now, "move_lost", False)
    assert CalendarEntry.objects.filter(kind=CalendarEntryKind.JOB).count() == 0
    assert (moves(lost), told(lost)) == (["move_lost"], ["job_lost", "moved"])
    assert effects() == ["dispatch.withdraw", "dispatch.search"]


# --- Repeats and refusals


@pytest.mark.parametrize("state", [State.SEARCHING, *sorted(BEFORE_DEPARTURE)])
def test_repeat_changes_nothing(state, now, partner):
    booking = booking_in(state, partner, now)
    moved(booking, MONDAY, TUESDAY)

    with unchanged(booking):
        moved(booking, MONDAY, TUESDAY)


def test_same_wishes_in_another_order_are_a_move(now, partner):
    booking = booking_in(State.CLAIMED, partner, now)
    moved(booking, MONDAY, TUESDAY)

    assert moved(booking, TUESDAY, MONDAY).start_at == at(TUESDAY)


def test_unfilled_booking_may_be_tried_at_the_same_times_once_more(now, partner):
    booking = booking_in(State.UNFILLED, partner, now)
    walls = [datetime.fromisoformat(wish.wall) for wish in booking.wishes.all()]

    assert moved(booking, *walls).state == State.SEARCHING


@pytest.mark.parametrize("state", [State.SEARCHING, State.CLAIMED, State.CONFIRMED])
@pytest.mark.parametrize(
    "wall",
    [datetime(2026, 11, 29, 9, 0), datetime(2026, 11, 24, 11, 0), datetime(2026, 12, 1, 9, 7)],
)
def test_time_that_cannot_be_booked_is_refused(state, wall, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, Refusal):
        moved(booking, wall)


@pytest.mark.parametrize("role", [Role.PARTNER, Role.SYSTEM])
@pytest.mark.parametrize("state", [State.SEARCHING, State.CLAIMED, State.CONFIRMED])
def test_partner_never_moves_a_date(role, state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        moved(booking, role=role, by=partner.user)


@pytest.mark.parametrize(
    "state", sorted(set(State) - BEFORE_DEPARTURE - {State.SEARCHING, State.UNFILLED})
)
def test_from_the_departure_on_and_before_the_order_is_refused(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        moved(booking)


# --- How to find the door


@pytest.mark.parametrize("state", sorted(ADJUSTABLE))
def test_door_and_signer_may_change_until_the_departure(state, now, partner):
    booking = booking_in(state, partner, now)

    set_access(booking.pk, door_code="B7", at_the_door="Jules")

    contact = BookingContact.objects.get(booking=booking)
    assert (contact.door_code, contact.at_the_door, contact.street) == (
        "B7",
        "Jules",
        "14 rue de l’Exemple",
    )
    assert moves(booking) == []


@pytest.mark.parametrize("state", sorted(set(State) - ADJUSTABLE))
def test_door_is_refused_from_the_departure_on(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, TooLate):
        set_access(booking.pk, door_code="B7", at_the_door="Jules")
    assert Booking.objects.get(pk=booking.pk).contact.door_code == "4180A"
