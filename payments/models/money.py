"""Money: cards, charges, the operations sent to Stripe, the ledger.

Amounts in minor units with their currency.
"""

from calendar import monthrange
from datetime import date
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import PartnerProfile, Technician
from mila.clock import MilaNow
from places.calendar import wall_time
from requests_app.models import Booking


class PaymentCustomer(models.Model):
    """A person as Stripe knows them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="payment_customer"
    )
    stripe_id = models.CharField(max_length=64, unique=True)
    default_card = models.ForeignKey(
        "SavedCard",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The one that is offered first. Empty: the newest.",
    )


WALLETS = {
    "apple_pay": "Apple Pay",
    "google_pay": "Google Pay",
    "link": "Link",
    "samsung_pay": "Samsung Pay",
}


class SavedCard(models.Model):
    """A card saved with strong authentication; we know its last digits,
    never its number (rule B7).
    """

    customer = models.ForeignKey(PaymentCustomer, on_delete=models.CASCADE, related_name="cards")
    stripe_id = models.CharField(max_length=64, unique=True)
    brand = models.CharField(max_length=20)
    last4 = models.CharField(max_length=4)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    wallet = models.CharField(
        max_length=20, blank=True, help_text="Stripe's name of the wallet it came from, if any."
    )
    saved_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The account that was signed in: only it is offered the card again. Empty for a "
        "guest (rule B12).",
    )
    # Offered and charged no more from then on; Stripe is told at once, or by the sweep.
    removed_at = models.DateTimeField(null=True, editable=False)
    detached_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["removed_at"],
                name="card_to_detach",
                condition=Q(removed_at__isnull=False, detached_at__isnull=True),
            )
        ]

    def __str__(self):
        wallet = f"{WALLETS[self.wallet]}, " if self.wallet in WALLETS else ""
        return (
            f"{wallet}{self.brand.capitalize()} •••• {self.last4}, "
            f"{self.exp_month:02d}/{self.exp_year}"
        )

    @property
    def last_day(self) -> date:
        """It can be charged through the last day of its month."""
        return date(self.exp_year, self.exp_month, monthrange(self.exp_year, self.exp_month)[1])

    def lasts(self, booking: Booking) -> bool:
        """Whether it can still be charged on the day of the last wish, on the wall of the place."""
        last = booking.last_start_at
        return last is None or self.last_day >= wall_time(last, booking.timezone).date()


class CardSetup(models.Model):
    """One try to save a card for a booking, or for none: the number keeps each try's key apart."""

    booking = models.ForeignKey(
        Booking, null=True, on_delete=models.CASCADE, related_name="card_setups"
    )
    customer = models.ForeignKey(PaymentCustomer, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField()
    intent_id = models.CharField(max_length=64, unique=True)
    client_secret = models.CharField(max_length=160)
    opened_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "number"], name="one_setup_of_a_number")
        ]


class ChargeKind(models.TextChoices):
    JOB = "job", _("Job")
    FEE = "fee", _("Cancellation or wasted visit")


class ChargeState(models.TextChoices):
    HELD = "held", _("Held until the customer has read of it")
    OBJECTED = "objected", _("The customer objected")
    PLANNED = "planned", _("Planned")
    SENT = "sent", _("Sent")
    UNKNOWN = "unknown", _("Outcome unknown")
    ACTION_REQUIRED = "action_required", _("Waits for the customer's bank")
    FAILED = "failed", _("Declined")
    SUCCEEDED = "succeeded", _("Paid")


# Where a person is waited for: the customer, or staff.
WAITS = sorted({ChargeState.HELD, ChargeState.FAILED, ChargeState.ACTION_REQUIRED})


class Charge(models.Model):
    """What a customer owes for one booking and how far it has come.

    One PaymentIntent, so one success (rule M4).
    """

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="charges")
    partner = models.ForeignKey(
        PartnerProfile, null=True, on_delete=models.PROTECT, related_name="charges"
    )
    kind = models.CharField(max_length=4, choices=ChargeKind.choices)
    state = models.CharField(
        max_length=16, choices=ChargeState.choices, default=ChargeState.PLANNED
    )
    currency = models.CharField(max_length=3)
    # amount = service + booking fee; service = commission + partner's share; fee to Stripe =
    # commission + booking fee.
    amount_cents = models.PositiveIntegerField()
    service_cents = models.PositiveIntegerField()
    booking_fee_cents = models.PositiveIntegerField()
    commission_cents = models.PositiveIntegerField()
    partner_cents = models.PositiveIntegerField()
    intent_id = models.CharField(max_length=64, blank=True)
    payment_method = models.CharField(max_length=64, blank=True)
    # Stripe's objects of a paid one; transfer and fee may come later than the answer.
    stripe_charge = models.CharField(max_length=64, blank=True, db_index=True)
    stripe_transfer = models.CharField(max_length=64, blank=True)
    stripe_fee = models.CharField(max_length=64, blank=True)
    refunded_cents = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Of all its refunds."
    )
    failure_code = models.CharField(max_length=64, blank=True)
    next_at = models.DateTimeField(
        null=True, help_text="When the sweep takes it up again; null when nothing is to do."
    )
    # Held (rule L9b, L11): a person read of it, from then on a day to object; or agreed, and it
    # goes on at once.
    opened_at = models.DateTimeField(null=True, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    agreed_at = models.DateTimeField(null=True, editable=False)
    reminders = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    succeeded_at = models.DateTimeField(null=True)
    papers_due_at = models.DateTimeField(
        null=True, editable=False, help_text="When its papers are made; null when none is missing."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "kind"], name="one_charge_of_a_kind"),
            models.UniqueConstraint(
                fields=["intent_id"], condition=~Q(intent_id=""), name="one_charge_per_intent"
            ),
            models.CheckConstraint(
                condition=Q(amount_cents=F("service_cents") + F("booking_fee_cents"))
                & Q(service_cents=F("commission_cents") + F("partner_cents")),
                name="charge_adds_up",
            ),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="charge_is_above_zero"),
            models.CheckConstraint(
                condition=Q(refunded_cents__lte=F("amount_cents")), name="never_more_back_than_paid"
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="charge_due", condition=Q(next_at__isnull=False)),
            models.Index(fields=["state"], name="charge_open", condition=Q(state__in=WAITS)),
            models.Index(
                fields=["papers_due_at"],
                name="charge_papers",
                condition=Q(papers_due_at__isnull=False),
            ),
        ]

    @property
    def application_fee_cents(self) -> int:
        return self.commission_cents + self.booking_fee_cents


class OperationState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    SENT = "sent", _("Sent")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Unknown")


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
                condition=_one_of("charge", "payout", "refund", "dispute"),
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
    COST = "cost", _("Stripe's costs")
    DISPUTED = "disputed", _("Contested, with the payers' banks")
    CUSTOMER = "customer", _("Owed to customers")
    BANK = "bank", _("Mila's own bank account")


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
        indexes = [models.Index(fields=["entry"], name="ledger_entry")]


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
