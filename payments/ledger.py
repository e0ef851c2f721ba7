"""Double entry: what was charged and whose it is.

Only added to; the database refuses the rest (rule M7).
"""

import uuid
from datetime import datetime

from accounts.models import PartnerProfile
from payments.models import (
    Account,
    Advance,
    Charge,
    Dispute,
    Earning,
    LedgerEntry,
    Payout,
    Refund,
    RefundOrigin,
    WayPay,
)
from requests_app.models import Booking

# How the keys of lines begin that only Stripe's statement knows.
COST, OWN = "cost-", "own-"


def book_charge(charge: Charge, at: datetime) -> None:
    """The charge succeeded: the money is at Stripe, the shares are the partner's and Mila's
    (rule M3). Once.
    """
    lines = {
        Account.STRIPE: charge.amount_cents,
        Account.PARTNER: -charge.partner_cents,
        Account.COMMISSION: -charge.commission_cents,
        Account.BOOKING_FEE: -charge.booking_fee_cents,
    }
    _book(charge.booking, charge.partner, f"charge-{charge.pk}", at, lines, charge=charge)


def book_way(way: WayPay, at: datetime) -> None:
    """Mila pays the way: all of it is the partner's (rule L11). Once."""
    assert way.cents
    _book(
        way.booking,
        way.partner,
        way_key(way),
        at,
        {Account.MILA: way.cents, Account.PARTNER: -way.cents},
    )


def book_advance(advance: Advance, at: datetime) -> None:
    """The partner's share is theirs before the customer pays: until then the customer owes it to
    Mila (rule M4). Once.
    """
    lines = {Account.ADVANCED: advance.cents, Account.PARTNER: -advance.cents}
    charge = advance.charge
    _book(charge.booking, charge.partner, advance_key(advance), at, lines)


def book_advance_repaid(advance: Advance, at: datetime) -> None:
    """The customer has paid: what was advanced is no longer the partner's a second time. Once."""
    lines = {Account.PARTNER: advance.cents, Account.ADVANCED: -advance.cents}
    charge = advance.charge
    _book(charge.booking, charge.partner, f"{advance_key(advance)}-repaid", at, lines)


def book_payout(payout: Payout, at: datetime) -> None:
    """It left Stripe for the bank: what it brings of each job is no longer owed (rule M5). Once."""
    for earning in payout.earnings.select_related("booking", "partner").order_by("pk"):
        lines = {Account.PARTNER: earning.cents, Account.STRIPE: -earning.cents}
        _book(earning.booking, earning.partner, payout_key(payout, earning), at, lines)


def book_payout_back(payout: Payout, at: datetime) -> None:
    """The bank sent it back: the money is at Stripe, and owed as before. Once."""
    for earning in payout.earnings.select_related("booking", "partner").order_by("pk"):
        lines = {Account.STRIPE: earning.cents, Account.PARTNER: -earning.cents}
        _book(earning.booking, earning.partner, f"{payout_key(payout, earning)}-back", at, lines)


def book_refund(refund: Refund, at: datetime) -> None:
    """It left Stripe for the payer's card: each bears their part of it (rule M6). Once."""
    charge = refund.charge
    lines = {Account.STRIPE: -refund.amount_cents, **_borne(refund)}
    if refund.origin == RefundOrigin.AGAIN:
        lines = {Account.STRIPE: -refund.amount_cents, Account.CUSTOMER: refund.amount_cents}
    _book(charge.booking, charge.partner, refund_key(refund), at, lines)


def book_refund_back(refund: Refund, at: datetime) -> None:
    """The payer's bank sent it back: the money is at Stripe, and owed to the payer. Once."""
    lines = {Account.STRIPE: refund.amount_cents, Account.CUSTOMER: -refund.amount_cents}
    _book(refund.charge.booking, None, f"{refund_key(refund)}-back", at, lines)


def book_refund_by_hand(refund: Refund, at: datetime) -> None:
    """What came back was paid from Mila's bank. Once."""
    lines = {Account.CUSTOMER: refund.amount_cents, Account.BANK: -refund.amount_cents}
    _book(refund.charge.booking, None, f"{refund_key(refund)}-by-hand", at, lines)


def book_dispute(dispute: Dispute, at: datetime) -> None:
    """The payer's bank took the money: whose it is nobody knows yet. Once."""
    lines = {Account.STRIPE: -dispute.amount_cents, Account.DISPUTED: dispute.amount_cents}
    _book(dispute.charge.booking, None, dispute_key(dispute), at, lines)


def book_dispute_won(dispute: Dispute, at: datetime) -> None:
    """It came back. Once."""
    lines = {Account.STRIPE: dispute.amount_cents, Account.DISPUTED: -dispute.amount_cents}
    _book(dispute.charge.booking, None, f"{dispute_key(dispute)}-won", at, lines)


def book_dispute_lost(dispute: Dispute, at: datetime) -> None:
    """It stays with the payer: each bears their part of it. Once."""
    charge = dispute.charge
    lines = {Account.DISPUTED: -dispute.amount_cents, **_borne(dispute)}
    _book(charge.booking, charge.partner, f"{dispute_key(dispute)}-lost", at, lines)


def _borne(back: Refund | Dispute) -> dict[Account, int]:
    return {
        Account.PARTNER: back.partner_cents,
        Account.COMMISSION: back.commission_cents,
        Account.BOOKING_FEE: back.booking_fee_cents,
        Account.MILA: back.mila_cents,
    }


def book_cost(
    line_id: str, booking: Booking | None, currency: str, cents: int, at: datetime
) -> None:
    """What Stripe took for itself, as its statement says. Once."""
    lines = {Account.COST: cents, Account.STRIPE: -cents}
    _book(booking, None, f"{COST}{line_id}", at, lines, currency=currency)


def book_own_payout(line_id: str, currency: str, cents: int, at: datetime) -> None:
    """From Mila's balance at Stripe to Mila's bank (or back, below zero). Once."""
    _book(
        None,
        None,
        f"{OWN}{line_id}",
        at,
        {Account.BANK: cents, Account.STRIPE: -cents},
        currency=currency,
    )


def refund_key(refund: Refund) -> str:
    return f"refund-{refund.pk}"


def dispute_key(dispute: Dispute) -> str:
    return f"dispute-{dispute.pk}"


def payout_key(payout: Payout, earning: Earning) -> str:
    return f"payout-{payout.pk}-{earning.pk}"


def advance_key(advance: Advance) -> str:
    return f"advance-{advance.pk}"


def way_key(way: WayPay) -> str:
    return f"way-{way.pk}"


def _book(
    booking: Booking | None,
    partner: PartnerProfile | None,
    key: str,
    at: datetime,
    lines: dict[Account, int],
    *,
    charge: Charge | None = None,
    currency: str = "",
) -> None:
    """The unique key per account makes a second booking of the same fact impossible."""
    entry = uuid.uuid4()
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            entry=entry,
            key=key,
            account=account,
            partner=partner if account == Account.PARTNER else None,
            booking=booking,
            charge=charge,
            currency=booking.currency if booking else currency,
            cents=cents,
            at=at,
        )
        for account, cents in lines.items()
        if cents
    )
