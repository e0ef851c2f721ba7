"""The numbered versions of the price and their lines."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalogue.models import Package
from requests_app.models.booking import Booking


class QuoteOrigin(models.TextChoices):
    BOOKING = "booking", _("At booking")
    PARTNER = "partner", _("Proposed on site")
    DECISION = "decision", _("Decided by Mila")


class QuoteQuerySet(models.QuerySet):
    def standing(self) -> "QuoteQuerySet":
        """Without what fell with the step that had brought it (rule L9)."""
        return self.filter(withdrawn_at=None)


class Quote(models.Model):
    """A numbered version of the price; version 1 is the booked price (rule L10)."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="quotes")
    version = models.PositiveSmallIntegerField()
    origin = models.CharField(max_length=8, choices=QuoteOrigin.choices)
    service_cents = models.PositiveIntegerField(help_text="Sum of the lines, without the booking fee.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    # True for version 1 at booking, a signature, their own device: what silence may fall back to (rule L13).
    own_hand = models.BooleanField(default=False)
    withdrawn_at = models.DateTimeField(null=True, help_text="The end of the work it came with was taken back.")

    objects = QuoteQuerySet.as_manager()

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["booking", "version"], name="one_quote_of_a_version")]


class QuoteLine(models.Model):
    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines")
    label = models.CharField(max_length=160)
    package = models.ForeignKey(Package, null=True, on_delete=models.PROTECT)
    quantity = models.PositiveSmallIntegerField(default=1)
    cents = models.IntegerField(help_text="Of the whole line; below zero for a reduction.")

    class Meta:
        ordering = ["pk"]
