"""Send what is due to Stripe: written down before, answered after, repeated with the same key (FAULT M1-M6)."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from mila.clock import mila_now
from mila.transactions import verb
from payments import gateway
from payments.charges.outcomes import NeverArrived, record_error, record_intent
from payments.charges.rows import OPEN_STATES, lock_charge, open_operation
from payments.models import Charge, ChargeKind, ChargeState, Operation, OperationState, PaymentCustomer, SavedCard
from requests_app.models import Booking

LEASE = timedelta(minutes=2)  # longer than the slowest answer: nobody else takes up what was just sent
KEY_LIFE = timedelta(hours=23)  # Stripe forgets keys after 24 h: from here on look, do not repeat (FAULT M6)
BROKEN_ANSWERS = 3  # a 500 may be kept under its key for ever: after so many look, do not repeat (FAULT M3)


def submit(charge_id: int) -> Charge:
    """Send what is due and record the answers. May run twice, late or beside itself: same keys, one success."""
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


@verb
def next_operation(charge_id: int) -> Operation | None:
    """The call that is due, committed before it is sent (RELIABILITY 1.3); None when there is nothing to send now.

    An unanswered call comes again with its own key and parameters. Whoever gets it has a lease: a rival gets None.
    """
    booking, charge = lock_charge(charge_id)
    at = mila_now()
    if charge.state not in OPEN_STATES or charge.next_at is None or charge.next_at > at:
        return None
    operation = open_operation(charge)
    if operation is None:
        operation = _plan(charge, booking)
        operation.sent_at = at
    operation.state = OperationState.SENT
    operation.save()
    charge.state, charge.next_at = ChargeState.SENT, at + LEASE
    charge.save(update_fields=["state", "next_at"])
    return operation


def _plan(charge: Charge, booking: Booking) -> Operation:
    kind = "confirm" if charge.intent_id else "create"
    version = charge.operations.filter(kind=kind).count() + 1
    name = str(booking.uuid) if charge.kind == ChargeKind.JOB else f"{booking.uuid}-fee"
    if kind == "confirm":
        params: dict[str, Any] = {"intent": charge.intent_id, "payment_method": charge.payment_method}
        return Operation(charge=charge, kind=kind, key=f"{name}-confirm-{version}", params=params)
    # Whose card it is: not the booking's customer of today where a mistyped address was corrected (PRODUCT B12).
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
    # An intent that nobody confirms moves nothing: a second one, after a refused or lost first, is harmless.
    key = f"{name}-pi" if version == 1 else f"{name}-pi-{version}"
    return Operation(charge=charge, kind=kind, key=key, params=asdict(plan))


def call(operation: Operation) -> gateway.PaymentIntent:
    """One call to Stripe, no transaction open. Raises the gateway's errors, or NeverArrived."""
    params: dict[str, Any] = operation.params
    if _must_look(operation):
        found = _look_up(operation)
        if found is None:
            raise NeverArrived
        return found
    if operation.kind == "create":
        return gateway.create_payment_intent(gateway.PaymentPlan(**params), key=operation.key)
    return gateway.confirm_payment_intent(params["intent"], payment_method=params["payment_method"], key=operation.key)


def _must_look(operation: Operation) -> bool:
    """Whether repeating would tell nothing: the key is old, keeps a 500, or answered that the bank still works."""
    told: dict[str, Any] = operation.answer
    if "status" in told or (told.get("reason") == "server" and told["tries"] >= BROKEN_ANSWERS):
        return True
    return operation.sent_at is not None and mila_now() - operation.sent_at > KEY_LIFE


def _look_up(operation: Operation) -> gateway.PaymentIntent | None:
    """What became of the call, by Stripe's own id or our own names; None: it never arrived, sending again is safe."""
    if operation.kind == "create":
        return gateway.find_payment_intent(operation.params["booking_uuid"], operation.params["kind"])
    intent = gateway.retrieve_payment_intent(operation.params["intent"])
    untouched = intent.status in ("requires_payment_method", "requires_confirmation") and intent.failure is None
    return None if untouched else intent
