"""Money in whole minor units: one rounding, one split (rule M2, M3). Pure: no Django, no floats.

Rates are basis points (2000 = 20 %). Amounts are cents or Rappen and never negative.
"""

from typing import Final, NamedTuple

BASIS: Final = 10_000


class Split(NamedTuple):
    """Who gets what of one charge. `commission + partner == service` and `service + fee == charge`,
    always.
    """

    service_cents: int
    fee_cents: int
    commission_cents: int
    partner_cents: int
    charge_cents: int

    @property
    def mila_cents(self) -> int:
        """What stays with Mila: commission and booking fee (Stripe's application fee)."""
        return self.commission_cents + self.fee_cents


def round_half_up(numerator: int, denominator: int) -> int:
    """The only rounding of the house: numerator / denominator to the nearest integer, halves up.

    Raises ValueError below zero, where "up" would mean two things, and for a denominator that is
    not positive.
    """
    if numerator < 0 or denominator <= 0:
        raise ValueError("round_half_up takes amounts from zero up and a positive denominator")
    return (2 * numerator + denominator) // (2 * denominator)


def split(service_cents: int, rate_bp: int, booking_fee_cents: int) -> Split:
    """Share a service price out (rule M3). `rate_bp`: commission in basis points, 0 to 10 000.

    The fee carries no commission. A cancellation fee is split with `booking_fee_cents=0`
    (rule B10).
    """
    if service_cents < 0 or booking_fee_cents < 0:
        raise ValueError("amounts are never negative")
    if not 0 <= rate_bp <= BASIS:
        raise ValueError("a commission lies between 0 and 10 000 basis points")
    commission = round_half_up(service_cents * rate_bp, BASIS)
    return Split(
        service_cents,
        booking_fee_cents,
        commission,
        service_cents - commission,
        service_cents + booking_fee_cents,
    )


def percent_of(amount_cents: int, percent: int) -> int:
    """`percent` of the amount, halves up."""
    return round_half_up(amount_cents * percent, 100)


def part_of(amount_cents: int, part: int, whole: int) -> int:
    """The share `part / whole` of the amount, halves up: pro rata withdrawal, partial refunds."""
    if not 0 <= part <= whole:
        raise ValueError("a part lies between nothing and the whole")
    return round_half_up(amount_cents * part, whole)


def ceiling(version1_cents: int, percent: int) -> int:
    """The highest price that needs no acceptance on the payer's own device (rule L10).

    Rounded down, so that `price > ceiling(...)` is exactly "above `percent` % of version 1".
    """
    if version1_cents < 0 or percent < 0:
        raise ValueError("amounts are never negative")
    return version1_cents * percent // 100


def vat_inside(gross_cents: int, rate_bp: int) -> int:
    """The VAT contained in a price that includes it: 2000 for 20 %, 810 for 8.1 %."""
    return round_half_up(gross_cents * rate_bp, BASIS + rate_bp)
