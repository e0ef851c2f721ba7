"""Send what is due to Stripe: written down before, answered after, repeated with the same key
(fault M1-M6).

Also to ask Stripe how it is by now: for the webhook, the pay page and the sweep.
"""

from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db.models import Q

from mila.clock import mila_now
from mila.transactions import verb
from payments import gateway, operations
from payments.charges.calls import call
from payments.charges.outcomes import record_error, record_intent
from payments.charges.rows import lock_charge
from payments.charges.table import OPEN_STATES, advance
from payments.models import (
    Charge,
    ChargeKind,
    ChargeState,
    Operation,
    PaymentCustomer,
    SavedCard,
)
from payments.operations import LEASE
from requests_app.models import Booking


def submit(charge_id: int) -> Charge:
    """Send what is due and record the answers.

    May run twice, late or beside itself: same keys, one success.
    """
    for _call in ("create", "confirm"):
        operation = next_operation(charge_id)
        if operation is None:
            break
        try:
            intent = call(operation)
        except gateway.GatewayError as error:
            return record_error(operation.pk, error)
        record_intent(charge_id, intent, operation_id=operation.pk)
    return Charge.objects.get(pk=charge_id)


def apply_intent(intent_id: str) -> Charge | None:
    """Ask Stripe how it is now, and record that: for the webhook, the pay page, the sweep. None:
    not one of ours.

    One that has succeeded is not asked about again: that is final, once all that came of it is
    known.
    """
    charge = Charge.objects.filter(intent_id=intent_id).first()
    if charge is not None and charge.state == ChargeState.SUCCEEDED and is_known_whole(charge):
        return charge
    intent = gateway.retrieve_payment_intent(intent_id)
    if charge is None and intent.booking_uuid and intent.kind:
        # The message came before the answer to our own call was written down, or while it was.
        ours = Charge.objects.filter(booking__uuid=intent.booking_uuid, kind=intent.kind)
        if intent.status == "canceled":
            return ours.first()  # it was stopped (charges.stopping): the next has another amount
        charge = ours.filter(intent_id__in=["", intent.id]).first()
    return record_intent(charge.pk, intent) if charge else None


# Stripe has not told all that came of it: the charge, with a partner its transfer, and what of it
# is Mila's.
NOT_WHOLE = Q(stripe_charge="") | Q(partner__isnull=False) & (
    Q(stripe_transfer="")
    | Q(stripe_fee="") & (Q(commission_cents__gt=0) | Q(booking_fee_cents__gt=0))
)
# Transfer and fee are there moments after the charge; so long may Stripe take by its own word.
COMPLETED_WITHIN = timedelta(hours=1)


def is_known_whole(charge: Charge) -> bool:
    """Whether Stripe has told all that came of it, as the database has it."""
    return not Charge.objects.filter(NOT_WHOLE, pk=charge.pk).exists()


def learn_whole(charge: Charge) -> bool:
    """Ask for what is not known of it; whether all is there by now, which nobody knows while Stripe
    is silent. Nothing that goes back may be sent before: there is nothing yet to take it from.
    """
    if is_known_whole(charge):
        return True
    with suppress(gateway.OutcomeUnknown):
        apply_intent(charge.intent_id)
    return is_known_whole(charge)


@verb
def next_operation(charge_id: int) -> Operation | None:
    """The call that is due, committed before it is sent (fault M1); None when there is nothing to
    send now.

    An unanswered call comes again with its own key and parameters. Whoever gets it has a lease: a
    rival gets None.
    """
    booking, charge = lock_charge(charge_id)
    at = mila_now()
    if charge.state not in OPEN_STATES or charge.next_at is None or charge.next_at > at:
        return None
    operation = operations.unanswered(charge.operations.all()) or _plan(charge, booking)
    advance(charge, "send", next_at=at + LEASE)
    return operations.send(operation, at)


def _plan(charge: Charge, booking: Booking) -> Operation:
    kind = "confirm" if charge.intent_id else "create"
    version = charge.operations.filter(kind=kind).count() + 1
    name = str(booking.uuid) if charge.kind == ChargeKind.JOB else f"{booking.uuid}-fee"
    if kind == "confirm":
        params: dict[str, Any] = {
            "intent": charge.intent_id,
            "payment_method": charge.payment_method,
        }
        return Operation(charge=charge, kind=kind, key=f"{name}-confirm-{version}", params=params)
    # Whose card it is: not the booking's customer of today where a mistyped address was corrected
    # (rule B12).
    card = SavedCard.objects.select_related("customer").filter(stripe_id=booking.card).first()
    customer = card.customer if card else PaymentCustomer.objects.get(user=booking.customer)
    plan = gateway.PaymentPlan(
        booking_uuid=str(booking.uuid),
        kind=charge.kind,
        customer=customer.stripe_id,
        amount_cents=charge.amount_cents,
        currency=charge.currency,
        fee_cents=charge.application_fee_cents if charge.partner else 0,
        destination=charge.partner.stripe_account if charge.partner else None,
        description=f"Mila {booking.number}",
    )
    # An intent that nobody confirms moves nothing: a second one, after a refused or lost first, is
    # harmless.
    key = f"{name}-pi" if version == 1 else f"{name}-pi-{version}"
    return Operation(charge=charge, kind=kind, key=key, params=asdict(plan))
