"""What a customer pays with, and what is charged. Amounts in minor units with their currency."""

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
