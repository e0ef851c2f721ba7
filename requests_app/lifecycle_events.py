"""What a move leaves behind: one event, chained to the one before it (invariant I13)."""

from datetime import datetime
from typing import Any

from accounts.models import User
from mila.rows import add
from requests_app.chain import link
from requests_app.models import Booking, BookingEvent, State
from requests_app.moves import Role


def event_hash(previous: str, event: BookingEvent) -> str:
    """SHA-256 over the event and the hash before it (invariant I13)."""
    return link(
        previous,
        event.booking_id,
        event.sequence,
        event.move,
        event.source,
        event.target,
        event.role,
        event.by_id,
        event.at.isoformat(),
        event.reason,
        event.data,
    )


def write_event(
    booking: Booking,
    name: str,
    source: State,
    role: Role,
    by: User | None,
    at: datetime,
    reason: str,
    data: dict[str, Any],
) -> BookingEvent:
    chain = (
        BookingEvent.objects.filter(booking=booking)
        .order_by("-sequence")
        .values_list("sequence", "hash")
    )
    last, last_hash = booking.chain or chain.first() or (0, "")
    event = BookingEvent(
        booking=booking,
        sequence=last + 1,
        move=name,
        source=source,
        target=booking.state,
        role=role,
        by=by,
        at=at,
        reason=reason.strip(),
        data=data,
    )
    event.hash = event_hash(last_hash, event)
    add(event)
    booking.chain = (event.sequence, event.hash)
    return event
