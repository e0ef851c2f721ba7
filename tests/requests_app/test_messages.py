"""The thread: two people alone, as long as the contact data is open, told live and mailed
(rule L1, B15).
"""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import translation

from accounts import mail_words
from accounts.models import Notification
from backoffice import retention
from mila.clock import mila_now, set_clock
from mila.streams import publish
from requests_app import access
from requests_app.actions import messaging, visit
from requests_app.actions.messaging import (
    MOST,
    EnoughMessages,
    HoldsPassword,
    MessageTooLong,
    ThreadClosed,
)
from requests_app.actions.notes import NothingWritten
from requests_app.models import (
    Author,
    BookingPhoto,
    CallAttempt,
    Message,
    MessagePhrase,
    State,
)
from requests_app.photos.decoder import redraw
from requests_app.sweeps import sweep_bookings
from tests import factories, pictures
from tests.cast import claimed, sign, walk

ODILE, YANIS = Author.CUSTOMER, Author.TECHNICIAN


@pytest.fixture
def published(monkeypatch):
    heard = []
    monkeypatch.setattr(
        publish, "publish", lambda channel, event, **small: heard.append((channel, event))
    )
    return heard


def say(booking, author=ODILE, key="key-1", **message):
    technician_id = booking.technician_id if author == YANIS else None
    return messaging.write(
        booking.pk,
        author,
        key=key,
        technician_id=technician_id,
        **(message or {"text": "Le portail est ouvert."}),
    )


def refused(booking, refusal, **message):
    """Raises it, and leaves no message, no notice, no photo, no move."""
    before = (
        Notification.objects.count(),
        BookingPhoto.objects.count(),
        booking.events.count(),
        Message.objects.count(),
    )
    with pytest.raises(refusal):
        say(booking, **message)
    after = (
        Notification.objects.count(),
        BookingPhoto.objects.count(),
        booking.events.count(),
        Message.objects.count(),
    )
    assert after == before


def test_customers_message_is_kept_told_live_and_mailed_on_without_its_words(
    job, partner, published
):
    message = say(job, text="  Le portail est ouvert. ")

    assert Message.objects.get() == message
    assert (message.technician, message.author, message.words) == (
        partner,
        ODILE,
        "Le portail est ouvert.",
    )
    assert published == [
        (f"booking:{job.uuid}", "written"),
        (f"technician:{partner.pk}", "written"),
    ]
    notice = Notification.objects.get(kind="message_for_partner")
    assert notice.user == partner.user
    assert "portail" not in str(notice.context) + notice.sealed
    assert not Notification.objects.filter(kind="message_for_customer").exists()


def test_technicians_words_are_mailed_to_the_customer_sealed(job, customer):
    say(job, YANIS, text="Je viens avec une échelle.")

    notice = Notification.objects.get(kind="message_for_customer")
    assert notice.user == customer
    assert "échelle" not in str(notice.context)
    assert "échelle" in mail_words.unsealed(notice)["words"]


def test_phrase_is_mailed_in_the_customers_language(morning, partner):
    booking = claimed(factories.placed_booking(language="de", spoken=["fr"]), partner)
    with translation.override("de"):
        german = str(MessagePhrase.HELLO.label)

    with translation.override("fr"):
        say(booking, YANIS, phrase=MessagePhrase.HELLO)

    assert (
        mail_words.unsealed(Notification.objects.get(kind="message_for_customer"))["words"]
        == german
    )


def test_words_are_encrypted_in_the_table(job):
    say(job)

    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM requests_app_message")
        assert "portail" not in cursor.fetchone()[0]


def test_same_key_twice_is_one_message(job, published):
    first = say(job)

    assert say(job, text="Autre chose") == first
    assert Message.objects.count() == 1
    assert len(published) == 2
    assert Notification.objects.filter(kind="message_for_partner").count() == 1


@pytest.mark.parametrize("language", ["fr", "de", "it"])
def test_phrase_speaks_the_readers_language(job, language):
    message = say(job, YANIS, phrase=MessagePhrase.PARKING)

    with translation.override("en"):
        english = message.words
    with translation.override(language):
        assert message.words != english


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        (NothingWritten, {"text": "   "}),
        (NothingWritten, {"phrase": "no-such"}),
        (NothingWritten, {"phrase": MessagePhrase.HELLO}),  # the technician's, not the customer's
        (MessageTooLong, {"text": "x" * 1001}),
        (HoldsPassword, {"text": "Le mot de passe est Soleil."}),
    ],
)
def test_what_may_not_be_kept_is_refused(job, refusal, message):
    refused(job, refusal, **message)


def test_so_many_and_no_more(job):
    template = Message(
        booking=job, technician=job.technician, author=ODILE, text="x", at=mila_now()
    )
    rows = [
        Message(**{f.attname: getattr(template, f.attname) for f in Message._meta.fields})
        for _ in range(MOST)
    ]
    for number, row in enumerate(rows):
        row.key = f"many-{number}"
    Message.objects.bulk_create(rows)

    refused(job, EnoughMessages)
    say(job, YANIS)  # the other side may still answer


def test_nobody_has_the_job_so_there_is_nobody_to_write_to(searching):
    refused(searching, ThreadClosed)


def test_who_has_lost_the_job_writes_and_reads_no_more(job, partner):
    say(job, YANIS)
    visit.release(job.pk, partner.pk, by=partner.user, reason="Malade")

    with pytest.raises(visit.NotYours):
        messaging.write(job.pk, YANIS, key="key-2", technician_id=partner.pk, text="Encore moi")
    assert Message.objects.count() == 1
    assert not access.messages_of_technician(job, partner).exists()


def test_the_next_technician_reads_nothing_of_the_former(job, partner, rival_partner):
    say(job)
    visit.release(job.pk, partner.pk, by=partner.user, reason="Malade")
    claimed(job, rival_partner)
    job.refresh_from_db()

    assert not access.messages_of_technician(job, rival_partner).exists()
    assert access.messages_of_customer(job).count() == 1


def test_suspended_at_once_closes_the_thread(job, partner):
    say(job)
    partner.partner.suspended_at, partner.partner.suspension_reason = mila_now(), "Papers"
    partner.partner.save()

    refused(job, ThreadClosed, key="key-2")
    assert not access.messages_of_technician(job, partner).exists()


def test_thread_closes_with_the_contact_data(searching, partner):
    booking = walk(searching, partner, State.SIGNED_OFF)
    last = booking.signed_off_at + booking.policy.contact_after_sign_off
    set_clock(last - timedelta(seconds=1), speed=0)
    say(booking)

    set_clock(last, speed=0)

    refused(booking, ThreadClosed, key="key-2")
    refused(booking, ThreadClosed, author=YANIS, key="key-3", text="Merci")
    assert not access.messages_of_technician(booking, partner).exists()
    assert access.messages_of_customer(booking).count() == 1


# --- What goes through


@pytest.mark.parametrize("author", [ODILE, YANIS])
def test_contact_data_is_masked_before_the_visit(job, author):
    message = say(job, author, text="Appelez-moi au 06 39 98 01 17 ou yanis@exemple.fr")

    assert "39 98" not in message.words
    assert "exemple" not in message.words
    assert "•••" in message.words


def test_at_the_visit_it_goes_through(searching, partner):
    booking = walk(searching, partner, State.ARRIVED)

    assert say(booking, text="Le voisin : 06 39 98 01 17").words == "Le voisin : 06 39 98 01 17"


@pytest.fixture
def picture():
    return redraw(pictures.jpeg())


def test_photo_comes_with_the_message_and_is_none_of_the_problem(job, picture):
    message = say(job, text="", picture=picture)

    assert message.photo.booking == job
    assert not job.photos.of_the_problem().exists()
    assert access.photo_by_link(job.token, message.photo.key) == message.photo
    assert (
        access.photo_for_technician(job, job.technician, message.photo.key, size="small")
        == message.photo
    )


def test_photo_of_a_message_is_not_shown_to_the_next_technician(
    job, partner, rival_partner, picture
):
    message = say(job, text="", picture=picture)
    visit.release(job.pk, partner.pk, by=partner.user, reason="Malade")
    claimed(job, rival_partner)
    job.refresh_from_db()

    with pytest.raises(access.Http404):
        access.photo_for_technician(job, rival_partner, message.photo.key, size="small")


def test_photo_of_a_refused_message_leaves_nothing(searching, picture):
    refused(searching, ThreadClosed, text="", picture=picture)


def test_photo_sent_twice_is_there_once(job, picture):
    first = say(job, text="", picture=picture)

    assert say(job, text="", picture=picture) == first
    assert BookingPhoto.objects.count() == 1


def test_thread_goes_with_its_photos_when_its_time_is_over(job, picture):
    say(job, text="", picture=picture)
    say(job, key="key-2")
    set_clock(mila_now() + timedelta(days=729), speed=0)
    retention.let_go()
    assert Message.objects.count() == 2

    set_clock(mila_now() + timedelta(days=2), speed=0)
    retention.let_go()

    assert not Message.objects.exists()
    assert BookingPhoto.objects.get().booking is None


# --- An answered message is the call, where the customer asked for it


@pytest.fixture
def written(morning, customer, partner):
    return claimed(factories.placed_booking(customer=customer, prefers_writing=True), partner)


def test_answered_message_keeps_the_promise_to_call(written, partner):
    say(written, YANIS, phrase=MessagePhrase.HELLO)
    written.refresh_from_db()
    assert written.state == State.CLAIMED

    say(written, key="key-2", text="Jeudi me convient.")

    written.refresh_from_db()
    partner.refresh_from_db()
    assert written.state == State.CALLED
    assert partner.promises_kept == 1
    attempt = CallAttempt.objects.get()
    assert (attempt.channel, attempt.reached) == ("write", True)
    assert written.events.get(move="record_call").role == "system"


def test_who_did_not_ask_for_it_is_called(job):
    say(job, YANIS)
    say(job, key="key-2")

    job.refresh_from_db()
    assert job.state == State.CLAIMED
    assert not CallAttempt.objects.exists()


def test_message_nobody_answered_is_no_call(written, partner):
    say(written, ODILE)
    say(written, YANIS, key="key-2")
    set_clock(written.due_at, speed=0)

    sweep_bookings()

    written.refresh_from_db()
    assert written.state == State.SEARCHING
    partner.refresh_from_db()
    assert (partner.promises_kept, partner.promises_broken) == (0, 1)


def test_what_the_former_technician_wrote_is_no_message_of_the_next(
    written, partner, rival_partner
):
    say(written, YANIS)
    visit.release(written.pk, partner.pk, by=partner.user, reason="Malade")
    claimed(written, rival_partner)

    say(written, key="key-2")

    written.refresh_from_db()
    assert written.state == State.CLAIMED


def test_second_answer_changes_nothing_more(written, partner):
    say(written, YANIS)
    say(written, key="key-2")
    say(written, key="key-3")

    partner.refresh_from_db()
    assert partner.promises_kept == 1
    assert CallAttempt.objects.count() == 1


def test_signed_visit_can_still_be_written_about(searching, partner):
    booking = walk(searching, partner, State.FINISHED)
    booking = sign(booking)

    assert say(booking).words
