"""What people are told, and how far it has come."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import LANGUAGES, User
from accounts.notice_rows import Urgency
from mila.clock import MilaNow
from mila.encrypted_fields import EncryptedTextField


class NotificationState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    REACHED = "reached", _("Reached")
    SEEN = "seen", _("Seen")
    FAILED = "failed", _("Failed")


class Notification(models.Model):
    """One message to one person about one thing: written with what it tells, sent after the commit
    (rule N1, N3).

    At most once visible: marked `sending` before it goes out, and one stuck there is shown to
    staff, not sent again.
    """

    kind = models.CharField(max_length=40)
    subject_id = models.UUIDField(help_text="Public id of the booking it is about.")
    round = models.PositiveIntegerField(
        default=0, help_text="Tells apart two messages of one kind about one booking."
    )
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)
    email = models.EmailField()
    language = models.CharField(max_length=2, choices=LANGUAGES)
    context = models.JSONField(default=dict)
    sealed = EncryptedTextField(
        blank=True,
        default="",
        help_text="Facts that open something, as JSON: a secret link, a code.",
    )
    state = models.CharField(
        max_length=8, choices=NotificationState.choices, default=NotificationState.QUEUED
    )
    urgency = models.CharField(
        max_length=7, choices=Urgency.choices, default=Urgency.CALM, db_default=Urgency.CALM
    )
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True, db_default=MilaNow())
    climbs_at = models.DateTimeField(
        null=True, blank=True, help_text="Unless somebody knows by then: the next channel."
    )
    queued_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    reached_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_id", "kind", "email", "round"], name="one_notice_of_a_kind"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="notification_due", condition=models.Q(state="queued")
            ),
            models.Index(
                fields=["state", "due_at"],
                name="notification_for_staff",
                condition=models.Q(state__in=["sending", "failed"]),
            ),
            models.Index(
                fields=["queued_at"], name="notification_kept", condition=~models.Q(context={})
            ),
            models.Index(fields=["subject_id"], name="notification_subject"),
            models.Index(
                fields=["climbs_at"],
                name="notification_climbs",
                condition=models.Q(climbs_at__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.pk}"
