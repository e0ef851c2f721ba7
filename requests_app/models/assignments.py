"""A technician's time on a booking and their tries to reach the customer."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import CalendarEntry, PartnerProfile, Technician
from mila.encrypted_fields import EncryptedTextField
from requests_app.models.booking import Booking


def new_visit_code() -> str:
    """Four digits, each number as likely as another (rule L9b)."""
    return f"{secrets.randbelow(10_000):04d}"


class Assignment(models.Model):
    """A technician's time on a booking, from the claim to its end. At most one runs (fault C1)."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="assignments")
    partner = models.ForeignKey(
        PartnerProfile, on_delete=models.PROTECT, related_name="assignments"
    )
    technician = models.ForeignKey(Technician, on_delete=models.PROTECT, related_name="assignments")
    start_at = models.DateTimeField()
    calendar_entry = models.OneToOneField(
        CalendarEntry, null=True, on_delete=models.SET_NULL, related_name="assignment"
    )
    claimed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=20, blank=True, help_text="The move that ended it.")
    # What the customer says at the door; void as soon as the assignment ends or its start moves
    # (rule L9b).
    code = EncryptedTextField(default=new_visit_code, editable=False)
    code_tries = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Wrong ones."
    )
    code_typed_at = models.DateTimeField(null=True, editable=False, help_text="They have met.")
    number_tries = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Wrong numbers typed for a higher price (rule L10).",
    )
    fault = models.BooleanField(default=False, help_text="Counts against them; with appeal.")
    late_said_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The customer has said that nobody came in time (rule L9).",
    )
    kept_at = models.DateTimeField(
        null=True, editable=False, help_text="Staff have left it to a suspended partner (rule P3)."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(ended_at__isnull=True),
                name="one_running_assignment",
            )
        ]

    def new_code(self) -> None:
        """The former one says nothing any more. The caller saves `CODE_FIELDS`."""
        self.code, self.code_tries, self.code_typed_at = new_visit_code(), 0, None

    CODE_FIELDS = ("code", "code_tries", "code_typed_at")


def have_met(booking: Booking) -> bool:
    """Whether the code of the running assignment was typed (rule L9b)."""
    return Assignment.objects.filter(
        booking=booking, ended_at=None, code_typed_at__isnull=False
    ).exists()


class CallChannel(models.TextChoices):
    PHONE = "phone", _("Phone call")
    TEXT = "text", _("Text message")
    EMAIL = "email", _("E-mail")
    WRITE = "write", _("Message on Mila")


class CallAttempt(models.Model):
    """One try to reach the customer, kept as evidence (rule L1)."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField()
    channel = models.CharField(max_length=5, choices=CallChannel.choices)
    reached = models.BooleanField()
    note = EncryptedTextField(blank=True, default="")
    wants_other_time = models.BooleanField(default=False)

    class Meta:
        ordering = ["at"]
