"""What a person leaves in each table, and what becomes of it when they are erased."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import Model, Q

from accounts.models import (
    AccountCode,
    CustomerProfile,
    Notification,
    NotificationState,
    PushSubscription,
    User,
)
from accounts.notice_rows import Attempt, DeadAddress, NoticeChoice
from dispatch.models import AreaAlert, Trace
from mila.clock import mila_now
from payments.models import Advance, CardSetup, Charge, PaymentCustomer, Refund, SavedCard
from requests_app import notices, price_versions, statement
from requests_app.lifecycle_events import event_hash
from requests_app.models import (
    AddressCode,
    Appeal,
    Assignment,
    Avoidance,
    Booking,
    BookingAnswer,
    BookingContact,
    BookingEvent,
    BookingPhoto,
    CallAttempt,
    ContactAccess,
    DecisionAppeal,
    DoorPlace,
    LateSignature,
    Message,
    Position,
    PriceCode,
    ProgressNote,
    Quote,
    QuoteEvent,
    QuoteLine,
    Rating,
    SignOff,
    TimeProposal,
    new_token,
)

NOBODY = "erased.invalid"  # a name that leads nowhere: where the addresses of erased people end

GONE = "*"  # in place of columns: the whole row
TO_CUSTOMERS = [kind for kind, notice in notices.KINDS.items() if notice.to is notices.To.CUSTOMER]


@dataclass(frozen=True)
class Person:
    """Everything that is one person's: the account, guests' rows that joined it, the bookings."""

    user: User
    users: list[int]
    bookings: list[int]

    @property
    def uuids(self) -> list[Any]:
        return list(Booking.objects.filter(pk__in=self.bookings).values_list("uuid", flat=True))


@dataclass(frozen=True)
class Part:
    """Rows of one table, and what becomes of their columns: a value, or what is made of the row.
    None: the row goes.

    `kept` names the column with a hash over the row, `computed` makes it anew: what remains of the
    row has one too.
    """

    model: type[Model]
    whose: Callable[[Person], Q]
    becomes: Mapping[str, Any] | None = None
    kept: str = ""
    computed: Callable[[Any], str] = field(default=lambda row: "")

    def rows(self, person: Person) -> list[Any]:
        return list(self.model._base_manager.filter(self.whose(person)).order_by("pk"))

    def changes(self, row: Any) -> dict[str, Any]:
        """What is left to be done to this row; nothing the second time."""
        if self.becomes is None:
            return {GONE: None}
        wanted = {
            name: value(row) if callable(value) else value for name, value in self.becomes.items()
        }
        return {name: value for name, value in wanted.items() if getattr(row, name) != value}


def of_the_bookings(person: Person) -> Q:
    return Q(booking__in=person.bookings)


def of_the_account(person: Person) -> Q:
    return Q(user__in=person.users)


def _told(person: Person) -> Q:
    """Messages to them, and those about their bookings that went to the address it was before."""
    return (
        of_the_account(person)
        | Q(subject_id__in=person.uuids, kind__in=TO_CUSTOMERS)
        | Q(email=person.user.email)
    )


def of_their_cards(person: Person) -> Q:
    """Saved by them, or typed for a booking of theirs while its address was mistyped."""
    typed = Booking.objects.filter(pk__in=person.bookings).exclude(card="").values("card")
    return Q(customer__user__in=person.users) | Q(stripe_id__in=typed)


def chained_hash(event: BookingEvent) -> str:
    before = BookingEvent.objects.filter(booking=event.booking_id, sequence__lt=event.sequence)
    return event_hash(
        before.order_by("-sequence").values_list("hash", flat=True).first() or "", event
    )


def chained_quote_hash(event: QuoteEvent) -> str:
    before = QuoteEvent.objects.filter(booking=event.booking_id, sequence__lt=event.sequence)
    previous = before.order_by("-sequence").values_list("hash", flat=True).first() or ""
    return price_versions.event_hash(previous, event)


def _ticks(booking: Booking) -> dict[str, Any]:
    """Of the report what was ticked, without the words."""
    return {name: value for name, value in booking.report.items() if isinstance(value, bool)}


def _fresh_link(booking: Booking) -> str:
    """One that nobody was ever told; its fingerprint is none either, so it leads nowhere."""
    return booking.token if booking.token_hash == _no_fingerprint(booking) else new_token()


def _no_fingerprint(row: Booking) -> str:
    return f"erased-{row.pk}"


def _nobodys(row: Any) -> str:
    return f"{row.pk}@{NOBODY}"


NO_HAND = {"signer": "", "signature": "", "text": "", "device": ""}
WAITING = Q(state__in=[NotificationState.QUEUED, NotificationState.SENDING])

PARTS = (
    # The bookings
    Part(
        BookingContact,
        of_the_bookings,
        {
            **dict.fromkeys(
                ("name", "phone", "street", "door_code", "problem", "at_the_door", "precision"), ""
            ),
            "lat": None,
            "lon": None,
        },
    ),
    Part(
        BookingPhoto,
        of_the_bookings,  # the sweep deletes the files, then the row
        {"booking_id": None, "rank": None, "delete_after_at": lambda row: mila_now()},
    ),
    # what a partner showed of the visit
    Part(
        BookingPhoto,
        lambda p: Q(appeal__fault__booking__in=p.bookings),
        {"appeal_id": None, "delete_after_at": lambda row: mila_now()},
    ),
    Part(DecisionAppeal, of_the_bookings, {"words": "", "reason": ""}),
    Part(Appeal, lambda p: Q(fault__booking__in=p.bookings), {"words": "", "reason": ""}),
    Part(AddressCode, of_the_bookings),
    Part(BookingAnswer, of_the_bookings),
    Part(Position, of_the_bookings),
    Part(DoorPlace, lambda p: Q(assignment__booking__in=p.bookings), {"point": ""}),
    Part(Assignment, of_the_bookings, {"code": ""}),
    Part(CallAttempt, lambda p: Q(assignment__booking__in=p.bookings), {"note": ""}),
    Part(Message, of_the_bookings, {"text": lambda row: "" if row.text else row.text}),
    Part(TimeProposal, of_the_bookings, {"reason": ""}),
    Part(Avoidance, lambda p: Q(customer__in=p.users)),
    Part(ProgressNote, of_the_bookings, {"text": lambda row: "" if row.text else row.text}),
    Part(
        Rating,
        of_the_bookings,
        {"comment": "", "answer": "", "hidden_reason": "", "answer_hidden_reason": ""},
    ),
    Part(
        Trace,
        lambda p: Q(search__booking__in=p.bookings),
        {"inputs": lambda row: {**row.inputs, "near": None}},
    ),
    Part(BookingEvent, of_the_bookings, {"reason": ""}, "hash", chained_hash),
    Part(Quote, of_the_bookings, {"reason": "", "key": None}),
    Part(
        QuoteLine,
        lambda p: Q(quote__booking__in=p.bookings),
        {"label": lambda row: "" if row.in_own_words else row.label},
    ),
    Part(
        QuoteEvent,
        of_the_bookings,
        {"words": "", "signer": "", "signature": "", "device": ""},
        "hash",
        chained_quote_hash,
    ),
    Part(PriceCode, of_the_bookings),
    Part(SignOff, of_the_bookings, NO_HAND, "sha256", statement.sha256),
    Part(LateSignature, of_the_bookings, NO_HAND, "sha256", statement.sha256),
    Part(ContactAccess, lambda p: of_the_bookings(p) & Q(partner=None), {"reason": ""}),
    Part(
        Booking,
        lambda p: Q(pk__in=p.bookings),
        {
            "postcode": "",
            "city": "",
            "end_reason": "",
            "report": _ticks,
            "draft_key": None,
            "token": _fresh_link,
            "token_hash": _no_fingerprint,
        },
    ),
    # What was said to them, and about them to others
    Part(Notification, lambda p: _told(p) & WAITING),
    Part(
        Attempt,
        lambda p: Q(notification__in=Notification.objects.filter(_told(p))),
        {"error": "", "provider_key": "", "number_hash": "", "prefix": ""},
    ),
    Part(Notification, _told, {"email": _nobodys, "context": {}, "sealed": "", "error": ""}),
    Part(
        Notification,
        lambda p: Q(subject_id__in=p.uuids) & ~WAITING,
        {"context": {}, "sealed": "", "error": ""},
    ),
    # That it lets no mail in; where they waited for somebody to come
    *(
        Part(rows, lambda p: Q(email__in=User.objects.filter(pk__in=p.users).values("email")))
        for rows in (DeadAddress, AreaAlert)
    ),
    # The account
    *(
        Part(rows, of_the_account)
        for rows in (
            Authenticator,
            EmailAddress,
            AccountCode,
            PushSubscription,
            CustomerProfile,
            NoticeChoice,
        )
    ),
    Part(
        User,
        lambda p: Q(pk__in=p.users),
        {"email": _nobodys, "name": "", "password": "!", "last_login": None, "is_active": False},
    ),
)
EVIDENCE = {part.model: part for part in PARTS if part.kept}
# Their rows go once the cards are off at Stripe; Stripe's name for the person stays, as the
# payments do.
CARDS = (
    Part(Refund, lambda p: Q(charge__booking__in=p.bookings), {"reason": ""}),
    Part(Advance, lambda p: Q(charge__booking__in=p.bookings), {"reason": ""}),
    Part(CardSetup, lambda p: of_the_bookings(p) | Q(customer__user__in=p.users)),
    Part(SavedCard, of_their_cards),
    Part(Booking, lambda p: Q(pk__in=p.bookings), {"card": "", "card_ends_on": None}),
)
# Money: nothing of it goes, but words about it in staff's log do.
KEPT = (Part(Charge, of_the_bookings), Part(PaymentCustomer, of_the_account))
