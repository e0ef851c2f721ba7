"""What staff are shown of a customer: nothing without a reason, and never without a trace
(fault A11).
"""

from accounts.models import User
from mila.clock import mila_now
from mila.transactions import verb
from requests_app.models import BookingContact, CallAttempt, ContactAccess, Message

LONGEST_REASON = 40


@verb
def show_contact(
    booking_id: int, *, by: User, reason: str
) -> tuple[BookingContact, list[CallAttempt], list[Message]]:
    """Contact data, notes of calls and messages, with a row that says who saw them and why.

    Each look is a row of its own.
    """
    contact = BookingContact.objects.get(booking_id=booking_id)
    ContactAccess.objects.create(
        booking_id=booking_id, user=by, reason=reason[:LONGEST_REASON], at=mila_now()
    )
    calls = CallAttempt.objects.filter(assignment__booking_id=booking_id)
    return (
        contact,
        [call for call in calls if call.note],
        list(Message.objects.filter(booking_id=booking_id)),
    )
