"""What a customer says against a decision of ours that they pay for, and what a second person
decided about it (rule L17).
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from mila.encrypted_fields import EncryptedTextField
from requests_app.models.booking import Booking
from requests_app.models.events import BookingEvent
from requests_app.models.faults import Verdict
from requests_app.models.photos import BookingPhoto


class DecisionAppeal(models.Model):
    """Against one decision (`decide`, `decide_fee`), once; decided once, by a person."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="decision_appeals")
    decision = models.OneToOneField(BookingEvent, on_delete=models.PROTECT, related_name="appeal")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The account that was signed in; empty: by the booking's link.",
    )
    words = EncryptedTextField()
    photo = models.OneToOneField(
        BookingPhoto, null=True, on_delete=models.SET_NULL, related_name="decision_appeal"
    )
    at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="A person has decided by then.")
    warn_at = models.DateTimeField(
        null=True, help_text="When staff hear that it waits; null once they did."
    )
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    reason = EncryptedTextField(blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="", decided_at__isnull=True, decided_by__isnull=True)
                | (
                    ~Q(verdict="")
                    & Q(decided_at__isnull=False, decided_by__isnull=False, warn_at__isnull=True)
                ),
                name="decision_appeal_is_decided_by_a_person",
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], name="decision_appeal_waits", condition=Q(verdict="")),
            models.Index(
                fields=["warn_at"],
                name="decision_appeal_warns",
                condition=Q(warn_at__isnull=False),
            ),
        ]

    @property
    def kept_photo(self) -> BookingPhoto | None:
        """None where there is none, or it is on its way out."""
        return self.photo if self.photo is not None and self.photo.booking_id else None
