"""When each promise of a booking falls due, and from when a move may be made: what the rows of the
lifecycle name.

The arithmetic is `deadlines`'; here are the booking's own facts it is done with.
"""

from datetime import datetime

from requests_app import deadlines
from requests_app.lost_time import with_lost_time
from requests_app.models import Booking, entered_at


def call_due(b: Booking, at: datetime) -> datetime:
    return deadlines.two_clocks(_since(b), _start(b), b.timezone, b.policy).call_due


def confirm_due(b: Booking, at: datetime) -> datetime:
    return with_lost_time(
        b, deadlines.two_clocks(_since(b), _start(b), b.timezone, b.policy).confirm_due
    )


def search_limit(b: Booking, at: datetime) -> datetime:
    return deadlines.search_limit(_last_start(b), b.policy)


def last_start(b: Booking, at: datetime) -> datetime:
    return _last_start(b)


def silence(b: Booking, at: datetime) -> datetime:
    return deadlines.signature_limit_at(at, b.policy)


def call_reminder(b: Booking, at: datetime) -> datetime | None:
    return next_rung(b, at, call_due(b, at))


def confirm_reminder(b: Booking, at: datetime) -> datetime | None:
    return next_rung(b, at, confirm_due(b, at))


def departure_opens(b: Booking) -> datetime:
    return deadlines.may_depart_at(_start(b), b.policy)


def arrival_opens(b: Booking) -> datetime:
    return deadlines.may_arrive_at(_start(b), b.policy)


def late(b: Booking, at: datetime) -> datetime:
    return deadlines.late_at(_start(b), b.policy)


def waited(b: Booking, at: datetime) -> datetime:
    return deadlines.door_wait_ends_at(max(at, _start(b)), b.policy)


def overdue(b: Booking, at: datetime) -> datetime:
    return deadlines.overdue_at(at, b.duration_minutes)


def slot_freed(b: Booking, at: datetime) -> datetime:
    return deadlines.undo_until(at, b.policy)


def waited_on(b: Booking, at: datetime) -> datetime | None:
    """The wait that `start` broke off goes on from the arrival; None where it was over by then, and
    said.
    """
    return _still(waited(b, entered_at(b) or at), at)


def overdue_on(b: Booking, at: datetime) -> datetime | None:
    return _still(overdue(b, entered_at(b) or at), at)


def search_warning(b: Booking, at: datetime) -> datetime:
    """Of a booking that has lost its partner: no doubt is left, but for the first half hour after
    the order.
    """
    return deadlines.search_warning(_last_start(b), b.placed_at or at, b.policy)


def search_warning_of_a_wish(b: Booking, at: datetime) -> datetime:
    """The customer has just chosen the times: there is no doubt yet."""
    return deadlines.search_warning(_last_start(b), at, b.policy)


def signature_reminder(number: int, b: Booking, at: datetime) -> datetime:
    return deadlines.signature_reminders(at, b.policy)[number]


def _since(b: Booking) -> datetime:
    assert b.clocks_from_at is not None
    return b.clocks_from_at


def _start(b: Booking) -> datetime:
    assert b.start_at is not None
    return b.start_at


def _last_start(b: Booking) -> datetime:
    """The claimed start, or the latest wish while nobody has claimed (rule B2)."""
    start = b.start_at or b.last_start_at
    assert start is not None
    return start


def quiet_until(b: Booking, at: datetime) -> datetime | None:
    """The end of the quiet hours of the place that hold this instant; None by day (rule L6)."""
    night = deadlines.night_around(at, b.timezone, b.policy)
    return night[1] if night else None


def next_rung(b: Booking, at: datetime, due: datetime) -> datetime | None:
    """The first rung of the ladder before `due` that is still to come (rule L6)."""
    rungs = (
        deadlines.reminder_at(due, lead, at, b.timezone, b.policy)
        for lead in b.policy.reminder_ladder
    )
    return next((rung for rung in rungs if rung is not None), None)


def _still(due: datetime, at: datetime) -> datetime | None:
    return due if due > at else None
