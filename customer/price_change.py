"""A price as it was and as it would be, line by line: one shape for every page of both sides
(rule L10).
"""

from dataclasses import dataclass

from requests_app.models import Booking, Quote
from requests_app.price_versions import Difference, differences


@dataclass(frozen=True)
class PriceChange:
    """What components/_price_change.html shows; the booking fee is in both totals."""

    lines: list[Difference]
    fee_cents: int
    before_cents: int
    after_cents: int
    more_minutes: int
    minutes: int
    reason: str
    version: int

    @property
    def rises(self) -> bool:
        return self.after_cents > self.before_cents

    @property
    def is_none(self) -> bool:
        """The same price and the same lines."""
        return not any(line.is_new for line in self.lines)


def change_of(booking: Booking, before: Quote, after: Quote) -> PriceChange:
    fee = booking.booking_fee_cents
    return PriceChange(
        lines=differences(before, after),
        fee_cents=fee,
        before_cents=before.service_cents + fee,
        after_cents=after.service_cents + fee,
        more_minutes=after.duration_minutes - before.duration_minutes,
        minutes=after.duration_minutes,
        reason=after.reason,
        version=after.version,
    )
