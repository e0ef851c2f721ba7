"""Double entry: what was charged and whose it is. Only added to; the database refuses the rest (PRODUCT M7)."""

import uuid
from datetime import datetime

from payments.models import Account, Charge, LedgerEntry


def book_charge(charge: Charge, at: datetime) -> None:
    """The charge succeeded: the money is at Stripe, the shares are the partner's and Mila's (PRODUCT M3). Once."""
    _book(
        charge,
        f"charge-{charge.pk}",
        at,
        {
            Account.STRIPE: charge.amount_cents,
            Account.PARTNER: -charge.partner_cents,
            Account.COMMISSION: -charge.commission_cents,
            Account.BOOKING_FEE: -charge.booking_fee_cents,
        },
    )


def _book(charge: Charge, key: str, at: datetime, lines: dict[Account, int]) -> None:
    """The unique key per account makes a second booking of the same fact impossible."""
    entry = uuid.uuid4()
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            entry=entry,
            key=key,
            account=account,
            partner=charge.partner if account == Account.PARTNER else None,
            booking_id=charge.booking_id,
            charge=charge,
            currency=charge.currency,
            cents=cents,
            at=at,
        )
        for account, cents in lines.items()
        if cents
    )
