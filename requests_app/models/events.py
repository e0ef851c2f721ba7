"""What has happened to a booking, move by move."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from mila.encrypted_fields import EncryptedTextField
from requests_app.models.booking import Booking


class BookingEvent(models.Model):
    """One move of a booking, in order, chained by hashes.

    Only added to, by triggers (invariant I7, I13).
    """

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    move = models.CharField(max_length=20)
    source = models.CharField(max_length=12)
    target = models.CharField(max_length=12)
    role = models.CharField(max_length=10)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()
    reason = EncryptedTextField(blank=True, default="")
    data = models.JSONField(default=dict)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "sequence"], name="one_event_of_a_sequence")
        ]
        indexes = [models.Index(fields=["at"], name="event_start", condition=Q(move="start"))]

    def __str__(self):
        return f"{self.sequence} {self.move}"


UNDO = "undo_"  # a move of this name takes back the step it names (rule L9)


def standing(events: Iterable[BookingEvent]) -> list[BookingEvent]:
    """In their order, those that still hold: without a step that was taken back, and without its
    taking back.
    """
    kept: list[BookingEvent] = []
    for event in events:
        if event.move.startswith(UNDO) and kept:
            kept.pop()
        else:
            kept.append(event)
    return kept


def of_present_technician(events: Iterable[BookingEvent]) -> list[BookingEvent]:
    """Those from the claim on that brought whoever has it now; from the beginning where nobody ever
    had it.
    """
    events = list(events)
    claims = [number for number, event in enumerate(events) if event.move in ("claim", "assign")]
    return events[claims[-1] if claims else 0 :]


def entered_at(booking: Booking) -> datetime | None:
    """When its present state began. A step taken back in between, or just now, does not count."""
    entered = [
        event.at for event in standing(booking.events.all()) if event.target == booking.state
    ]
    return entered[-1] if entered else None


def last_made_at(booking: Booking, move: str) -> datetime | None:
    """When the present technician made this move for the last time and did not take it back; None
    if never.

    An arrival is of its appointment: who comes a second time has to arrive anew (rule L11).
    """
    events = standing(of_present_technician(booking.events.all()))
    if move == "arrive":
        again = [number for number, one in enumerate(events) if one.move == "continue_later"]
        events = events[again[-1] if again else 0 :]
    made = [event.at for event in events if event.move == move]
    return made[-1] if made else None
