"""The numbered versions of the price, their lines, and what became of each."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import Package
from mila.encrypted_fields import EncryptedTextField
from requests_app.models.booking import Booking


class QuoteOrigin(models.TextChoices):
    BOOKING = "booking", _("At booking")
    PARTNER = "partner", _("Proposed on site")
    DECISION = "decision", _("Decided by Mila")


class AcceptanceKind(models.TextChoices):
    """By what a version came to count (rule L10)."""

    BOOKING = "booking", _("At booking")
    OWN_DEVICE = "own_device", _("On the customer's own device")
    BANK = "bank", _("On the payer’s own device, and confirmed with their bank")
    NUMBER = "number", _("On the technician's screen, with a number sent to the payer")
    SCREEN = "screen", _("On the technician's screen")
    NOT_NEEDED = "not_needed", _("No more than was agreed")
    DECISION = "decision", _("Decided by Mila")


# The payer's own channel: by these alone a price rises (rule B8, L10).
BY_THE_PAYER = frozenset(
    {
        AcceptanceKind.BOOKING,
        AcceptanceKind.OWN_DEVICE,
        AcceptanceKind.NUMBER,
        AcceptanceKind.BANK,
    }
)
# The customer's own hand: what silence may fall back to (rule L13).
BY_HAND = BY_THE_PAYER | {AcceptanceKind.SCREEN}


class QuoteQuerySet(models.QuerySet):
    def standing(self) -> "QuoteQuerySet":
        """Without what fell: with the assignment, or with the step that had brought it
        (rule L9, L10).
        """
        return self.filter(withdrawn_at=None)

    def agreed(self) -> "QuoteQuerySet":
        """Those that were accepted and still stand; the last of them is the price (rule L10)."""
        return self.filter(withdrawn_at=None, accepted_at__isnull=False)

    def open(self) -> "QuoteQuerySet":
        """The proposal that waits for an answer; at most one."""
        return self.filter(UNANSWERED, origin=QuoteOrigin.PARTNER)


UNANSWERED = Q(accepted_at=None, declined_at=None, withdrawn_at=None)


class Quote(models.Model):
    """A numbered version of the price; version 1 is the booked price (rule L10).

    Written through requests_app.price_versions, which chains each version and each answer.
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="quotes")
    version = models.PositiveSmallIntegerField()
    origin = models.CharField(max_length=8, choices=QuoteOrigin.choices)
    service_cents = models.PositiveIntegerField(
        help_text="Sum of the lines, without the booking fee."
    )
    duration_minutes = models.PositiveSmallIntegerField(
        default=0, help_text="Of the whole visit, as it would be then."
    )
    reason = EncryptedTextField(
        blank=True, default="", help_text="Why it is proposed, in the technician's words."
    )
    key = models.CharField(
        max_length=64, null=True, editable=False, help_text="Of the form: sent twice it is one."
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True)
    acceptance_kind = models.CharField(max_length=10, choices=AcceptanceKind.choices, blank=True)
    # True for version 1 at booking, a signature, their own device: what silence may fall back to
    # (rule L13).
    accepted_by_payer = models.BooleanField(default=False)
    declined_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True, help_text="It fell with what it belonged to.")

    objects = QuoteQuerySet.as_manager()

    class Meta:
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "version"], name="one_quote_of_a_version"),
            models.UniqueConstraint(fields=["booking", "key"], name="one_quote_of_a_key"),
            models.UniqueConstraint(
                fields=["booking"],
                condition=UNANSWERED & Q(origin="partner"),
                name="one_open_proposal",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(declined_at=None), name="quote_answered_one_way"
            ),
        ]

    @property
    def status(self) -> str:
        """What became of it: open, accepted, declined or fell.

        Each side has its words for these.
        """
        if self.withdrawn_at is not None:
            return "fell"
        if self.declined_at is not None:
            return "declined"
        return "accepted" if self.accepted_at is not None else "open"

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.origin == QuoteOrigin.PARTNER and self.status == "open"


class QuoteLine(models.Model):
    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines")
    label = EncryptedTextField()
    package = models.ForeignKey(Package, null=True, on_delete=models.PROTECT)
    quantity = models.PositiveSmallIntegerField(default=1)
    cents = models.IntegerField(help_text="Of the whole line; below zero for a reduction.")
    in_own_words = models.BooleanField(
        default=False, help_text="The label is the technician's, not the catalogue's."
    )

    class Meta:
        ordering = ["pk"]


class QuoteStep(models.TextChoices):
    WRITTEN = "written", _("Proposed")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    FELL = "fell", _("Fell")


class QuoteEvent(models.Model):
    """One version written or answered, in order, chained by hashes. Only added to, by triggers
    (invariant I13).

    `data` holds the figures of a version that was written, `words` its words; of an answer the
    words that were on the screen, with who signed and how.
    """

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="quote_events")
    quote = models.ForeignKey(Quote, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    step = models.CharField(max_length=8, choices=QuoteStep.choices)
    kind = models.CharField(max_length=10, choices=AcceptanceKind.choices, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    words = EncryptedTextField(blank=True, default="")
    signer = EncryptedTextField(blank=True, default="")
    signature = EncryptedTextField(
        blank=True, default="", help_text="Strokes as JSON, or the typed name."
    )
    device = EncryptedTextField(blank=True, default="")
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "sequence"], name="one_quote_event_of_a_sequence"
            )
        ]
