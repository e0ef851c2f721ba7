"""What staff decide about money that goes back; no amount above what was paid and is not back yet
(rule M6).
"""

from dataclasses import asdict
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from payments import freezing, ledger, shares
from payments.charges.rows import lock_charge
from payments.charges.table import LockedCharge
from payments.models import (
    DISPUTED,
    UNDER_WAY,
    Charge,
    ChargeState,
    Dispute,
    Refund,
    RefundOrigin,
    RefundState,
)
from payments.refunds.table import LockedRefund, advance, lock_refund, new
from requests_app.models import Booking


class NothingPaid(Refusal):
    sentence = _("Nothing was paid here that could go back.")


class MoreThanPaid(Refusal):
    sentence = _("That is more than what was paid and has not gone back yet.")


class NothingAsked(Refusal):
    sentence = _("Please give an amount above zero.")


class Contested(Refusal):
    sentence = _("The payer's bank contests this charge: while it does, nothing can be refunded.")


class OneAtATime(Refusal):
    sentence = _("A refund of this charge is being made. Please wait until it is done.")


class NotBack(Refusal):
    sentence = _("This refund has not come back, or was sent again or paid by hand meanwhile.")


@verb
def refund(
    charge_id: int,
    *,
    key: UUID,
    service_cents: int,
    booking_fee_cents: int,
    by: User,
    reason: str,
    by_mila: bool = False,
) -> Refund:
    """Written down, with its exact shares; the sweep sends it within seconds. A repeat of `key`
    answers the first one.

    `by_mila`: good will, the partner keeps what they have. Raises NothingPaid, NothingAsked,
    MoreThanPaid, Contested, OneAtATime.
    """
    booking, charge = lock_charge(charge_id)
    found = Refund.objects.filter(uuid=key, charge=charge).first()
    if found is not None:
        return found
    must_be_refundable(charge)
    back = shares.returned(charge)
    service_left, fee_left = shares.left(charge, back)
    if min(service_cents, booking_fee_cents) < 0 or service_cents + booking_fee_cents == 0:
        raise NothingAsked
    if service_cents > service_left or booking_fee_cents > fee_left:
        raise MoreThanPaid
    parts = (
        shares.by_mila(service_cents, booking_fee_cents)
        if by_mila
        else shares.shared(charge, back, service_cents, booking_fee_cents)
    )
    row = _new(charge, parts, uuid=key, origin=RefundOrigin.OPS, by=by, reason=reason)
    freezing.hold(booking.pk)
    advance(row, "plan", next_at=mila_now())
    charge.refunded_cents += row.amount_cents
    charge.save(update_fields=["refunded_cents"])
    return row


def must_be_refundable(charge: Charge) -> None:
    if charge.state != ChargeState.SUCCEEDED:
        raise NothingPaid
    if Dispute.objects.filter(charge=charge, state__in=DISPUTED).exists():
        raise Contested
    if Refund.objects.filter(charge=charge, state__in=UNDER_WAY).exists():
        raise OneAtATime


def is_refundable(charge: Charge) -> bool:
    """Whether staff may give anything of it back now."""
    try:
        must_be_refundable(charge)
    except Refusal:
        return False
    return sum(shares.left(charge, shares.returned(charge))) > 0


def refundable_charge(booking: Booking) -> Charge | None:
    """The charge of which something can go back now."""
    return next((charge for charge in booking.charges.all() if is_refundable(charge)), None)


def _new(charge: LockedCharge, parts: shares.Shares, **values: object) -> LockedRefund:
    """The transfer is reversed by the whole amount, of which Mila's part goes back to the partner
    from the fee.
    """
    reversal = parts.amount_cents if parts.partner_cents > 0 else 0
    return new(
        charge,
        amount_cents=parts.amount_cents,
        **asdict(parts),
        reversal_cents=reversal,
        fee_cents=reversal - parts.partner_cents if reversal else 0,
        **values,
    )


def arrived_cents(booking_id: int) -> int:
    """What of a booking went back to the payer and has not come back to us."""
    made = Refund.objects.filter(charge__booking_id=booking_id, made_at__isnull=False)
    return sum(
        one.amount_cents for one in made if one.state != RefundState.CAME_BACK or one.by_hand_at
    )


# --- What came back


# The payer's bank sent it back, and the payer has not got it on another way yet.
WAITS_FOR_STAFF = Q(state=RefundState.CAME_BACK, again=None, by_hand_at=None)


def waits_for_staff(refund: Refund) -> bool:
    """The same of a row at hand."""
    return (
        refund.state == RefundState.CAME_BACK
        and refund.by_hand_at is None
        and not hasattr(refund, "again")
    )


@verb
def send_again(refund_id: int, *, by: User, reason: str) -> Refund:
    """To the card once more, from what is owed to the payer; no share moves again.

    Raises NotBack, Contested.
    """
    booking, charge, old = lock_refund(refund_id)
    if not waits_for_staff(old):
        raise NotBack
    must_be_refundable(charge)
    parts = shares.by_mila(old.amount_cents, 0)
    row = _new(charge, parts, origin=RefundOrigin.AGAIN, again_of=old, by=by, reason=reason)
    freezing.hold(booking.pk)
    advance(row, "plan", next_at=mila_now())
    return row


@verb
def note_paid_by_hand(refund_id: int) -> Refund:
    """Staff have paid it from Mila's bank. A repeat changes nothing. Raises NotBack."""
    _booking, _charge, refund = lock_refund(refund_id)
    if refund.by_hand_at is not None:
        return refund
    if not waits_for_staff(refund):
        raise NotBack
    refund.by_hand_at = mila_now()
    refund.save(update_fields=["by_hand_at"])
    ledger.book_refund_by_hand(refund, refund.by_hand_at)
    return refund
