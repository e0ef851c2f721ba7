"""Find money that is due to move: signed-off bookings without a charge, charges and events to take up again."""

from django.db.models import Exists, OuterRef, Q

from mila.clock import MilaNow
from mila.sweeping import handle_each
from payments import charges, outages, webhooks
from payments.models import Charge, ChargeState, StripeEvent
from requests_app.models import Booking, State

BATCH = 200


def sweep() -> int:
    """One round; answers how many rows it took up."""
    outages.recover_holds()
    due = Charge.objects.filter(next_at__lte=MilaNow()).order_by("next_at")
    events = StripeEvent.objects.filter(next_at__lte=MilaNow()).order_by("next_at")
    taken_up = [
        *handle_each(charge_booking, uncharged_bookings()),
        *handle_each(charges.let_go, _ids(due.filter(state=ChargeState.HELD)), charges.set_aside),
        *handle_each(charges.submit, _ids(due.filter(state__in=charges.OPEN_STATES)), charges.set_aside),
        *handle_each(charges.remind, _ids(due.filter(state__in=charges.WAITING)), charges.set_aside),
        *handle_each(webhooks.handle, _ids(events)),
    ]
    return len(taken_up)


def charge_booking(booking_id: int) -> Charge | None:
    """Open what the booking owes and submit it. Repeatable."""
    charge = charges.open_charge(booking_id)
    return charges.submit(charge.pk) if charge else None


def uncharged_bookings() -> list[int]:
    """Signed off, or ended with a fee, and no charge yet: the message that should have opened it was lost."""
    charge = Charge.objects.filter(booking=OuterRef("pk")).exclude(state=ChargeState.OBJECTED)
    owes = Q(state=State.SIGNED_OFF) | Q(state__in=[State.CANCELLED, State.FAILED], fee_cents__gt=0)
    return _ids(Booking.objects.filter(owes).filter(~Exists(charge)).order_by("pk"))


def _ids(queryset) -> list[int]:
    return list(queryset.values_list("pk", flat=True)[:BATCH])
