"""Find money that is due to move: signed-off bookings without a charge, charges and events to take up again."""

from django.db.models import Exists, OuterRef, Q, Subquery

from mila.clock import MilaNow, mila_now
from mila.sweeping import handle_each
from payments import charges, outages, partners, payouts, ways, webhooks
from payments.models import Charge, ChargeState, Payout, PayoutState, StripeEvent
from requests_app.models import Booking, BookingEvent, Fault, State

BATCH = 200


def sweep() -> int:
    """One round; answers how many rows it took up."""
    outages.recover_holds()
    due = Charge.objects.filter(next_at__lte=MilaNow()).order_by("next_at")
    events = StripeEvent.objects.filter(next_at__lte=MilaNow()).order_by("next_at")
    taken_up = [
        *handle_each(charge_booking, uncharged_bookings()),
        *handle_each(ways.ask_about_way, unsettled_ways()),
        *handle_each(charges.let_go, _ids(due.filter(state=ChargeState.HELD)), charges.set_aside),
        *handle_each(charges.submit, _ids(due.filter(state__in=charges.OPEN_STATES)), charges.set_aside),
        *handle_each(charges.remind, _ids(due.filter(state__in=charges.WAITING)), charges.set_aside),
        *handle_each(webhooks.handle, _ids(events)),
    ]
    return len(taken_up)


def sweep_payouts() -> int:
    """One round of money out: what is due today, what was planned or not answered, and what nobody told us about."""
    at = mila_now()
    due = Payout.objects.filter(next_at__lte=at).order_by("next_at")
    planned = handle_each(payouts.plan, payouts.due_partners(at, BATCH))
    taken_up = [
        *(payout for of_one in planned for payout in of_one),
        *handle_each(payouts.submit, _ids(due.filter(state__in=payouts.OPEN_STATES)), payouts.set_aside),
        *handle_each(payouts.look_again, _ids(due.filter(state=PayoutState.ON_ITS_WAY))),
        *handle_each(partners.ask_again, partners.due_accounts(BATCH), partners.put_off),
    ]
    return len(taken_up)


def charge_booking(booking_id: int) -> Charge | None:
    """Open what the booking owes and submit it; staff are asked about a way that may be Mila's to pay. Repeatable."""
    ways.ask_about_way(booking_id)
    charge = charges.open_charge(booking_id)
    return charges.submit(charge.pk) if charge else None


def uncharged_bookings() -> list[int]:
    """Signed off, or ended with a fee, and no charge yet: the message that should have opened it was lost."""
    charge = Charge.objects.filter(booking=OuterRef("pk")).exclude(state=ChargeState.OBJECTED)
    owes = Q(state=State.SIGNED_OFF) | Q(state__in=[State.CANCELLED, State.FAILED], fee_cents__gt=0)
    return _ids(Booking.objects.filter(owes).filter(~Exists(charge)).order_by("pk"))


def unsettled_ways() -> list[int]:
    """Visits in vain that nobody pays so far, and of which Mila may: the message about their end was lost."""
    faults = [*ways.MILA_ANSWERS, Fault.CUSTOMER]
    free = Booking.objects.filter(state=State.FAILED, fee_cents=0, way=None, end_fault__in=faults)
    decided = BookingEvent.objects.filter(booking=OuterRef("pk")).order_by("-sequence").values("move")[:1]
    own = Q(end_fault=Fault.CUSTOMER) & ~Q(last="fail_visit")  # what staff decided about a customer is no claim
    return _ids(free.annotate(last=Subquery(decided)).exclude(own).order_by("pk"))


def _ids(queryset) -> list[int]:
    return list(queryset.values_list("pk", flat=True)[:BATCH])
