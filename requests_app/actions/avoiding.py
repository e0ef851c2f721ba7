"""Not this person again: said by either side after a booking they had in common, and taken back
(rule D1).
"""

from django.utils.translation import gettext_lazy as _

from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from requests_app.lifecycle import lock_booking
from requests_app.models import Author, Avoidance


class NeverMet(Refusal):
    sentence = _("This booking was never in the hands of this person.")


@verb
def avoid(booking_id: int, technician_id: int, *, said_by: Author) -> Avoidance:
    """From now on the search brings the two together no more; what is agreed already stays as it
    is.

    The other side is not told. A repeat returns what stands. Locks the booking. Raises NeverMet.
    """
    booking = lock_booking(booking_id)
    if (
        booking.customer_id is None
        or not booking.assignments.filter(technician=technician_id).exists()
    ):
        raise NeverMet
    row, _new = Avoidance.objects.get_or_create(
        customer_id=booking.customer_id,
        technician_id=technician_id,
        said_by=said_by,
        ended_at=None,
        defaults={"booking": booking, "at": mila_now()},
    )
    return row


@verb
def meet_again(booking_id: int, technician_id: int, *, said_by: Author) -> None:
    """Taken back by the side that said it; a repeat finds nothing to do. Raises NeverMet."""
    booking = lock_booking(booking_id)
    if not booking.assignments.filter(technician=technician_id).exists():
        raise NeverMet
    standing = Avoidance.objects.filter(
        customer=booking.customer_id, technician=technician_id, said_by=said_by
    )
    standing.filter(ended_at=None).update(ended_at=mila_now())
