"""Money: cards, charges, the operations sent to Stripe, the ledger. Amounts in minor units with their currency."""

from calendar import monthrange
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import PartnerProfile
from mila.clock import MilaNow
from places.calendar import wall_time
from requests_app.models import Booking


class PaymentCustomer(models.Model):
    """A person as Stripe knows them."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="payment_customer")
    stripe_id = models.CharField(max_length=64, unique=True)


class SavedCard(models.Model):
    """A card saved with strong authentication; we know its last digits, never its number (rule B7)."""

    customer = models.ForeignKey(PaymentCustomer, on_delete=models.CASCADE, related_name="cards")
    stripe_id = models.CharField(max_length=64, unique=True)
    brand = models.CharField(max_length=20)
    last4 = models.CharField(max_length=4)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    saved_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The account that was signed in: only it is offered the card again. Empty for a guest (rule B12).",
    )

    def __str__(self):
        return f"{self.brand.capitalize()} •••• {self.last4}, {self.exp_month:02d}/{self.exp_year}"

    @property
    def last_day(self) -> date:
        """It can be charged through the last day of its month."""
        return date(self.exp_year, self.exp_month, monthrange(self.exp_year, self.exp_month)[1])

    def lasts(self, booking: Booking) -> bool:
        """Whether it can still be charged on the day of the last wish, on the wall of the place."""
        last = booking.last_start_at
        return last is None or self.last_day >= wall_time(last, booking.timezone).date()


class CardSetup(models.Model):
    """One try to save a card for a booking; the number keeps each try's key apart."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="card_setups")
    customer = models.ForeignKey(PaymentCustomer, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField()
    intent_id = models.CharField(max_length=64, unique=True)
    client_secret = models.CharField(max_length=160)
    opened_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["booking", "number"], name="one_setup_of_a_number")]


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
    """What a customer owes for one booking and how far it has come. One PaymentIntent, so one success (rule M4)."""

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="charges")
    partner = models.ForeignKey(PartnerProfile, null=True, on_delete=models.PROTECT, related_name="charges")
    kind = models.CharField(max_length=4, choices=ChargeKind.choices)
    state = models.CharField(max_length=16, choices=ChargeState.choices, default=ChargeState.PLANNED)
    currency = models.CharField(max_length=3)
    # amount = service + booking fee; service = commission + partner's share; fee to Stripe = commission + booking fee.
    amount_cents = models.PositiveIntegerField()
    service_cents = models.PositiveIntegerField()
    booking_fee_cents = models.PositiveIntegerField()
    commission_cents = models.PositiveIntegerField()
    partner_cents = models.PositiveIntegerField()
    intent_id = models.CharField(max_length=64, blank=True)
    payment_method = models.CharField(max_length=64, blank=True)
    failure_code = models.CharField(max_length=64, blank=True)
    next_at = models.DateTimeField(null=True, help_text="When the sweep takes it up again; null when nothing is to do.")
    # Held (rule L9b, L11): a person read of it, from then on a day to object; or agreed, and it goes on at once.
    opened_at = models.DateTimeField(null=True, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    agreed_at = models.DateTimeField(null=True, editable=False)
    reminders = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    succeeded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "kind"], name="one_charge_of_a_kind"),
            models.UniqueConstraint(fields=["intent_id"], condition=~Q(intent_id=""), name="one_charge_per_intent"),
            models.CheckConstraint(
                condition=Q(amount_cents=F("service_cents") + F("booking_fee_cents"))
                & Q(service_cents=F("commission_cents") + F("partner_cents")),
                name="charge_adds_up",
            ),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="charge_is_above_zero"),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="charge_due", condition=Q(next_at__isnull=False)),
            models.Index(fields=["state"], name="charge_open", condition=Q(state__in=WAITS)),
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


class Operation(models.Model):
    """One call that moves money, committed with its key and exact parameters before it is sent (fault M1)."""

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="operations")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=120, unique=True)
    params = models.JSONField()
    state = models.CharField(max_length=8, choices=OperationState.choices, default=OperationState.PLANNED)
    created_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]


class Account(models.TextChoices):
    """Accounts of the ledger. A debit is positive, a credit negative; every entry sums to zero per currency."""

    STRIPE = "stripe", _("Money at Stripe")
    PARTNER = "partner", _("Owed to the partner")
    COMMISSION = "commission", _("Commission earned")
    BOOKING_FEE = "booking_fee", _("Booking fees earned")
    MILA = "mila", _("Paid by Mila itself")


class WayPay(models.Model):
    """What Mila pays the partner for a visit in vain that no customer pays (rule L11). Decided once.

    In all, without commission. Empty: staff are asked. 0: not paid.
    """

    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, related_name="way")
    partner = models.ForeignKey(PartnerProfile, on_delete=models.PROTECT, related_name="ways")
    cents = models.PositiveIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(null=True, help_text="When it was decided.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cents__isnull=True, at__isnull=True) | Q(cents__isnull=False, at__isnull=False),
                name="way_decided_at_an_instant",
            )
        ]


class LedgerEntry(models.Model):
    """One line of a double entry. Only added: a trigger refuses UPDATE, DELETE and TRUNCATE (rule M7)."""

    entry = models.UUIDField(help_text="Lines of one entry share it and sum to zero.")
    key = models.CharField(max_length=80, help_text="What it books, so that a repeat books nothing.")
    account = models.CharField(max_length=12, choices=Account.choices)
    partner = models.ForeignKey(PartnerProfile, null=True, on_delete=models.PROTECT)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="ledger")
    charge = models.ForeignKey(Charge, null=True, on_delete=models.PROTECT, related_name="ledger")
    currency = models.CharField(max_length=3)
    cents = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["key", "account"], name="one_line_per_key_and_account")]
        indexes = [models.Index(fields=["entry"], name="ledger_entry")]


class StripeEvent(models.Model):
    """A signed message from Stripe, stored before it is answered. It says what to look up, never what is true."""

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
            models.Index(fields=["next_at"], name="stripe_event_due", condition=Q(next_at__isnull=False)),
            models.Index(fields=["id"], name="stripe_event_open", condition=Q(done_at__isnull=True)),
            models.Index(fields=["received_at"], name="stripe_event_kept", condition=~Q(payload={})),
        ]
