"""Double entry: what was charged and whose it is.

Only added to; the database refuses the rest (rule M7).
"""

import uuid
from datetime import datetime

from accounts.models import PartnerProfile
from payments.models import Account, Charge, Earning, LedgerEntry, Payout, WayPay
from requests_app.models import Booking


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


def payout_key(payout: Payout, earning: Earning) -> str:
    return f"payout-{payout.pk}-{earning.pk}"


def way_key(way: WayPay) -> str:
    return f"way-{way.pk}"


def _book(
    booking: Booking,
    partner: PartnerProfile | None,
    key: str,
    at: datetime,
    lines: dict[Account, int],
    *,
    charge: Charge | None = None,
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
            currency=booking.currency,
            cents=cents,
            at=at,
        )
        for account, cents in lines.items()
        if cents
    )
