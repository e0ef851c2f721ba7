"""What a technician's phone has sent under a key that counts once: at once, or later when it had no
network (rule L12; fault M24).
"""

from django.db import models

from accounts.models import Technician
from mila.clock import MilaNow
from requests_app.models.booking import Booking


class OfflineStep(models.Model):
    """One step of a phone, and what became of it here: a repeat is answered from this row.

    The server's instant decides clocks and faults; the device's is kept beside it as evidence. What
    was typed is not kept here: it stands where the step has put it, or nowhere.
    """

    technician = models.ForeignKey(Technician, on_delete=models.CASCADE, related_name="+")
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="offline_steps")
    key = models.CharField(max_length=64)
    step = models.CharField(max_length=10)
    done = models.BooleanField(help_text="False: it was refused, and nothing changed.")
    sentence = models.CharField(max_length=300, blank=True)
    device_at = models.DateTimeField(help_text="By the device's own clock.")
    at = models.DateTimeField(db_default=MilaNow(), editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["technician", "key"], name="offline_key_once")
        ]
