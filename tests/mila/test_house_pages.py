"""Errors, health, and where a person goes after signing in."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from accounts.models import Dispatcher, Technician
from catalogue.models import ServicePrice
from mila import filling, heartbeat, views
from tests import factories

pytestmark = [pytest.mark.urls("tests.mila.pages"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _nobody_has_looked(monkeypatch):
    """What readyz found in another test is not what it finds in this one."""
    monkeypatch.setattr(views, "_looked", {})


@pytest.mark.parametrize(
    ("address", "status", "title"),
    [
        ("/nowhere/", 404, "There is nothing at this address"),
        ("/forbidden/", 403, "This page is not open to you"),
        ("/breaks/", 500, "Something went wrong on our side"),
        ("/echo/?a=%00", 400, "We could not read that"),
    ],
)
def test_error_is_a_calm_page_without_details(address, status, title):
    answer = Client(raise_request_exception=False).get(address, headers={"accept-language": "en"})
    page = answer.content.decode()

    assert answer.status_code == status
    assert f"<h1>{title}</h1>" in page
    assert "4711" not in page
    assert "Traceback" not in page
    assert "no-store" in answer["Cache-Control"]


def test_error_is_a_short_message_for_htmx():
    answer = Client(raise_request_exception=False).get("/breaks/", headers={"HX-Request": "true"})

    assert answer.status_code == 500
    assert answer["HX-Reswap"] == "none"
    assert answer.content.count(b'hx-swap-oob="true"') == 1
    assert b"<html" not in answer.content


def test_error_page_stands_without_its_template(monkeypatch, caplog, rf):
    def broken(*args):
        raise RuntimeError("template")

    monkeypatch.setattr(views.loader, "render_to_string", broken)

    answer = views.server_error(rf.get("/"))

    assert answer.status_code == 500
    assert b"<h1>" in answer.content
    assert "could not be made" in caplog.text


def test_form_without_its_token_is_refused_with_a_way_on():
    answer = Client(enforce_csrf_checks=True).post("/echo/", {"a": "1"}, headers={"accept-language": "en"})

    assert answer.status_code == 403
    assert "The page was open for too long" in answer.content.decode()


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

    assert answer.json() == {"database": "ok", "data": "ok", "sweeps": "ok", "cache": "ok", "broker": "ok"}
    assert answer.status_code == 200


def test_readyz_says_that_nothing_can_be_booked_yet(client):
    for name in heartbeat.expected().values():
        heartbeat.stamp(name)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["data"] == (
        "run manage.py fill: no postcodes of FR, no prices for FR, no postcodes of CH, no prices for CH"
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
    monkeypatch.setattr(views.heartbeat, "late", away)

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

    monkeypatch.setattr(views, "_look", look)
    return looks, go_on


def test_eight_who_ask_readyz_at_once_cost_one_look(slow_look, rf):
    looks, go_on = slow_look
    with ThreadPoolExecutor(8) as callers:
        asked = [callers.submit(views.readyz, rf.get("/readyz")) for _ in range(8)]
        go_on.set()
        answers = [one.result(timeout=20) for one in asked]

    assert looks == [0]
    assert {(answer.status_code, answer.content) for answer in answers} == {(503, answers[0].content)}


def test_while_one_looks_again_the_others_do_not_wait(slow_look, rf, monkeypatch):
    looks, _go_on = slow_look
    monkeypatch.setattr(views, "_looked", {"last": (0.0, {"database": "ok"})})
    with views._one_looks:
        answer = views.readyz(rf.get("/readyz"))

    assert answer.status_code == 200
    assert looks == []


def test_readyz_looks_again_after_five_seconds(slow_look, rf, monkeypatch):
    looks, go_on = slow_look
    go_on.set()
    for at in (100.0, 104.9, 105.0, 109.9, 110.0):
        monkeypatch.setattr(views.time, "monotonic", lambda at=at: at)
        views.readyz(rf.get("/readyz"))

    assert looks == [0, 1, 2]


def test_start_asks_a_visitor_to_sign_in(client):
    assert client.get(reverse("start"))["Location"] == "/accounts/login/?next=/start/"


def test_start_leads_each_to_his_own_place(client, customer, partner, staff):
    found = {}
    for who, user in {"customer": customer, "technician": partner.user, "staff": staff}.items():
        client.force_login(user)
        found[who] = client.get(reverse("start"))["Location"]

    assert found == {"customer": "/bookings/", "technician": "/partner/offers/", "staff": "/admin/"}


def test_start_leads_nobody_to_a_page_that_refuses_him(client, partner, rival_partner):
    planner = factories.UserFactory()
    Dispatcher.objects.create(partner=rival_partner.partner, user=planner)
    Technician.objects.filter(pk=partner.pk).update(active=False)

    for user in (planner, partner.user):
        client.force_login(user)
        assert client.get(reverse("start"))["Location"] == "/bookings/"


@pytest.mark.parametrize("address", ["/start/", "/_styleguide/"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_to_look_at_take_nothing(client, staff, address, method):
    client.force_login(staff)

    assert getattr(client, method)(address).status_code == 405


def test_styleguide_is_for_those_who_build(client, customer, staff, settings):
    client.force_login(customer)
    assert client.get("/_styleguide/").status_code == 404

    client.force_login(staff)
    assert client.get("/_styleguide/").status_code == 200

    settings.DEBUG = True
    client.logout()
    assert client.get("/_styleguide/").status_code == 200
