"""What came of a dispute: the one place where it learns what the bank says, with its ledger
(rule G4, M6).
"""

import logging
from datetime import datetime

from mila.clock import mila_now
from mila.transactions import verb
from payments import earnings, freezing, gateway, ledger, operations, shares
from payments.charges.rows import lock_charge
from payments.charges.table import LockedCharge
from payments.disputes.table import (
    BY_STATUS,
    TRANSITIONS,
    LockedDispute,
    advance,
    lock_dispute,
    new,
)
from payments.models import DISPUTED, Dispute, DisputeState, Operation, OperationState
from payments.operations import LOOK_AGAIN, REFUSED_WAIT, Mismatch, NeverArrived
from payments.paperwork import want_papers
from requests_app import notices
from requests_app.models import Booking

log = logging.getLogger(__name__)
STEPS = ("opened", "won", "lost", "refused", "asked", "closed")


@verb
def record_dispute(charge_id: int, answer: gateway.DisputeAnswer) -> Dispute:
    """Bring it to where Stripe has it. The first time it is seen nothing of the booking is paid out
    any more.

    Answer, message and sweep all end here. Raises Mismatch and changes nothing for what we cannot
    read.
    """
    booking, charge = lock_charge(charge_id)
    if answer.status not in BY_STATUS:
        raise Mismatch(f"dispute {answer.id} is {answer.status}")
    row = Dispute.objects.select_for_update().filter(stripe_id=answer.id).first()
    dispute = LockedDispute(row) if row is not None else _first(charge, answer)
    dispute.charge = charge
    at = mila_now()
    name = BY_STATUS[answer.status]
    before = dispute.state
    if before != TRANSITIONS[name].target:
        if row is None:
            freezing.hold(booking.pk)
        advance(dispute, name, answer_by=answer.answer_by, reason=answer.reason[:64])
    _book_moves(dispute, answer, at)
    if dispute.state != before:
        _enter(booking, charge, dispute, at)
    call = operations.unanswered(dispute.operations.all())
    if dispute.state in DISPUTED and call is None:
        dispute.next_at = at + LOOK_AGAIN
        dispute.save(update_fields=["next_at"])
    elif dispute.state in (DisputeState.WON, DisputeState.CLOSED):
        operations.answer(call, OperationState.DONE, at, {"late": answer.status})
        _let_go_on(booking, dispute, at)
    return dispute


def _first(charge: LockedCharge, answer: gateway.DisputeAnswer) -> LockedDispute:
    return new(charge, stripe_id=answer.id, currency=answer.currency, amount_cents=answer.cents)


def _book_moves(dispute: LockedDispute, answer: gateway.DisputeAnswer, at: datetime) -> None:
    """By what has moved on Mila's account, not by what the status ought to mean."""
    out = -sum(cents for cents in answer.moved_cents if cents < 0)
    back = sum(cents for cents in answer.moved_cents if cents > 0)
    if out not in (0, dispute.amount_cents) or back not in (0, dispute.amount_cents):
        raise Mismatch(f"dispute {answer.id} has moved {answer.moved_cents}")
    if out and dispute.withdrawn_at is None:
        dispute.withdrawn_at = at
        dispute.save(update_fields=["withdrawn_at"])
        ledger.book_dispute(dispute, at)
    if back and dispute.reinstated_at is None:
        dispute.reinstated_at = at
        dispute.save(update_fields=["reinstated_at"])
        ledger.book_dispute_won(dispute, at)


def _enter(booking: Booking, charge: LockedCharge, dispute: LockedDispute, at: datetime) -> None:
    """What a new state brings with it."""
    if dispute.state == DisputeState.LOST:
        _lose(charge, dispute, at)
    said = {DisputeState.OPEN: "opened", DisputeState.WON: "won", DisputeState.LOST: "lost",
            DisputeState.CLOSED: "closed", DisputeState.INQUIRY: "asked"}  # fmt: skip
    if dispute.state in said:
        tell_ops(booking, dispute, said[DisputeState(dispute.state)])


def _lose(charge: LockedCharge, dispute: LockedDispute, at: datetime) -> None:
    """It stays with the payer: the partner's part of it is fetched back, the rest is Mila's."""
    if dispute.withdrawn_at is None:
        raise Mismatch(f"dispute {dispute.stripe_id} is lost, and nothing has left")
    dispute.next_at, dispute.ended_at = at, at
    back = shares.returned(charge)  # of this one nothing is filled in yet
    parts = shares.of_amount(charge, back, dispute.amount_cents)
    dispute.service_cents, dispute.booking_fee_cents = parts.service_cents, parts.booking_fee_cents
    dispute.partner_cents, dispute.commission_cents = parts.partner_cents, parts.commission_cents
    dispute.mila_cents = parts.mila_cents
    dispute.save(update_fields=["next_at", "ended_at", *shares.COLUMNS])
    ledger.book_dispute_lost(dispute, at)
    want_papers(charge.pk, at)
    earnings.take_back(charge, dispute.partner_cents, at, dispute=dispute)


def _let_go_on(booking: Booking, dispute: LockedDispute, at: datetime) -> None:
    """Over, once the money that had left is here again."""
    waits = dispute.withdrawn_at is not None and dispute.reinstated_at is None
    dispute.next_at = at + LOOK_AGAIN if waits else None
    dispute.ended_at = dispute.ended_at or at
    dispute.save(update_fields=["next_at", "ended_at"])
    if not waits:
        freezing.release(booking.pk)


@verb
def record_reversal(operation_id: int, reversal: str) -> Dispute:
    """The partner's part is back with Mila: it is over."""
    operation, booking, dispute = _locked(operation_id)
    if operation is None:
        return dispute
    at = mila_now()
    operations.answer(operation, OperationState.DONE, at, {"reversal": reversal})
    dispute.reversal_id = reversal
    finish(booking, dispute)
    return dispute


def finish(booking: Booking, dispute: LockedDispute) -> None:
    """Nothing more is to be done. The caller holds the locks."""
    dispute.next_at = None
    dispute.save(update_fields=["next_at", "reversal_id"])
    freezing.release(booking.pk)


@verb
def record_answered(operation_id: int, answer: gateway.DisputeAnswer) -> Dispute:
    """Evidence was taken, or the dispute was accepted."""
    operation, _booking, dispute = _locked(operation_id)
    operations.answer(operation, OperationState.DONE, mila_now(), {"status": answer.status})
    return record_dispute(dispute.charge_id, answer)


@verb
def record_error(operation_id: int, error: gateway.GatewayError) -> Dispute:
    """No answer of use: what is unknown is repeated with the same key; of a
    definite no staff hear.
    """
    operation, booking, dispute = _locked(operation_id)
    if operation is None:
        return dispute
    at = mila_now()
    if isinstance(error, gateway.OutcomeUnknown):
        dispute.next_at = operations.not_answered(operation, error, at)
    else:
        operations.refused(operation, error, at)
        log.error("dispute %s refused: %s", dispute.pk, error)
        dispute.next_at = at if isinstance(error, NeverArrived) else at + REFUSED_WAIT
        if not isinstance(error, NeverArrived):
            tell_ops(booking, dispute, "refused")
    dispute.save(update_fields=["next_at"])
    return dispute


def _locked(operation_id: int) -> tuple[Operation | None, Booking, LockedDispute]:
    """The call, if its answer is still awaited, and its dispute, locked."""
    dispute_id = Operation.objects.values_list("dispute_id", flat=True).get(pk=operation_id)
    booking, _charge, dispute = lock_dispute(dispute_id)
    return operations.unanswered(dispute.operations.filter(pk=operation_id)), booking, dispute


def tell_ops(booking: Booking, dispute: Dispute, step: str) -> None:
    """Once for each step."""
    number = dispute.pk * len(STEPS) + STEPS.index(step)
    notices.queue(
        booking, "dispute_ops", round=number, dispute_cents=dispute.amount_cents, step=step
    )
