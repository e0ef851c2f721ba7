"""A price above what the card was saved for, while the payer's bank is asked (rule L10, M4)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mila.clock import MilaNow
from requests_app.models import Quote


class PriceRaise(models.Model):
    """The payer has said yes to one version, and their bank is asked about the card; at most one
    for each version (payments.raising).

    What was accepted, by whom and when, stands in the chain of the price itself.
    """

    quote = models.OneToOneField(Quote, on_delete=models.CASCADE, related_name="price_raise")
    card = models.CharField(max_length=64, help_text="The booking's, as it was when asked.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The account that was signed in; empty: a number sent to the payer was typed.",
    )
    asked_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    intent_id = models.CharField(max_length=64, blank=True)
    client_secret = models.CharField(max_length=160, blank=True)
    number = models.PositiveSmallIntegerField(
        default=1, help_text="Of the question: the next one has a key of its own."
    )
    remind_at = models.DateTimeField(
        null=True, help_text="When the bank is asked once more, and the payer reminded."
    )
    agreed_at = models.DateTimeField(
        null=True, help_text="The bank has said yes, and the version counts."
    )

    class Meta:
        verbose_name = _("question to the bank about a price")
        verbose_name_plural = _("questions to the bank about a price")
        constraints = [
            models.UniqueConstraint(
                fields=["intent_id"],
                condition=~models.Q(intent_id=""),
                name="one_raise_of_an_intent",
            )
        ]
        indexes = [
            models.Index(
                fields=["remind_at"],
                name="raise_reminder_due",
                condition=models.Q(remind_at__isnull=False),
            )
        ]

    @property
    def waits(self) -> bool:
        """Whether the bank is asked and the version still waits."""
        return self.agreed_at is None and self.quote.is_open
