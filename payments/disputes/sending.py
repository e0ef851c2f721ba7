"""What staff do about a dispute, what is sent to Stripe for it, and how it is asked about
(fault M1-M8).
"""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from payments import charges, gateway, operations
from payments.disputes import evidence
from payments.disputes.recording import (
    finish,
    record_answered,
    record_dispute,
    record_error,
    record_reversal,
    tell_ops,
)
from payments.disputes.table import ANSWERABLE, LockedDispute, lock_dispute
from payments.models import Charge, ChargeState, Dispute, DisputeState, Operation
from payments.operations import LEASE, LOOK_AGAIN, NeverArrived


class NotAnswerable(Refusal):
    sentence = _("The bank takes no more evidence: it was sent already, or the dispute is over.")


@verb
def submit_evidence(dispute_id: int, *, by: User, words: str = "") -> Dispute:
    """The pack of the booking goes to the bank, once and for good; `words` are added to it.

    Raises NotAnswerable.
    """
    _booking, charge, dispute = lock_dispute(dispute_id)
    must_be_answerable(dispute)
    dispute.evidence = evidence.pack(charge, words)
    dispute.submitted_at, dispute.submitted_by = mila_now(), by
    dispute.save(update_fields=["evidence", "submitted_at", "submitted_by"])
    _plan(dispute, "evidence", {"dispute": dispute.stripe_id, "evidence": dispute.evidence})
    return dispute


@verb
def accept(dispute_id: int) -> Dispute:
    """The payer is right: it is lost at once, and the shares are fetched back.

    Raises NotAnswerable.
    """
    _booking, _charge, dispute = lock_dispute(dispute_id)
    must_be_answerable(dispute)
    _plan(dispute, "accept", {"dispute": dispute.stripe_id})
    return dispute


def must_be_answerable(dispute: Dispute) -> None:
    if (
        dispute.state not in ANSWERABLE
        or operations.unanswered(dispute.operations.all()) is not None
    ):
        raise NotAnswerable


def is_answerable(dispute: Dispute) -> bool:
    try:
        must_be_answerable(dispute)
    except NotAnswerable:
        return False
    return True


def _plan(dispute: LockedDispute, kind: str, params: dict[str, Any]) -> Operation:
    tries = dispute.operations.filter(kind=kind).count()
    name = f"dispute-{dispute.uuid}-{kind}"
    key = f"{name}-{tries + 1}" if tries else name
    dispute.next_at = mila_now()
    dispute.save(update_fields=["next_at"])
    return Operation.objects.create(dispute=dispute, kind=kind, key=key, params=params)


# --- Sent


def take_up(dispute_id: int) -> Dispute | None:
    """Send what is due; nothing to send, ask how it is. May run twice, late or beside itself."""
    if not _can_fetch_back(dispute_id):
        return None
    operation = next_operation(dispute_id)
    if operation is None:
        return look_again(dispute_id)
    try:
        answer = call(operation)
    except gateway.GatewayError as error:
        return record_error(operation.pk, error)
    if isinstance(answer, str):
        return record_reversal(operation.pk, answer)
    return record_answered(operation.pk, answer)


def _can_fetch_back(dispute_id: int) -> bool:
    """A lost one is fetched back from the transfer, which comes moments after the charge: one that
    is not there yet is asked about, and the dispute comes again.
    """
    dispute = Dispute.objects.select_related("charge").get(pk=dispute_id)
    if dispute.state != DisputeState.LOST or dispute.partner_cents <= 0:
        return True
    if charges.learn_whole(dispute.charge):
        return True
    put_off(dispute_id, timedelta(seconds=operations.WAITS[-1]))
    return False


@verb
def next_operation(dispute_id: int) -> Operation | None:
    """The call that is due, committed before it is sent (fault M1); None when there is nothing to
    send now.
    """
    booking, charge, dispute = lock_dispute(dispute_id)
    at = mila_now()
    if dispute.next_at is None or dispute.next_at > at:
        return None
    operation = operations.unanswered(dispute.operations.all())
    if operation is None and dispute.state == DisputeState.LOST:
        if dispute.reversal_id or dispute.partner_cents <= 0:
            finish(booking, dispute)
            return None
        params = {
            "transfer": charge.stripe_transfer,
            "cents": dispute.partner_cents,
            "about": "dispute",
            "uuid": str(dispute.uuid),
        }
        operation = _plan(dispute, "reverse", params)
    if operation is None:
        return None
    operations.send(operation, at)
    dispute.next_at = at + LEASE
    dispute.save(update_fields=["next_at"])
    return operation


def call(operation: Operation) -> gateway.DisputeAnswer | str:
    """One call to Stripe, no transaction open. Raises the gateway's errors, or NeverArrived."""
    params: dict[str, Any] = operation.params
    if operations.must_look(operation):
        return _look_up(operation)
    if operation.kind == "reverse":
        return gateway.reverse_transfer(**params, key=operation.key)
    if operation.kind == "accept":
        return gateway.accept_dispute(**params, key=operation.key)
    return gateway.submit_evidence(**params, key=operation.key)


def _look_up(operation: Operation) -> gateway.DisputeAnswer | str:
    params: dict[str, Any] = operation.params
    if operation.kind == "reverse":
        reversal = gateway.find_reversal(params["transfer"], params["about"], params["uuid"])
        if reversal is None:
            raise NeverArrived
        return reversal
    dispute = gateway.retrieve_dispute(params["dispute"])
    if dispute.status in ("needs_response", "warning_needs_response"):
        raise NeverArrived
    return dispute


# --- Asked


def apply_dispute(stripe_id: str) -> Dispute | None:
    """Ask Stripe how it is now, and record that: for the message, the sweep, the comparison. None:
    not ours yet.

    A card may open one inside the charge, before the payment itself is told of: then that is asked
    about first.
    """
    answer = gateway.retrieve_dispute(stripe_id)
    charge = Charge.objects.filter(stripe_charge=answer.charge).exclude(stripe_charge="").first()
    if charge is None and answer.intent:
        charge = charges.apply_intent(answer.intent)
    if charge is None or charge.state != ChargeState.SUCCEEDED:
        return None
    return record_dispute(charge.pk, answer)


def look_again(dispute_id: int) -> Dispute | None:
    """The bank has it for long enough that a message about it may have been lost (fault M8)."""
    dispute = Dispute.objects.get(pk=dispute_id)
    if dispute.next_at is None or dispute.next_at > mila_now():
        return dispute
    put_off(dispute_id)
    return apply_dispute(dispute.stripe_id)


@verb
def put_off(dispute_id: int, span: timedelta = LOOK_AGAIN) -> None:
    Dispute.objects.filter(pk=dispute_id, next_at__isnull=False).update(next_at=mila_now() + span)


@verb
def set_aside(dispute_id: int) -> None:
    """What could not be handled comes again in an hour, and staff hear of it (fault T15)."""
    booking, _charge, dispute = lock_dispute(dispute_id)
    if dispute.next_at is not None:
        dispute.next_at = mila_now() + timedelta(hours=1)
        dispute.save(update_fields=["next_at"])
        tell_ops(booking, dispute, "refused")
