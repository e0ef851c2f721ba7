"""Text messages: short, signed, only to France and Switzerland, never more than the caps; receipts
(fault S6).
"""

import json
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts import delivery, gsm, signatures
from accounts.channels import sms
from accounts.models import Attempt, Notification
from mila.clock import machine_now
from policy.models import PolicyRow
from requests_app import notices
from tests.accounts.ladders import PHONE, fates, queue
from tests.accounts.sms_provider import KEY, sms_provider

RECEIPTS = "/webhooks/sms/"


@pytest.fixture(autouse=True)
def _provider_has_not_failed():
    cache.delete(sms.RESTS)
    yield
    cache.delete(sms.RESTS)


@pytest.fixture
def provider(settings):
    with sms_provider() as provider:
        settings.SMS_GATEWAY, settings.SMS_URL = "http", provider.url
        settings.SMS_KEY, settings.SMS_RECEIPT_KEYS = KEY, ["n" * 40, "r" * 40]
        yield provider


def figure(**values):
    for key, value in values.items():
        PolicyRow.objects.create(key=key, value=value, starts_at="2026-01-01T00:00Z")


def to(number, round=1):
    sealed = {
        "link": "http://localhost:8000/b/m/",
        "page": "http://localhost:8000/b/s/",
        "phone": number,
    }
    return queue(round=round, urgency="soon", sealed=sealed)


# --- The request


def test_request_is_signed_and_short_and_leads_to_the_page(morning, provider):
    row = queue(urgency="soon")
    delivery.sweep()

    [(headers, body)] = provider.asked
    signatures.verify(body, headers, [KEY], machine_now())
    text = json.loads(body)
    assert (text["to"], text["from"], text["receipts"]) == (
        PHONE,
        "Mila",
        "http://localhost:8000/webhooks/sms/",
    )
    assert text["text"].endswith(" http://localhost:8000/b/secret/")
    # that link proves that somebody reads the mailbox (rule B12)
    assert "mailed" not in text["text"]
    assert gsm.parts(text["text"]) == 1
    attempt = row.attempts.get()
    assert (attempt.state, attempt.provider_key, attempt.parts) == ("sent", "text-1", 1)
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("mood", "left", "row_state"), [("refuse", {"sms": "failed", "email": "sent"}, "sent"),
                                    ("http://127.0.0.1:9/else", {"sms": "failed", "email": "sent"},
                                        "sent"),
                                    ("hang_up", {"sms": "sending"}, "sending"),
                                    ("broken", {"sms": "sending"}, "sending")],
    ids=["refused", "sent elsewhere", "no answer", "broken"],
)  # fmt: skip
def test_what_the_provider_says_decides_who_is_next(morning, provider, mood, left, row_state):
    provider.mood = mood
    row = queue(urgency="soon")
    delivery.sweep()

    row.refresh_from_db()
    assert (fates(row), row.state) == (left, row_state)
    assert len(provider.asked) == 1


def test_provider_away_costs_no_notice_and_is_left_in_peace(morning, provider, settings):
    settings.SMS_URL = "http://127.0.0.1:1/"
    rows = [queue(round=number, urgency="soon") for number in range(3)]
    delivery.sweep()

    assert [fates(row) for row in rows] == [
        {"sms": "failed", "email": "sent"},
        {"email": "sent"},
        {"email": "sent"},
    ]


@pytest.mark.parametrize(
    ("number", "taken"),
    [
        ("+33639980117", True), ("+33 7 39 98 01 17", True), ("+41791234567", True),
        ("+33199001234", False), ("+41445550123", False), ("+882123456789", False),
        ("+44791234567", False),
        ("+336399801170", False), ("0639980117", False), ("", False),
        ("+33639980117\n+33639980118", False),
    ],
)  # fmt: skip
def test_mobile_numbers_of_two_countries_alone(morning, provider, number, taken):
    to(number)
    delivery.sweep()

    assert [text["to"] for text in provider.texts] == (["".join(number.split())] if taken else [])
    assert len(mail.outbox) == (0 if taken else 1)


# --- Caps


@pytest.mark.parametrize(
    ("cap", "numbers"),
    [
        ("texts_per_number", [PHONE] * 5),
        ("texts_per_prefix", [f"+3363998{n:04d}" for n in range(5)]),
        ("texts_per_day", [f"+336{n}9980000" for n in range(5)]),
    ],
)
def test_no_more_than_the_cap_and_the_rest_by_mail(morning, provider, cap, numbers):
    figure(**{cap: 3})
    for round, number in enumerate(numbers):
        to(number, round)
    delivery.sweep()

    assert len(provider.asked) == 3
    assert len([one for one in mail.outbox if one.to == ["odile@example.com"]]) == 2
    told = Notification.objects.filter(kind=delivery.TEXTS_USED_UP)
    assert told.count() == (1 if cap == "texts_per_day" else 0)


@pytest.mark.parametrize(
    ("cap", "span"), [("texts_per_number", 24), ("texts_per_prefix", 1), ("texts_per_day", 24)]
)
def test_a_cap_ends_with_its_time(morning, stopped_clock, provider, cap, span):
    figure(**{cap: 1})
    stopped_clock(morning)
    to(PHONE, 1)
    delivery.sweep()
    for round, at in [
        (2, timedelta(hours=span) - timedelta(seconds=1)),
        (3, timedelta(hours=span)),
    ]:
        stopped_clock(morning + at)
        to(PHONE, round)
        delivery.sweep()

    assert len(provider.asked) == 2


@pytest.mark.race
@pytest.mark.parametrize("lock", [True, False], ids=["locked", "control"])
def test_rivals_never_share_the_last_place(transactional_db, morning, provider, monkeypatch, lock):
    figure(texts_per_number=1)
    rows = [to(PHONE, round) for round in range(4)]
    met = threading.Barrier(4, timeout=10)
    if not lock:
        monkeypatch.setattr(sms, "SERIALIZE", "SELECT %s::int")
        save = Attempt.save

        def late(self, *args, **kwargs):
            if "number_hash" in kwargs.get("update_fields", []):
                met.wait()  # each has counted before one has written
            return save(self, *args, **kwargs)

        monkeypatch.setattr(Attempt, "save", late)

    def work(row):
        delivery.deliver(row.pk)
        connection.close()

    workers = [threading.Thread(target=work, args=[row]) for row in rows]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert (len(provider.asked) == 1) == lock


# --- Receipts


def receipt(client, body, key="r" * 40, at=None, **headers):
    raw = json.dumps(body).encode()
    signed = signatures.signed(raw, name="1", key=key, at=at or machine_now())
    return client.post(
        RECEIPTS, raw, content_type="application/json", headers={**signed, **headers}
    )


@pytest.fixture
def sent(morning, provider):
    row = queue(urgency="soon")
    delivery.sweep()
    return row


def test_delivered_is_reached_however_often_it_is_told(client, sent):
    for _again in range(2):
        assert receipt(client, {"id": "text-1", "state": "delivered"}).status_code == 200
    receipt(client, {"id": "text-1", "state": "failed", "reason": "late"})

    sent.refresh_from_db()
    assert (sent.state, fates(sent), sent.climbs_at) == ("reached", {"sms": "reached"}, None)


def test_not_delivered_falls_through_to_the_mail(client, sent):
    assert (
        receipt(client, {"id": "text-1", "state": "failed", "reason": "unknown"}).status_code == 200
    )
    delivery.sweep()

    assert fates(sent) == {"sms": "failed", "email": "sent"}


@pytest.mark.parametrize("old", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_old_receipts_are_refused(client, sent, old):
    answer = receipt(client, {"id": "text-1", "state": "delivered"}, at=machine_now() - old)

    assert answer.status_code == 400
    assert fates(sent) == {"sms": "sent"}


def test_forged_receipts_change_nothing(client, sent):
    body = {"id": "text-1", "state": "delivered"}
    good = signatures.signed(json.dumps(body).encode(), name="1", key="r" * 40, at=machine_now())
    tries = [
        receipt(client, body, key="x" * 40),
        receipt(client, body, key=""),
        receipt(client, {**body, "id": "text-2"}, **good),
        receipt(
            client, body, **{signatures.ID: "2", signatures.SIGNATURE: good[signatures.SIGNATURE]}
        ),
        receipt(client, body, **{signatures.AT: "9" * 400}),
        client.post(RECEIPTS, json.dumps(body), content_type="application/json"),
        Client(enforce_csrf_checks=True).post(RECEIPTS, b"\xff", content_type="application/json"),
    ]

    assert [answer.status_code for answer in tries] == [400] * len(tries)
    assert fates(sent) == {"sms": "sent"}


@pytest.mark.parametrize(
    "body", [[], "x", {}, {"id": None}, {"id": "", "state": "delivered"}, {"id": "text-9"}]
)
def test_odd_receipts_change_nothing(client, sent, body):
    assert receipt(client, body).status_code in (200, 400)
    assert fates(sent) == {"sms": "sent"}


# --- The words


OF_A_PROPOSAL = {"price_proposed", "bank_waits"}  # there is none in this visit


def test_every_text_of_a_visit_is_one_part(job, settings):
    settings.SITE_URL = "https://www.mila.example"
    job.technician.user.name = job.technician.name = "Marie-Françoise de la Côte-d’Azur"
    urgent = [kind for kind, notice in notices.KINDS.items() if notice.urgency != "calm"]
    for round, (kind, language) in enumerate(
        (k, lang) for k in urgent for lang in ("fr", "de", "it", "en")
    ):
        if kind in OF_A_PROPOSAL:
            continue
        row = notices.queue(job, kind, round=10_000 + round, former=None)
        if row is None:
            continue
        row.language = language
        text = sms.text_of(row)
        assert gsm.parts(text) == 1, text
        assert text.startswith("Mila: ")
        assert "https://www.mila.example/" in text


def test_the_way_tells_the_code_before_anything_is_cut(job):
    row = notices.queue(job, "en_route", round=1)

    assert job.assignments.get().code in sms.text_of(row)
