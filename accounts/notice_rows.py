"""How a notice travels: each try on each channel, what its person has switched off, which address
is dead (rule N1).
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from mila.clock import MilaNow


class Channel(models.TextChoices):
    PUSH = "push", _("Notification on the phone")
    SMS = "sms", _("Text message")
    EMAIL = "email", _("E-mail")
    CALL = "call", _("Call by our team")


class Urgency(models.TextChoices):
    """How long it may take until a person knows: which channels, how fast one after the other
    (accounts/ladder.py).
    """

    CALM = "calm", _("By e-mail")
    PASSING = "passing", _("On the phone alone")
    LIGHT = "light", _("On the phone, or by e-mail")
    SOON = "soon", _("Soon")
    NOW = "now", _("At once")
    VITAL = "vital", _("Until somebody knows")


class AttemptState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    REACHED = "reached", _("Reached")
    SEEN = "seen", _("Seen")
    FAILED = "failed", _("Failed")


class Attempt(models.Model):
    """One notice on one channel: at most one, so that nothing is seen there twice (rule N3)."""

    notification = models.ForeignKey(
        "accounts.Notification", on_delete=models.CASCADE, related_name="attempts"
    )
    channel = models.CharField(max_length=5, choices=Channel.choices)
    state = models.CharField(
        max_length=8, choices=AttemptState.choices, default=AttemptState.QUEUED
    )
    tries = models.PositiveSmallIntegerField(default=0)
    begun_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    reached_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    provider_key = models.CharField(
        max_length=120, blank=True, default="", help_text="The provider's name for it."
    )
    # Of a text message, for the caps (fault S6); the hash is emptied when they no longer ask for
    # it.
    number_hash = models.CharField(max_length=64, blank=True, default="")
    prefix = models.CharField(max_length=8, blank=True, default="")
    parts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["notification", "channel"], name="one_attempt_on_a_channel"
            )
        ]
        indexes = [
            models.Index(
                fields=["provider_key"],
                name="attempt_provider",
                condition=~models.Q(provider_key=""),
            ),
            models.Index(
                fields=["begun_at"], name="attempt_texts", condition=~models.Q(number_hash="")
            ),
            models.Index(
                fields=["begun_at"],
                name="attempt_to_call",
                condition=models.Q(channel="call", state="sent"),
            ),
        ]

    def __str__(self):
        return f"{self.channel} {self.pk}"


class NoticeChoice(models.Model):
    """Channels somebody does not want.

    E-mail cannot be among them: what the law wants in writing goes there.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_choice"
    )
    without = ArrayField(models.CharField(max_length=5, choices=Channel.choices), default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(without__contains=["email"]), name="mail_is_always_on"
            )
        ]


class DeadAddress(models.Model):
    """An address whose mails come back: passed over until a mail arrives there again or its person
    asks for a try.
    """

    email = models.EmailField(unique=True)
    reason = models.CharField(max_length=20)
    error = models.TextField(blank=True, default="")
    since = models.DateTimeField(db_default=MilaNow(), editable=False)

    def __str__(self):
        return self.reason
