"""What is sent to Stripe, what Stripe tells, and the ledger. Amounts in minor units with their
currency.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import PartnerProfile
from mila.clock import MilaNow
from payments.models.charges import Charge
from payments.models.payouts import Payout
from requests_app.models import Booking


class OperationState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    SENT = "sent", _("Sent")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Unknown")


def _one_of(*names: str) -> Q:
    """Exactly one of these columns is filled."""
    return Q(
        *(Q(**{f"{other}__isnull": other != name for other in names}) for name in names),
        _connector=Q.OR,
    )


class Operation(models.Model):
    """One call that moves money, committed with its key and exact parameters before it is sent
    (fault M1).
    """

    charge = models.ForeignKey(
        Charge, null=True, on_delete=models.PROTECT, related_name="operations"
    )
    payout = models.ForeignKey(
        Payout, null=True, on_delete=models.PROTECT, related_name="operations"
    )
    refund = models.ForeignKey(
        "payments.Refund", null=True, on_delete=models.PROTECT, related_name="operations"
    )
    dispute = models.ForeignKey(
        "payments.Dispute", null=True, on_delete=models.PROTECT, related_name="operations"
    )
    advance = models.ForeignKey(
        "payments.Advance", null=True, on_delete=models.PROTECT, related_name="operations"
    )
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=120, unique=True)
    params = models.JSONField()
    state = models.CharField(
        max_length=8, choices=OperationState.choices, default=OperationState.PLANNED
    )
    created_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=_one_of("charge", "payout", "refund", "dispute", "advance"),
                name="operation_of_one_thing",
            )
        ]


class Account(models.TextChoices):
    """Accounts of the ledger. A debit is positive, a credit negative; every entry sums to zero per
    currency.
    """

    STRIPE = "stripe", _("Money at Stripe")
    PARTNER = "partner", _("Owed to the partner")
    COMMISSION = "commission", _("Commission earned")
    BOOKING_FEE = "booking_fee", _("Booking fees earned")
    MILA = "mila", _("Paid by Mila itself")
    ADVANCED = "advanced", _("Advanced to partners")
    COST = "cost", _("Stripe's costs")
    DISPUTED = "disputed", _("Contested, with the payers' banks")
    CUSTOMER = "customer", _("Owed to customers")
    BANK = "bank", _("Mila's own bank account")


class LedgerEntry(models.Model):
    """One line of a double entry. Only added: a trigger refuses UPDATE, DELETE and TRUNCATE
    (rule M7).
    """

    entry = models.UUIDField(help_text="Lines of one entry share it and sum to zero.")
    key = models.CharField(
        max_length=80, help_text="What it books, so that a repeat books nothing."
    )
    account = models.CharField(max_length=12, choices=Account.choices)
    partner = models.ForeignKey(PartnerProfile, null=True, on_delete=models.PROTECT)
    booking = models.ForeignKey(Booking, null=True, on_delete=models.PROTECT, related_name="ledger")
    charge = models.ForeignKey(Charge, null=True, on_delete=models.PROTECT, related_name="ledger")
    currency = models.CharField(max_length=3)
    cents = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["key", "account"], name="one_line_per_key_and_account")
        ]
        indexes = [
            models.Index(fields=["entry"], name="ledger_entry"),
            # the weeks of the trial balance
            models.Index(fields=["at"], name="ledger_by_time"),
        ]


class StripeEvent(models.Model):
    """A signed message from Stripe, stored before it is answered.

    It says what to look up, never what is true.
    """

    stripe_id = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=80)
    account = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=64)
    livemode = models.BooleanField()
    payload = models.JSONField()
    received_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    next_at = models.DateTimeField(
        null=True, db_default=MilaNow(), help_text="When to take it up; null when it is done."
    )
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"], name="stripe_event_due", condition=Q(next_at__isnull=False)
            ),
            models.Index(
                fields=["id"], name="stripe_event_open", condition=Q(done_at__isnull=True)
            ),
            models.Index(
                fields=["received_at"], name="stripe_event_kept", condition=~Q(payload={})
            ),
        ]
