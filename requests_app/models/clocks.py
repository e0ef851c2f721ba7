"""Promises that fall due beside the one that moves the state."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from requests_app.models.booking import Booking


class ClockKind(models.TextChoices):
    """Promises beside the one that moves the state."""

    CALL_REMINDER = "call_reminder", _("Reminder to call")
    CONFIRM_REMINDER = "confirm_reminder", _("Reminder to confirm")
    LATENESS = "lateness", _("Not arrived in time")
    DOOR_WAIT = "door_wait", _("Wait at the door")
    OVERDUE_WORK = "overdue_work", _("Work takes much longer than planned")
    SLOT_FREED = "slot_freed", _("The technician's time is free again")
    SEARCH_WARNING = "search_warning", _("Search ends soon")
    UNCONFIRMED_LIMIT = "unconfirmed_limit", _("Nobody else found")
    SIGNATURE_REMINDER_1 = "signature_reminder_1", _("Please sign, first")
    SIGNATURE_REMINDER_2 = "signature_reminder_2", _("Please sign, second")
    SIGNATURE_REMINDER_3 = "signature_reminder_3", _("Please sign, third")


class Clock(models.Model):
    """A running promise with its due instant."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=24, choices=ClockKind.choices)
    epoch = models.BigIntegerField(help_text="The move that started it.")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    fired = models.BooleanField(
        default=False, help_text="It fell due; else it was kept or called off."
    )

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "kind", "epoch"], name="one_clock_of_a_kind")
        ]
        indexes = [
            models.Index(fields=["due_at"], name="clock_due", condition=Q(done_at__isnull=True))
        ]
