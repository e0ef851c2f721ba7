"""A charge from the sign-off to the money (PRODUCT M1-M4): open, submit, record the outcome.

One PaymentIntent per charge, created without confirming and confirmed apart, so that it can succeed once only. Each call
is an operation row, committed with its key and parameters before it is sent; Stripe is never called inside a
transaction. Answer, webhook and sweep end in the same `record_intent`; whichever comes first wins (docs/decisions/0004).
"""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from catalogue.money import Split, split
from mila.clock import mila_now
from mila.transactions import verb
from payments import gateway, ledger
from payments.models import (
    Charge,
    ChargeKind,
    ChargeState,
    Operation,
    OperationState,
    PaymentCustomer,
)
from requests_app import notices
from requests_app.actions import signing
from requests_app.lifecycle import lock_booking
from requests_app.models import Booking, State

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=1)  # nobody else takes up a charge that was just sent
KEY_LIFE = timedelta(hours=23)  # Stripe forgets keys after 24 h: from here on look, do not repeat
WAITS = (5, 15, 60, 300, 900)  # seconds between tries while the outcome is unknown
DESTINATION_WAIT = timedelta(hours=1)
WAITING = (ChargeState.FAILED, ChargeState.ACTION_REQUIRED)
OPEN_STATES = (ChargeState.PLANNED, ChargeState.SENT, ChargeState.UNKNOWN)


class WrongAmount(Exception):
    """Stripe holds another amount than the frozen one: a person must look before anything else happens."""


# --- 1. Open -----------------------------------------------------------------------------------------------------


@verb
def open_charge(booking_id: int) -> Charge | None:
    """The charge this booking owes now, created once; None if it owes nothing. A total of zero settles at once."""
    booking = lock_booking(booking_id)
    owed = amount_owed(booking)
    if owed is None:
        return None
    kind, shares = owed
    if shares.charge_cents == 0:
        signing.settle(booking_id)
        return None
    at = mila_now()
    last = booking.assignments.order_by("-pk").first()
    charge, _new = Charge.objects.get_or_create(
        booking=booking,
        kind=kind,
        defaults={
            "partner": booking.partner or (last.partner if last else None),
            "currency": booking.currency,
            "amount_cents": shares.charge_cents,
            "service_cents": shares.service_cents,
            "booking_fee_cents": shares.fee_cents,
            "commission_cents": shares.commission_cents,
            "partner_cents": shares.partner_cents,
            "payment_method": booking.card,
            "next_at": at,
        },
    )
    return charge


def amount_owed(booking: Booking) -> tuple[ChargeKind, Split] | None:
    """What was frozen: the sign-off, or what ending it without one costs (PRODUCT M1, B10)."""
    if booking.state in (State.SIGNED_OFF, State.SETTLED):
        frozen = booking.sign_off
        return ChargeKind.JOB, Split(
            frozen.service_cents,
            frozen.booking_fee_cents,
            frozen.commission_cents,
            frozen.partner_cents,
            frozen.charge_cents,
        )
    if booking.state in (State.CANCELLED, State.FAILED) and booking.fee_cents:
        return ChargeKind.FEE, split(booking.fee_cents, booking.policy.commission_bp, 0)
    return None


# --- 2. Submit ---------------------------------------------------------------------------------------------------


def submit(charge_id: int) -> Charge:
    """Send what is to be sent and record the answer. May run twice, late or beside itself: same keys, one success."""
    charge = Charge.objects.get(pk=charge_id)
    while operation := next_operation(charge_id):
        try:
            intent = _call(operation)
        except gateway.GatewayError as error:
            return record_error(operation.pk, error)
        charge = record_intent(charge_id, intent, operation_id=operation.pk)
        if charge.state not in OPEN_STATES or intent.status == "processing":
            return charge
    return charge


@verb
def next_operation(charge_id: int) -> Operation | None:
    """The call that is to be sent now, written before it is sent (RELIABILITY 1.3); None when there is nothing to send.

    An unanswered call is repeated with its own key and parameters, never with new ones.
    """
    charge = Charge.objects.select_for_update().select_related("booking", "partner").get(pk=charge_id)
    if charge.state not in OPEN_STATES:
        return None
    at = mila_now()
    operation = charge.operations.exclude(state__in=[OperationState.DONE, OperationState.FAILED]).first()
    if operation is None:
        operation = _plan(charge)
        operation.sent_at = at
    operation.state = OperationState.SENT
    operation.save()
    charge.state, charge.next_at = ChargeState.SENT, at + LEASE
    charge.save(update_fields=["state", "next_at"])
    return operation


def _plan(charge: Charge) -> Operation:
    name = charge.booking.uuid if charge.kind == ChargeKind.JOB else f"{charge.booking.uuid}-fee"
    if not charge.intent_id:
        customer = PaymentCustomer.objects.get(user=charge.booking.customer_id)
        plan = gateway.PaymentPlan(
            booking_uuid=str(charge.booking.uuid),
            kind=charge.kind,
            customer=customer.stripe_id,
            amount_cents=charge.amount_cents,
            currency=charge.currency,
            fee_cents=charge.application_fee_cents if charge.partner else 0,
            destination=charge.partner.stripe_account if charge.partner else None,
            description=f"Mila {charge.booking.number}",
        )
        return Operation(charge=charge, kind="create", key=f"{name}-pi", params=asdict(plan))
    number = charge.attempts + 1
    params = {"intent": charge.intent_id, "payment_method": charge.payment_method}
    return Operation(charge=charge, kind="confirm", key=f"{name}-confirm-{number}", params=params)


def _call(operation: Operation) -> gateway.PaymentIntent:
    """One call to Stripe, no transaction open. Raises the gateway's errors."""
    params: dict[str, Any] = operation.params
    if _is_old(operation):
        found = _look_up(operation)
        if found is not None:
            return found
    if operation.kind == "create":
        return gateway.create_payment_intent(gateway.PaymentPlan(**params), key=operation.key)
    return gateway.confirm_payment_intent(params["intent"], payment_method=params["payment_method"], key=operation.key)


def _is_old(operation: Operation) -> bool:
    return operation.sent_at is not None and mila_now() - operation.sent_at > KEY_LIFE


def _look_up(operation: Operation) -> gateway.PaymentIntent | None:
    """What became of a call whose key Stripe may have forgotten (FAULT M6): by our own id or our own names."""
    if operation.kind == "confirm":
        intent = gateway.retrieve_payment_intent(operation.params["intent"])
        # Still as it was created: the confirmation never arrived, sending it again is safe.
        return None if intent.status == "requires_confirmation" or _untried(intent) else intent
    return gateway.find_payment_intent(operation.params["booking_uuid"], operation.params["kind"])


def _untried(intent: gateway.PaymentIntent) -> bool:
    return intent.status == "requires_payment_method" and intent.failure is None


# --- 3. Record ---------------------------------------------------------------------------------------------------


def apply_intent(intent_id: str) -> Charge | None:
    """The webhook's, the pay page's and the sweep's way: ask Stripe how it is now, then record it. None: not one of ours."""
    intent = gateway.retrieve_payment_intent(intent_id)
    charge = Charge.objects.filter(intent_id=intent.id).first()
    if charge is None and intent.booking_uuid and intent.kind:
        charge = Charge.objects.filter(booking__uuid=intent.booking_uuid, kind=intent.kind, intent_id="").first()
    return record_intent(charge.pk, intent) if charge else None


@verb
def record_intent(charge_id: int, intent: gateway.PaymentIntent, *, operation_id: int | None = None) -> Charge:
    """Bring the charge to where the intent is. Success is final and comes once, with ledger and settlement in this transaction.

    Raises WrongAmount and changes nothing if Stripe's amount is not the frozen one (FAULT I3).
    """
    booking_id = Charge.objects.values_list("booking_id", flat=True).get(pk=charge_id)
    booking = lock_booking(booking_id)
    charge = Charge.objects.select_for_update(of=("self",)).select_related("partner").get(pk=charge_id)
    if (intent.amount_cents, intent.currency) != (charge.amount_cents, charge.currency):
        raise WrongAmount(f"charge {charge.pk}: {intent.amount_cents} {intent.currency} at Stripe")
    at = mila_now()
    if operation_id is not None:
        _answered(operation_id, OperationState.DONE, at, {"status": intent.status})
    if charge.state == ChargeState.SUCCEEDED:
        return charge
    charge.intent_id = intent.id
    if intent.paid:
        _succeed(charge, booking, intent, at)
    elif intent.status == "requires_action" or (intent.failure and intent.failure.code == "authentication_required"):
        _wait_for_customer(charge, booking, ChargeState.ACTION_REQUIRED, "authentication_required", intent, at)
    elif intent.failure is not None:
        code = intent.failure.decline_code or intent.failure.code
        _wait_for_customer(charge, booking, ChargeState.FAILED, code, intent, at)
    elif intent.status == "processing":
        charge.state, charge.next_at = ChargeState.UNKNOWN, at + LEASE
    charge.save()
    return charge


def _succeed(charge: Charge, booking: Booking, intent: gateway.PaymentIntent, at: datetime) -> None:
    charge.state, charge.succeeded_at, charge.next_at, charge.failure_code = ChargeState.SUCCEEDED, at, None, ""
    charge.payment_method = intent.payment_method or charge.payment_method
    ledger.book_charge(charge, at)
    if charge.kind == ChargeKind.JOB:
        signing.settle(booking.pk)


def _wait_for_customer(
    charge: Charge, booking: Booking, state: ChargeState, code: str, intent: gateway.PaymentIntent, at: datetime
) -> None:
    """A definite no: only the customer can go on. He is told at once; the sweep reminds him (PRODUCT M4)."""
    news = (charge.state, charge.failure_code) != (state, code)
    charge.state, charge.failure_code = state, code
    if intent.failure and intent.failure.payment_method:
        charge.payment_method = intent.failure.payment_method
    if news:
        charge.attempts += 1
        if charge.reminders == 0:
            _remind(charge, booking, at)


@verb
def record_error(operation_id: int, error: gateway.GatewayError) -> Charge:
    """No intent came back. Unknown is repeated with the same key; a definite no waits for the customer or for ops."""
    operation = Operation.objects.select_related("charge").get(pk=operation_id)
    booking = lock_booking(operation.charge.booking_id)
    charge = Charge.objects.select_for_update(of=("self",)).get(pk=operation.charge_id)
    at = mila_now()
    if charge.state == ChargeState.SUCCEEDED:
        _answered(operation_id, OperationState.DONE, at, {"late": type(error).__name__})
        return charge
    if isinstance(error, gateway.OutcomeUnknown):
        tries = operation.answer.get("tries", 0) + 1
        _answered(operation_id, OperationState.UNKNOWN, at, {"tries": tries, "reason": error.reason})
        charge.state = ChargeState.UNKNOWN
        charge.next_at = at + timedelta(seconds=WAITS[min(tries, len(WAITS)) - 1])
    elif isinstance(error, gateway.AuthenticationRequired | gateway.CardDeclined):
        required = isinstance(error, gateway.AuthenticationRequired)
        code = "authentication_required" if required else error.decline_code or error.code
        _answered(operation_id, OperationState.FAILED, at, {"code": code})
        charge.attempts += 1
        charge.state = ChargeState.ACTION_REQUIRED if required else ChargeState.FAILED
        charge.failure_code = code
        if charge.reminders == 0:
            _remind(charge, booking, at)
    else:
        log.error("charge %s refused: %s", charge.pk, error)
        _refused(charge, booking, operation_id, error, at)
    charge.save()
    return charge


def _refused(charge: Charge, booking: Booking, operation_id: int, error: gateway.GatewayError, at: datetime) -> None:
    """Nothing was done at Stripe: the charge waits as planned, ops look (STRIPE: transfers capability lost, or our bug)."""
    _answered(operation_id, OperationState.UNKNOWN, at, {"refused": str(error)[:300]})
    charge.state, charge.next_at = ChargeState.PLANNED, at + DESTINATION_WAIT
    notices.queue(booking, "charge_waits_ops", round=0)


def _answered(operation_id: int, state: OperationState, at: datetime, answer: dict[str, Any]) -> None:
    Operation.objects.filter(pk=operation_id).update(state=state, answered_at=at, answer=answer)


# --- Reminders ---------------------------------------------------------------------------------------------------


def _remind(charge: Charge, booking: Booking, at: datetime) -> None:
    """Tell the customer with a link to pay, on days 0, 1, 3, 7; then ops (PRODUCT M4). The caller saves the charge."""
    days = booking.policy.unpaid_reminder_days
    if charge.reminders >= len(days):
        notices.queue(booking, "unpaid_ops", round=charge.pk)
        charge.next_at = None
        return
    kind = "action_required" if charge.state == ChargeState.ACTION_REQUIRED else "unpaid"
    notices.queue(booking, kind, round=charge.reminders)
    passed = days[charge.reminders]
    charge.reminders += 1
    following = days[charge.reminders] if charge.reminders < len(days) else passed + 1
    charge.next_at = at + timedelta(days=following - passed)


@verb
def remind(charge_id: int) -> bool:
    """The next reminder of an unpaid charge, if it is due."""
    booking_id = Charge.objects.values_list("booking_id", flat=True).get(pk=charge_id)
    booking = lock_booking(booking_id)
    charge = Charge.objects.select_for_update(of=("self",)).get(pk=charge_id)
    at = mila_now()
    if charge.state not in WAITING or charge.next_at is None or charge.next_at > at:
        return False
    _remind(charge, booking, at)
    charge.save(update_fields=["reminders", "next_at"])
    return True


@verb
def retry_with_card(charge_id: int, *, payment_method: str) -> Charge:
    """The customer chose another saved card for an unpaid charge: a new attempt on the same intent, the next key."""
    charge = Charge.objects.select_for_update().get(pk=charge_id)
    if charge.state in WAITING:
        charge.payment_method, charge.state, charge.next_at = payment_method, ChargeState.PLANNED, mila_now()
        charge.save(update_fields=["payment_method", "state", "next_at"])
    return charge
