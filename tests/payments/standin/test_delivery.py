"""The outbox: signed, in order, repeated until taken, and spoilt on demand."""

import io
import random
import signal
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from payments import gateway
from payments.standin import delivery, user_actions
from payments.standin.client import site_endpoints, the_standin
from payments.standin.management.commands import standin_deliver
from payments.standin.models import Delivery

pytestmark = pytest.mark.django_db(databases=["default", "standin"])

SECRETS = ["whsec_standin_platform", "whsec_standin_connect"]


class Site:
    """An endpoint that checks signatures and remembers what it took."""

    def __init__(self, status=200):
        self.status = status
        self.posts = []
        self.taken = []

    def __call__(self, url, body, headers):
        self.posts.append((url, body, headers))
        if self.status != 200:
            return self.status
        try:
            event = gateway.construct_event(body, headers["Stripe-Signature"], SECRETS)
        except gateway.BadSignature:
            return 400
        self.taken.append((url.split("/webhooks/")[1], event.type))
        return 200


@pytest.fixture(autouse=True)
def subscribed_to_everything(monkeypatch):
    """The site takes only what it has handlers for; here the outbox is
    tested, whatever it carries.
    """
    everything = [replace(endpoint, events=("*",)) for endpoint in site_endpoints()]
    monkeypatch.setattr(the_standin().store, "endpoints", lambda: everything)


@pytest.fixture
def clock(monkeypatch):
    """The stand-in's own clock, moved by hand."""
    at = [the_standin().now()]
    monkeypatch.setattr(the_standin(), "now", lambda: at[0])
    return at


def test_each_scope_has_its_address_and_secret(ask, account):
    ask("POST", "/v1/customers")
    site = Site()

    taken = delivery.deliver_pending(site)

    assert taken == 5
    assert site.taken == [
        ("stripe/connect/", "account.updated"),
        ("stripe/connect/", "account.external_account.created"),
        ("stripe/connect/", "capability.updated"),
        ("stripe/connect/", "account.updated"),
        ("stripe/", "customer.created"),
    ]
    assert delivery.deliver_pending(site) == 0
    assert Delivery.objects.filter(delivered_at__isnull=False, status=200, attempts=1).count() == 5


def test_secret_of_the_other_endpoint_does_not_fit(ask):
    ask("POST", "/v1/customers")
    body, headers = delivery.signed(Delivery.objects.get())

    with pytest.raises(gateway.BadSignature):
        gateway.construct_event(body, headers["Stripe-Signature"], ["whsec_standin_connect"])


def test_refused_event_comes_again_later_each_time(ask, clock):
    ask("POST", "/v1/customers")
    site = Site(status=503)
    waits = []
    for _ in range(len(delivery.WAITS) + 1):
        assert delivery.deliver_pending(site) == 0
        assert delivery.deliver_pending(site) == 0  # not due yet
        row = Delivery.objects.get()
        waits.append(round(row.next_at - clock[0]))
        clock[0] = row.next_at

    site.status = 200
    assert delivery.deliver_pending(site) == 1

    assert waits == [*delivery.WAITS, delivery.WAITS[-1]]
    row = Delivery.objects.get()
    assert (row.attempts, row.status, row.error, row.next_at) == (len(waits) + 1, 200, "", None)


def test_nobody_there_is_an_attempt_too(ask):
    ask("POST", "/v1/customers")

    delivery.deliver_pending(lambda *args: 0)

    row = Delivery.objects.get()
    assert (row.attempts, row.status, row.error) == (1, None, "not taken")


def test_given_up_after_three_days(ask, clock):
    ask("POST", "/v1/customers")
    clock[0] += delivery.GIVE_UP_AFTER + 1

    delivery.deliver_pending(Site(status=500))

    assert Delivery.objects.get().next_at is None


def test_waiting_ones_can_be_sent_at_once(ask):
    ask("POST", "/v1/customers")
    delivery.deliver_pending(Site(status=500))

    assert delivery.deliver_pending(Site()) == 0
    assert delivery.deliver_pending(Site(), retry=True) == 1


def test_sender_that_died_leaves_its_event_to_the_next(ask, clock):
    ask("POST", "/v1/customers")

    def die(*args):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        delivery.deliver_pending(die)
    assert delivery.deliver_pending(Site()) == 0
    clock[0] += delivery.LEASE_SECONDS
    assert delivery.deliver_pending(Site()) == 1


def test_event_taken_by_another_sender_is_skipped(ask):
    ask("POST", "/v1/customers")
    ask("POST", "/v1/customers")
    site = Site()

    def takes_the_other(*args):
        delivery.deliver_pending(site)
        return 200

    assert delivery.deliver_pending(takes_the_other) == 1
    assert len(site.taken) == 1


def test_shuffled(ask, account):
    for _ in range(8):
        ask("POST", "/v1/customers")
    site = Site()

    delivery.deliver_pending(site, shuffle=random.Random(1))

    assert [kind for _, kind in site.taken][4:] != ["customer.created"] * 8
    assert len(site.taken) == 12


@pytest.mark.parametrize(
    ("fault", "posts", "taken", "left"),
    [
        ("event_duplicate", 2, 2, 0),
        ("event_drop", 0, 0, 0),
        ("event_delay", 0, 0, 1),
        ("event_tamper", 1, 0, 1),
        ("event_wrong_secret", 1, 0, 1),
        ("event_old", 1, 0, 1),
    ],
)
def test_faults_of_delivery(ask, fault, posts, taken, left):
    ask("POST", "/v1/customers")
    user_actions.switch_on(fault, path="customer", seconds=400)
    site = Site()

    delivery.deliver_pending(site)

    assert (len(site.posts), len(site.taken)) == (posts, taken)
    assert Delivery.objects.filter(next_at__isnull=False).count() == left


def test_endpoints_can_be_added_and_removed(ask, account):
    made = ask(
        "POST",
        "/v1/webhook_endpoints",
        url="https://a.example/",
        enabled_events__0="customer.created",
    )[1]
    every = ask(
        "POST",
        "/v1/webhook_endpoints",
        url="https://b.example/",
        enabled_events__0="*",
        connect="true",
    )[1]
    Delivery.objects.all().delete()
    ask("POST", "/v1/customers")
    user_actions.onboard(account)

    assert made["secret"].startswith("whsec_")
    urls = set(Delivery.objects.values_list("url", "event__type"))
    assert ("https://a.example/", "customer.created") in urls
    assert ("https://b.example/", "account.updated") in urls
    assert ("https://b.example/", "customer.created") not in urls
    listed = ask("GET", "/v1/webhook_endpoints")[1]["data"]
    assert [(one["id"], "secret" in one) for one in listed] == [
        (every["id"], False),
        (made["id"], False),
    ]
    ask("DELETE", f"/v1/webhook_endpoints/{made['id']}")
    assert ask("GET", "/v1/webhook_endpoints")[1]["data"][0]["id"] == every["id"]


def test_events_can_be_looked_up(ask, payer, account):
    listed = ask("GET", "/v1/events", type="customer.created")[1]["data"]
    theirs = ask(
        "GET", "/v1/events", {"Stripe-Account": account}, created=str(listed[0]["created"])
    )[1]["data"]

    assert listed[0]["data"]["object"]["id"] == payer
    assert ask("GET", f"/v1/events/{listed[0]['id']}")[1] == listed[0]
    assert ask("GET", "/v1/events/evt_none")[0] == 404
    assert {event["type"] for event in theirs} <= {
        "account.updated", "account.external_account.created", "capability.updated"
    }  # fmt: skip
    assert len(ask("GET", "/v1/events", created__gte="1")[1]["data"]) == 1


@pytest.fixture
def web():
    """A small server on this machine that answers with the status in the path."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(int(self.path.strip("/")))
            self.send_header("Location", "/200")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("status", [200, 302, 400, 503])
def test_post_by_http(web, status):
    assert delivery.post_by_http(f"{web}/{status}", b"{}", {"Stripe-Signature": "t=1"}) == status


def test_post_to_nobody():
    assert delivery.post_by_http("http://127.0.0.1:9/", b"{}", {}) == 0


# --- The command


def test_command_once(ask, monkeypatch):
    ask("POST", "/v1/customers")
    monkeypatch.setattr(
        standin_deliver, "deliver_pending", lambda: delivery.deliver_pending(Site())
    )
    out = io.StringIO()

    call_command("standin_deliver", once=True, stdout=out)

    assert out.getvalue().strip() == "1 taken"


def test_command_refuses_beside_a_real_key(settings):
    settings.STANDIN = False

    with pytest.raises(CommandError):
        call_command("standin_deliver", once=True)


def test_command_survives_a_restart_of_the_database_and_stops_when_told(monkeypatch):
    handlers, rounds, errors = {}, [], io.StringIO()
    monkeypatch.setattr(
        standin_deliver.signal, "signal", lambda number, handler: handlers.update({number: handler})
    )
    monkeypatch.setattr(standin_deliver, "POLL_SECONDS", 0)
    monkeypatch.setattr(standin_deliver, "REST_SECONDS", 0)
    monkeypatch.setattr(
        standin_deliver.connections["standin"], "close", lambda: rounds.append("closed")
    )

    def deliver():
        rounds.append("round")
        if len(rounds) == 1:
            raise OperationalError("terminating connection")
        if len(rounds) > 3:
            handlers[signal.SIGTERM]()

    monkeypatch.setattr(standin_deliver, "deliver_pending", deliver)

    call_command("standin_deliver", stderr=errors)

    assert rounds == ["round", "closed", "round", "round"]
    assert "Waiting for the database" in errors.getvalue()
