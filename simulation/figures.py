"""What a run of the simulation came to."""

from statistics import median
from typing import Any

from django.db.models import Sum

from payments.models import Charge, ChargeKind, ChargeState
from requests_app.models import Booking, BookingEvent, State


def figures() -> dict[str, Any]:
    """Counts, minutes to the first claim, and cents by currency, over the whole database."""
    placed = dict(BookingEvent.objects.filter(move="place").values_list("booking_id", "at"))
    first: dict[int, Any] = {}
    for booking, at in (
        BookingEvent.objects.filter(move="claim").order_by("at").values_list("booking_id", "at")
    ):
        first.setdefault(booking, at)
    waits = sorted((first[pk] - placed[pk]).total_seconds() / 60 for pk in first)
    moves = BookingEvent.objects.values_list("move", flat=True)
    paid = Charge.objects.filter(state=ChargeState.SUCCEEDED)
    sums = (
        paid.order_by()
        .values("currency")
        .annotate(amount=Sum("amount_cents"), commission=Sum("commission_cents"))
    )
    return {
        "bookings": len(placed),
        "assigned_within_10_min": sum(wait <= 10 for wait in waits),
        "assigned_within_60_min": sum(wait <= 60 for wait in waits),
        "median_minutes_to_claim": round(median(waits), 1) if waits else None,
        "missed_calls": moves.filter(move="miss_call").count(),
        "missed_confirmations": moves.filter(move="miss_confirm").count(),
        "reassignments": moves.filter(move="claim").count() - len(first),
        **{f"ended_{state}": Booking.objects.filter(state=state).count() for state in _ends()},
        # What was signed and objected to is signed again by the decision, or not at all.
        "signed": moves.filter(move__in=["sign_off", "decide"]).count()
        - moves.filter(move="object", source=State.SIGNED_OFF).count(),
        "charged": paid.filter(kind=ChargeKind.JOB).count(),
        "fees_charged": paid.filter(kind=ChargeKind.FEE).count(),
        **{f"charged_cents_{row['currency']}": row["amount"] for row in sums},
        **{f"commission_cents_{row['currency']}": row["commission"] for row in sums},
    }


def _ends() -> tuple[State, ...]:
    return (State.SETTLED, State.CANCELLED, State.FAILED, State.UNFILLED, State.CONTESTED)
