"""A Stripe that takes a call and never answers holds nobody up (fault F4): one page waits for its
five seconds, the next ones not at all, and other pages never.
"""

import runpy
import socket
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext, suppress
from types import SimpleNamespace

import pytest
import stripe
from django.conf import settings as site
from django.db import connections
from django.test import Client
from django.urls import reverse

import mila.breaker
from payments import gateway
from payments.gateway import client as stripe_door
from payments.gateway import patience
from tests import factories
from tests.payments import cast
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
THREADS = runpy.run_path(str(site.BASE_DIR / "gunicorn.conf.py"))["threads"]


class Mute:
    """Takes every connection on loopback, reads nothing, says nothing."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        self.held, self.came = [], threading.Semaphore(0)
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        while True:
            try:
                held, _address = self.server.accept()
            except OSError:
                return
            self.held.append(held)
            self.came.release()

    def wait_for(self, calls):
        for _call in range(calls):
            assert self.came.acquire(timeout=60)

    def hang_up(self):
        self.server.close()
        for held in self.held:
            held.close()


@pytest.fixture
def mute():
    found = Mute()
    yield found
    found.hang_up()


@pytest.fixture
def clock(monkeypatch):
    """The breaker's own: it stands still unless a test moves it."""
    now = SimpleNamespace(at=100.0)
    monkeypatch.setattr(mila.breaker, "time", SimpleNamespace(monotonic=lambda: now.at))
    return now


@pytest.fixture
def falls_silent(mute, settings, monkeypatch):
    """A function: from now on the pages ask Stripe itself, which is mute; with so much patience."""

    def fall(seconds=0.2):
        settings.STANDIN, settings.PAGES = False, True
        settings.STRIPE_SECRET_KEY = "sk_test_mute"
        settings.STRIPE_PUBLISHABLE_KEY = "pk_test_mute"
        monkeypatch.setattr(stripe_door, "REAL_API", mute.address)
        monkeypatch.setattr(patience, "READ_SECONDS", seconds)
        stripe_door._real_client.cache_clear()

    yield fall
    stripe_door.stripe_client()._requestor._client.asks.close()
    stripe_door._real_client.cache_clear()


def ask():
    with pytest.raises(gateway.OutcomeUnknown) as told:
        gateway.retrieve_payout("po_1", "acct_1")
    return told.value.reason


# --- One call


def test_pages_have_seconds_and_jobs_have_more():
    pages = stripe_door._real_client("sk_test_figures", pages=True)
    jobs = stripe_door._real_client("sk_test_figures", pages=False)
    stripe_door._real_client.cache_clear()

    def figures(made: stripe.StripeClient):
        client, options = made._requestor._client, made._requestor._options
        return getattr(client, "asks", client)._timeout, options.max_network_retries

    assert figures(pages) == ((2.0, 5.0), 0)
    assert figures(jobs) == ((3.0, 30.0), 2)


def test_after_one_without_an_answer_nobody_calls_for_a_moment(falls_silent, mute, clock):
    falls_silent()

    assert [ask(), ask(), ask()] == ["network"] * 3
    assert len(mute.held) == 1

    rest = stripe_door.stripe_client()._requestor._client.breaker.rest
    assert rest >= patience.CONNECT_SECONDS + patience.READ_SECONDS  # or two would look at once
    clock.at += rest - 0.01
    ask()
    assert len(mute.held) == 1
    clock.at += 0.01
    ask()
    assert len(mute.held) == 2


def test_an_answer_is_passed_on(falls_silent, mute):
    falls_silent(seconds=60)
    answered = ThreadPoolExecutor(1).submit(gateway.retrieve_payout, "po_1", "acct_1")
    mute.wait_for(1)
    body = b'{"error": {"message": "No such payout", "type": "invalid_request_error"}}'

    mute.held[0].sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    assert isinstance(answered.exception(timeout=60), gateway.GatewayRefused)


def test_more_than_a_few_at_once_are_not_sent(falls_silent, mute):
    falls_silent(seconds=60)
    with ThreadPoolExecutor(patience.AT_ONCE) as pool:
        waiting = [pool.submit(ask) for _call in range(patience.AT_ONCE)]
        mute.wait_for(patience.AT_ONCE)

        assert ask() == "network"

        assert len(mute.held) == patience.AT_ONCE
        mute.hang_up()
        assert [one.result(timeout=60) for one in waiting] == ["network"] * patience.AT_ONCE


# --- Pages


@pytest.fixture
def partner_inside(morning):
    technician = cast.payee(user__email="inside@example.com")
    return sign_in(Client(), technician.user)


@pytest.fixture
def asks(owing, somebody_free, payer, partner_inside, client):
    """Each page that asks Stripe while somebody waits for it, ready to be asked."""
    draft = factories.DraftFactory(customer=payer, card="")
    booking = owing(cast.DECLINES_LATER)
    cast.charged(booking)
    own = Client()
    own.force_login(payer)
    pay = reverse("customer:pay", args=[booking.token])
    return {
        "card": lambda: client.get(reverse("customer:card", args=[draft.token])),
        "pay": lambda: client.get(pay),
        "pay again": lambda: client.post(pay, {"card": "again"}),
        "add card": lambda: own.get(reverse("customer:add_card")),
        "to Stripe": lambda: partner_inside.post(reverse("partner:account_start")),
        "from Stripe": lambda: partner_inside.get(reverse("partner:account_back")),
    }


@pytest.mark.parametrize(
    "page", ["card", "pay", "pay again", "add card", "to Stripe", "from Stripe"]
)
def test_each_page_waits_once_and_says_so(asks, falls_silent, mute, clock, page):
    """However many calls it would make: no page takes longer than one of them."""
    falls_silent()

    answer = asks[page]()

    assert answer.status_code in (302, 503)
    assert len(mute.held) == 1


@pytest.mark.parametrize("locked", [True, False])  # the control: without the lock each has its own
def test_threads_that_come_first_share_their_turns(falls_silent, monkeypatch, locked):
    falls_silent()
    if not locked:
        monkeypatch.setattr(stripe_door, "_making", nullcontext())
    meeting, made = threading.Barrier(2), stripe_door.PagesClient

    def slow():
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=0.5 if locked else 20)
        return made()

    monkeypatch.setattr(stripe_door, "PagesClient", slow)
    with ThreadPoolExecutor(2) as pool:
        clients = [one.result() for one in [pool.submit(stripe_door.stripe_client) for _ in "ab"]]

    assert (clients[0] is clients[1]) is locked


@pytest.fixture
def crowd(payer, falls_silent):
    """Eight browsers of people who add a card, and as many threads as a worker has."""
    falls_silent(seconds=60)
    browsers = [Client() for _person in range(8)]
    for browser in browsers:
        browser.force_login(payer)

    def look(browser, address):
        try:
            return browser.get(address).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        yield lambda browser, name: pool.submit(look, browser, reverse(name)), browsers


@pytest.mark.django_db(transaction=True, databases=["default", "standin"])
def test_home_page_is_answered_while_others_wait_for_stripe(crowd, mute):
    look, browsers = crowd
    waiting = [look(browser, "customer:add_card") for browser in browsers]
    mute.wait_for(patience.AT_ONCE)

    assert look(Client(), "customer:home").result(timeout=60) == 200

    assert len(mute.held) == patience.AT_ONCE  # not one more, and none has been answered
    assert sum(not one.done() for one in waiting) >= patience.AT_ONCE
    mute.hang_up()
    assert {one.result(timeout=60) for one in waiting} == {302}


@pytest.mark.django_db(transaction=True, databases=["default", "standin"])
def test_control_where_every_thread_may_wait_the_home_page_waits_too(monkeypatch, crowd, mute):
    monkeypatch.setattr(patience, "AT_ONCE", THREADS)
    stripe_door._real_client.cache_clear()
    look, browsers = crowd
    waiting = [look(browser, "customer:add_card") for browser in browsers[:THREADS]]
    mute.wait_for(THREADS)

    home = look(Client(), "customer:home")

    assert wait([home], timeout=1).not_done
    mute.hang_up()
    assert home.result(timeout=60) == 200
    assert {one.result(timeout=60) for one in waiting} == {302}


def test_a_worker_has_a_thread_that_never_waits_for_stripe():
    assert patience.AT_ONCE < THREADS
