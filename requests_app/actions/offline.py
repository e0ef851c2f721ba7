"""A step that was made without network arrives: it counts once, however often it is sent
(rule L12; fault M24).
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from mila.errors import Refusal
from mila.transactions import verb
from requests_app.actions.visit import NotYours
from requests_app.lifecycle import lock_booking
from requests_app.models import OfflineStep

LONGEST_SENTENCE = 300


class KeyOfAnother(Refusal):
    sentence = _("This was sent for another job already.")


@verb
def once(
    booking_id: int,
    technician_id: int,
    *,
    key: str,
    step: str,
    device_at: datetime,
    act: Callable[[], str],
) -> OfflineStep:
    """Do it now, or answer what became of it when it was done. `act` makes the step and may say a
    sentence about it.

    What it refuses has changed nothing, is kept with its sentence, and stays refused: the phone
    shows it. Duplicates wait for each other at the booking's lock; the row's constraint judges.
    Raises KeyOfAnother, NotYours.
    """
    booking = lock_booking(booking_id)
    row = OfflineStep.objects.filter(technician=technician_id, key=key).first()
    if row is not None:
        if (row.booking_id, row.step) != (booking_id, step):
            raise KeyOfAnother
        return row
    if booking.technician_id != technician_id:
        raise NotYours
    done = True
    try:
        with transaction.atomic():  # what was refused leaves nothing behind but its row
            sentence = act()
    except Refusal as refusal:
        done, sentence = False, str(refusal.sentence)
    return OfflineStep.objects.create(
        technician_id=technician_id,
        booking=booking,
        key=key,
        step=step,
        done=done,
        sentence=sentence[:LONGEST_SENTENCE],
        device_at=device_at,
    )
