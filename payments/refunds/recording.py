"""What came of it: the one place where a refund learns that the money is back, refused, or has come
back to us.
"""

import logging
from datetime import datetime

from mila.clock import mila_now
from mila.streams import publish
from mila.transactions import verb
from payments import earnings, freezing, gateway, ledger, operations, shares
from payments.charges.rows import lock_charge
from payments.charges.table import LockedCharge
from payments.models import (
    UNDER_WAY,
    Charge,
    Operation,
    OperationState,
    Refund,
    RefundOrigin,
    RefundState,
)
from payments.operations import LOOK_AGAIN, REFUSED_WAIT, Mismatch, NeverArrived
from payments.paperwork import want_papers
from payments.refunds.planning import WAITS_FOR_STAFF
from payments.refunds.table import LockedRefund, advance, lock_refund, new
from requests_app import notices
from requests_app.models import Booking

log = logging.getLogger(__name__)
BACK = ("failed", "canceled")
# Stripe's words for what no repeat will change.
FINAL = ("charge_already_refunded", "charge_disputed")


@verb
def record_refund(refund_id: int, answer: gateway.RefundAnswer) -> Refund:
    """Bring the refund to where Stripe has it, with its ledger. Raises Mismatch and changes nothing
    if it is not ours.

    Answer, message and sweep all end here; whichever comes first books it, the others change
    nothing.
    """
    booking, charge, refund = lock_refund(refund_id)
    at = mila_now()
    wanted = (refund.amount_cents, refund.currency, charge.stripe_charge)
    if (
        refund.stripe_id not in ("", answer.id)
        or (answer.cents, answer.currency, answer.charge) != wanted
    ):
        raise Mismatch(
            f"refund {refund.pk}: {answer.id}, {answer.cents} {answer.currency} at Stripe"
        )
    if answer.reversal_cents != refund.reversal_cents:
        raise Mismatch(
            f"refund {refund.pk}: {answer.reversal_cents} of the transfer reversed at Stripe"
        )
    call = operations.unanswered(refund.operations.filter(kind="refund"))
    operations.answer(call, OperationState.DONE, at, {"refund": answer.id, "status": answer.status})
    if refund.made_at is None:
        _make(booking, refund, answer, at)
        if refund.fee_cents and not refund.fee_refund_ids:
            advance(refund, "next_call", next_at=at)
    if refund.state not in UNDER_WAY or not refund.fee_cents or refund.fee_refund_ids:
        _settle(booking, refund, answer, at)
    return refund


def _make(
    booking: Booking, refund: LockedRefund, answer: gateway.RefundAnswer, at: datetime
) -> None:
    """The money has left Stripe for the payer's bank: each bears their part from now on, and the
    payer hears of it.
    """
    refund.stripe_id, refund.reversal_id, refund.made_at = answer.id, answer.reversal, at
    refund.save(update_fields=["stripe_id", "reversal_id", "made_at"])
    ledger.book_refund(refund, at)
    want_papers(refund.charge_id, at)
    if refund.origin != RefundOrigin.AGAIN:
        earnings.take_back(refund.charge, refund.partner_cents, at, refund=refund)
    if answer.status in BACK:
        return
    notices.queue(booking, "refunded", round=refund.pk, refund_cents=refund.amount_cents)
    if refund.partner_cents > 0:
        notices.queue(booking, "job_refunded", round=refund.pk, share_cents=refund.partner_cents)
    publish.publish(f"booking:{booking.uuid}", "refunded")


def _settle(
    booking: Booking, refund: LockedRefund, answer: gateway.RefundAnswer, at: datetime
) -> None:
    was_open = refund.state in UNDER_WAY
    if answer.status in BACK:
        if refund.state == RefundState.CAME_BACK:
            return
        advance(
            refund, "come_back", next_at=None, ended_at=at, failure_code=answer.failure_code[:64]
        )
        ledger.book_refund_back(refund, at)
        tell_ops(booking, refund, "came_back")
    elif answer.status == "succeeded":
        if refund.state not in (RefundState.DONE, RefundState.CAME_BACK):
            advance(refund, "finish", next_at=None, ended_at=at)
    elif was_open:
        advance(refund, "wait_for_bank", next_at=at + LOOK_AGAIN)
    if was_open:
        freezing.release(booking.pk)


@verb
def record_fee_refund(operation_id: int, back: gateway.FeeRefund) -> Refund:
    """Mila's part has gone from the fee to the partner.

    What the payer's bank said meanwhile is asked at once.
    """
    operation, booking, refund = _locked(operation_id)
    if operation is None:
        return refund
    at = mila_now()
    if back.cents != refund.fee_cents:
        raise Mismatch(f"refund {refund.pk}: {back.cents} of the fee at Stripe")
    operations.answer(operation, OperationState.DONE, at, {"fee_refund": back.id})
    refund.fee_refund_ids = [back.id]
    refund.save(update_fields=["fee_refund_ids"])
    advance(refund, "wait_for_bank", next_at=at)
    freezing.release(booking.pk)
    return refund


@verb
def record_error(operation_id: int, error: gateway.GatewayError) -> Refund:
    """No answer of use: what is unknown is repeated with the same key, a definite no ends it or
    waits for staff.
    """
    operation, booking, refund = _locked(operation_id)
    if operation is None:
        return refund
    at = mila_now()
    if isinstance(error, gateway.OutcomeUnknown):
        advance(refund, "lose_track", next_at=operations.not_answered(operation, error, at))
        return refund
    operations.refused(operation, error, at)
    if isinstance(error, NeverArrived):
        advance(refund, "put_back", next_at=at)
    elif (
        operation.kind == "refund"
        and isinstance(error, gateway.GatewayRefused)
        and _is_final(error)
    ):
        advance(
            refund, "refuse", next_at=None, ended_at=at, failure_code=error.code[:64] or "amount"
        )
        _free(refund)
        freezing.release(booking.pk)
        tell_ops(booking, refund, "refused")
    else:
        log.error("refund %s refused: %s", refund.pk, error)
        advance(refund, "put_back", next_at=at + REFUSED_WAIT)
        tell_ops(booking, refund, "waits")
    return refund


def _is_final(error: gateway.GatewayRefused) -> bool:
    return error.code in FINAL or error.param == "amount"


def _free(refund: LockedRefund) -> None:
    """Nothing of it went back: the amount can be given back another time."""
    if refund.origin != RefundOrigin.AGAIN:
        refund.charge.refunded_cents -= refund.amount_cents
        refund.charge.save(update_fields=["refunded_cents"])
    else:
        Refund.objects.filter(pk=refund.pk).update(again_of=None)


def _locked(operation_id: int) -> tuple[Operation | None, Booking, LockedRefund]:
    """The call, if its answer is still awaited, and its refund, locked."""
    refund_id = Operation.objects.values_list("refund_id", flat=True).get(pk=operation_id)
    booking, _charge, refund = lock_refund(refund_id)
    return operations.unanswered(refund.operations.filter(pk=operation_id)), booking, refund


def tell_ops(booking: Booking, refund: Refund, why: str) -> None:
    """Once for each reason."""
    number = refund.pk * 3 + ("came_back", "refused", "waits").index(why)
    notices.queue(booking, "refund_ops", round=number, refund_cents=refund.amount_cents, why=why)


# --- Made on Stripe's pages


@verb
def adopt(
    charge_id: int, answer: gateway.RefundAnswer, fee_refunds: list[gateway.FeeRefund]
) -> Refund:
    """Somebody gave money back past the site: it is in the ledger all the same, with the shares it
    has at Stripe.

    One as large as what had come back is that one, sent again; one that is more than what is left
    can only be of what came back, and staff are told. A repeat answers the first one.
    """
    booking, charge = lock_charge(charge_id)
    found = Refund.objects.filter(stripe_id=answer.id).first()
    if found is not None:
        return found
    again_of = _came_back(charge, answer.cents)
    above = charge.refunded_cents + answer.cents > charge.amount_cents
    ours = {one for refund in charge.refunds.all() for one in refund.fee_refund_ids}
    fees = [one for one in fee_refunds if one.refund_uuid is None and one.id not in ours]
    again = again_of is not None or above
    if again and (answer.reversal_cents or fees):
        # The partner has borne it once: what is taken from them a second time is for a person to
        # give back.
        raise Mismatch(f"refund {answer.id} takes again what came back")
    refund = (
        _as_again(charge, again_of, answer.cents) if again else _as_at_stripe(charge, answer, fees)
    )
    advance(refund, "adopt", next_at=mila_now(), fee_refund_ids=[one.id for one in fees])
    if not again:
        charge.refunded_cents += answer.cents
        charge.save(update_fields=["refunded_cents"])
    _make(booking, refund, answer, mila_now())
    _settle(booking, refund, answer, mila_now())
    if above and again_of is None:
        tell_ops(booking, refund, "waits")
    return refund


def _came_back(charge: Charge, cents: int) -> Refund | None:
    return charge.refunds.filter(WAITS_FOR_STAFF, amount_cents=cents).first()


def _as_again(charge: LockedCharge, old: Refund | None, cents: int) -> LockedRefund:
    values = {"amount_cents": cents, "service_cents": cents, "mila_cents": cents}
    zero = dict.fromkeys(
        ("booking_fee_cents", "partner_cents", "commission_cents", "reversal_cents", "fee_cents"), 0
    )
    return new(charge, origin=RefundOrigin.AGAIN, again_of=old, **values, **zero)


def _as_at_stripe(
    charge: LockedCharge, answer: gateway.RefundAnswer, fees: list[gateway.FeeRefund]
) -> LockedRefund:
    fee_cents = sum(one.cents for one in fees)
    parts = shares.at_stripe(
        charge,
        shares.returned(charge),
        answer.cents,
        partner_cents=answer.reversal_cents - fee_cents,
    )
    return new(
        charge,
        origin=RefundOrigin.DASHBOARD,
        amount_cents=answer.cents,
        service_cents=parts.service_cents,
        booking_fee_cents=parts.booking_fee_cents,
        partner_cents=parts.partner_cents,
        commission_cents=parts.commission_cents,
        mila_cents=parts.mila_cents,
        reversal_cents=answer.reversal_cents,
        fee_cents=fee_cents,
    )
