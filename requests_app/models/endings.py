"""What stands when the work is done: the sign-off, a late signature, the rating."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Technician
from mila.encrypted_fields import EncryptedTextField
from requests_app.models.booking import Booking
from requests_app.models.quotes import Quote


class SignOffKind(models.TextChoices):
    SCREEN = "screen", _("Signed on the partner's screen")
    OWN_DEVICE = "own_device", _("Signed on the customer's own device")
    SILENCE = "silence", _("By silence after the reminders")
    DECISION = "decision", _("Decided by Mila")


# Nobody signed, the visit is closed all the same: a signature may still come, as evidence (rule
# L13).
UNSIGNED = frozenset({SignOffKind.SILENCE, SignOffKind.DECISION})
ADDS_UP = Q(charge_cents=F("service_cents") + F("booking_fee_cents")) & Q(
    service_cents=F("commission_cents") + F("partner_cents")
)


class SignedStatement(models.Model):
    """What was agreed at an end: text, amounts, signature, instant, device, SHA-256 of all
    (rule L12).

    Triggers refuse every change but a new key for the encrypted columns, and their erasure
    (docs/database-roles.md).
    """

    quote = models.ForeignKey(Quote, on_delete=models.PROTECT)
    key = models.CharField(
        max_length=64,
        unique=True,
        help_text="One-time key of the form: a second sending is the same one.",
    )
    kind = models.CharField(max_length=10, choices=SignOffKind.choices)
    signer = EncryptedTextField(blank=True, default="")
    signature = EncryptedTextField(
        blank=True, default="", help_text="Strokes as JSON, or the typed name."
    )
    text = EncryptedTextField(help_text="The very words that were on the screen.")
    device = EncryptedTextField(blank=True, default="")
    service_cents = models.PositiveIntegerField()
    booking_fee_cents = models.PositiveIntegerField()
    commission_cents = models.PositiveIntegerField()
    partner_cents = models.PositiveIntegerField()
    charge_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    signed_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        abstract = True


class SignOff(SignedStatement):
    """The end that is charged (rule L12, M1). Never changed: a decision after an objection is a
    further one.

    The last one counts (Booking.sign_off).
    """

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="sign_offs")

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=ADDS_UP, name="sign_off_adds_up")]


class LateSignature(SignedStatement):
    """The customer's hand after the visit was closed without it: evidence, and nothing else
    (rule L13).

    The amounts are those that were read; what is charged is the sign-off's alone.
    """

    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, related_name="late_signature")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=ADDS_UP, name="late_signature_adds_up")]


class Rating(models.Model):
    """Three times one to five stars, a comment, one answer (rule L14)."""

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="rating")
    technician = models.ForeignKey(Technician, on_delete=models.CASCADE, related_name="ratings")
    quality = models.PositiveSmallIntegerField()
    punctuality = models.PositiveSmallIntegerField()
    friendliness = models.PositiveSmallIntegerField()
    comment = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    at = models.DateTimeField()
    # Staff keep the words from the public, never the stars; each act is in the staff's log besides.
    hidden_at = models.DateTimeField(null=True, editable=False)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    hidden_reason = models.CharField(max_length=200, blank=True, editable=False)
    answer_hidden_at = models.DateTimeField(null=True, editable=False)
    answer_hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    answer_hidden_reason = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    quality__range=(1, 5), punctuality__range=(1, 5), friendliness__range=(1, 5)
                ),
                name="stars_1_to_5",
            )
        ]

    @property
    def stars(self) -> float:
        """The mean of the three."""
        return (self.quality + self.punctuality + self.friendliness) / 3
