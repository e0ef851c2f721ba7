"""The day of the visit: where the technician is, where they stood at the door, what they say while
they work.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Technician
from mila.encrypted_fields import EncryptedTextField
from policy.figures import Policy
from requests_app.models.assignments import Assignment, have_met
from requests_app.models.booking import Booking
from requests_app.models.events import last_made_at


class Position(models.Model):
    """Where a technician was between `depart` and `arrive`; kept 24 hours (rule L8)."""

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="position")
    lat = models.FloatField()
    lon = models.FloatField()
    eta_at = models.DateTimeField(null=True)
    at = models.DateTimeField()


class DoorMove(models.TextChoices):
    """The two instants a visit in vain rests on: the wait begins, the wait is over."""

    ARRIVE = "arrive", _("Arrival")
    FAIL = "fail_visit", _("End of the wait")


class DoorPlace(models.Model):
    """Where the technician's phone was at one of the two instants: evidence, only added to
    (rule B10, L11).

    No row: the phone gave no place. What is shared on the way there is another thing and is soon
    gone (Position).
    """

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="door_places")
    move = models.CharField(max_length=10, choices=DoorMove.choices)
    at = models.DateTimeField()
    point = EncryptedTextField(help_text="Latitude and longitude, as the phone said them.")
    accuracy_m = models.PositiveIntegerField(help_text="So far off it may be, as the phone says.")
    metres = models.PositiveIntegerField(
        null=True, help_text="From the door; empty where nobody knows the door's own point."
    )

    class Meta:
        ordering = ["pk"]

    def is_near(self, policy: Policy) -> bool:
        """Whether it says that they stood at the door; a phone that does not know where it is says
        nothing.
        """
        return self.metres is not None and max(self.metres, self.accuracy_m) <= policy.door_radius_m


def door_places(booking: Booking) -> dict[str, DoorPlace]:
    """The places of the running assignment by move.

    That of an arrival which was taken back proves nothing.
    """
    rows = DoorPlace.objects.filter(assignment__booking=booking, assignment__ended_at=None)
    arrived_at = last_made_at(booking, DoorMove.ARRIVE)
    return {row.move: row for row in rows if row.move != DoorMove.ARRIVE or row.at == arrived_at}


def was_at_the_door(booking: Booking) -> bool:
    """Whether more than the technician's word says so: the visit code, or a place near it at both
    ends of the wait.
    """
    places = door_places(booking)
    near = all(move in places and places[move].is_near(booking.policy) for move in DoorMove.values)
    return near or have_met(booking)


class NotePhrase(models.TextChoices):
    """Ready-made notes: stored by key, so that each reader sees them in their own language."""

    FOUND = "found", _("I have found the cause.")
    AS_PLANNED = "as_planned", _("Everything is going as planned.")
    LONGER = "longer", _("It takes a little longer than planned.")
    TESTING = "testing", _("I am testing whether everything works.")
    COME = "come", _("Please come and have a look.")
    NEARLY = "nearly", _("I am nearly done.")


class ProgressNote(models.Model):
    """What the technician says while at work: a ready-made phrase or own words.

    No part of the state (rule L9).
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="progress_notes")
    technician = models.ForeignKey(Technician, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(
        max_length=64, help_text="One-time key of the form: a second sending is the same note."
    )
    phrase = models.CharField(max_length=12, choices=NotePhrase.choices, blank=True)
    text = EncryptedTextField(null=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "key"], name="one_note_of_a_key"),
            models.CheckConstraint(
                condition=Q(phrase="", text__isnull=False) | (~Q(phrase="") & Q(text__isnull=True)),
                name="note_is_phrase_or_words",
            ),
        ]

    @property
    def words(self) -> str:
        """In the active language if it is a phrase; else as it was written."""
        return self.get_phrase_display() or self.text or ""
