"""A wrong tap of the technician is taken back (rule L9)."""

from typing import Any

from accounts.models import User
from mila.clock import mila_now
from mila.transactions import verb
from requests_app import notices
from requests_app.actions.visit import lock_own
from requests_app.lifecycle import UNDOES, NotUndoable, Role, advance
from requests_app.models import UNDO, Assignment, Booking, Position, QuoteOrigin, Rating


@verb
def take_back(booking_id: int, technician_id: int, *, by: User, step: str) -> Booking:
    """The last step, named, did not happen: one step, once per move, while nothing followed it (rule L9).

    What came with it falls: the place of somebody on the way, the price and the reading of a report. The customer hears
    of the first one only. A repeat returns the booking. Raises NotYours, NotUndoable.
    """
    booking = lock_own(booking_id, technician_id)
    move = UNDO + step
    last = booking.events.last()
    if last and last.move == move:
        return booking
    if move not in UNDOES or answered(booking):
        raise NotUndoable
    at = mila_now()
    changes: dict[str, Any] = {}
    if step == "finish":
        booking.quotes.filter(origin=QuoteOrigin.PARTNER, created_at=booking.finished_at).update(withdrawn_at=at)
        changes = {"finished_at": None, "report_seen_at": None}  # the report waits in the form it came from
    booking = advance(booking, move, role=Role.PARTNER, by=by, at=at, **changes)
    if step == "depart":
        Position.objects.filter(booking=booking).delete()
    running = Assignment.objects.get(booking=booking, ended_at=None)
    notices.queue(booking, "taken_back", round=running.pk, step=step)
    return booking


def answered(booking: Booking) -> bool:
    """The customer has acted on what the step brought: judged the visit, or accepted the price."""
    accepted = booking.quotes.standing().filter(origin=QuoteOrigin.PARTNER, accepted_at__isnull=False)
    return Rating.objects.filter(booking=booking).exists() or accepted.exists()
