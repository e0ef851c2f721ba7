"""The devices of a person that may be woken by a push (rule N1)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from mila.clock import MilaNow
from mila.encrypted_fields import EncryptedTextField, FingerprintField


class PushSubscription(models.Model):
    """One browser of one person. Of an account, or of whoever follows one booking by its link: of
    that alone.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices"
    )
    subject_id = models.UUIDField(
        null=True, help_text="The booking whose link it was asked for by; null: an account."
    )
    endpoint = EncryptedTextField()
    endpoint_hash = FingerprintField(of="endpoint")
    p256dh = EncryptedTextField()
    auth = EncryptedTextField()
    page = EncryptedTextField(
        blank=True, default="", help_text="Where a tap leads who follows one booking."
    )
    # An account's: as the session's own, so that a changed password ends it with the sessions
    # (fault S7).
    session_hash = models.CharField(max_length=128, blank=True)
    created_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    heard_at = models.DateTimeField(
        null=True, help_text="When the device last said that it had shown something."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint_hash"],
                condition=Q(subject_id__isnull=True),
                name="one_account_of_a_device",
            ),
            models.UniqueConstraint(
                fields=["endpoint_hash", "subject_id"],
                condition=Q(subject_id__isnull=False),
                name="one_device_of_a_booking",
            ),
        ]
        indexes = [models.Index(fields=["subject_id"], name="push_subscription_subject")]
