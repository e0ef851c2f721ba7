"""One person is erased: their words are nowhere, what the law keeps stands, and each erased row
says so.

law R17, R18.
"""

from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts import proofs
from accounts.models import CustomerProfile, Notification, User
from backoffice import erasure, personal_rows
from backoffice.invariants import violations
from dispatch.models import AreaAlert
from mila.clock import mila_now
from payments import gateway
from payments.models import Charge, LedgerEntry, PaymentCustomer, SavedCard
from payments.standin.models import Thing
from requests_app import statement
from requests_app.models import (
    Booking,
    BookingContact,
    BookingEvent,
    BookingPhoto,
    PhotoSize,
    Rating,
    SignOff,
    photo_storage,
)
from requests_app.sweeps import sweep_photos
from tests.backoffice import erasing
from tests.evidence import forged
from tests.leak_detection import places
from tests.leak_detection.words import Canaries
from tests.payments import cast as money

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
WHY = {"by": "Nadia of support", "reason": "Asked by letter on 3 December"}


@pytest.fixture
def payee(morning):
    return money.payee(user__name="Yanis Corvel", user__email="yanis@example.com")


@pytest.fixture
def person(payee):
    return erasing.visit_over(payee, email="odile@example.com", key="one")


def erase(person):
    return erasure.erase_person(User.objects.get(pk=person.user.pk), **WHY)


# --- What goes, and what does not


def test_a_word_in_every_column_is_nowhere_afterwards(person):
    canaries = Canaries()
    erasing.plant(person, canaries)
    planted = {name for name, text in erasing.held().items() if canaries.in_text(text)}
    assert canaries.fields <= planted  # or a blind search would pass

    erase(person)
    sweep_photos()

    assert {
        name: words for name, text in erasing.held().items() if (words := canaries.in_text(text))
    } == {}
    raw = {
        place: words
        for place, text in places.columns("default")
        if (words := canaries.in_text("\n".join(text)))
    }
    assert raw == {}
    assert violations() == {}


def test_every_column_that_can_hold_words_is_erased_or_stays_for_a_reason():
    """A new column about a customer fails here until somebody has said which."""
    goes, whole = set(), set()
    for part in (*personal_rows.PARTS, *personal_rows.CARDS):
        label = part.model._meta.label
        whole |= {label} if part.becomes is None else set()
        goes |= {f"{label}.{name.removesuffix('_id')}" for name in part.becomes or ()}
    whole |= {"sessions.Session", "account.EmailConfirmation"}
    goes |= {"admin.LogEntry.object_repr", "admin.LogEntry.change_message"}
    names = {name for name, _field in erasing.of_a_customer()}

    left = {name for name in names if name not in goes and name.rpartition(".")[0] not in whole}

    assert {name for name in left if not erasing.stays(name)} == set()
    assert {name for name in goes & names if erasing.stays(name)} == set()


def test_exactly_the_rows_that_were_erased_have_changed_and_each_left_a_row(payee, person):
    erasing.visit_over(payee, email="jeanne@example.com", days=6, key="two")
    before = erasing.whole_database()

    erase(person)

    after = erasing.whole_database()
    # the last: pages kept in memory hear of it
    own = {"mila_erasure", "mila_evidence_change", "mila_version"}
    changed = {
        key
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key) and key[0] not in own
    }
    noted = {(row["table_name"], row["row_id"]) for row in erasing.noted()}
    sessions = {key for key in changed if key[0] == "django_session"}
    assert changed - sessions == noted - {("django_session", "")}
    assert (
        len(sessions)
        == len([row for row in erasing.noted() if row["table_name"] == "django_session"])
        == 2
    )


def test_the_rows_say_who_when_why_and_where_and_nothing_that_stood_there(person):
    frozen = SignOff.objects.get(booking=person.booking)

    erase(person)

    rows = erasing.noted()
    assert {(row["person"], row["by"], row["reason"]) for row in rows} == {
        (person.user.pk, *WHY.values())
    }
    (signed,) = (row for row in rows if row["table_name"] == "requests_app_signoff")
    assert (signed["row_id"], sorted(signed["columns"])) == (
        str(frozen.pk),
        ["device", "signature", "signer", "text"],
    )
    assert signed["at"]
    assert "Perrachon" not in str(rows)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT columns FROM mila_evidence_change WHERE work = 'erase_person' AND table_name = "
            "%s",
            ["requests_app_signoff"],
        )
        assert cursor.fetchall() == [(["device", "signature", "signer", "text"],)]


def test_messages_to_others_lose_what_they_tell_and_keep_whom(payee, person):
    Notification.objects.update(state="sent")
    theirs = Notification.objects.filter(user=payee.user).order_by("pk")
    before = list(theirs.values_list("pk", "kind", "email", "state"))
    assert any(row.context for row in theirs)

    erase(person)

    assert list(theirs.values_list("pk", "kind", "email", "state")) == before
    assert not any(row.context or row.sealed for row in theirs.all())
    assert violations() == {}


def test_staff_s_log_goes_on_saying_who_did_what(person):
    before = list(LogEntry.objects.order_by("pk").values_list("user", "action_time", "object_id"))

    erase(person)

    entries = LogEntry.objects.order_by("pk")
    assert list(entries.values_list("user", "action_time", "object_id")) == before
    assert {entry.change_message for entry in entries} == {"Try again: "}
    assert [entry.object_repr for entry in entries] == [f"#{entry.object_id}" for entry in entries]


def test_money_amounts_instants_and_hashes_stay(person):
    def facts():
        frozen = SignOff.objects.get(booking=person.booking)
        amounts = (
            frozen.service_cents,
            frozen.charge_cents,
            frozen.signed_at,
            frozen.sha256,
            frozen.quote_id,
        )
        stars = Rating.objects.values_list("quality", "punctuality", "friendliness").get()
        chain = list(BookingEvent.objects.order_by("pk").values_list("move", "at", "by", "hash"))
        return (
            amounts,
            stars,
            chain,
            list(LedgerEntry.objects.values()),
            list(Charge.objects.values()),
        )

    before = facts()

    erase(person)

    assert facts() == before
    assert Booking.objects.get(pk=person.booking.pk).report == {"explained": True, "tidied": True}
    assert violations() == {}


def test_nobody_signs_in_any_more_and_the_link_leads_nowhere(client, person):
    link = f"/b/{person.booking.token}/"
    assert client.get(link).status_code == 200

    erase(person)

    assert client.get(link).status_code == 404
    own, guest = person.clients
    assert own.get("/bookings/").status_code == 302
    assert not guest.session.keys()
    assert not client.login(email="odile@example.com", password="!")
    assert client.get(f"/b/{Booking.objects.get(pk=person.booking.pk).token}/").status_code == 404


def test_files_of_photos_are_gone_with_the_sweep(person):
    photo = BookingPhoto.objects.get()
    assert photo_storage().exists(photo.path(PhotoSize.LARGE))

    erase(person)
    sweep_photos()

    assert not BookingPhoto.objects.exists()
    assert not any(photo_storage().exists(photo.path(size)) for size in PhotoSize)


def test_the_address_is_free_for_a_new_life(person):
    erase(person)

    again = User.objects.create_user("odile@example.com")

    assert again.pk != person.user.pk
    assert not again.bookings.exists()


# --- Twice, halfway, and what was altered


def test_a_second_time_changes_nothing(person, capsys):
    call_command("erase_person", "Odile@Example.com", reason="x", by="y")
    first = capsys.readouterr().out
    before = erasing.whole_database()

    call_command("erase_person", str(person.user.pk), reason="x", by="y")

    customer = person.user.payment_customer.stripe_id
    assert f"Person {person.user.pk} is erased." in first
    assert f"Delete customer {customer} in Stripe's dashboard." in first
    assert f"Nothing of person {person.user.pk} was left." in capsys.readouterr().out
    assert erasing.whole_database() == before


def test_cards_are_taken_off_at_stripe(person):
    card = SavedCard.objects.get()
    assert Thing.objects.get(id=card.stripe_id).body["customer"]

    erase(person)

    assert Thing.objects.get(id=card.stripe_id).body["customer"] is None
    assert not SavedCard.objects.exists()


def test_stripe_away_leaves_the_cards_for_the_next_run(person, monkeypatch):
    card = SavedCard.objects.get()

    def away(*args, **kwargs):
        raise gateway.OutcomeUnknown("away", reason="connection")

    with monkeypatch.context() as patch:
        patch.setattr(gateway, "detach_card", away)
        with pytest.raises(CommandError, match=f"Person {person.user.pk} .* Run it again"):
            call_command("erase_person", "odile@example.com", reason="x")
    assert SavedCard.objects.get() == card
    assert "I14" in violations()

    erase(person)

    assert Thing.objects.get(id=card.stripe_id).body["customer"] is None
    assert violations() == {}


def test_invariants_know_an_erased_row_from_an_altered_one(person):
    erase(person)
    signed, event = (
        SignOff.objects.get(),
        BookingEvent.objects.filter(booking=person.booking).last(),
    )

    with forged():
        SignOff.objects.filter(pk=signed.pk).update(
            commission_cents=0, partner_cents=signed.service_cents
        )
        BookingEvent.objects.filter(pk=event.pk).update(role="ops")

    assert {"L12", "I13"} <= violations().keys()


def test_event_whose_words_went_is_still_checked(payee, person):
    event = BookingEvent.objects.filter(booking=person.booking).first()
    with forged():
        BookingEvent.objects.filter(pk=event.pk).update(reason="Elle a appelé")
        for one in BookingEvent.objects.filter(booking=person.booking).order_by("sequence"):
            BookingEvent.objects.filter(pk=one.pk).update(hash=personal_rows.chained_hash(one))
        last = BookingEvent.objects.filter(booking=person.booking).last()
        Booking.objects.filter(pk=person.booking.pk).update(events_hash=last.hash)
    erase(person)
    assert violations() == {}

    with forged():
        BookingEvent.objects.filter(pk=event.pk).update(reason="something else")

    assert "I13" in violations()


def test_list_of_erasures_excuses_no_other_words(person):
    """Not even written by who may write it: what an erasure takes away would have to be gone."""
    signed = SignOff.objects.get(booking=person.booking)
    signed.text = "other words"
    with forged(), connection.cursor() as cursor:
        SignOff.objects.filter(pk=signed.pk).update(text=signed.text)
        cursor.execute(
            "INSERT INTO mila_erasure (person, by, reason, table_name, row_id, columns, remains) "
            "VALUES (1, 'x', 'x', 'requests_app_signoff', %s, '{text}', %s)",
            [str(signed.pk), statement.sha256(signed)],
        )

    assert "L12" in violations()


def test_what_was_altered_before_is_not_erased(person):
    with forged():
        SignOff.objects.update(text="other words")
    before = erasing.whole_database()

    with pytest.raises(erasure.NotErased, match="verify_invariants"), transaction.atomic():
        erase(person)

    assert erasing.whole_database() == before


def test_words_that_come_back_are_found(person):
    erase(person)
    assert violations() == {}

    BookingContact.objects.filter(booking=person.booking).update(street="14 rue de l’Exemple")

    assert list(violations()) == ["I14"]


def test_row_of_a_guest_that_joined_the_account_goes_too(person, payee):
    guest = erasing.visit_over(payee, email="odile.p@example.com", days=6, key="guest")
    EmailAddress.objects.filter(user=guest.user).delete()  # a guest has proved nothing
    assert proofs.take_over("odile.p@example.com", account=person.user)
    card = SavedCard.objects.get(customer__user=guest.user)
    said = StringIO()

    call_command("erase_person", "odile@example.com", reason="Asked by letter", stdout=said)

    owners = PaymentCustomer.objects.filter(user__in=[person.user, guest.user]).values_list(
        "stripe_id", flat=True
    )
    assert len(owners) == 2
    assert all(f"Delete customer {owner}" in said.getvalue() for owner in owners)

    assert User.objects.get(pk=guest.user.pk).email == f"{guest.user.pk}@erased.invalid"
    assert not SavedCard.objects.exists()
    assert Thing.objects.get(id=card.stripe_id).body["customer"] is None
    assert not erasing.held()["requests_app.BookingContact.name"].strip('"\n')
    assert violations() == {}


def test_row_that_joined_somebody_else_stays_even_with_the_same_card(person, payee):
    """Who typed the card of another person is still another person: only the proof of the address
    joins (rule B12).
    """
    jeanne = erasing.visit_over(payee, email="jeanne@example.com", days=6, key="two")
    guest = erasing.visit_over(payee, email="jeanne.p@example.com", days=7, key="guest")
    EmailAddress.objects.filter(user=guest.user).delete()
    assert proofs.take_over("jeanne.p@example.com", account=jeanne.user)
    Booking.objects.filter(pk=person.booking.pk).update(
        card=SavedCard.objects.get(customer__user=guest.user).stripe_id
    )

    erase(person)

    assert not User.objects.get(pk=guest.user.pk).email.endswith("@erased.invalid")
    assert PaymentCustomer.objects.filter(user=guest.user).exists()


def test_who_joins_an_account_leaves_no_name_behind(person, payee):
    guest = erasing.visit_over(payee, email="odile.p@example.com", days=6, key="guest")
    EmailAddress.objects.filter(user=guest.user).delete()

    proofs.take_over("odile.p@example.com", account=person.user)

    guest.user.refresh_from_db()
    assert (guest.user.name, CustomerProfile.objects.filter(user=guest.user).exists()) == (
        "",
        False,
    )


def test_where_they_waited_for_somebody_to_come_is_forgotten(person):
    """Rule B14: by their address alone, no account stands in the row."""
    at, service = mila_now(), person.booking.service
    place = {
        "language": "fr",
        "service": service,
        "country": "FR",
        "postcode": "48000",
        "city": "Mende",
    }
    for email in (person.user.email, "other@example.com"):
        AreaAlert.objects.create(
            email=email, lat=44.52, lon=3.5, asked_at=at, checked_at=at, **place
        )

    erase(person)

    assert list(AreaAlert.objects.values_list("email", flat=True)) == ["other@example.com"]
