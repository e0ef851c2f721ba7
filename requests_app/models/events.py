"""What has happened to a booking, move by move."""

from django.conf import settings
from django.db import models

from requests_app.models.booking import Booking


class BookingEvent(models.Model):
    """One move of a booking, in order, chained by hashes. Only added to: triggers refuse the rest (FAULT I7, I13)."""

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    move = models.CharField(max_length=20)
    source = models.CharField(max_length=12)
    target = models.CharField(max_length=12)
    role = models.CharField(max_length=10)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]
        constraints = [models.UniqueConstraint(fields=["booking", "sequence"], name="one_event_of_a_sequence")]

    def __str__(self):
        return f"{self.sequence} {self.move}"
