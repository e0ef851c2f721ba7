"""The booking itself and the starts its customer would take."""

import secrets
import uuid
from functools import cached_property

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import PartnerProfile, Technician
from catalogue.models import Service
from mila.clock import MilaNow
from mila.encrypted_fields import EncryptedTextField, FingerprintField
from places.place import Country
from policy.figures import Policy
from policy.models import PublishedText
from requests_app.models.states import HAS_PARTNER, LIVE, State

# Columns that are set in exactly the states with a partner.
ASSIGNED = ("partner__isnull", "technician__isnull", "claimed_at__isnull", "start_at__isnull")


def new_token() -> str:
    """256 random bits for a secret link: whoever holds it may follow, sign, rate, cancel
    (rule B11).
    """
    return secrets.token_urlsafe(32)


class Fault(models.TextChoices):
    """Who caused that a visit did not do what was booked (rule L11)."""

    PARTNER = "partner", _("The partner")
    CUSTOMER = "customer", _("The customer")
    BRAND = "brand", _("The brand")
    MILA = "mila", _("Mila")
    NOBODY = "nobody", _("Nobody")


class Booking(models.Model):
    """One customer's wish for one service at one place, through its whole life."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # The secret link: encrypted for the mails that carry it, looked up by its fingerprint (rule
    # B11).
    token = EncryptedTextField(default=new_token, editable=False)
    token_hash = FingerprintField(of="token", unique=True)
    link_from_at = models.DateTimeField(
        null=True, editable=False, help_text="When the link was last renewed."
    )
    # One press on "book", however often it arrives: the fingerprint of the page's key.
    draft_key = models.CharField(max_length=64, null=True, unique=True, editable=False)
    state = models.CharField(max_length=12, default=State.DRAFT, editable=False)
    # Fences offers: every move and every opened offer adds one, so an older offer can no longer be
    # claimed.
    epoch = models.BigIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(
        null=True, editable=False, help_text="When the running clock moves the state."
    )

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="bookings"
    )
    email_proved_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the customer's address was proved to be theirs (rule B12).",
    )
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="If not the customer.",
    )
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, default="fr")
    # Other languages they can be spoken to in (rule D1), and whether they want to be written to,
    # not called (rule L1).
    spoken = ArrayField(
        models.CharField(max_length=2, choices=settings.LANGUAGES), default=list, blank=True
    )
    prefers_writing = models.BooleanField(default=False, db_default=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    duration_minutes = models.PositiveSmallIntegerField()

    # Where, as far as anybody may know it before the claim. Street and exact point: BookingContact.
    country = models.CharField(max_length=2, choices=Country.choices)
    postcode = models.CharField(max_length=5, blank=True)
    city = models.CharField(max_length=120, blank=True)
    region = models.CharField(
        max_length=3, blank=True, help_text="Canton or department: its public holidays."
    )
    timezone = models.CharField(max_length=32, default="Europe/Paris")

    wished_technician = models.ForeignKey(
        Technician,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Whom the customer wishes again: asked before all, one window (rule D2).",
    )

    # When: the earliest and the latest wish; until a claim names one, "start" is one of these (rule
    # B2).
    first_start_at = models.DateTimeField(null=True)
    last_start_at = models.DateTimeField(null=True)
    start_at = models.DateTimeField(null=True, editable=False, help_text="The claimed start.")
    # A start moved within 24 h of it keeps the old start for the cost of cancelling (rule B10).
    cancel_start_at = models.DateTimeField(null=True, editable=False)

    # What it was made under: amounts and policy are frozen at booking (rule M3).
    policy_data = models.JSONField(default=dict, editable=False)
    currency = models.CharField(max_length=3, choices=[("EUR", "EUR"), ("CHF", "CHF")])
    service_cents = models.PositiveIntegerField(help_text="Version 1: the booked price.")
    booking_fee_cents = models.PositiveIntegerField()
    # The last link of each chain, so that a chain without its end is not a whole one (invariant
    # I13).
    events_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    quotes_hash = models.CharField(max_length=64, blank=True, default="", editable=False)

    partner = models.ForeignKey(
        PartnerProfile, null=True, on_delete=models.PROTECT, related_name="bookings", editable=False
    )
    technician = models.ForeignKey(
        Technician, null=True, on_delete=models.PROTECT, related_name="bookings", editable=False
    )
    claimed_at = models.DateTimeField(null=True, editable=False)
    clocks_from_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="X of rule L5 counts from here: the claim, or the last move of the date.",
    )

    # Sequence and hash of its last event, where they were read under its lock
    # (lifecycle.read_clock).
    chain: tuple[int, str] | None = None

    created_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    placed_at = models.DateTimeField(null=True, editable=False)
    card_saved_at = models.DateTimeField(null=True, editable=False)
    card = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Payment method that will be charged."
    )
    card_ends_on = models.DateField(
        null=True, editable=False, help_text="Its last day, where it says one."
    )
    withdrawal_waived_at = models.DateTimeField(
        null=True, editable=False, help_text="Asked to start within 14 days (law R5)."
    )
    terms = models.ForeignKey(
        PublishedText,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        help_text="As they were accepted.",
    )
    # An act of a person on the page while the report waits for a signature; a mail scanner's GET is
    # none (rule L13).
    report_seen_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    signed_off_at = models.DateTimeField(null=True, editable=False)
    unsettled_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Since when what its end owes waits to be looked at; null once it was.",
    )
    report = models.JSONField(
        default=dict, editable=False, help_text="What was done, checklists; written at finish."
    )
    # What ending it without a sign-off costs the customer in all, frozen at the end (rule B10); 0
    # is free.
    fee_cents = models.PositiveIntegerField(default=0, editable=False)
    end_reason = models.CharField(max_length=200, blank=True, editable=False)
    end_fault = models.CharField(max_length=8, choices=Fault.choices, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="booking_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(HAS_PARTNER), **dict.fromkeys(ASSIGNED, False))
                | (~Q(state__in=sorted(HAS_PARTNER)) & Q(**dict.fromkeys(ASSIGNED, True))),
                name="partner_exactly_when_claimed",
            ),
            models.CheckConstraint(
                condition=Q(state="draft")
                | Q(state="cancelled")
                | Q(
                    customer__isnull=False,
                    first_start_at__isnull=False,
                    last_start_at__isnull=False,
                ),
                name="placed_booking_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(country="FR", currency="EUR") | Q(country="CH", currency="CHF"),
                name="booking_currency",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="booking_due", condition=Q(due_at__isnull=False)),
            models.Index(
                fields=["state", "last_start_at"],
                name="booking_offered",
                condition=Q(state__in=["searching", "unconfirmed"]),
            ),
            models.Index(fields=["customer", "-id"], name="booking_of_customer"),
            models.Index(fields=["technician", "start_at"], name="booking_of_technician"),
            models.Index(
                fields=["unsettled_at"],
                name="booking_unsettled",
                condition=Q(unsettled_at__isnull=False),
            ),
            models.Index(
                fields=["state"], name="booking_live", condition=Q(state__in=sorted(LIVE))
            ),
            models.Index(fields=["created_at"], name="booking_draft", condition=Q(state="draft")),
            models.Index(
                fields=["placed_at"], name="booking_placed", condition=Q(placed_at__isnull=False)
            ),
        ]

    def __str__(self):
        return f"{self.number} {self.service}"

    @property
    def number(self) -> str:
        """What people read out on the phone."""
        return f"M{self.pk:06d}" if self.pk else "M------"

    @property
    def sign_off(self):
        """The one that counts: the last. Raises SignOff.DoesNotExist."""
        return self.sign_offs.select_related("quote").latest("pk")

    @cached_property
    def chosen_extras(self) -> list:
        """The packages chosen while booking (rule B13); none before there is a draft."""
        return list(self.extras.select_related("package")) if self.pk else []

    @property
    def extras_cents(self) -> int:
        return sum(extra.cents for extra in self.chosen_extras)

    @property
    def bare_cents(self) -> int:
        """Of version 1 the service alone."""
        return self.service_cents - self.extras_cents

    @cached_property
    def policy(self) -> Policy:
        return Policy.from_json(self.policy_data)

    @property
    def total_cents(self) -> int:
        """Version 1 with the booking fee: what was on the screen when it was ordered."""
        return self.service_cents + self.booking_fee_cents


class Wish(models.Model):
    """One start the customer would take; wall time, zone and instant (rule B2, B4)."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="wishes")
    rank = models.PositiveSmallIntegerField()
    wall = models.CharField(max_length=16, help_text="Local time as chosen: 2026-11-26T17:30.")
    start_at = models.DateTimeField()

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "rank"], name="one_wish_of_a_rank"),
            models.UniqueConstraint(fields=["booking", "start_at"], name="one_wish_of_a_start"),
        ]
