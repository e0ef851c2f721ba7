"""One person's data is erased; what the law makes us keep stays (rule D8, law R17, R18;
docs/database-roles.md).

What goes stands in PARTS, and a test compares them with every column that can hold words. Figures,
instants, states and hashes stay; words go, whoever wrote them, since what is written about somebody
is theirs as well. Each erased row leaves one in mila_erasure: who, by whom, when, why, which
columns, never what stood there.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
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
from mila.cleaning import canonical_email
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from payments import gateway
from payments.models import (
    CardSetup,
    Charge,
    ChargeState,
    PaymentCustomer,
    Refund,
    SavedCard,
)
from requests_app import notices, price_versions, statement
from requests_app.lifecycle import event_hash
from requests_app.models import (
    LIVE,
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

WORK = "erase_person"
NOBODY = "erased.invalid"  # a name that leads nowhere: where the addresses of erased people end
OVER = (ChargeState.SUCCEEDED, ChargeState.OBJECTED)
GONE = "*"  # in place of columns: the whole row
TO_CUSTOMERS = [kind for kind, notice in notices.KINDS.items() if notice.to is notices.To.CUSTOMER]


class NotErased(Refusal):
    """Nothing was changed; the sentence, for whoever runs the command, says why."""


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
class Why:
    by: str
    reason: str


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


def _of_their_cards(person: Person) -> Q:
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
    Part(CardSetup, lambda p: of_the_bookings(p) | Q(customer__user__in=p.users)),
    Part(SavedCard, _of_their_cards),
    Part(Booking, lambda p: Q(pk__in=p.bookings), {"card": "", "card_ends_on": None}),
)
# Money: nothing of it goes, but words about it in staff's log do.
KEPT = (Part(Charge, of_the_bookings), Part(PaymentCustomer, of_the_account))


def erase_person(user: User, *, by: str, reason: str) -> dict[str, int]:
    """Erase one person; answers how many rows of each table were erased.

    As the tables' owner. A repeat finds nothing more, and goes on where a first one broke off:
    cards are taken off at Stripe between two transactions. Raises NotErased and changes nothing,
    gateway.GatewayError with the cards left.
    """
    _must_own_the_tables()
    if not reason.strip():
        raise NotErased("Say why: --reason.")
    why = Why(by, reason.strip())
    counts = _erase(user.pk, PARTS, why)
    _take_cards_off(_person(user))
    for table, rows in _erase(user.pk, CARDS, why).items():
        counts[table] = counts.get(table, 0) + rows
    return counts


def find(who: str) -> User:
    """By the address that was given last, or by the account's number: who was erased has no address
    any more.
    """
    # A number only of somebody who is erased already: another number (of a booking, of a case) is
    # easily mistaken.
    erased = Q(email__endswith=f"@{NOBODY}")
    found = erased & Q(pk=int(who)) if who.isdecimal() else Q(email=canonical_email(who))
    user = User.objects.filter(found).first()
    if user is None:
        raise NotErased(
            "There is nobody with this address or number. Who was erased has no address any more."
        )
    return user


def leftovers() -> Iterator[str]:
    """Of people who were erased, what would go if they were erased now (invariant I14)."""
    for user in User.objects.filter(email__endswith=f"@{NOBODY}"):
        person = _person(user)
        for part in (*PARTS, *CARDS):
            for row in part.rows(person):
                if changes := part.changes(row):
                    yield (
                        f"person {user.pk}: {part.model._meta.db_table} {row.pk} still has "
                        f"{', '.join(changes)}"
                    )


def remaining_hashes(model: type[Model]) -> dict[int, str]:
    """Of each erased row of evidence the hash over what remains of it, by the row's id; the last
    erasure's.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_id::bigint, remains FROM mila_erasure WHERE table_name = %s AND remains <> "
            "'' ORDER BY id",
            [model._meta.db_table],
        )
        return dict(cursor.fetchall())


@verb
def _erase(user_id: int, parts: tuple[Part, ...], why: Why) -> dict[str, int]:
    """The bookings are locked first, as by every verb, then the account; what was booked meanwhile
    is refused.
    """
    user = User.objects.get(pk=user_id)
    person = _person(user)
    list(Booking.objects.select_for_update().filter(pk__in=person.bookings).order_by("pk"))
    list(User.objects.select_for_update().filter(pk__in=person.users).order_by("pk"))
    if (now := _person(user)) != person:
        raise NotErased("They are booking just now. Please try again.")
    _must_be_over(now)
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('mila.maintenance', %s, true)", [WORK])
    if parts is PARTS:
        counts |= _close_sessions(now, why)
        counts |= _quiet_the_log(now, why)
    for part in parts:
        for row in part.rows(now):
            if _erase_row(part, row, now, why):
                counts[part.model._meta.db_table] = counts.get(part.model._meta.db_table, 0) + 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('mila.maintenance', '', true)")
    return counts


def _erase_row(part: Part, row: Any, person: Person, why: Why) -> bool:
    changes = part.changes(row)
    if not changes:
        return False
    table, remains = part.model._meta.db_table, ""
    if part.becomes is None:
        part.model._base_manager.filter(pk=row.pk).delete()
    else:
        if part.kept and not stands(part, row):
            raise NotErased(
                f"{table} {row.pk} was altered: see verify_invariants first, or nobody can tell "
                f"any more."
            )
        for name, value in changes.items():
            setattr(row, name, value)
        remains = part.computed(row)
        part.model._base_manager.filter(pk=row.pk).update(**changes)
    _write_down(person, why, table, str(row.pk), list(changes), remains)
    return True


def stands(part: Part, row: Any) -> bool:
    """Whether a row of evidence is as it was written, or as an earlier erasure has left it."""
    found = part.computed(row)
    return found == getattr(row, part.kept) or is_left(row, found, remaining_hashes(part.model))


def is_left(row: Any, found: str, remaining: Mapping[int, str]) -> bool:
    """Whether an erasure has left a row of evidence so: the hash is written down, and what it takes
    away is not there.

    Without the second, who may write the list of erasures could excuse words of their own by it.
    """
    return found == remaining.get(row.pk) and not EVIDENCE[type(row)].changes(row)


def _write_down(
    person: Person, why: Why, table: str, row: str, columns: list[str], remains: str = ""
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mila_erasure (person, by, reason, table_name, row_id, columns, remains) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [person.user.pk, why.by, why.reason, table, row, columns, remains],
        )


def _close_sessions(person: Person, why: Why) -> dict[str, int]:
    """Of the account, and of guests' browsers that remember the address or a booking.

    A session's key is not noted.
    """
    marks = [person.user.email]
    for uuid, link in Booking.objects.filter(pk__in=person.bookings).values_list(
        "uuid", "token_hash"
    ):
        marks += [str(uuid), link]
    # with its quotes: no other address that ends alike
    whole = [json.dumps(mark) for mark in marks]
    users, closed = {str(pk) for pk in person.users}, 0
    for session in Session.objects.iterator():
        data = session.get_decoded()
        if data.get("_auth_user_id") in users or any(
            mark in json.dumps(data, default=str) for mark in whole
        ):
            session.delete()
            _write_down(person, why, Session._meta.db_table, "", [GONE])
            closed += 1
    return {Session._meta.db_table: closed} if closed else {}


def _quiet_the_log(person: Person, why: Why) -> dict[str, int]:
    """Staff's log goes on saying who did what to which row, and when; the row's name and the words
    about it go.
    """
    quiet = 0
    for part in (*PARTS, *CARDS, *KEPT):
        rows = [str(row.pk) for row in part.rows(person)]
        kind = ContentType.objects.get_for_model(part.model)
        for entry in LogEntry.objects.filter(content_type=kind, object_id__in=rows):
            # an act's own name, then its reason
            what, colon, _words = entry.change_message.partition(": ")
            what = "" if what.startswith("[") or not colon else what
            wanted = {
                "object_repr": f"#{entry.object_id}",
                "change_message": f"{what}{colon}" if what else "",
            }
            changes = {
                name: value for name, value in wanted.items() if getattr(entry, name) != value
            }
            if changes:
                LogEntry.objects.filter(pk=entry.pk).update(**changes)
                _write_down(person, why, LogEntry._meta.db_table, str(entry.pk), list(changes))
                quiet += 1
    return {LogEntry._meta.db_table: quiet} if quiet else {}


def _take_cards_off(person: Person) -> None:
    """At Stripe no card can be charged any more. A card that is off already is passed over."""
    cards = set(
        SavedCard.objects.filter(_of_their_cards(person)).values_list("stripe_id", flat=True)
    )
    owners = PaymentCustomer.objects.filter(
        Q(user__in=person.users) | Q(cards__stripe_id__in=cards)
    ).distinct()
    for owner in owners:
        for card in gateway.list_cards(owner.stripe_id):
            if owner.user_id in person.users or card.id in cards:
                gateway.detach_card(card.id, key=f"{WORK}-{card.id}")


def accounts_of(user: User) -> list[int]:
    """Ids of the account and of every row that joined it, or joined one that did (rule B12)."""
    users = [user.pk]
    while more := list(
        User.objects.filter(joined_into__in=users)
        .exclude(pk__in=users)
        .values_list("pk", flat=True)
    ):
        users += more
    return sorted(users)


def _person(user: User) -> Person:
    users = accounts_of(user)
    bookings = Booking.objects.filter(customer__in=users).order_by("pk")
    return Person(user, users, list(bookings.values_list("pk", flat=True)))


def _must_be_over(person: Person) -> None:
    """Raises NotErased while something is still owed or decided.

    Holds the locks of the bookings.
    """
    user = person.user
    if user.is_staff or hasattr(user, "technician") or hasattr(user, "dispatcher"):
        raise NotErased(
            "They work for Mila or for a partner: their contract ends first, and is another thing."
        )
    for booking in Booking.objects.filter(pk__in=person.bookings, state__in=LIVE):
        raise NotErased(f"Booking {booking.number} is still {booking.state}: it ends first.")
    for charge in (
        Charge.objects.filter(booking__in=person.bookings)
        .exclude(state__in=OVER)
        .select_related("booking")
    ):
        raise NotErased(
            f"A charge of booking {charge.booking.number} is still {charge.state}: it is paid "
            f"first."
        )


def _must_own_the_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE relname = "
            "'mila_erasure'"
        )
        if not cursor.fetchone()[0]:
            raise NotErased("Connect as the owner of the tables (docs/database-roles.md).")
