"""A partner's share of a charge that stays unpaid, paid by Mila before the customer does (rule M4;
docs/decisions/0044).

Staff decide it; it goes with the partner's next payout. When the customer pays after all, the
charge brings the share a second time: what was brought over from Mila's balance is fetched back.
That is a call as those of a refund are: written down with its key before it is sent, and repeated
under the same one. What the customer never pays stays in the ledger as what Mila is owed.

Every writer locks the booking, then the charge: its lock stands for the advance's.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from payments import charges, earnings, gateway, ledger, operations
from payments.charges.rows import lock_charge
from payments.charges.table import LockedCharge
from payments.models import Advance, Charge, ChargeKind, Operation, OperationState
from payments.operations import ANSWERED, LEASE, REFUSED_WAIT, NeverArrived
from policy.queries import policy_at
from requests_app import deadlines, notices
from requests_app.models import Booking, State

log = logging.getLogger(__name__)
# What a charge brings is not available at once. Later than this an account that does not hold the
# advance is one that owes, and staff hear of it.
AVAILABLE_BY_THEN = timedelta(days=10)


class NothingToAdvance(Refusal):
    sentence = _(
        "There is no share here to advance: it is paid, or it is not unpaid for long enough."
    )


class InCommon(Refusal):
    sentence = _("Partner and payer have something in common: nothing is advanced between them.")


class SamePerson(Refusal):
    sentence = _(
        "You have asked for this advance yourself. Above the limit somebody else has to say yes."
    )


@verb
def grant(charge_id: int, *, by: User, reason: str) -> Advance:
    """Mila pays the partner's share of an unpaid job. Above the limit of payouts somebody else of
    our staff has to say yes first. A repeat returns the first one.

    Raises NothingToAdvance, InCommon.
    """
    booking, charge = lock_charge(charge_id)
    found = Advance.objects.filter(charge=charge).first()
    if found is not None:
        return found
    at = mila_now()
    _must_be_open(booking, charge, at)
    advance = Advance.objects.create(
        charge=charge, cents=charge.partner_cents, by=by, reason=reason
    )
    if not _asks_another(charge, at):
        _make(advance, at)
    return advance


@verb
def approve(charge_id: int, *, by: User) -> Advance:
    """Another person's yes makes it. A repeat returns it.

    Raises SamePerson, and NothingToAdvance, InCommon as they are by now.
    """
    booking, charge = lock_charge(charge_id)
    advance = Advance.objects.filter(charge=charge).first()
    if advance is None:
        raise NothingToAdvance
    if advance.made_at is not None:
        return advance
    at = mila_now()
    _must_be_open(booking, charge, at)
    if advance.by_id == by.pk:
        raise SamePerson
    advance.approved_by = by
    _make(advance, at)
    return advance


def _asks_another(charge: Charge, at: datetime) -> bool:
    limit = policy_at(at, charge.partner.country).payout_approval_cents[charge.currency]
    return charge.partner_cents > limit


def _make(advance: Advance, at: datetime) -> None:
    advance.made_at = at
    advance.save(update_fields=["made_at", "approved_by"])
    ledger.book_advance(advance, at)
    earnings.earn_advance(advance, at)


def _must_be_open(booking: Booking, charge: Charge, at: datetime) -> None:
    if not _is_unpaid_for_long(booking, charge, at) or charge.partner.suspended_at:
        raise NothingToAdvance
    if earnings.have_something_in_common(booking, charge.partner):
        # whoever books themselves with a card that pays nothing would be paid by Mila (fault A4)
        raise InCommon


def _is_unpaid_for_long(booking: Booking, charge: Charge, at: datetime) -> bool:
    """Signed for, and the customer's to pay; not while a call about it is under way."""
    return (
        charge.kind == ChargeKind.JOB
        and charge.partner_cents > 0
        and charge.state in charges.WAITING
        and booking.state == State.SIGNED_OFF
        and booking.signed_off_at is not None
        and deadlines.advance_from(booking.signed_off_at, booking.policy) <= at
    )


def is_open(charge: Charge) -> bool:
    """Whether staff may advance it now."""
    return not hasattr(charge, "advance") and _is_unpaid_for_long(
        charge.booking, charge, mila_now()
    )


def waits_for_another(charge: Charge) -> bool:
    """Asked for, above the limit, and nobody else has said yes."""
    return (
        hasattr(charge, "advance")
        and charge.advance.made_at is None
        and _is_unpaid_for_long(charge.booking, charge, mila_now())
    )


# --- Fetched back


def take_up(advance_id: int) -> Advance | None:
    """Fetch back what is due. May run twice, late or beside itself: same key, once."""
    operation = next_operation(advance_id)
    if operation is None:
        return None
    try:
        reversal = call(operation)
    except gateway.GatewayError as error:
        return record_error(operation.pk, error)
    return record_reversal(operation.pk, reversal)


@verb
def next_operation(advance_id: int) -> Operation | None:
    """The call that is due, committed before it is sent (fault M1); None when there is nothing to
    send now.

    An unanswered call comes again with its own key and parameters. Whoever gets it has a lease: a
    rival gets None. What was never brought over came with the charge, once: nothing is fetched.
    """
    booking, _charge, advance = _lock(advance_id)
    at = mila_now()
    if advance.next_at is None or advance.next_at > at:
        return None
    operation = operations.unanswered(advance.operations.all())
    brought = _brought_over(advance)
    if operation is None and (brought is None or brought.state not in ANSWERED):
        _put_off(advance, at + LEASE if brought is not None else None)
        return None
    _put_off(advance, at + LEASE)
    return operations.send(operation or _plan(booking, advance, brought), at)


def _brought_over(advance: Advance) -> Operation | None:
    """The transfer from Mila's balance, sent or about to be."""
    sent = Operation.objects.filter(kind="transfer", params__earning=advance.earning.pk)
    return sent.exclude(state=OperationState.FAILED).first()


def _plan(booking: Booking, advance: Advance, brought: Operation) -> Operation:
    """The transfer of the advance itself, never the charge's: that one stays whole for what is
    refunded or contested.
    """
    params = {
        "transfer": brought.answer["transfer"],
        "cents": advance.cents,
        "about": "advance",
        "uuid": str(booking.uuid),
    }
    tries, name = advance.operations.count(), f"{booking.uuid}-advance-back"
    return Operation(
        advance=advance, kind="reverse", key=f"{name}-{tries + 1}" if tries else name, params=params
    )


def call(operation: Operation) -> str:
    """One call to Stripe, no transaction open. Raises the gateway's errors, or NeverArrived."""
    params: dict[str, Any] = operation.params
    if operations.must_look(operation):
        found = gateway.find_reversal(params["transfer"], params["about"], params["uuid"])
        if found is None:
            raise NeverArrived
        return found
    return gateway.reverse_transfer(**params, key=operation.key)


@verb
def record_reversal(operation_id: int, reversal: str) -> Advance:
    """It is back with Mila, and over."""
    operation, _booking, advance = _locked(operation_id)
    if operation is None:
        return advance
    at = mila_now()
    operations.answer(operation, OperationState.DONE, at, {"reversal": reversal})
    advance.reversal_id, advance.reversed_at, advance.next_at = reversal, at, None
    advance.save(update_fields=["reversal_id", "reversed_at", "next_at"])
    return advance


@verb
def record_error(operation_id: int, error: gateway.GatewayError) -> Advance:
    """No answer of use: what is unknown is repeated with the same key; a definite no is tried again
    later.
    """
    operation, booking, advance = _locked(operation_id)
    if operation is None:
        return advance
    at = mila_now()
    if isinstance(error, gateway.OutcomeUnknown):
        _put_off(advance, operations.not_answered(operation, error, at))
        return advance
    operations.refused(operation, error, at)
    if isinstance(error, NeverArrived):
        _put_off(advance, at)
        return advance
    log.error("advance %s not fetched back: %s", advance.pk, error)
    _put_off(advance, at + REFUSED_WAIT)
    if not _is_not_there_yet(advance, error, at):
        tell_ops(booking, advance)
    return advance


def _is_not_there_yet(advance: Advance, error: gateway.GatewayError, at: datetime) -> bool:
    waits = isinstance(error, gateway.GatewayRefused) and error.code == "balance_insufficient"
    return waits and advance.repaid_at is not None and at < advance.repaid_at + AVAILABLE_BY_THEN


@verb
def set_aside(advance_id: int) -> None:
    """What could not be handled comes again in an hour, and staff hear of it (fault T15)."""
    booking, _charge, advance = _lock(advance_id)
    if advance.next_at is not None:
        _put_off(advance, mila_now() + timedelta(hours=1))
        tell_ops(booking, advance)


def _put_off(advance: Advance, until: datetime | None) -> None:
    advance.next_at = until
    advance.save(update_fields=["next_at"])


def _lock(advance_id: int) -> tuple[Booking, LockedCharge, Advance]:
    charge_id = Advance.objects.values_list("charge_id", flat=True).get(pk=advance_id)
    booking, charge = lock_charge(charge_id)
    return booking, charge, Advance.objects.get(pk=advance_id)


def _locked(operation_id: int) -> tuple[Operation | None, Booking, Advance]:
    """The call, if its answer is still awaited, and its advance, locked."""
    advance_id = Operation.objects.values_list("advance_id", flat=True).get(pk=operation_id)
    booking, _charge, advance = _lock(advance_id)
    return operations.unanswered(advance.operations.filter(pk=operation_id)), booking, advance


def tell_ops(booking: Booking, advance: Advance) -> None:
    """Once for each advance."""
    notices.queue(booking, "advance_ops", round=advance.pk, advance_cents=advance.cents)
