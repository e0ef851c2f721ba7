"""A step of a phone arrives, at once or after a time without network: it counts once, however often
it is sent (rule L12; fault M24).
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from mila.errors import Refusal
from mila.transactions import verb
from requests_app.actions.visit import NotYours
from requests_app.lifecycle import lock_booking
from requests_app.models import OfflineStep

LONGEST_SENTENCE = 300
TRY = "t"  # behind a step's key: that of its try at the visit code
R = TypeVar("R")


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
    row = _made(booking_id, technician_id, key=key, step=step)
    if row is not None:
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


def made_once(
    booking_id: int,
    technician_id: int,
    *,
    key: str,
    step: str,
    device_at: datetime,
    make: Callable[[], tuple[R, bool]],
) -> R | None:
    """The same step with the phone still waiting for its answer. `make` answers, and says whether
    the step was made: only then the key is spent, as what is wrong with a form is mended there.

    None: it came before, by this road or the other. It is no verb: `make` goes on after a refusal,
    so each verb in it has a savepoint of its own. Raises KeyOfAnother.
    """
    with transaction.atomic():
        lock_booking(booking_id)
        if _made(booking_id, technician_id, key=key, step=step) is not None:
            return None
        answer, done = make()
        if done:
            OfflineStep.objects.create(
                technician_id=technician_id,
                booking_id=booking_id,
                key=key,
                step=step,
                done=True,
                device_at=device_at,
            )
    return answer


def keep_try(booking_id: int, technician_id: int, *, key: str, device_at: datetime) -> None:
    """A wrong visit code has used up a try though its step was not made: the same step later uses
    up no second one (rule L9b). Within `made_once`.
    """
    OfflineStep.objects.get_or_create(
        technician_id=technician_id,
        key=key + TRY,
        defaults={
            "booking_id": booking_id,
            "step": "code",
            "done": False,
            "device_at": device_at,
        },
    )


def was_tried(technician_id: int, *, key: str) -> bool:
    return OfflineStep.objects.filter(technician=technician_id, key=key + TRY).exists()


def _made(booking_id: int, technician_id: int, *, key: str, step: str) -> OfflineStep | None:
    row = OfflineStep.objects.filter(technician=technician_id, key=key).first()
    if row is not None and (row.booking_id, row.step) != (booking_id, step):
        raise KeyOfAnother
    return row
