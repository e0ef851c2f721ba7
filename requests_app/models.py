"""A booking and everything that happens to it. Its state is written by requests_app.lifecycle alone."""

import secrets
import uuid
from functools import cached_property

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.fields import EncryptedTextField
from accounts.models import Busy, Country, PartnerProfile, Technician
from catalogue.models import Package, Service
from catalogue.policy import Policy
from mila.clock import MilaNow


class State(models.TextChoices):
    """Where a booking stands. The labels are what staff read; people get sentences (requests_app.wording)."""

    DRAFT = "draft", _("Draft")
    SEARCHING = "searching", _("Searching")
    CLAIMED = "claimed", _("Claimed")
    CALLED = "called", _("Called")
    UNCONFIRMED = "unconfirmed", _("Unconfirmed")
    CONFIRMED = "confirmed", _("Confirmed")
    EN_ROUTE = "en_route", _("En route")
    ARRIVED = "arrived", _("Arrived")
    IN_PROGRESS = "in_progress", _("In progress")
    FINISHED = "finished", _("Finished")
    CONTESTED = "contested", _("Contested")
    SIGNED_OFF = "signed_off", _("Signed off")
    SETTLED = "settled", _("Settled")
    FAILED = "failed", _("Failed visit")
    UNFILLED = "unfilled", _("Unfilled")
    CANCELLED = "cancelled", pgettext_lazy("booking", "Cancelled")


S = State
HAS_PARTNER = frozenset(State) - {S.DRAFT, S.SEARCHING, S.UNFILLED, S.CANCELLED}
# Columns that are set in exactly the states with a partner.
ASSIGNED = ("partner__isnull", "technician__isnull", "claimed_at__isnull", "start_at__isnull")
BEFORE_DEPARTURE = frozenset({S.CLAIMED, S.CALLED, S.UNCONFIRMED, S.CONFIRMED})
CANCELLABLE = frozenset({S.DRAFT, S.SEARCHING, S.UNFILLED}) | BEFORE_DEPARTURE
ADJUSTABLE = CANCELLABLE - {S.DRAFT}  # the customer may still say how to find the door
ENDED = frozenset({S.SETTLED, S.FAILED, S.CANCELLED})
LIVE = frozenset(State) - ENDED - {S.DRAFT}
OFFERED = frozenset({S.SEARCHING, S.UNCONFIRMED})  # dispatch may find somebody
AT_WORK = frozenset({S.EN_ROUTE, S.ARRIVED, S.IN_PROGRESS})
PHOTOS_MAX = 4


def new_token() -> str:
    """256 random bits for a secret link: whoever holds it may follow, sign, rate, cancel (PRODUCT B11)."""
    return secrets.token_urlsafe(32)


class Fault(models.TextChoices):
    """Who caused that a visit did not do what was booked (PRODUCT L11)."""

    PARTNER = "partner", _("The partner")
    CUSTOMER = "customer", _("The customer")
    BRAND = "brand", _("The brand")
    MILA = "mila", _("Mila")
    NOBODY = "nobody", _("Nobody")


class Booking(models.Model):
    """One customer's wish for one service at one place, through its whole life."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token = models.CharField(max_length=64, default=new_token, unique=True, editable=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT, editable=False)
    # Fences offers: every move and every opened offer adds one, so an older offer can no longer be claimed.
    epoch = models.BigIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(null=True, editable=False, help_text="When the running clock moves the state.")

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="bookings")
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="If not the customer.",
    )
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, default="fr")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    duration_minutes = models.PositiveSmallIntegerField()

    # Where, as far as anybody may know it before the claim. Street and exact point: BookingContact.
    country = models.CharField(max_length=2, choices=Country.choices)
    postcode = models.CharField(max_length=5, blank=True)
    city = models.CharField(max_length=120, blank=True)
    region = models.CharField(max_length=3, blank=True, help_text="Canton or department: its public holidays.")
    timezone = models.CharField(max_length=32, default="Europe/Paris")

    # When: the earliest and the latest wish; until a claim names one, "start" is one of these (PRODUCT B2).
    first_start_at = models.DateTimeField(null=True)
    last_start_at = models.DateTimeField(null=True)
    start_at = models.DateTimeField(null=True, editable=False, help_text="The claimed start.")
    # A start moved within 24 h of it keeps the old start for the cost of cancelling (PRODUCT B10).
    cancel_start_at = models.DateTimeField(null=True, editable=False)

    # What it was made under: amounts and policy are frozen at booking (PRODUCT preamble, M3).
    policy_data = models.JSONField(default=dict, editable=False)
    currency = models.CharField(max_length=3, choices=[("EUR", "EUR"), ("CHF", "CHF")])
    service_cents = models.PositiveIntegerField(help_text="Version 1: the booked price.")
    booking_fee_cents = models.PositiveIntegerField()

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
        help_text="X of PRODUCT L5 counts from here: the claim, or the last move of the date.",
    )

    created_at = models.DateTimeField(db_default=MilaNow(), editable=False)
    placed_at = models.DateTimeField(null=True, editable=False)
    card_saved_at = models.DateTimeField(null=True, editable=False)
    card = models.CharField(max_length=64, blank=True, editable=False, help_text="Payment method that will be charged.")
    withdrawal_waived_at = models.DateTimeField(
        null=True, editable=False, help_text="Asked to start within 14 days (LAW R5)."
    )
    finished_at = models.DateTimeField(null=True, editable=False)
    signed_off_at = models.DateTimeField(null=True, editable=False)
    report = models.JSONField(default=dict, editable=False, help_text="What was done, checklists; written at finish.")
    # What ending it without a sign-off costs the customer in all, frozen at the end (PRODUCT B10); 0 is free.
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
                | Q(customer__isnull=False, first_start_at__isnull=False, last_start_at__isnull=False),
                name="placed_booking_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(country="FR", currency="EUR") | Q(country="CH", currency="CHF"), name="booking_currency"
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
            models.Index(fields=["signed_off_at"], name="booking_unsettled", condition=Q(state="signed_off")),
        ]

    def __str__(self):
        return f"{self.number} {self.service}"

    @property
    def number(self) -> str:
        """What people read out on the phone."""
        return f"M{self.pk:06d}" if self.pk else "M------"

    @cached_property
    def policy(self) -> Policy:
        return Policy.from_json(self.policy_data)

    @property
    def total_cents(self) -> int:
        """Version 1 with the booking fee: what was on the screen when it was ordered."""
        return self.service_cents + self.booking_fee_cents


class BookingContact(models.Model):
    """Who is at the door and where it is. Read through requests_app.access.reveal_contact, which leaves a trace."""

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="contact")
    name = EncryptedTextField(blank=True, default="")
    phone = EncryptedTextField(blank=True, default="")
    street = EncryptedTextField(blank=True, default="")
    door_code = EncryptedTextField(blank=True, default="", help_text="Floor, code, how to find the door.")
    problem = EncryptedTextField(blank=True, default="")
    at_the_door = EncryptedTextField(blank=True, default="", help_text="Who opens and signs, if not the customer (B8).")
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    precision = models.CharField(max_length=16, blank=True)


class ContactAccess(models.Model):
    """Who saw a customer's contact data, when and why. Only added to."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="contact_accesses")
    partner = models.ForeignKey(PartnerProfile, null=True, on_delete=models.PROTECT)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    reason = models.CharField(max_length=40)
    at = models.DateTimeField()


class PhotoSize(models.TextChoices):
    """Each photo is kept twice: to look at, and for the pages."""

    LARGE = "large"
    SMALL = "small"


def photo_storage() -> Storage:
    """Where photos lie: nobody reaches it by an address, views read it for whom `access` lets (FAULT A10)."""
    return storages["private"]


class BookingPhoto(models.Model):
    """A photo of the problem, as requests_app.redraw has drawn it. Written by requests_app.actions.photographing.

    Without a booking it is on its way in or out, and no page shows it.
    """

    # Its files lie there still, so a booking does not go before its photos have been let go.
    booking = models.ForeignKey(Booking, null=True, on_delete=models.PROTECT, related_name="photos")
    rank = models.PositiveSmallIntegerField(null=True)
    key = models.CharField(max_length=64, default=new_token, unique=True, editable=False)
    sha256 = models.CharField(max_length=64, help_text="Of the large one: the same picture is there once.")
    let_go_at = models.DateTimeField(null=True, help_text="When its files are deleted; never once it is ordered.")

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "rank"], name="one_photo_of_a_rank"),
            models.UniqueConstraint(fields=["booking", "sha256"], name="one_photo_of_a_picture"),
            models.CheckConstraint(
                condition=Q(booking__isnull=False, rank__range=(1, PHOTOS_MAX))
                | Q(booking__isnull=True, rank__isnull=True, let_go_at__isnull=False),
                name="photo_attached_or_on_its_way",
            ),
        ]
        indexes = [models.Index(fields=["let_go_at"], name="photo_let_go", condition=Q(let_go_at__isnull=False))]

    def path(self, size: str) -> str:
        """The name of a file in the storage; nothing in it comes from outside."""
        return f"photos/{self.key}-{PhotoSize(size).value}.jpg"


class Wish(models.Model):
    """One start the customer would take; wall time, zone and instant (PRODUCT B2, B4)."""

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


class Assignment(models.Model):
    """A technician's time on a booking, from the claim to its end. At most one runs (RELIABILITY 1.1)."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="assignments")
    partner = models.ForeignKey(PartnerProfile, on_delete=models.PROTECT, related_name="assignments")
    technician = models.ForeignKey(Technician, on_delete=models.PROTECT, related_name="assignments")
    start_at = models.DateTimeField()
    busy = models.OneToOneField(Busy, null=True, on_delete=models.SET_NULL, related_name="assignment")
    claimed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=20, blank=True, help_text="The move that ended it.")
    fault = models.BooleanField(default=False, help_text="Counts against him; with appeal.")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking"], condition=Q(ended_at__isnull=True), name="one_running_assignment"
            )
        ]


class BookingEvent(models.Model):
    """One move of a booking, in order, chained by hashes. Only added to (FAULT I7, I13)."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="events")
    sequence = models.PositiveIntegerField()
    move = models.CharField(max_length=20)
    source = models.CharField(max_length=12)
    target = models.CharField(max_length=12)
    role = models.CharField(max_length=10)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]
        constraints = [models.UniqueConstraint(fields=["booking", "sequence"], name="one_event_of_a_sequence")]

    def __str__(self):
        return f"{self.sequence} {self.move}"


class ClockKind(models.TextChoices):
    """Promises beside the one that moves the state."""

    CALL_REMINDER = "call_reminder", _("Reminder to call")
    CONFIRM_REMINDER = "confirm_reminder", _("Reminder to confirm")
    LATENESS = "lateness", _("Not arrived 15 minutes after the start")
    DOOR_WAIT = "door_wait", _("Ten minutes at the door")
    OVERDUE_WORK = "overdue_work", _("Work takes much longer than planned")
    SEARCH_WARNING = "search_warning", _("Search ends soon")
    UNCONFIRMED_LIMIT = "unconfirmed_limit", _("Nobody else found")
    SIGNATURE_REMINDER_1 = "signature_reminder_1", _("Please sign, first")
    SIGNATURE_REMINDER_2 = "signature_reminder_2", _("Please sign, second")
    SIGNATURE_REMINDER_3 = "signature_reminder_3", _("Please sign, third")


class Clock(models.Model):
    """A running promise with its due instant (STYLE 5)."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=24, choices=ClockKind.choices)
    epoch = models.BigIntegerField(help_text="The move that started it.")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    fired = models.BooleanField(default=False, help_text="It fell due; else it was kept or called off.")

    class Meta:
        ordering = ["due_at"]
        constraints = [models.UniqueConstraint(fields=["booking", "kind", "epoch"], name="one_clock_of_a_kind")]
        indexes = [models.Index(fields=["due_at"], name="clock_due", condition=Q(done_at__isnull=True))]


class CallChannel(models.TextChoices):
    PHONE = "phone", _("Phone call")
    TEXT = "text", _("Text message")
    EMAIL = "email", _("E-mail")


class CallAttempt(models.Model):
    """One try to reach the customer, kept as evidence (PRODUCT L1)."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField()
    channel = models.CharField(max_length=5, choices=CallChannel.choices)
    reached = models.BooleanField()
    note = EncryptedTextField(blank=True, default="")
    wants_other_time = models.BooleanField(default=False)

    class Meta:
        ordering = ["at"]


class NotePhrase(models.TextChoices):
    """Ready-made notes: stored by key, so that each reader sees them in his own language."""

    FOUND = "found", _("I have found the cause.")
    AS_PLANNED = "as_planned", _("Everything is going as planned.")
    LONGER = "longer", _("It takes a little longer than planned.")
    TESTING = "testing", _("I am testing whether everything works.")
    COME = "come", _("Please come and have a look.")
    NEARLY = "nearly", _("I am nearly done.")


class ProgressNote(models.Model):
    """What the technician says while he works: a ready-made phrase or his own words. No part of the state (L9)."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="progress_notes")
    technician = models.ForeignKey(Technician, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64, help_text="One-time key of the form: a second sending is the same note.")
    phrase = models.CharField(max_length=12, choices=NotePhrase.choices, blank=True)
    text = EncryptedTextField(null=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "key"], name="one_note_of_a_key"),
            models.CheckConstraint(
                condition=Q(phrase="", text__isnull=False) | (~Q(phrase="") & Q(text__isnull=True)),
                name="note_is_phrase_or_words",
            ),
        ]

    @property
    def words(self) -> str:
        """In the active language if it is a phrase; else as he wrote it."""
        return self.get_phrase_display() or self.text or ""


class QuoteOrigin(models.TextChoices):
    BOOKING = "booking", _("At booking")
    PARTNER = "partner", _("Proposed on site")
    DECISION = "decision", _("Decided by Mila")


class Quote(models.Model):
    """A numbered version of the price; version 1 is the booked price (PRODUCT L10)."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="quotes")
    version = models.PositiveSmallIntegerField()
    origin = models.CharField(max_length=8, choices=QuoteOrigin.choices)
    service_cents = models.PositiveIntegerField(help_text="Sum of the lines, without the booking fee.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    # True for version 1 at booking, a signature, his own device: what silence may fall back to (L13).
    own_hand = models.BooleanField(default=False)

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


class SignOffKind(models.TextChoices):
    SCREEN = "screen", _("Signed on the partner's screen")
    OWN_DEVICE = "own_device", _("Signed on the customer's own device")
    SILENCE = "silence", _("By silence after the reminders")
    DECISION = "decision", _("Decided by Mila")


# Nobody signed, the visit is closed all the same: a signature may still come, as evidence (PRODUCT L13).
UNSIGNED = frozenset({SignOffKind.SILENCE, SignOffKind.DECISION})
ADDS_UP = Q(charge_cents=F("service_cents") + F("booking_fee_cents")) & Q(
    service_cents=F("commission_cents") + F("partner_cents")
)


class Frozen(models.Model):
    """What was agreed at an end: text, amounts, signature, instant, device, SHA-256 of all (PRODUCT L12)."""

    quote = models.ForeignKey(Quote, on_delete=models.PROTECT)
    key = models.CharField(
        max_length=64, unique=True, help_text="One-time key of the form: a second sending is the same one."
    )
    kind = models.CharField(max_length=10, choices=SignOffKind.choices)
    signer = EncryptedTextField(blank=True, default="")
    signature = EncryptedTextField(blank=True, default="", help_text="Strokes as JSON, or the typed name.")
    text = models.TextField(help_text="The very words that were on the screen.")
    device = models.CharField(max_length=200, blank=True)
    service_cents = models.PositiveIntegerField()
    booking_fee_cents = models.PositiveIntegerField()
    commission_cents = models.PositiveIntegerField()
    partner_cents = models.PositiveIntegerField()
    charge_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    signed_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        abstract = True


class SignOff(Frozen):
    """The end that is charged (PRODUCT L12, M1)."""

    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, related_name="sign_off")

    class Meta:
        constraints = [models.CheckConstraint(condition=ADDS_UP, name="sign_off_adds_up")]


class LateSignature(Frozen):
    """The customer's hand after the visit was closed without it: evidence, and nothing else (PRODUCT L13).

    The amounts are those he read; what is charged is the sign-off's alone.
    """

    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, related_name="late_signature")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=ADDS_UP, name="late_signature_adds_up")]


class Rating(models.Model):
    """Three times one to five stars, a comment, one answer (PRODUCT L14)."""

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="rating")
    technician = models.ForeignKey(Technician, on_delete=models.CASCADE, related_name="ratings")
    quality = models.PositiveSmallIntegerField()
    punctuality = models.PositiveSmallIntegerField()
    friendliness = models.PositiveSmallIntegerField()
    comment = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quality__range=(1, 5), punctuality__range=(1, 5), friendliness__range=(1, 5)),
                name="stars_1_to_5",
            )
        ]


class Position(models.Model):
    """Where a technician was between `depart` and `arrive`; kept 24 hours (PRODUCT L8)."""

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="position")
    lat = models.FloatField()
    lon = models.FloatField()
    eta_at = models.DateTimeField(null=True)
    at = models.DateTimeField()
