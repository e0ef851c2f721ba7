"""What partners earn and how it reaches their bank. Amounts in minor units with their currency."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import PartnerProfile, Technician
from mila.clock import MilaNow
from payments.models.charges import Charge
from requests_app.models import Booking


class PayoutState(models.TextChoices):
    WAITS = "waits", _("Waits for a second pair of eyes")
    PLANNED = "planned", _("Planned")
    SENT = "sent", _("Being sent")
    UNKNOWN = "unknown", _("Outcome unknown")
    ON_ITS_WAY = "on_its_way", _("On its way to the bank")
    PAID = "paid", _("Arrived")
    FAILED = "failed", _("Sent back by the bank")
    DROPPED = "dropped", _("Taken back before it was sent")


class Payout(models.Model):
    """One transfer from a partner's balance at Stripe to their bank: all that was free on its day
    (rule M5).
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    partner = models.ForeignKey(PartnerProfile, on_delete=models.PROTECT, related_name="payouts")
    state = models.CharField(max_length=10, choices=PayoutState.choices)
    account = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    cents = models.PositiveIntegerField()
    day = models.DateField(help_text="The day it is made, on the wall of the partner's country.")
    stripe_id = models.CharField(max_length=64, blank=True)
    arrives_on = models.DateField(null=True)
    failure_code = models.CharField(max_length=64, blank=True)
    # Above the limit two people say yes, and not the same one twice.
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_too_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    next_at = models.DateTimeField(
        null=True, help_text="When the sweep takes it up again; null when nothing is to do."
    )
    created_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "currency", "day"],
                condition=~Q(state__in=["failed", "dropped"]),
                name="one_payout_a_day_and_currency",
            ),
            models.UniqueConstraint(
                fields=["stripe_id"], condition=~Q(stripe_id=""), name="one_payout_per_transfer"
            ),
            models.CheckConstraint(condition=Q(cents__gt=0), name="payout_is_above_zero"),
            models.CheckConstraint(
                condition=Q(approved_too_by__isnull=True) | ~Q(approved_too_by=F("approved_by")),
                name="payout_approved_by_two",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="payout_due", condition=Q(next_at__isnull=False))
        ]

    def __str__(self):
        return f"{self.partner}, {self.day}"


class WayPay(models.Model):
    """What Mila pays the partner for a visit in vain that no customer pays (rule L11). Decided
    once.

    In all, without commission. Empty: staff are asked. 0: not paid.
    """

    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, related_name="way")
    partner = models.ForeignKey(PartnerProfile, on_delete=models.PROTECT, related_name="ways")
    cents = models.PositiveIntegerField(null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(null=True, help_text="When it was decided.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cents__isnull=True, at__isnull=True)
                | Q(cents__isnull=False, at__isnull=False),
                name="way_decided_at_an_instant",
            )
        ]


class Hold(models.TextChoices):
    """Why a share rests longer than others (rule M5)."""

    NONE = "", _("None")
    FIRST_JOBS = "first_jobs", _("One of the first jobs")
    OVERLAP = "overlap", _("Partner and payer have something in common")


class Earning(models.Model):
    """What one job, fee or way brought a partner, and the day it is promised for (rule M5). Below
    zero: owed to Mila.

    Made with the ledger's entry. It is paid once: `payout` is the one it went with.
    """

    partner = models.ForeignKey(PartnerProfile, on_delete=models.PROTECT, related_name="earnings")
    technician = models.ForeignKey(
        Technician, null=True, on_delete=models.PROTECT, related_name="earnings"
    )
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="earnings")
    charge = models.OneToOneField(
        Charge, null=True, on_delete=models.PROTECT, related_name="earning"
    )
    way = models.OneToOneField(WayPay, null=True, on_delete=models.PROTECT, related_name="earning")
    refund = models.OneToOneField(
        "payments.Refund", null=True, on_delete=models.PROTECT, related_name="earning"
    )
    dispute = models.OneToOneField(
        "payments.Dispute", null=True, on_delete=models.PROTECT, related_name="earning"
    )
    advance = models.OneToOneField(
        "payments.Advance", null=True, on_delete=models.PROTECT, related_name="earning"
    )
    # the customer has paid what was advanced: its share is not paid out a second time
    set_off = models.OneToOneField(
        "payments.Advance", null=True, on_delete=models.PROTECT, related_name="set_off"
    )
    currency = models.CharField(max_length=3)
    cents = models.IntegerField()
    earned_at = models.DateTimeField()
    free_at = models.DateTimeField(help_text="The hold ends.")
    hold = models.CharField(max_length=10, choices=Hold.choices, default=Hold.NONE, blank=True)
    promised_on = models.DateField()
    frozen_at = models.DateTimeField(
        null=True, help_text="While a case or a dispute is open nothing is paid."
    )
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who of our staff keeps it frozen. Empty: it goes on with the refund or dispute.",
    )
    payout = models.ForeignKey(Payout, null=True, on_delete=models.PROTECT, related_name="earnings")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(frozen_at__isnull=True) | Q(payout__isnull=True),
                name="frozen_is_in_no_payout",
            ),
            models.CheckConstraint(
                condition=Q(frozen_by__isnull=True) | Q(frozen_at__isnull=False),
                name="who_froze_is_of_what_is_frozen",
            ),
        ]
        indexes = [
            models.Index(
                fields=["promised_on"], name="earning_due", condition=Q(payout__isnull=True)
            ),
            models.Index(fields=["partner", "earned_at"], name="earning_of_partner"),
        ]


class PayoutAccount(models.Model):
    """A partner's account at Stripe, as Stripe said it last (rule D1, M5). Coming back from its
    pages proves nothing.

    The two flags are never one: jobs need `takes_jobs`, money out needs `can_be_paid`.
    """

    partner = models.OneToOneField(
        PartnerProfile, on_delete=models.PROTECT, related_name="payout_account"
    )
    number = models.PositiveSmallIntegerField(
        default=1, help_text="How many accounts were opened, this one included."
    )
    takes_jobs = models.BooleanField(default=False)
    can_be_paid = models.BooleanField(default=False)
    submitted = models.BooleanField(default=False)
    missing = models.JSONField(default=list, help_text="Stripe's names of what is missing.")
    checking = models.BooleanField(default=False, help_text="Stripe is looking at what was sent.")
    due_at = models.DateTimeField(null=True, help_text="By when it must be there.")
    reason = models.CharField(
        max_length=64, blank=True, help_text="Stripe's word for why something is switched off."
    )
    bank = models.CharField(
        max_length=64, blank=True, help_text="Stripe's fingerprint of the bank account."
    )
    bank_changed_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True, help_text="When Stripe was asked last.")
    lost_at = models.DateTimeField(null=True, help_text="The partner cut the tie to this account.")
    next_at = models.DateTimeField(
        null=True, db_default=MilaNow(), help_text="When Stripe is asked again."
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"], name="payout_account_due", condition=Q(next_at__isnull=False)
            )
        ]
