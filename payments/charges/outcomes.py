"""What came of it. The one place where a charge learns that it is paid,
refused, or still unknown.
"""

import logging
from datetime import datetime, timedelta

from mila.clock import mila_now
from mila.transactions import verb
from payments import earnings, gateway, ledger, operations
from payments.charges.reminders import close, tell_ops, wait_for_customer
from payments.charges.rows import lock_charge, unanswered
from payments.charges.table import OPEN_STATES, LockedCharge, advance
from payments.models import Advance, Charge, ChargeKind, ChargeState, Operation, OperationState
from payments.operations import Mismatch, NeverArrived, answer
from payments.paperwork import want_papers
from requests_app.actions import signing
from requests_app.models import Booking

log = logging.getLogger(__name__)

SPREAD = 5  # seconds more at most, so that not all try again at once
LOOK_AGAIN = timedelta(minutes=1)  # while the bank has not decided
REFUSED_WAIT = timedelta(hours=1)  # while a destination cannot receive
# The same card may still do, if the customer answers the bank.
BANK_ASKS = {"authentication_required", "payment_intent_authentication_failure"}


@verb
def record_intent(
    charge_id: int, intent: gateway.PaymentIntent, *, operation_id: int | None = None
) -> Charge:
    """Bring the charge to where the intent is. Success is final, comes once, and brings ledger and
    settlement with it.

    `operation_id`: the call this answers. While a call of ours is under way only its own answer may
    say no; anybody may say yes. Raises Mismatch and changes nothing if Stripe's payment is not the
    frozen one (invariant I3).
    """
    booking, charge = lock_charge(charge_id, settles=intent.paid)
    operation = unanswered(operation_id) if operation_id is not None else None
    _must_be_ours(charge, intent)
    at = mila_now()
    if charge.state == ChargeState.SUCCEEDED:
        answer(operation, OperationState.DONE, at, {"status": intent.status})
        _note_objects(charge, intent)
        return charge
    if charge.intent_id != intent.id:
        charge.intent_id = intent.id
        charge.save(update_fields=["intent_id"])
    if intent.paid:
        answer(operation, OperationState.DONE, at, {"status": intent.status})
        _succeed(charge, booking, intent, at)
    elif operation or charge.state not in OPEN_STATES:
        _not_paid(charge, booking, intent, operation, at)
    return charge


def _must_be_ours(charge: Charge, intent: gateway.PaymentIntent) -> None:
    if charge.intent_id not in ("", intent.id):
        raise Mismatch(f"charge {charge.pk} has {charge.intent_id}, not {intent.id}")
    amounts = {intent.amount_cents, intent.received_cents} if intent.paid else {intent.amount_cents}
    if amounts != {charge.amount_cents} or intent.currency != charge.currency:
        raise Mismatch(f"charge {charge.pk}: {sorted(amounts)} {intent.currency} at Stripe")


def _succeed(
    charge: LockedCharge, booking: Booking, intent: gateway.PaymentIntent, at: datetime
) -> None:
    card = intent.payment_method or charge.payment_method
    advance(charge, "succeed", succeeded_at=at, next_at=None, failure_code="", payment_method=card)
    _note_objects(charge, intent)
    ledger.book_charge(charge, at)
    earnings.earn_charge(charge, at)
    _repay_advance(charge, at)
    want_papers(charge.pk, at)
    if charge.kind == ChargeKind.JOB:
        signing.settle(booking.pk)


def _repay_advance(charge: Charge, at: datetime) -> None:
    """What Mila had advanced of it is now at the partner's a second time: it is set off against
    the share, and fetched back (payments.advances). The charge's lock stands for its own.
    """
    advance = Advance.objects.filter(charge=charge, made_at__isnull=False, repaid_at=None).first()
    if advance is None:
        return
    advance.repaid_at = advance.next_at = at
    advance.save(update_fields=["repaid_at", "next_at"])
    ledger.book_advance_repaid(advance, at)
    earnings.take_back(charge, advance.cents, at, set_off=advance)


def _note_objects(charge: Charge, intent: gateway.PaymentIntent) -> None:
    """Stripe's own names of what came of it; transfer and fee may be there only moments later."""
    charge.stripe_charge = intent.latest_charge or charge.stripe_charge
    charge.stripe_transfer = intent.transfer or charge.stripe_transfer
    charge.stripe_fee = intent.application_fee or charge.stripe_fee
    charge.save(update_fields=["stripe_charge", "stripe_transfer", "stripe_fee"])


def _not_paid(
    charge: LockedCharge,
    booking: Booking,
    intent: gateway.PaymentIntent,
    operation: Operation | None,
    at: datetime,
) -> None:
    failure = intent.failure
    ended, values = OperationState.DONE, {"status": intent.status}
    if charge.state == ChargeState.OBJECTED:
        pass  # by ourselves (charges.stopping): it says nothing of what is planned next
    elif intent.status == "canceled":
        close(charge, booking)
    elif intent.status == "requires_action":
        card = intent.payment_method
        wait_for_customer(charge, booking, "ask_bank", "authentication_required", at, card=card)
    elif failure is not None:
        asks = failure.code in BANK_ASKS
        code = failure.code if asks else failure.decline_code or failure.code
        card = failure.payment_method
        wait_for_customer(charge, booking, "ask_bank" if asks else "decline", code, at, card=card)
    elif operation and operation.kind == "create":
        advance(charge, "confirm_next", next_at=at)
    elif operation:
        # The bank has not decided: the same key would repeat this answer, so look again later.
        ended = OperationState.UNKNOWN
        advance(charge, "lose_track", next_at=at + LOOK_AGAIN)
    answer(operation, ended, at, values)


@verb
def record_error(operation_id: int, error: gateway.GatewayError) -> Charge:
    """No intent came back. What is unknown is repeated with the same key; a definite no waits for
    the customer or ops.

    A rival's answer to a call that was answered before changes nothing.
    """
    charge_id = Operation.objects.values_list("charge_id", flat=True).get(pk=operation_id)
    booking, charge = lock_charge(charge_id)
    operation = unanswered(operation_id)
    at = mila_now()
    if operation is None:
        return charge
    if charge.state == ChargeState.SUCCEEDED:
        answer(operation, OperationState.DONE, at, {"late": type(error).__name__})
    elif isinstance(error, gateway.OutcomeUnknown):
        again_at = operations.not_answered(operation, error, at)
        spread = timedelta(seconds=charge.pk % SPREAD)
        advance(charge, "lose_track", next_at=again_at + spread)
    else:
        operations.refused(operation, error, at)
        _definite_no(charge, booking, error, at)
    return charge


def _definite_no(
    charge: LockedCharge, booking: Booking, error: gateway.GatewayError, at: datetime
) -> None:
    if isinstance(error, NeverArrived):
        advance(charge, "put_back", next_at=at)
    elif isinstance(error, gateway.AuthenticationRequired):
        wait_for_customer(charge, booking, "ask_bank", "authentication_required", at)
    elif isinstance(error, gateway.CardDeclined):
        wait_for_customer(charge, booking, "decline", error.decline_code or error.code, at)
    elif isinstance(error, gateway.GatewayRefused) and error.param == "payment_method":
        wait_for_customer(charge, booking, "decline", "card_is_gone", at)
    else:
        # Nothing was done at Stripe: the destination may not receive, or a bug of ours. The charge
        # waits as planned.
        log.error("charge %s refused: %s", charge.pk, error)
        advance(charge, "put_back", next_at=at + REFUSED_WAIT)
        tell_ops(charge, booking)
