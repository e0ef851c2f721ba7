"""A draft that nobody orders goes (rule B1)."""

from mila.clock import mila_now
from mila.transactions import verb
from policy.kept import DRAFT
from requests_app.actions.photographing import detach
from requests_app.lifecycle import lock_unless_locked
from requests_app.models import State


@verb
def drop_draft(booking_id: int) -> bool:
    """The draft with all that was typed; its photos are nobody's, and their files go with the next sweep.

    False where it was ordered meanwhile, its time has not come, or somebody is at it now.
    """
    booking = lock_unless_locked(booking_id)
    if booking is None or booking.state != State.DRAFT or booking.created_at > mila_now() - DRAFT:
        return False
    for photo in booking.photos.select_for_update():
        detach(photo)
    booking.delete()
    return True
