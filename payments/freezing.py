"""While money of a booking is on its way back, or contested, nothing of it is paid out
(rule G4, M5).

The caller holds the lock of the booking.
"""

from payments import payouts
from payments.models import Dispute, Refund


def hold(booking_id: int) -> bool:
    """Freeze what still can be; whether this is what froze it."""
    return bool(payouts.freeze_what_waits(booking_id))


def release(booking_id: int) -> None:
    """The payout goes on, unless something is still open, or staff froze it."""
    refunds = Refund.objects.filter(charge__booking_id=booking_id, froze=True)
    disputes = Dispute.objects.filter(charge__booking_id=booking_id, froze=True)
    if payouts.is_contested(booking_id) or not (refunds.exists() or disputes.exists()):
        return
    refunds.update(froze=False)
    disputes.update(froze=False)
    payouts.thaw_what_is_decided(booking_id)
