"""Whether the site is well, and what fills a fresh database."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError

from backoffice import filling, health
from catalogue.models import ServicePrice
from mila import heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_has_looked(monkeypatch):
    """What readyz found in another test is not what it finds in this one."""
    monkeypatch.setattr(health, "_looked", {})


def test_healthz_asks_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert answer.content == b"ok"


@pytest.fixture
def filled(monkeypatch):
    """As after `manage.py fill`."""
    monkeypatch.setattr(filling, "missing", list)


def test_readyz_is_well_when_all_is_well(client, filled):
    for name in heartbeat.expected().values():
        heartbeat.stamp(name)

    answer = client.get("/readyz")

    assert answer.json() == {
        "database": "ok",
        "data": "ok",
        "sweeps": "ok",
        "cache": "ok",
        "broker": "ok",
    }
    assert answer.status_code == 200


def test_readyz_says_that_nothing_can_be_booked_yet(client):
    for name in heartbeat.expected().values():
        heartbeat.stamp(name)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["data"] == (
        "run manage.py fill: no postcodes of FR, no prices for FR, no postcodes of CH, no prices "
        "for CH"
    )


def test_fill_fills_and_a_repeat_changes_nothing(client):
    call_command("fill", stdout=io.StringIO())
    ServicePrice.objects.filter(country="FR").update(price_cents=12_345)
    before = list(ServicePrice.objects.order_by("pk").values())
    call_command("fill", stdout=io.StringIO())

    assert filling.missing() == []
    assert list(ServicePrice.objects.order_by("pk").values()) == before


def test_fill_that_leaves_something_out_fails(monkeypatch):
    monkeypatch.setattr(filling, "LOADS", ())

    with pytest.raises(CommandError, match="no prices for CH"):
        call_command("fill", stdout=io.StringIO())


def test_readyz_names_the_sweeps_that_are_late(client):
    for name in set(heartbeat.expected().values()) - {"offers"}:
        heartbeat.stamp(name)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["sweeps"] == "late: offers"


def test_readyz_names_what_is_down(client, monkeypatch, settings):
    def away():
        raise OperationalError("secret address")

    settings.CELERY_BROKER_URL = "redis://:secret@127.0.0.1:1/0"
    monkeypatch.setattr(health.heartbeat, "late", away)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        "database": "down",
        "data": "unknown",
        "sweeps": "unknown",
        "cache": "ok",
        "broker": "down",
    }
    assert b"secret" not in answer.content


@pytest.fixture
def slow_look(monkeypatch):
    """A look that ends when the test says so; `looks` are those begun."""
    looks, go_on = [], threading.Event()

    def look():
        looks.append(len(looks))
        go_on.wait(timeout=20)
        return {"database": "ok", "look": str(looks[-1])}

    monkeypatch.setattr(health, "_look", look)
    return looks, go_on


def test_eight_who_ask_readyz_at_once_cost_one_look(slow_look, rf):
    looks, go_on = slow_look
    with ThreadPoolExecutor(8) as callers:
        asked = [callers.submit(health.readyz, rf.get("/readyz")) for _ in range(8)]
        go_on.set()
        answers = [one.result(timeout=20) for one in asked]

    assert looks == [0]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (503, answers[0].content)
    }


def test_while_one_looks_again_the_others_do_not_wait(slow_look, rf, monkeypatch):
    looks, _go_on = slow_look
    monkeypatch.setattr(health, "_looked", {"last": (0.0, {"database": "ok"})})
    with health._one_looks:
        answer = health.readyz(rf.get("/readyz"))

    assert answer.status_code == 200
    assert looks == []


def test_readyz_looks_again_after_five_seconds(slow_look, rf, monkeypatch):
    looks, go_on = slow_look
    go_on.set()
    for at in (100.0, 104.9, 105.0, 109.9, 110.0):
        monkeypatch.setattr(health.time, "monotonic", lambda at=at: at)
        health.readyz(rf.get("/readyz"))

    assert looks == [0, 1, 2]
