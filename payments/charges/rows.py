"""The locked rows of a charge and of the calls to Stripe that belong to it."""

from accounts.search import lock_technician
from payments import operations
from payments.charges.table import LockedCharge
from payments.models import Charge, Operation
from requests_app.lifecycle import lock_booking
from requests_app.models import Booking


def lock_charge(charge_id: int, *, settles: bool = False) -> tuple[Booking, LockedCharge]:
    """The booking, then its charge. `settles`: the technician's figures are written too, locked
    between.
    """
    booking_id = Charge.objects.values_list("booking_id", flat=True).get(pk=charge_id)
    booking = lock_booking(booking_id)
    if settles and booking.technician_id is not None:
        lock_technician(booking.technician_id)
    # The partner may be null: without `of` the database refuses to lock an outer join.
    charge = (
        Charge.objects.select_for_update(of=("self",)).select_related("partner").get(pk=charge_id)
    )
    return booking, LockedCharge(charge)


def unanswered(operation_id: int) -> Operation | None:
    """The call, if its answer is still awaited: a late rival's answer says nothing.

    The caller holds the lock.
    """
    return operations.unanswered(Operation.objects.filter(pk=operation_id))
