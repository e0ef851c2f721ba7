"""Send what is due to Stripe, and ask how it is by now (fault M1-M8).

No transaction is open meanwhile.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mila.clock import mila_now
from mila.transactions import verb
from payments import charges, gateway, operations
from payments.models import UNDER_WAY, Charge, Operation, Refund, RefundState
from payments.operations import LEASE, LOOK_AGAIN, NeverArrived
from payments.refunds.recording import (
    adopt,
    record_error,
    record_fee_refund,
    record_refund,
    tell_ops,
)
from payments.refunds.table import LockedRefund, advance, lock_refund


def submit(refund_id: int) -> Refund:
    """First the money to the payer, then Mila's part of it to the partner.

    May run twice, late or beside itself.
    """
    refund = Refund.objects.select_related("charge").get(pk=refund_id)
    if not charges.learn_whole(refund.charge):
        return _wait(refund_id)
    while (operation := next_operation(refund_id)) is not None:
        try:
            answer = call(operation)
        except gateway.GatewayError as error:
            return record_error(operation.pk, error)
        if isinstance(answer, gateway.FeeRefund):
            record_fee_refund(operation.pk, answer)
        else:
            record_refund(refund_id, answer)
    refund = Refund.objects.get(pk=refund_id)
    if (
        refund.state == RefundState.PENDING
        and refund.next_at is not None
        and refund.next_at <= mila_now()
    ):
        return look_again(refund_id) or refund
    return refund


@verb
def _wait(refund_id: int) -> Refund:
    """Stripe is silent, or has not brought the charge to its end: nothing was sent, and in a
    moment again. Staff hear of it when it takes longer than Stripe says.
    """
    booking, charge, refund = lock_refund(refund_id)
    at = mila_now()
    if refund.state in UNDER_WAY:
        refund.next_at = at + timedelta(seconds=operations.WAITS[-1])
        refund.save(update_fields=["next_at"])
        if charge.succeeded_at and at - charge.succeeded_at > charges.COMPLETED_WITHIN:
            tell_ops(booking, refund, "waits")
    return refund


@verb
def next_operation(refund_id: int) -> Operation | None:
    """The call that is due, committed before it is sent (fault M1); None when there is nothing to
    send now.

    An unanswered call comes again with its own key and parameters. Whoever gets it has a lease: a
    rival gets None.
    """
    _booking, charge, refund = lock_refund(refund_id)
    at = mila_now()
    if refund.state not in UNDER_WAY or refund.next_at is None or refund.next_at > at:
        return None
    operation = operations.unanswered(refund.operations.all()) or _plan(charge, refund)
    operations.send(operation, at)
    advance(refund, "send", next_at=at + LEASE)
    return operation


def _plan(charge: Charge, refund: LockedRefund) -> Operation:
    if refund.made_at is None:
        kind = "refund"
        params: dict[str, Any] = {
            "charge": charge.stripe_charge,
            "cents": refund.amount_cents,
            "reverse": refund.reversal_cents > 0,
            "refund_uuid": str(refund.uuid),
            "booking_uuid": str(charge.booking.uuid),
        }
    else:
        kind = "fee"
        params = {
            "fee": charge.stripe_fee,
            "cents": refund.fee_cents,
            "refund_uuid": str(refund.uuid),
        }
    tries = refund.operations.filter(kind=kind).count()
    name = f"refund-{refund.uuid}-{kind}"
    return Operation(
        refund=refund, kind=kind, key=f"{name}-{tries + 1}" if tries else name, params=params
    )


def call(operation: Operation) -> gateway.RefundAnswer | gateway.FeeRefund:
    """One call to Stripe. Raises the gateway's errors, or NeverArrived."""
    params: dict[str, Any] = operation.params
    if operations.must_look(operation):
        found = _find(operation.kind, params)
        if found is None:
            raise NeverArrived
        return found
    if operation.kind == "fee":
        return gateway.give_fee_back(**params, key=operation.key)
    return gateway.create_refund(**params, key=operation.key)


def _find(kind: str, params: dict[str, Any]) -> gateway.RefundAnswer | gateway.FeeRefund | None:
    if kind == "refund":
        return gateway.find_refund(params["charge"], params["refund_uuid"])
    found = (
        one
        for one in gateway.list_fee_refunds(params["fee"])
        if one.refund_uuid == params["refund_uuid"]
    )
    return next(found, None)


# --- Asked again


def apply_refund(stripe_id: str) -> Refund | None:
    """Ask Stripe how it is now, and record that: for the message, the sweep and the comparison.

    None: not ours.
    """
    answer = gateway.retrieve_refund(stripe_id)
    ours = Refund.objects.filter(stripe_id=stripe_id).first() or _named(answer.refund_uuid)
    if ours is not None:
        return record_refund(ours.pk, answer)
    charge = Charge.objects.filter(stripe_charge=answer.charge).exclude(stripe_charge="").first()
    if charge is None:
        return None
    return adopt(
        charge.pk, answer, gateway.list_fee_refunds(charge.stripe_fee) if charge.stripe_fee else []
    )


def _named(uuid: str | None) -> Refund | None:
    """The message may have come before the answer to our own call was written down."""
    try:
        return Refund.objects.filter(uuid=UUID(uuid or ""), stripe_id="").first()
    except ValueError:
        return None


def look_again(refund_id: int) -> Refund | None:
    """The payer's bank has it for long enough that the message about it may have been lost
    (fault M8).
    """
    refund = Refund.objects.get(pk=refund_id)
    _put_off(refund_id, mila_now() + LOOK_AGAIN)
    return apply_refund(refund.stripe_id)


@verb
def _put_off(refund_id: int, until: datetime) -> None:
    Refund.objects.filter(pk=refund_id, state=RefundState.PENDING).update(next_at=until)


@verb
def set_aside(refund_id: int) -> Refund:
    """What could not be handled comes again in an hour, and staff hear of it (fault T15)."""
    booking, _charge, refund = lock_refund(refund_id)
    if refund.next_at is not None:
        refund.next_at = mila_now() + timedelta(hours=1)
        refund.save(update_fields=["next_at"])
        tell_ops(booking, refund, "waits")
    return refund
