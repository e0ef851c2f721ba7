"""Money that goes back: refunds, disputes; and what the comparison with
Stripe finds (rule M6, M7).
"""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from mila.clock import MilaNow
from payments.models.charges import Charge


class RefundState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    SENT = "sent", _("Sent")
    UNKNOWN = "unknown", _("Outcome unknown")
    PENDING = "pending", _("Waits for the customer's bank")
    DONE = "done", _("Refunded")
    REFUSED = "refused", _("Refused by Stripe")
    CAME_BACK = "came_back", _("Sent back by the customer's bank")


UNDER_WAY = (RefundState.PLANNED, RefundState.SENT, RefundState.UNKNOWN)  # ours to go on with


class RefundOrigin(models.TextChoices):
    OPS = "ops", _("Decided here")
    DASHBOARD = "dashboard", _("Made on Stripe's pages")
    AGAIN = "again", _("Sent again")


class Refund(models.Model):
    """One amount that goes back to the payer of a charge, and who bears it (rule M6).

    amount = service + booking fee; service = partner's part + commission + what Mila bears by
    itself. At Stripe the transfer is reversed by `reversal_cents`, and of the application fee
    `fee_cents` goes back to the partner: the difference is the partner's part.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="refunds")
    origin = models.CharField(max_length=9, choices=RefundOrigin.choices, default=RefundOrigin.OPS)
    again_of = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="again"
    )
    state = models.CharField(max_length=9, choices=RefundState.choices)
    currency = models.CharField(max_length=3)
    amount_cents = models.PositiveIntegerField()
    service_cents = models.IntegerField()
    booking_fee_cents = models.IntegerField()
    partner_cents = models.IntegerField()
    commission_cents = models.IntegerField()
    mila_cents = models.IntegerField()
    reversal_cents = models.PositiveIntegerField()
    fee_cents = models.PositiveIntegerField()
    stripe_id = models.CharField(max_length=64, blank=True)
    reversal_id = models.CharField(max_length=64, blank=True)
    fee_refund_ids = models.JSONField(default=list)
    failure_code = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True)
    next_at = models.DateTimeField(
        null=True, help_text="When the sweep takes it up again; null when nothing is to do."
    )
    created_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    made_at = models.DateTimeField(
        null=True, help_text="The money left Stripe, and stands in the ledger."
    )
    ended_at = models.DateTimeField(null=True)
    by_hand_at = models.DateTimeField(
        null=True, help_text="It came back, and was paid from Mila's bank instead."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="refund_is_above_zero"),
            models.CheckConstraint(
                condition=Q(amount_cents=F("service_cents") + F("booking_fee_cents"))
                & Q(service_cents=F("partner_cents") + F("commission_cents") + F("mila_cents"))
                & Q(partner_cents=F("reversal_cents") - F("fee_cents")),
                name="refund_adds_up",
            ),
            models.UniqueConstraint(
                fields=["stripe_id"], condition=~Q(stripe_id=""), name="one_refund_per_id"
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="refund_due", condition=Q(next_at__isnull=False))
        ]

    def __str__(self):
        return f"{self.charge.booking}"


class DisputeState(models.TextChoices):
    INQUIRY = "inquiry", _("The bank asks; no money has left")
    INQUIRY_REVIEW = "inquiry_review", _("The bank reads our answer; no money has left")
    OPEN = "open", _("Waits for our evidence")
    REVIEW = "review", _("The bank reads our evidence")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    CLOSED = "closed", _("The bank has no more questions")


# Nothing of the booking is paid out meanwhile.
DISPUTED = (
    DisputeState.INQUIRY,
    DisputeState.INQUIRY_REVIEW,
    DisputeState.OPEN,
    DisputeState.REVIEW,
)


class Dispute(models.Model):
    """The payer's bank contests a charge (rule G4, M6).

    What Stripe says of it is asked for, never believed.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="disputes")
    state = models.CharField(max_length=14, choices=DisputeState.choices)
    stripe_id = models.CharField(max_length=64, unique=True)
    currency = models.CharField(max_length=3)
    amount_cents = models.PositiveIntegerField()
    reason = models.CharField(
        max_length=64, blank=True, help_text="Stripe's word for what the payer says."
    )
    answer_by = models.DateTimeField(null=True, help_text="Until then the bank takes evidence.")
    withdrawn_at = models.DateTimeField(null=True, help_text="The money left Stripe.")
    reinstated_at = models.DateTimeField(null=True, help_text="The money came back.")
    # Once it is lost: who bears it, as in a refund.
    service_cents = models.IntegerField(default=0)
    booking_fee_cents = models.IntegerField(default=0)
    partner_cents = models.IntegerField(default=0)
    commission_cents = models.IntegerField(default=0)
    mila_cents = models.IntegerField(default=0)
    reversal_id = models.CharField(max_length=64, blank=True)
    evidence = models.JSONField(default=dict, help_text="What was submitted.")
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    next_at = models.DateTimeField(
        null=True, help_text="When the sweep takes it up again; null when nothing is to do."
    )
    opened_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["next_at"], name="dispute_due", condition=Q(next_at__isnull=False))
        ]

    def __str__(self):
        return f"{self.charge.booking}"


class Comparison(models.Model):
    """One comparison of the ledger with Stripe (rule M7)."""

    began_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    ended_at = models.DateTimeField(null=True)
    lines = models.PositiveIntegerField(default=0, help_text="New lines of Stripe's statement.")
    events_from = models.DateTimeField(
        null=True, help_text="The newest message at Stripe, by Stripe's clock."
    )

    class Meta:
        ordering = ["pk"]


class StatementLine(models.Model):
    """A line of Stripe's statement of Mila's own account, as fetched; each is looked for in our
    rows (fault M19).
    """

    stripe_id = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=64)
    source = models.CharField(max_length=64, blank=True)
    currency = models.CharField(max_length=3)
    amount_cents = models.BigIntegerField()
    fee_cents = models.BigIntegerField()
    seen_at = models.DateTimeField(db_default=MilaNow(), editable=False)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["type", "source"], name="statement_line_source")]


class DifferenceKind(models.TextChoices):
    MISSING = "missing", _("Ours, and not on Stripe's statement")
    UNKNOWN = "unknown", _("On Stripe's statement, and not ours")
    AMOUNT = "amount", _("Another amount")
    BALANCE = "balance", _("Another balance of the account")


class Difference(models.Model):
    """Where Stripe says otherwise than the ledger: a task for staff, never mended by itself
    (fault M19).
    """

    kind = models.CharField(max_length=8, choices=DifferenceKind.choices)
    type = models.CharField(max_length=64, blank=True, help_text="Of the line, in Stripe's words.")
    source = models.CharField(max_length=64, blank=True, help_text="Stripe's object, or account.")
    currency = models.CharField(max_length=3)
    ours_cents = models.BigIntegerField()
    stripes_cents = models.BigIntegerField()
    found_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["type", "source", "currency"],
                condition=Q(closed_at=None),
                name="one_open_difference",
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.source}"
