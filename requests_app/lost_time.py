"""What an outage of the sweeps means for a promise made or judged after it (fault T2).

Read by the lifecycle.
"""

from datetime import datetime

from mila.outages import outages_since
from requests_app import deadlines
from requests_app.models import Booking, State

SWEEP = "bookings"  # the heartbeat of the sweep that fires them


def with_lost_time(booking: Booking, due: datetime) -> datetime:
    """A due instant counted from `clocks_from_at`, with the time that outages have taken since."""
    assert booking.clocks_from_at is not None
    assert booking.start_at is not None
    for outage in outages_since(SWEEP, booking.clocks_from_at):
        due = deadlines.extended(
            due,
            booking.clocks_from_at,
            outage,
            start_at=booking.start_at,
            zone=booking.timezone,
            policy=booking.policy,
        )
    return due


def search_ends_at(booking: Booking) -> datetime:
    """When dispatch ends (rule D10): by the rule, or by the booking's own clock where an outage has
    moved it on.

    Never after the start, and never asked of a booking without one.
    """
    start_at = booking.start_at or booking.last_start_at
    assert start_at is not None
    limit = deadlines.search_limit(start_at, booking.policy)
    if booking.state == State.SEARCHING and booking.due_at is not None:
        limit = min(max(limit, booking.due_at), start_at)
    return limit


def lay_in_an_outage(booking: Booking, start_at: datetime) -> bool:
    """Whether nobody could tell in time that the visit began: then no one is at fault for it."""
    return any(
        deadlines.lay_inside(start_at, outage, booking.policy)
        for outage in outages_since(SWEEP, start_at)
    )
