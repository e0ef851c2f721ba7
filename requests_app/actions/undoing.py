"""A wrong tap of the technician is taken back (rule L9)."""

from typing import Any

from accounts.models import User
from mila.clock import mila_now
from mila.transactions import verb
from requests_app import notices, price_versions
from requests_app.actions.visit import lock_own
from requests_app.lifecycle import UNDOES, NotUndoable, Role, advance
from requests_app.models import (
    UNDO,
    AcceptanceKind,
    Assignment,
    Booking,
    Position,
    QuoteStep,
    Rating,
)


@verb
def take_back(booking_id: int, technician_id: int, *, by: User, step: str) -> Booking:
    """The last step, named, did not happen: one step, once per move, while nothing followed it
    (rule L9).

    What came with it falls: the place of somebody on the way, the price and the reading of a
    report. The customer hears of the first one only. A repeat returns the booking. Raises NotYours,
    NotUndoable.
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
        came_with_it = booking.quotes.agreed().filter(
            acceptance_kind=AcceptanceKind.NOT_NEEDED, created_at=booking.finished_at
        )
        price_versions.fall(came_with_it, at)
        # the report waits in the form it came from
        changes = {"finished_at": None, "report_seen_at": None}
    booking = advance(booking, move, role=Role.PARTNER, by=by, at=at, **changes)
    if step == "depart":
        Position.objects.filter(booking=booking).delete()
    running = Assignment.objects.get(booking=booking, ended_at=None)
    notices.queue(booking, "taken_back", round=running.pk, step=step)
    return booking


def answered(booking: Booking) -> bool:
    """The customer has acted since the step: judged the visit, or accepted or declined a price."""
    last = booking.events.last()
    if last is None or Rating.objects.filter(booking=booking).exists():
        return last is not None
    answers = booking.quote_events.filter(
        step__in=[QuoteStep.ACCEPTED, QuoteStep.DECLINED], at__gte=last.at
    )
    return answers.exclude(kind=AcceptanceKind.NOT_NEEDED).exists()
