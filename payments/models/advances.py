"""What Mila pays a partner before the customer does. Amounts in minor units."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from mila.clock import MilaNow
from payments.models.charges import Charge


class Advance(models.Model):
    """A partner's share of a charge that stays unpaid, paid by Mila (rule M4). Once for a charge.

    Empty `made_at`: above the limit somebody else has to say yes. `repaid_at`: the customer has
    paid after all, so the share is there a second time and comes back to Mila. Never repaid, it is
    what Mila has lost by it, in sight in the trial balance.
    """

    charge = models.OneToOneField(Charge, on_delete=models.PROTECT, related_name="advance")
    cents = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    made_at = models.DateTimeField(null=True, help_text="It is owed to the partner from then on.")
    repaid_at = models.DateTimeField(null=True, help_text="The customer has paid.")
    reversal_id = models.CharField(max_length=64, blank=True)
    reversed_at = models.DateTimeField(null=True, help_text="It is back with Mila at Stripe.")
    next_at = models.DateTimeField(
        null=True, help_text="When the sweep takes it up again; null when nothing is to do."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(cents__gt=0), name="advance_is_above_zero"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("by")),
                name="advance_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(repaid_at__isnull=True) | Q(made_at__isnull=False),
                name="advance_repaid_after_it_was_made",
            ),
            models.CheckConstraint(
                condition=Q(reversal_id="", reversed_at__isnull=True)
                | (~Q(reversal_id="") & Q(reversed_at__isnull=False, repaid_at__isnull=False)),
                name="advance_reversed_after_it_was_repaid",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="advance_due", condition=Q(next_at__isnull=False))
        ]

    def __str__(self):
        return f"{self.charge.booking}"
