"""A draft that nobody orders goes (rule B1)."""

from contextlib import suppress

from django.db.models import ProtectedError

from accounts.models import User
from mila.clock import mila_now
from mila.transactions import verb
from policy.kept import DRAFT
from requests_app.actions.photographing import detach
from requests_app.lifecycle import lock_unless_locked
from requests_app.models import State


@verb
def drop_draft(booking_id: int) -> bool:
    """The draft with all that was typed, and the guest whom nothing else knows.

    Its photos are nobody's, and their files go with the next sweep. False where it was ordered
    meanwhile, its time has not come, or somebody is at it now.
    """
    booking = lock_unless_locked(booking_id)
    if booking is None or booking.state != State.DRAFT or booking.created_at > mila_now() - DRAFT:
        return False
    for photo in booking.photos.select_for_update():
        detach(photo)
    guest = booking.customer_id
    booking.delete()
    if guest is not None:
        _drop_guest(guest)
    return True


def _drop_guest(user_id: int) -> None:
    """Whom only the draft knew: an address without a proof, a password, a booking, or anything else
    of theirs.

    Who has saved a card stays: our row alone says whose it is, and erasing the person takes it off
    (docs/retention.md).
    """
    nothing = (
        "emailaddress",
        "customer",
        "technician",
        "dispatcher",
        "joined",
        "joined_into",
        "payment_customer__cards",
    )
    alone = dict.fromkeys(nothing, None)
    guests = User.objects.select_for_update(of=("self",), skip_locked=True)
    guest = guests.filter(pk=user_id, is_staff=False, bookings=None, **alone).first()
    if guest is not None and not guest.has_usable_password():
        with suppress(ProtectedError):  # something else of ours names them
            guest.delete()
