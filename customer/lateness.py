"""Somebody is late: what the customer sees of it, and the technician sees
that they see (rule L9).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from requests_app import deadlines
from requests_app.actions import changes
from requests_app.models import Booking

SOON = timedelta(hours=5)  # a page left open looks again by itself at the next of the two instants


@dataclass(frozen=True)
class Lateness:
    """`late`: the agreed time is long past. `said_at`: the customer has told us.

    `out`: both ways out are open.
    """

    late: bool
    since_at: datetime
    lateness_cancel_at: datetime
    said_at: datetime | None
    out: bool
    may_say: bool
    turns_in_ms: int


def lateness(booking: Booking, at: datetime) -> Lateness | None:
    """None where nobody is awaited, or the agreed time is far off."""
    if booking.start_at is None or not changes.is_awaited(booking):
        return None
    late_at = deadlines.late_at(booking.start_at, booking.policy)
    lateness_cancel_at = deadlines.lateness_cancel_at(booking.start_at, booking.policy)
    if at < late_at - SOON:
        return None
    late = changes.may_report_late(booking, at)
    said_at = changes.late_said_at(booking) if late else None
    ahead = [one for one in (late_at, lateness_cancel_at) if one > at]
    return Lateness(
        late=late,
        since_at=booking.start_at,
        lateness_cancel_at=lateness_cancel_at,
        said_at=said_at,
        out=late and changes.may_give_up(booking, at),
        may_say=late and said_at is None,
        turns_in_ms=round((ahead[0] - at).total_seconds() * 1000) + 1000 if ahead else 0,
    )
