"""Who bears what goes back: the partner, Mila's commission, the booking fee, or Mila by itself
(rule M6).

Read under the charge's lock. Each part is what would have to be back by now less what is back
already, so that however an amount is cut up, the parts of all pieces together are those of the
whole, to the cent.
"""

from dataclasses import dataclass

from django.db.models import Sum

from catalogue.money import part_of
from payments.models import Charge, Dispute, DisputeState, Refund, RefundOrigin, RefundState

COLUMNS = ("service_cents", "booking_fee_cents", "partner_cents", "commission_cents", "mila_cents")


@dataclass(frozen=True)
class Shares:
    """service = partner + commission + mila; what is back is service and booking fee."""

    service_cents: int = 0
    booking_fee_cents: int = 0
    partner_cents: int = 0
    commission_cents: int = 0
    mila_cents: int = 0

    @property
    def amount_cents(self) -> int:
        return self.service_cents + self.booking_fee_cents


def returned(charge: Charge) -> Shares:
    """What is back, or on its way back: refunds that were not refused, and
    disputes that were lost.
    """
    refunds = Refund.objects.filter(charge=charge).exclude(state=RefundState.REFUSED)
    lost = Dispute.objects.filter(charge=charge, state=DisputeState.LOST)
    sums = [rows.aggregate(**{name: Sum(name, default=0) for name in COLUMNS})
            for rows in (refunds.exclude(origin=RefundOrigin.AGAIN), lost)]  # fmt: skip
    return Shares(**{name: sum(row[name] for row in sums) for name in COLUMNS})


def left(charge: Charge, back: Shares) -> tuple[int, int]:
    """What can still go back: of the service price, and of the booking fee."""
    return (
        max(0, charge.service_cents - back.service_cents),
        max(0, charge.booking_fee_cents - back.booking_fee_cents),
    )


def shared(charge: Charge, back: Shares, service_cents: int, booking_fee_cents: int) -> Shares:
    """As it was earned: the commission on it goes back, the rest is the partner's, the booking fee
    is Mila's.
    """
    partner_left = max(0, charge.partner_cents - back.partner_cents)
    commission_left = max(0, charge.commission_cents - back.commission_cents)
    by_both = min(back.partner_cents + back.commission_cents + service_cents, charge.service_cents)
    due = (
        part_of(charge.commission_cents, by_both, charge.service_cents)
        if charge.service_cents
        else 0
    )
    lowest, highest = max(0, service_cents - partner_left), min(service_cents, commission_left)
    commission = max(lowest, min(due - back.commission_cents, highest))
    return Shares(service_cents, booking_fee_cents, service_cents - commission, commission, 0)


def by_mila(service_cents: int, booking_fee_cents: int) -> Shares:
    """Good will: the partner keeps what they have."""
    return Shares(service_cents, booking_fee_cents, mila_cents=service_cents)


def of_amount(charge: Charge, back: Shares, cents: int) -> Shares:
    """What a bank took: of the service price first. What is above all that was left, Mila bears."""
    service_left, fee_left = left(charge, back)
    service = min(cents, service_left)
    fee = min(cents - service, fee_left)
    both, rest = shared(charge, back, service, fee), cents - service - fee
    return Shares(service + rest, fee, both.partner_cents, both.commission_cents, rest)


def at_stripe(charge: Charge, back: Shares, cents: int, *, partner_cents: int) -> Shares:
    """What somebody did there: the partner's part is a fact; the rest is commission, then booking
    fee, then Mila's.
    """
    rest = cents - partner_cents
    commission = max(0, min(rest, charge.commission_cents - back.commission_cents))
    fee = max(0, min(rest - commission, left(charge, back)[1]))
    return Shares(cents - fee, fee, partner_cents, commission, rest - commission - fee)
