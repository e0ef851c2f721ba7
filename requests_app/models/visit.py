"""The day of the visit: where the technician is and what he says while he works."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.fields import EncryptedTextField
from accounts.models import Technician
from requests_app.models.booking import Booking


class Position(models.Model):
    """Where a technician was between `depart` and `arrive`; kept 24 hours (PRODUCT L8)."""

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="position")
    lat = models.FloatField()
    lon = models.FloatField()
    eta_at = models.DateTimeField(null=True)
    at = models.DateTimeField()


class NotePhrase(models.TextChoices):
    """Ready-made notes: stored by key, so that each reader sees them in his own language."""

    FOUND = "found", _("I have found the cause.")
    AS_PLANNED = "as_planned", _("Everything is going as planned.")
    LONGER = "longer", _("It takes a little longer than planned.")
    TESTING = "testing", _("I am testing whether everything works.")
    COME = "come", _("Please come and have a look.")
    NEARLY = "nearly", _("I am nearly done.")


class ProgressNote(models.Model):
    """What the technician says while he works: a ready-made phrase or his own words. No part of the state (L9)."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="progress_notes")
    technician = models.ForeignKey(Technician, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64, help_text="One-time key of the form: a second sending is the same note.")
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
        """In the active language if it is a phrase; else as he wrote it."""
        return self.get_phrase_display() or self.text or ""
