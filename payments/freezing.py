"""While money of a booking is on its way back, or contested, nothing of it is paid out
(rule G4, M5).

The caller holds the lock of the booking.
"""

from payments import payouts


def hold(booking_id: int) -> None:
    """Freeze what still can be."""
    payouts.freeze_what_waits(booking_id)


def release(booking_id: int) -> None:
    """The payout goes on, unless something is still open, or staff froze it."""
    if not payouts.is_contested(booking_id):
        payouts.thaw_what_is_decided(booking_id)
