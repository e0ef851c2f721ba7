"""One message to one person, at most once visible, never forgotten (rule N1, N3; fault F10, W7)."""

import threading
import time
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings as site
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import QuerySet
from kombu.exceptions import OperationalError

from accounts import delivery, mail_words, notifications, tasks
from accounts.channels.email import MAIL_RESTS
from accounts.models import Notification, NotificationState
from mila.celery import app
from mila.clock import mila_now
from tests.accounts.mail_server import mail_server

SECOND = timedelta(seconds=1)
SUBJECT = uuid.UUID(int=7)


@pytest.fixture(autouse=True)
def _mail_has_not_failed():
    cache.delete(MAIL_RESTS)
    yield
    cache.delete(MAIL_RESTS)


@pytest.fixture
def server(settings):
    """A real SMTP conversation instead of Django's outbox."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield server


def facts(**others):
    return {
        "number": "M000007",
        "service": "Wi-Fi",
        "country": "FR",
        "currency": "EUR",
        "zone": "Europe/Paris",
        "link": f"{site.SITE_URL}/b/secret/",
        **others,
    }


def queue(**others):
    values = {
        "kind": "lapsed",
        "subject_id": SUBJECT,
        "round": 1,
        "email": "odile@example.com",
        "language": "fr",
    }
    return notifications.queue(**{**values, "context": facts(), **others})


def state_of(row):
    row.refresh_from_db()
    return row.state


# --- Written with what it tells


def test_queue_writes_a_row_and_hands_it_to_a_worker(
    db, stranger, django_capture_on_commit_callbacks, monkeypatch
):
    handed = []
    monkeypatch.setattr(tasks.deliver, "delay", lambda **ids: handed.append(ids))
    with django_capture_on_commit_callbacks(execute=True):
        row = queue(user=stranger)

    assert handed == [{"notification_ids": [row.pk]}]
    assert (state_of(row), row.tries, row.user, row.due_at <= mila_now()) == (
        "queued",
        0,
        stranger,
        True,
    )
    assert mail.outbox == []


def test_repeat_writes_nothing(db, django_capture_on_commit_callbacks):
    first = queue()
    with django_capture_on_commit_callbacks() as callbacks:
        assert queue(context=facts(number="other")) is None

    assert callbacks == []
    assert Notification.objects.get() == first


@pytest.mark.parametrize(
    "other",
    [{"kind": "booked"}, {"round": 2}, {"email": "a@b.fr"}, {"subject_id": uuid.UUID(int=8)}],
)
def test_another_thing_round_or_person_is_another_message(db, other):
    queue()

    assert queue(**other) is not None


@pytest.mark.django_db(transaction=True)
def test_rolled_back_with_what_it_tells():
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)

    assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_broker_away_leaves_the_row_to_the_sweep(monkeypatch):
    def away(**ids):
        raise OperationalError

    monkeypatch.setattr(tasks.deliver, "delay", away)
    with transaction.atomic():
        row = queue()
    assert state_of(row) == "queued"

    tasks.sweep_notifications()

    assert state_of(row) == "sent"
    assert len(mail.outbox) == 1


def test_facts_cannot_break_lines_headers_or_the_database(db):
    context = facts(
        number="M1\r\nBcc: eve@example.com",
        service="a\x00b\u2028c\u202ed",
        lines=[{"label": "x\ny"}],
    )
    row = queue(context=context)

    tasks.deliver(notification_ids=[row.pk])

    [message] = mail.outbox
    assert "\n" not in message.subject
    assert message.recipients() == ["odile@example.com"]
    assert message.message()["Bcc"] is None
    assert row.context["service"] == "a b c d"
    assert row.context["lines"] == [{"label": "x y"}]


# --- Sent once


def test_delivered_once_whatever_is_repeated(db):
    row = queue()
    for _again in range(2):
        tasks.deliver(notification_ids=[row.pk])
        tasks.sweep_notifications()

    [message] = mail.outbox
    assert message.to == ["odile@example.com"]
    assert (state_of(row), row.tries, row.due_at, row.error) == ("sent", 1, None, "")
    assert row.sent_at is not None


def test_missing_row_is_no_error(db):
    tasks.deliver(notification_ids=[0])

    assert mail.outbox == []


@pytest.mark.parametrize(("early", "sent"), [(SECOND, 0), (timedelta(0), 1), (-SECOND, 1)])
def test_not_before_its_time(
    morning, stopped_clock, early, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        row = queue(at=morning)
    stopped_clock(morning - early)

    tasks.deliver(notification_ids=[row.pk])

    assert callbacks == []
    assert len(mail.outbox) == sent


@pytest.mark.parametrize(("left", "sent"), [(SECOND, 1), (timedelta(0), 0), (-SECOND, 0)])
def test_what_is_no_longer_true_is_not_sent(morning, stopped_clock, left, sent):
    row = queue(context=facts(until_at=morning + left))
    stopped_clock(morning)
    Notification.objects.update(due_at=morning)

    tasks.sweep_notifications()

    assert len(mail.outbox) == sent
    assert state_of(row) == ("sent" if sent else "failed")


def test_killed_while_sending_is_never_sent_again(morning, stopped_clock, monkeypatch):
    stopped_clock(morning)
    row = queue()

    def killed(self, messages):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", killed)
        with pytest.raises(SystemExit):
            tasks.deliver(notification_ids=[row.pk])
    stopped_clock(morning + timedelta(days=1))
    tasks.deliver(notification_ids=[row.pk])
    tasks.sweep_notifications()

    assert state_of(row) == "sending"
    assert mail.outbox == []


def test_answer_that_never_came_is_shown_to_staff_and_not_sent_again(
    morning, stopped_clock, server
):
    stopped_clock(morning)
    row = queue()
    server.mood = "hang_up"
    tasks.deliver(notification_ids=[row.pk])
    server.mood = "accept"
    for at in (morning + notifications.STUCK_AFTER - SECOND, morning + notifications.STUCK_AFTER):
        stopped_clock(at)
        tasks.sweep_notifications()
        shown = row in notifications.needing_staff(at)
        assert shown == (at == morning + notifications.STUCK_AFTER)

    assert state_of(row) == "sending"
    assert "Disconnected" in row.error
    assert len(server.received) == 1


def test_row_held_by_another_worker_is_left_alone(transactional_db):
    row = queue()
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Notification.objects.select_for_update().get(pk=row.pk)
            held.set()
            done.wait(5)
        connection.close()

    worker = threading.Thread(target=hold)
    worker.start()
    held.wait(5)
    tasks.deliver(notification_ids=[row.pk])
    done.set()
    worker.join()

    assert state_of(row) == "queued"
    assert mail.outbox == []


@pytest.mark.race
@pytest.mark.parametrize("lock", [True, False], ids=["locked", "control"])
def test_workers_at_once(transactional_db, monkeypatch, lock):
    row = queue()
    mark, start, met = delivery.mark, threading.Barrier(4), threading.Barrier(4, timeout=10)
    # the control: each has read before one writes
    linger = partial(time.sleep, 0.05) if lock else met.wait
    if not lock:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    monkeypatch.setattr(
        delivery, "mark", lambda *args, **changes: (linger(), mark(*args, **changes))
    )

    def work():
        start.wait()
        tasks.deliver(notification_ids=[row.pk])
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert (len(mail.outbox) == 1) == lock


# --- Tried again, and given up


def test_refusals_wait_longer_and_longer_then_staff_see_it(morning, stopped_clock, server):
    stopped_clock(morning)
    row = queue()
    server.mood = "refuse"
    at = morning
    for tries, wait in enumerate(delivery.WAITS, 1):
        tasks.sweep_notifications()
        assert (state_of(row), row.tries, row.due_at) == ("queued", tries, at + wait)
        stopped_clock(at + wait - SECOND)
        tasks.sweep_notifications()
        assert row.tries == tries
        at += wait
        stopped_clock(at)
    tasks.sweep_notifications()

    assert (state_of(row), row.tries, row.due_at) == ("failed", delivery.MAX_TRIES, None)
    assert "450" in row.error
    assert row in notifications.needing_staff(at)
    assert server.received == []


def test_outage_of_an_hour_loses_nothing_and_doubles_nothing(
    morning, stopped_clock, server, settings
):
    stopped_clock(morning)
    for number in range(5):
        queue(round=number)
    settings.EMAIL_PORT = 1  # nobody listens
    for minute in range(60):
        stopped_clock(morning + timedelta(minutes=minute))
        cache.delete(MAIL_RESTS)
        tasks.sweep_notifications()
    settings.EMAIL_PORT = server.port
    cache.delete(MAIL_RESTS)
    stopped_clock(morning + timedelta(hours=6))
    tasks.sweep_notifications()
    tasks.sweep_notifications()

    assert set(Notification.objects.values_list("state", flat=True)) == {"sent"}
    assert len(server.received) == 5


def test_after_one_failure_the_mail_server_is_left_in_peace(db, server, settings):
    rows = [queue(round=number) for number in range(3)]
    settings.EMAIL_PORT = 1

    tasks.sweep_notifications()
    settings.EMAIL_PORT = server.port
    tasks.sweep_notifications()

    assert sorted(Notification.objects.values_list("tries", flat=True)) == [0, 0, 1]
    assert [state_of(row) for row in rows] == ["queued"] * 3
    assert server.received == []


def test_one_that_cannot_be_written_does_not_stop_the_others(db):
    broken = queue(kind="no_such_words")
    crooked = queue(email="a@example.com\nBcc: b@example.com")
    whole = queue()

    tasks.sweep_notifications()

    assert (state_of(broken), state_of(crooked), state_of(whole)) == ("queued", "queued", "sent")
    assert "TemplateDoesNotExist" in broken.error
    assert "BadHeaderError" in crooked.error
    assert len(mail.outbox) == 1


def test_sweep_ends_when_its_time_is_up(db, monkeypatch):
    monkeypatch.setattr(delivery, "SWEEP_BUDGET", -1)
    queue()

    tasks.sweep_notifications()

    assert mail.outbox == []


def test_oldest_first(morning, stopped_clock):
    stopped_clock(morning)
    queue(round=1, email="late@example.com", at=morning - SECOND)
    queue(round=2, email="early@example.com", at=morning - 2 * SECOND)

    tasks.sweep_notifications()

    assert [message.to for message in mail.outbox] == [["early@example.com"], ["late@example.com"]]


def test_jobs_are_registered_under_the_names_others_send():
    assert notifications.DELIVER in app.tasks
    assert app.conf.beat_schedule["notices"]["task"] == tasks.sweep_notifications.name


# --- Reached


def test_reached_when_the_page_is_opened(db, stranger):
    mine = queue(user=stranger, email=stranger.email)
    by_address = queue(round=2)
    elsewhere = queue(round=3, subject_id=uuid.UUID(int=9), user=stranger, email=stranger.email)
    tasks.sweep_notifications()
    waiting = queue(round=4, user=stranger, email=stranger.email)

    assert notifications.mark_reached(SUBJECT, user=stranger) == 1
    assert notifications.mark_reached(SUBJECT, user=stranger) == 0
    assert notifications.mark_reached(SUBJECT, email="Odile@Example.com") == 1

    assert [state_of(row) for row in (mine, by_address, elsewhere, waiting)] == [
        "reached",
        "reached",
        "sent",
        "queued",
    ]
    assert mine.reached_at is not None
    assert not Notification.objects.filter(state=NotificationState.FAILED).exists()


# --- How it looks


def message_of(**context):
    row = Notification(
        pk=5,
        kind="lapsed",
        subject_id=SUBJECT,
        email="a@example.com",
        language="fr",
        context=facts(**context),
    )
    return mail_words.render(row)


def test_same_words_twice_with_a_button():
    message = message_of()

    [page] = [content for content, _kind in message.alternatives]
    assert f'href="{site.SITE_URL}/b/secret/"' in page
    assert f"{site.SITE_URL}/b/secret/" in message.body
    assert f"<title>{message.subject}</title>" in page
    assert '<html lang="fr">' in page
    assert message.reply_to == [site.SUPPORT["FR"]["email"]]
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_repeat_would_carry_the_same_id():
    assert (
        message_of().extra_headers["Message-ID"]
        == message_of().extra_headers["Message-ID"]
        == f"<5.{SUBJECT}@localhost>"
    )


def test_data_is_escaped_in_the_page_and_plain_in_the_text():
    message = message_of(service="<b>&</b>")

    assert "<b>&</b>" in message.body
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in message.alternatives[0][0]


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", f"{site.SITE_URL}.evil.example/", f"{site.SITE_URL}@evil.example/"],
)
def test_only_our_own_addresses_become_buttons(url):
    assert [block["type"] for block in mail_words.blocks(f"Pay here: {url}")] == ["text"]


def test_blocks_tell_paragraphs_lists_and_links_apart():
    link = f"{site.SITE_URL}/b/x/"
    found = mail_words.blocks(f"One\nTwo\n- three\n- four\n\nFive : {link}\nSix")

    assert found == [
        {"type": "text", "lines": ["One", "Two"]},
        {"type": "list", "lines": ["three", "four"]},
        {"type": "link", "label": "Five", "url": link},
        {"type": "text", "lines": ["Six"]},
    ]
