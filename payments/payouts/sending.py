"""Send what is due, record what came of it, and ask how it is by now (fault M1-M8)."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from mila.clock import mila_now
from mila.transactions import verb
from payments import earnings, gateway, ledger, operations, partners
from payments.models import Earning, Operation, OperationState, Payout, PayoutAccount, PayoutState
from payments.operations import LEASE, LOOK_AGAIN, REFUSED_WAIT, WAITS, Mismatch, NeverArrived
from payments.payouts import planning, telling
from payments.payouts.table import OPEN_STATES, LockedPayout, advance, lock_payout

log = logging.getLogger(__name__)

BACK = ("failed", "canceled")


def submit(payout_id: int) -> Payout:
    """Send what is due and record the answers. May run twice, late or beside itself: same keys, one
    payout.

    Before the first call the account is asked how it stands: a bank account that was changed an
    hour ago, of which the message was lost, must not be the one that is paid (rule M5).
    """
    payout = Payout.objects.get(pk=payout_id)
    if operations.unanswered(payout.operations.all()) is None:
        try:
            partners.refresh_account(payout.account)
        except gateway.OutcomeUnknown:
            return _wait(payout_id)
    while (operation := next_operation(payout_id)) is not None:
        try:
            answer = call(operation)
        except gateway.GatewayError as error:
            return record_error(operation.pk, error)
        if isinstance(answer, str):
            record_transfer(operation.pk, answer)
        else:
            record_payout(payout_id, answer, operation_id=operation.pk)
    return Payout.objects.get(pk=payout_id)


@verb
def next_operation(payout_id: int) -> Operation | None:
    """The call that is due, committed before it is sent (fault M1); None when there is nothing to
    send now.

    An unanswered call comes again with its own key and parameters. Whoever gets it has a lease: a
    rival gets None.
    """
    payout, at = lock_payout(payout_id), mila_now()
    if payout.state not in OPEN_STATES or payout.next_at is None or payout.next_at > at:
        return None
    operation = operations.unanswered(payout.operations.all())
    if operation is None and not _may_go(payout):
        planning.give_back(payout, at)
        return None
    if operation is None:
        operation = _plan(payout)
    advance(payout, "send", next_at=at + LEASE)
    return operations.send(operation, at)


def _may_go(payout: Payout) -> bool:
    """Whether the account is still the one it was planned for, and so is its bank.

    Who is suspended is not paid.
    """
    found = PayoutAccount.objects.filter(partner=payout.partner, lost_at=None, can_be_paid=True)
    found = found.filter(partner__suspended_at=None)
    same_bank = Q(bank_changed_at=None) | Q(bank_changed_at__lt=payout.created_at)
    return found.filter(same_bank, partner__stripe_account=payout.account).exists()


@verb
def _wait(payout_id: int) -> Payout:
    """Stripe is silent: nothing was sent, and in a moment again."""
    payout = lock_payout(payout_id)
    if payout.state in OPEN_STATES:
        payout.next_at = mila_now() + timedelta(seconds=WAITS[-1])
        payout.save(update_fields=["next_at"])
    return payout


def _plan(payout: Payout) -> Operation:
    """First what Mila pays, from its own balance; then the payout."""
    for earning in _from_mila(payout):
        about = "way" if earning.way_id else "advance"
        tries = Operation.objects.filter(kind="transfer", params__earning=earning.pk)
        if not tries.filter(state=OperationState.DONE).exists():
            transfer = {
                "earning": earning.pk,
                "account": payout.account,
                "cents": earning.cents,
                "currency": payout.currency,
                "booking_uuid": str(earning.booking.uuid),
                "about": about,
            }
            name = f"{earning.booking.uuid}-{about}"
            return _operation(payout, "transfer", name, tries.count(), transfer)
    params = {
        "account": payout.account,
        "cents": payout.cents,
        "currency": payout.currency,
        "payout_uuid": str(payout.uuid),
    }
    tries = payout.operations.filter(kind="payout")
    return _operation(payout, "payout", f"payout-{payout.uuid}", tries.count(), params)


def _from_mila(payout: Payout) -> QuerySet[Earning]:
    """Ways and advances. An advance that the customer has paid meanwhile is in the account already:
    it came with the charge.
    """
    ours = Q(way__isnull=False) | Q(advance__isnull=False, advance__repaid_at=None)
    return payout.earnings.filter(ours).select_related("booking")


def _operation(
    payout: Payout, kind: str, name: str, tries: int, params: dict[str, Any]
) -> Operation:
    return Operation(
        payout=payout, kind=kind, key=f"{name}-{tries + 1}" if tries else name, params=params
    )


def call(operation: Operation) -> gateway.PayoutAnswer | str:
    """One call to Stripe, no transaction open. Raises the gateway's errors, or NeverArrived."""
    params: dict[str, Any] = operation.params
    if operations.must_look(operation):
        found = _find(operation.kind, params)
        if found is None:
            raise NeverArrived
        return found
    if operation.kind == "transfer":
        wanted = {name: value for name, value in params.items() if name != "earning"}
        return gateway.create_transfer(**wanted, key=operation.key)
    return gateway.create_payout(**params, key=operation.key)


def _find(kind: str, params: dict[str, Any]) -> gateway.PayoutAnswer | str | None:
    if kind == "transfer":
        return gateway.find_transfer(params["account"], params["booking_uuid"], params["about"])
    return gateway.find_payout(params["account"], params["payout_uuid"])


# --- What came of it


@verb
def record_transfer(operation_id: int, transfer: str) -> None:
    """A way or an advance was brought to the partner's balance."""
    operation, payout = _locked(operation_id)
    if operation is not None:
        at = mila_now()
        operations.answer(operation, OperationState.DONE, at, {"transfer": transfer})
        advance(payout, "next_call", next_at=at)


@verb
def record_payout(
    payout_id: int, answer: gateway.PayoutAnswer, *, operation_id: int | None = None
) -> Payout:
    """Bring the payout to where Stripe has it, with its ledger. Raises Mismatch and changes nothing
    if it is not ours.

    What came back is final; what was paid may still come back.
    """
    payout, at = lock_payout(payout_id), mila_now()
    if payout.stripe_id not in ("", answer.id) or (answer.cents, answer.currency) != (
        payout.cents,
        payout.currency,
    ):
        raise Mismatch(
            f"payout {payout.pk}: {answer.id}, {answer.cents} {answer.currency} at Stripe"
        )
    operation = operations.unanswered(payout.operations.filter(pk=operation_id))
    if operation is not None:
        told = {"status": answer.status, "payout": answer.id}
        operations.answer(operation, OperationState.DONE, at, told)
    if payout.state in OPEN_STATES:
        _leave(payout, answer, at)
    if answer.status in BACK:
        _come_back(payout, answer, at)
    elif answer.status == "paid" and payout.state == PayoutState.ON_ITS_WAY:
        advance(payout, "arrive", next_at=None, ended_at=at, arrives_on=answer.arrives_on)
    return payout


def _leave(payout: LockedPayout, answer: gateway.PayoutAnswer, at: datetime) -> None:
    arrives = answer.arrives_on
    advance(
        payout,
        "leave",
        stripe_id=answer.id,
        sent_at=at,
        arrives_on=arrives,
        next_at=at + LOOK_AGAIN,
    )
    ledger.book_payout(payout, at)
    if answer.status not in BACK:
        telling.tell_partner(payout, "payout_sent")


def _come_back(payout: LockedPayout, answer: gateway.PayoutAnswer, at: datetime) -> None:
    if payout.state == PayoutState.FAILED:
        return
    advance(payout, "come_back", next_at=None, ended_at=at, failure_code=answer.failure_code[:64])
    ledger.book_payout_back(payout, at)
    Earning.objects.filter(payout=payout).update(payout=None)
    earnings.promise_anew(payout.partner_id, at)
    telling.tell_partner(payout, "payout_failed")


@verb
def record_error(operation_id: int, error: gateway.GatewayError) -> Payout:
    """No answer of use: what is unknown is repeated with the same key, a definite no waits, and
    staff hear of it.
    """
    operation, payout = _locked(operation_id)
    if operation is None:
        return payout
    at = mila_now()
    if isinstance(error, gateway.OutcomeUnknown):
        advance(payout, "lose_track", next_at=operations.not_answered(operation, error, at))
        return payout
    operations.refused(operation, error, at)
    if isinstance(error, NeverArrived):
        advance(payout, "put_back", next_at=at)
        return payout
    log.error("payout %s refused: %s", payout.pk, error)
    advance(payout, "put_back", next_at=at + REFUSED_WAIT)
    telling.tell_ops(payout, "refused")
    return payout


def _locked(operation_id: int) -> tuple[Operation | None, LockedPayout]:
    """The call, if its answer is still awaited, and its payout, locked."""
    payout_id = Operation.objects.values_list("payout_id", flat=True).get(pk=operation_id)
    payout = lock_payout(payout_id)
    return operations.unanswered(payout.operations.filter(pk=operation_id)), payout


# --- Asked again


def apply_payout(stripe_id: str, account: str) -> Payout | None:
    """Ask Stripe how it is now, and record that: for the message and the sweep.

    None: not one of ours.
    """
    answer = gateway.retrieve_payout(stripe_id, account)
    ours = Payout.objects.filter(account=account)
    # The message may have come before the answer to our own call was written down.
    payout = (
        ours.filter(stripe_id=stripe_id).first()
        or ours.filter(uuid=answer.payout_uuid, stripe_id="").first()
    )
    return record_payout(payout.pk, answer) if payout else None


def look_again(payout_id: int) -> Payout | None:
    """It is with the bank for long enough that the message about it may have
    been lost (fault M8).
    """
    payout = Payout.objects.get(pk=payout_id)
    _put_off(payout_id)
    return apply_payout(payout.stripe_id, payout.account)


@verb
def _put_off(payout_id: int) -> None:
    Payout.objects.filter(pk=payout_id, state=PayoutState.ON_ITS_WAY).update(
        next_at=mila_now() + LOOK_AGAIN
    )


@verb
def set_aside(payout_id: int) -> None:
    """What could not be handled comes again in an hour, and staff hear of it (fault T15)."""
    payout = lock_payout(payout_id)
    if payout.next_at is not None:
        payout.next_at = mila_now() + timedelta(hours=1)
        payout.save(update_fields=["next_at"])
        telling.tell_ops(payout, "refused")
