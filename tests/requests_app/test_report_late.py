"""A quarter of an hour after the start the customer says that nobody is there (rule L9)."""

from datetime import timedelta

import pytest

from mila.clock import mila_now
from requests_app.actions import changes
from requests_app.actions.changes import NotLateYet, report_late
from requests_app.lifecycle import Role
from requests_app.models import FaultKind, State
from tests import cast
from tests.requests_app.booking_states import booking_in, refused, told, unchanged

LATE = timedelta(minutes=15)


@pytest.mark.parametrize("state", [State.UNCONFIRMED, State.CONFIRMED, State.EN_ROUTE])
def test_staff_and_technician_hear_of_it_once(state, now, partner, stopped_clock):
    booking = booking_in(state, partner, now)
    stopped_clock(booking.start_at + LATE)

    report_late(booking.pk)
    with unchanged(booking):
        report_late(booking.pk)

    assert booking.assignments.get().late_said_at == booking.start_at + LATE
    assert [kind for kind in told(booking) if kind.startswith("late_said")] == [
        "late_said",
        "late_said_ops",
    ]
    row = booking.faults.get()
    assert (row.kind, row.evidence["said_at"]) == (
        FaultKind.LATE,
        (booking.start_at + LATE).isoformat(),
    )


def test_who_says_to_be_at_the_door_is_not_late_by_the_customers_word_alone(
    now, partner, stopped_clock
):
    booking = booking_in(State.ARRIVED, partner, now)
    stopped_clock(booking.start_at + LATE)

    report_late(booking.pk)

    assert booking.assignments.get().late_said_at is not None
    assert not booking.faults.exists()


def test_a_second_before_is_refused(now, partner, stopped_clock):
    booking = booking_in(State.CONFIRMED, partner, now)
    stopped_clock(booking.start_at + LATE - timedelta(seconds=1))

    with refused(booking, NotLateYet):
        report_late(booking.pk)


@pytest.mark.parametrize(
    "state", [State.SEARCHING, State.IN_PROGRESS, State.FINISHED, State.SETTLED, State.CANCELLED]
)
def test_where_nobody_is_awaited_it_is_refused(state, now, partner, stopped_clock):
    booking = booking_in(state, partner, now)
    stopped_clock(booking.first_start_at + LATE)

    with refused(booking, NotLateYet):
        report_late(booking.pk)


def test_code_typed_says_that_somebody_is_there(now, partner, stopped_clock):
    booking = booking_in(State.ARRIVED, partner, now)
    booking.assignments.update(code_typed_at=booking.start_at)
    stopped_clock(booking.start_at + LATE)

    with refused(booking, NotLateYet):
        report_late(booking.pk)


def test_new_start_is_not_late_yet(job):
    job.assignments.update(late_said_at=mila_now())

    moved = changes.move(job.pk, [cast.next_wall(9)], role=Role.CUSTOMER, by=None)

    assert moved.assignments.get(ended_at=None).late_said_at is None
