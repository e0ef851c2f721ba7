"""A technician's time is bound to one wish of a booking (rule B2, D1, L4)."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.models import CalendarEntry, CalendarEntryKind
from mila.clock import mila_now
from requests_app.actions.assigning import NoSuchWish, TechnicianBusy, attach
from requests_app.lifecycle import IllegalMove, Role, lock_booking
from requests_app.models import ClockKind, State
from tests.requests_app.booking_states import booking_in, effects, moves, refused, told

MINUTE = timedelta(minutes=1)


def take(booking, technician, *, rank=1, role=Role.PARTNER):
    with transaction.atomic():
        locked = lock_booking(booking.pk)
        return attach(
            locked,
            technician.pk,
            rank=rank,
            move="claim",
            role=role,
            by=technician.user,
            at=mila_now(),
        )


def busy(technician, begins, ends):
    return CalendarEntry.objects.create(
        technician=technician,
        during=DateTimeTZRange(begins, ends, "[)"),
        kind=CalendarEntryKind.ABSENCE,
    )


@pytest.mark.parametrize("rank", [1, 2])
def test_claim_takes_exactly_the_named_wish(rank, now, partner):
    booking = booking_in(State.SEARCHING, partner, now)
    start = booking.wishes.get(rank=rank).start_at

    claimed = take(booking, partner, rank=rank)

    assert (claimed.state, claimed.start_at, claimed.claimed_at, claimed.clocks_from_at) == (
        State.CLAIMED,
        start,
        now,
        now,
    )
    assert (claimed.technician, claimed.partner) == (partner, partner.partner)
    assignment = claimed.assignments.get()
    assert (
        assignment.technician,
        assignment.start_at,
        assignment.claimed_at,
        assignment.ended_at,
    ) == (
        partner,
        start,
        now,
        None,
    )
    assert assignment.calendar_entry.during == DateTimeTZRange(start, start + 90 * MINUTE, "[)")
    assert claimed.due_at == now + timedelta(hours=12)
    assert claimed.clocks.get(done_at=None).kind == ClockKind.CALL_REMINDER
    assert (moves(claimed), effects(), told(claimed)) == (
        ["claim"],
        ["dispatch.withdraw"],
        ["claimed", "job_claimed"],
    )


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (-60 * MINUTE, MINUTE),
        (89 * MINUTE, 120 * MINUTE),
        (10 * MINUTE, 20 * MINUTE),
        (-60 * MINUTE, 200 * MINUTE),
    ],
)
def test_busy_technician_is_refused(begins, ends, now, partner):
    booking = booking_in(State.SEARCHING, partner, now)
    start = booking.wishes.get(rank=1).start_at
    busy(partner, start + begins, start + ends)

    with refused(booking, TechnicianBusy):
        take(booking, partner)


def test_visit_may_begin_where_another_ends_and_end_where_one_begins(now, partner):
    booking = booking_in(State.SEARCHING, partner, now)
    start = booking.wishes.get(rank=1).start_at
    busy(partner, start - 60 * MINUTE, start)
    busy(partner, start + 90 * MINUTE, start + 120 * MINUTE)

    assert take(booking, partner).state == State.CLAIMED


@pytest.mark.parametrize("rank", [0, 3])
def test_claim_that_names_no_wish_is_refused(rank, now, partner):
    booking = booking_in(State.SEARCHING, partner, now)

    with refused(booking, NoSuchWish):
        take(booking, partner, rank=rank)


def test_wish_that_has_begun_is_refused(now, partner, stopped_clock):
    booking = booking_in(State.SEARCHING, partner, now)
    stopped_clock(booking.first_start_at)

    with refused(booking, TechnicianBusy):
        take(booking, partner)


@pytest.mark.parametrize("state", [State.DRAFT, State.CONFIRMED, State.UNFILLED, State.CANCELLED])
def test_booking_nobody_is_asked_about_is_refused(state, now, partner, rival_partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        take(booking, rival_partner)


def test_claim_by_another_role_is_refused(now, partner):
    booking = booking_in(State.SEARCHING, partner, now)

    with refused(booking, IllegalMove):
        take(booking, partner, role=Role.CUSTOMER)


def test_unconfirmed_partner_loses_assignment_and_slot_first(now, partner, rival_partner):
    booking = booking_in(State.UNCONFIRMED, partner, now)

    claimed = take(booking, rival_partner)

    former, present = claimed.assignments.all()
    assert (
        former.technician,
        former.ended_at,
        former.end,
        former.fault,
        former.calendar_entry,
    ) == (
        partner,
        now,
        "claim",
        False,
        None,
    )
    assert (present.technician, present.ended_at) == (rival_partner, None)
    assert not CalendarEntry.objects.filter(technician=partner).exists()
    assert (claimed.technician, claimed.start_at) == (rival_partner, booking.start_at)
    assert told(claimed) == ["claimed", "job_claimed", "job_taken"]


def test_unconfirmed_booking_keeps_its_agreed_start_whatever_wish_is_named(
    now, partner, rival_partner
):
    booking = booking_in(State.UNCONFIRMED, partner, now)

    assert take(booking, rival_partner, rank=2).start_at == booking.start_at


def test_refused_rival_leaves_the_unconfirmed_partner_in_place(now, partner, rival_partner):
    booking = booking_in(State.UNCONFIRMED, partner, now)
    busy(rival_partner, booking.start_at, booking.start_at + MINUTE)

    with refused(booking, TechnicianBusy):
        take(booking, rival_partner)


def test_new_claim_keeps_what_the_customer_s_own_move_made_cancelling_cost(now, partner):
    """Only a move leaves it to a search (tests/requests_app/test_moved_and_cancelled.py)."""
    booking = booking_in(State.SEARCHING, partner, now, cancel_start_at=now)

    assert take(booking, partner).cancel_start_at == now


def test_claim_of_an_unconfirmed_job_begins_anew_with_what_cancelling_costs(
    now, partner, rival_partner
):
    booking = booking_in(State.UNCONFIRMED, partner, now, cancel_start_at=now)

    assert take(booking, rival_partner).cancel_start_at is None
