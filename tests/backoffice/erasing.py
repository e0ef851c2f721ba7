"""Somebody whose visit is over and paid, a word of ours in every column about them, and the whole
database read.
"""

import json
from types import SimpleNamespace

from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection, models
from django.test import Client

from accounts.models import AccountCode, CustomerProfile, Notification, PushSubscription, User
from backoffice import personal_rows
from customer.views import secret_link
from dispatch.models import Trace
from mila.clock import mila_now
from payments.models import CardSetup, PaymentCustomer, SavedCard
from payments.sweeps import charge_booking
from requests_app import statement
from requests_app.actions import (
    contact_access,
    drafting,
    messaging,
    notes,
    reviewing,
    visit,
)
from requests_app.models import (
    AddressCode,
    Assignment,
    Author,
    Avoidance,
    Booking,
    BookingContact,
    BookingEvent,
    BookingPhoto,
    CallAttempt,
    ContactAccess,
    DecisionAppeal,
    DoorPlace,
    LateSignature,
    Message,
    PhotoSize,
    Position,
    PriceCode,
    ProgressNote,
    Quote,
    QuoteEvent,
    QuoteLine,
    Rating,
    SignOff,
    SignOffKind,
    State,
    TimeProposal,
    photo_storage,
)
from tests import cast, factories
from tests.evidence import forged
from tests.leak_detection.fields import speaking
from tests.leak_detection.words import Canaries
from tests.payments import cast as money

POINT = {"lat": 45.751863, "lon": 4.846727}
# Columns that can hold words, of tables with rows about a customer, and stay: why.
STAYS = {
    "accounts.Notification.kind": "which message it was",
    "accounts.User.language": "one of four",
    "accounts.PushSubscription.endpoint_hash": "a hash, and the row goes",
    "accounts.PushSubscription.session_hash": "keyed, and the row goes",
    "requests_app.OfflineStep.*": "a key used up, a word of the code, a sentence of ours",
    "requests_app.Booking.state": "the table's word",
    "requests_app.Booking.region": "whose holidays counted: a department is nobody's",
    "requests_app.Booking.timezone": "one of two",
    "requests_app.Booking.policy_data": "figures",
    "requests_app.BookingEvent.move": "the table's word",
    "requests_app.BookingEvent.source": "the table's word",
    "requests_app.BookingEvent.target": "the table's word",
    "requests_app.BookingEvent.role": "the table's word",
    "requests_app.BookingEvent.data": "figures and the table's words",
    "requests_app.BookingEvent.hash": "a hash",
    "requests_app.BookingPhoto.key": "until the sweep has deleted the files",
    "requests_app.BookingPhoto.sha256": "a hash",
    "requests_app.Assignment.end": "the table's word",
    "requests_app.FaultEntry.evidence": "instants and the table's words",
    "requests_app.ProgressNote.key": "a hash",
    "requests_app.Message.key": "a number of the form",
    "requests_app.ChecklistTick.words": "the catalogue's words",
    "requests_app.Booking.spoken": "some of four languages",
    "requests_app.TimeProposal.wall": "an hour",
    "requests_app.SignOff.key": "a number of the form",
    "requests_app.SignOff.currency": "one of two",
    "requests_app.SignOff.sha256": "a hash",
    "requests_app.LateSignature.key": "a number of the form",
    "requests_app.LateSignature.currency": "one of two",
    "requests_app.LateSignature.sha256": "a hash",
    "requests_app.Wish.wall": "an hour",
    "requests_app.Booking.events_hash": "a hash",
    "requests_app.Booking.quotes_hash": "a hash",
    "requests_app.QuoteEvent.data": "figures and the code's words",
    "requests_app.QuoteEvent.hash": "a hash",
    "dispatch.AlertTrail.address_hash": "a hash: a stop must outlive the erased address, for the "
    "days of policy.kept",
    "dispatch.Trace.best": "figures of technicians",
    "dispatch.Trace.excluded": "counts by rule",
    "dispatch.Search.end": "a word of the code",
    "dispatch.Offer.*": "technicians: figures of the search",
    "payments.PaymentCustomer.stripe_id": "Stripe's name, under which the payments are filed",
    "payments.Charge.*": "money",
    "payments.Operation.*": "money: what was sent to Stripe, by Stripe's names",
    "payments.LedgerEntry.*": "money",
    "payments.Earning.*": "money",
    "payments.PriceRaise.*": "Stripe's names, of a question to the bank that is answered or dead",
    "payments.Refund.stripe_id": "Stripe's name",
    "payments.Refund.reversal_id": "Stripe's name",
    "payments.Refund.fee_refund_ids": "Stripe's names",
    "payments.Refund.failure_code": "Stripe's word",
    "payments.Refund.currency": "one of two",
    "payments.Advance.reversal_id": "Stripe's name",
    "payments.Dispute.*": "money: what the bank was sent names nobody",
    "payments.Difference.*": "money: by Stripe's names",
    "payments.StatementLine.*": "money: by Stripe's names",
    "papers.Paper.*": "money: what the law makes us keep, encrypted (law R21)",
    "papers.PaperFile.*": "the same, as a file",
    "papers.GivenBack.key": "money",
    "payments.StripeEvent.*": "Stripe's words, kept without people from the start",
    "admin.LogEntry.object_id": "which row staff's act was about",
}
# Tables without a row about a customer.
OF_NO_CUSTOMER = (
    "accounts.PartnerProfile",
    "accounts.Technician",
    "accounts.CalendarEntry",
    "accounts.Skill",
    "accounts.SkillSearch",
    "accounts.SearchRowsCheck",
    "accounts.Suspension",
    "accounts.FormerRow",
    "accounts.CalendarFeed",
    "accounts.CalendarSource",
    "catalogue.",
    "policy.",
    "places.",
    "standin.",
    "auth.",
    "contenttypes.",
    "devstack.",
    "payments.Payout",
    "papers.Billing",
    "papers.Series",
)


def stays(name: str) -> bool:
    return name in STAYS or f"{name.rpartition('.')[0]}.*" in STAYS


def of_a_customer() -> list[tuple[str, models.Field]]:
    return [(name, field) for name, field in speaking() if not name.startswith(OF_NO_CUSTOMER)]


def visit_over(payee, *, email: str, days: int = 3, key: str) -> SimpleNamespace:
    """A customer whose visit is paid, with a row in each table that can say
    something about them.
    """
    customer = factories.UserFactory(email=email, name="Odile Perrachon")
    card = money.saved_card(customer)
    start = factories.service_day_at(14, days=days)
    booking = factories.placed_booking(customer=customer, card=card, wishes=[start])
    other = factories.DraftFactory(customer=customer, card=card)
    CardSetup.objects.create(
        booking=other,
        customer=customer.payment_customer,
        number=9,
        intent_id=f"seti_{key}",
        client_secret=f"seti_{key}_secret",
    )
    drafting.remember_phone(customer, "+33639987102")
    for size in PhotoSize:
        photo = BookingPhoto(booking=booking, rank=1, sha256=key)
        photo.key = f"photo-{key}"
        photo_storage().save(photo.path(size), ContentFile(key.encode()))
    photo.save()
    cast.walk(booking, payee, State.IN_PROGRESS)
    notes.post_note(booking.pk, payee.pk, key=key, text="Trouvé")
    messaging.write(booking.pk, Author.CUSTOMER, key=key, text="Le portail est ouvert")
    running = booking.assignments.get(ended_at=None)
    TimeProposal.objects.create(
        booking=booking,
        assignment=running,
        kind="second",
        wall=key[:16],
        reason="Câble",
        start_at=start,
        instead_of_at=start,
        proposed_at=start,
        declined_at=start,
    )
    Avoidance.objects.create(
        customer=customer, technician=payee, said_by=Author.CUSTOMER, booking=booking, at=start
    )
    at = mila_now()
    DecisionAppeal.objects.create(
        booking=booking, decision=booking.events.last(), words="Le câble", at=at, due_at=at
    )
    cast.agree(booking, payee, 6400, own=[("Le câble de Mme Perrachon", 500)])
    PriceCode.objects.create(booking=booking, counted_from_at=mila_now())
    finish(booking, payee)
    cast.sign(booking, key=key)
    reviewing.rate(booking.pk, quality=5, punctuality=5, friendliness=4, comment="Merci.")
    reviewing.answer_rating(booking.pk, payee.pk, answer="Avec plaisir.")
    charge_booking(booking.pk)
    at = mila_now()
    Position.objects.create(booking=booking, lat=45.7, lon=4.8, at=at)
    AddressCode.objects.create(booking=booking, counted_from_at=at)
    AccountCode.objects.create(user=customer, counted_from_at=at)
    PushSubscription.objects.create(
        user=customer,
        subject_id=booking.uuid,
        endpoint=f"https://{key}",
        p256dh=key,
        auth=key,
        page=f"/b/{key}/",
    )
    Authenticator.objects.create(
        user=customer, type=Authenticator.Type.WEBAUTHN, data={"name": "Clé"}
    )
    contact_access.show_contact(
        booking.pk, by=factories.UserFactory(is_staff=True), reason="Elle a appelé"
    )
    _sign_late(booking, key)
    staff = factories.UserFactory(is_staff=True)
    for row in (customer, booking, booking.charges.get()):
        LogEntry.objects.create(
            user=staff,
            content_type=ContentType.objects.get_for_model(row),
            object_id=row.pk,
            object_repr=str(row),
            action_flag=2,
            change_message="Try again: she rang",
        )
    own, guest = Client(), Client()
    own.force_login(customer)
    session = guest.session
    session[secret_link.ORDERED] = [str(booking.uuid)]
    session.save()
    booking.refresh_from_db()
    return SimpleNamespace(
        user=customer, booking=booking, draft=other, technician=payee, clients=[own, guest]
    )


def _sign_late(booking, key):
    """As if silence had closed the visit and the signature had come afterwards."""
    with forged():
        SignOff.objects.filter(booking=booking).update(kind=SignOffKind.SILENCE)
        frozen = SignOff.objects.get(booking=booking)
        SignOff.objects.filter(pk=frozen.pk).update(sha256=statement.sha256(frozen))
    columns = {
        f.attname: getattr(frozen, f.attname)
        for f in LateSignature._meta.fields
        if f.name not in ("id", "by")
    }
    late = LateSignature(**{**columns, "key": f"late-{key}", "kind": SignOffKind.OWN_DEVICE})
    late.sha256 = statement.sha256(late)
    late.save()


def finish(booking, payee):
    report = {"done": "Canal changé", "explained": True, "tidied": True}
    return visit.finish(booking.pk, payee.pk, by=payee.user, report=report)


def rows_about(person) -> dict[type[models.Model], models.QuerySet]:
    """All rows that are about this person, by table, without asking the product."""
    bookings = Booking.objects.filter(customer=person.user)
    of_bookings = (
        BookingContact,
        BookingEvent,
        SignOff,
        LateSignature,
        Rating,
        Position,
        ProgressNote,
        Assignment,
        AddressCode,
        BookingPhoto,
        CardSetup,
        Quote,
        QuoteEvent,
        PriceCode,
        Message,
        TimeProposal,
        DecisionAppeal,
    )
    found = {model: model.objects.filter(booking__in=bookings) for model in of_bookings}
    found[QuoteLine] = QuoteLine.objects.filter(quote__booking__in=bookings, in_own_words=True)
    found |= {
        model: model.objects.filter(assignment__booking__in=bookings)
        for model in (CallAttempt, DoorPlace)
    }
    found |= {
        model: model.objects.filter(user=person.user)
        for model in (CustomerProfile, Authenticator, AccountCode, PushSubscription)
    }
    found[ContactAccess] = ContactAccess.objects.filter(booking__in=bookings, partner=None)
    found[Avoidance] = Avoidance.objects.filter(customer=person.user)
    found[Notification] = Notification.objects.filter(user=person.user)
    found[SavedCard] = SavedCard.objects.filter(customer__user=person.user)
    found[PaymentCustomer] = PaymentCustomer.objects.filter(user=person.user)
    found[Trace] = Trace.objects.filter(search__booking__in=bookings)
    found[LogEntry] = LogEntry.objects.filter(
        object_id__in=map(str, [person.user.pk, *bookings.values_list("pk")])
    )
    found[User] = User.objects.filter(pk=person.user.pk)
    found[Booking] = bookings
    return found


def plant(person, canaries: Canaries) -> None:
    """A word of its own in every column that can hold one and does not stay; hashes are made anew
    over them.
    """
    named = {field: name for name, field in of_a_customer()}
    for model, rows in rows_about(person).items():
        for column in model._meta.concrete_fields:
            name = named.get(column)
            if name is None or stays(name) or column.name in ("token_hash", "draft_key"):
                continue
            for row in rows.all():
                value = _word(canaries, name, column, row)
                if value is not None:
                    with forged():
                        model.objects.filter(pk=row.pk).update(**{column.name: value})
    with forged():
        for event in BookingEvent.objects.filter(booking__customer=person.user).order_by(
            "sequence"
        ):
            event.hash = personal_rows.chained_hash(event)
            BookingEvent.objects.filter(pk=event.pk).update(hash=event.hash)
            Booking.objects.filter(pk=event.booking_id).update(events_hash=event.hash)
        for step in QuoteEvent.objects.filter(booking__customer=person.user).order_by("sequence"):
            step.hash = personal_rows.chained_quote_hash(step)
            QuoteEvent.objects.filter(pk=step.pk).update(hash=step.hash)
            Booking.objects.filter(pk=step.booking_id).update(quotes_hash=step.hash)
        for model in (SignOff, LateSignature):
            for signed in model.objects.filter(booking__customer=person.user):
                model.objects.filter(pk=signed.pk).update(sha256=statement.sha256(signed))


def _word(canaries: Canaries, name: str, column: models.Field, row):
    if isinstance(column, models.FloatField):
        canaries.plant(name, POINT[column.name])
        return POINT[column.name]
    if isinstance(column, models.JSONField):
        return {**(getattr(row, column.name) or {}), "near": canaries.word(name)}
    if column.name == "phrase" or (
        column.name == "text" and isinstance(row, Message | ProgressNote) and row.text is None
    ):
        return None
    if isinstance(column, models.EmailField):
        return f"{canaries.word(name)}{row.pk}@example.com"
    if column.name in ("postcode", "brand", "last4", "precision") or (column.max_length or 99) < 40:
        return None  # no room for a word
    return f"{canaries.word(name)} {row.pk}"


def held() -> dict[str, str]:
    """app.Model.column and all it holds, as its owner would read it: also what is encrypted."""
    found = {}
    for name, field in speaking():
        values = (
            field.model._base_manager.using("default") if not name.startswith("standin.") else None
        )
        if values is not None:
            found[name] = "\n".join(
                json.dumps(one, default=str) for one in values.values_list(field.name, flat=True)
            )
    return found


def whole_database() -> dict[tuple[str, str], str]:
    """(table, id) of every row and the row itself, past every model."""
    rows = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            for (text,) in cursor.fetchall():
                row = json.loads(text)
                rows[table, str(row.get("id", row.get("session_key", text)))] = text
    return rows


def noted() -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(t)::text FROM mila_erasure t ORDER BY id")
        return [json.loads(text) for (text,) in cursor.fetchall()]
