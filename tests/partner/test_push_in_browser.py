"""The real service worker in Chromium: woken with its page closed, it rings, says so, takes an
answer (rule D4, N1).

The push service is our own (tests/push_service.py): it opens what the site has sealed, and the
debugging protocol hands it to the worker, as a browser's own connection would.
"""

import json

import pytest
from django.conf import settings as site
from django.test import Client
from django.utils import translation
from playwright.sync_api import expect

from accounts.mail_words import headline
from accounts.models import Notification, PushSubscription
from dispatch import offers
from dispatch.models import Offer, OfferState
from mila.celery import app
from mila.clock import reset_clock, set_clock
from requests_app.models import State
from tests import chromium, factories, push_service
from tests.browsing import look
from tests.cast import MORNING

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]
# What a browser's own push service would have given: the keys are the test's.
SUBSCRIBED = """(given) => {
    const plain = (text) => atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = (text) => Uint8Array.from(plain(text), (c) => c.charCodeAt(0)).buffer;
    const getKey = (name) => bytes(given[name]);
    const one = {endpoint: given.endpoint, getKey, unsubscribe: async () => true, options: {}};
    let now = null;
    PushManager.prototype.getSubscription = async () => now ?? (localStorage.getItem("given") ? (now = one) : null);
    PushManager.prototype.subscribe = async (options) => {
        localStorage.setItem("given", "1");
        const asked = {visible: options.userVisibleOnly, key: options.applicationServerKey.length};
        localStorage.setItem("asked", JSON.stringify(asked));
        return (now = one);
    };
}"""


@pytest.fixture
def service(settings):
    with push_service.running() as service:
        settings.PUSH_SERVICES = [service.origin]
        yield service


@pytest.fixture
def at_once():
    """The worker's jobs run when their transaction has committed."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def pocket(open_page, live_server, service, at_once):
    """A technician's phone with the page about it open: the page, the phone at the push service,
    the technician.
    """
    set_clock(MORNING)
    technician = factories.TechnicianFactory(user__name="Yanis Corvel", user__language="en")
    visitor = Client()
    visitor.force_login(technician.user)
    phone = service.phone()
    page = open_page(base_url=live_server.url, permissions=["notifications"])
    cookie = visitor.cookies[site.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page.context.add_init_script(f"({SUBSCRIBED})({json.dumps(phone.subscription)})")
    page.goto("/partner/phone/")
    yield page, phone, technician
    reset_clock()


def worker_of(context):
    """The worker, running, and how a message is handed to it; no page of the site need be open."""
    blank = context.new_page()
    protocol = context.new_cdp_session(blank)
    found = []
    protocol.on(
        "ServiceWorker.workerRegistrationUpdated", lambda news: found.extend(news["registrations"])
    )
    protocol.send("ServiceWorker.enable")
    chromium.until(blank, lambda: found)

    def deliver(message):
        one = found[-1]
        protocol.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": one["scopeURL"].rstrip("/"),
                "registrationId": one["registrationId"],
                "data": json.dumps(message),
            },
        )

    return blank, deliver


def shown(context):
    """What the phone shows now: title, actions, and whether it waits for an answer."""
    return context.service_workers[0].evaluate(
        "async () => (await self.registration.getNotifications()).map((n) => "
        "({title: n.title, tag: n.tag, waits: n.requireInteraction, actions: n.actions.map((a) => a.action)}))"
    )


def tap(context, action):
    """A finger on the notification, or on one of its buttons."""
    context.service_workers[0].evaluate(
        """async (action) => {
            const [notification] = await self.registration.getNotifications();
            self.dispatchEvent(new NotificationEvent("notificationclick", {notification, action}));
        }""",
        action,
    )


def wake(page):
    page.locator("[data-phone-wake]").click()
    expect(page.locator("[data-phone-says=on]")).to_be_visible()


def test_page_says_how_it_stands_and_a_test_comes_back(pocket):
    page, phone, technician = pocket
    expect(page.locator("[data-phone-says=off]")).to_be_visible()
    look(page, "phone-off")
    wake(page)
    assert PushSubscription.objects.get().user == technician.user
    assert json.loads(page.evaluate("localStorage.getItem('asked')")) == {
        "visible": True,
        "key": 65,
    }

    page.locator("[data-phone-test]").click()
    expect(page.locator("[data-test-says=sent]")).to_be_visible()
    blank, deliver = worker_of(page.context)
    chromium.until(blank, lambda: phone.got)
    deliver(phone.got[0])

    expect(page.locator("[data-test-says=heard]")).to_be_visible()
    look(page, "phone-on")
    chromium.until(blank, lambda: PushSubscription.objects.get().heard_at)
    page.locator("[data-phone-rest]").click()
    expect(page.locator("[data-phone-says=off]")).to_be_visible()
    assert not PushSubscription.objects.exists()


def test_closed_page_offer_notification_acknowledgement_claim(pocket):
    page, phone, technician = pocket
    wake(page)
    blank, deliver = worker_of(page.context)
    page.close()
    booking = factories.placed_booking()
    offer = offers.open_next(booking.pk)
    longest = offer.expires_at
    (message,) = phone.got

    deliver(message)
    chromium.until(blank, lambda: Offer.objects.get().acknowledged_at)

    offer.refresh_from_db()
    assert offer.viewed_at is None
    assert (offer.expires_at - offer.acknowledged_at).total_seconds() == 120
    assert offer.expires_at < longest
    (rings,) = shown(page.context)
    assert (rings["waits"], rings["actions"]) == (True, ["look", "pass"])
    with translation.override("en"):
        assert rings["title"] == headline(Notification.objects.get(kind="offer"))

    blank.goto(message["url"])
    blank.locator("button[form=take], #take button[type=submit]").locator(
        "visible=true"
    ).first.click()
    blank.wait_for_url("**/partner/jobs/**")
    booking.refresh_from_db()
    assert (booking.state, booking.technician) == (State.CLAIMED, technician)


def test_not_for_me_on_the_notification(pocket):
    page, phone, _technician = pocket
    wake(page)
    blank, deliver = worker_of(page.context)
    page.close()
    offers.open_next(factories.placed_booking().pk)
    deliver(phone.got[0])
    chromium.until(blank, lambda: shown(page.context))

    tap(page.context, "pass")

    chromium.until(blank, lambda: Offer.objects.get().state == OfferState.DECLINED)
    assert shown(page.context) == []


def test_two_messages_about_one_booking_are_one_notification(pocket):
    page, phone, _technician = pocket
    wake(page)
    blank, deliver = worker_of(page.context)
    offers.open_next(factories.placed_booking().pk)
    for _ in range(2):
        deliver(phone.got[0])
    chromium.until(blank, lambda: shown(page.context))

    assert len(shown(page.context)) == 1


def test_nonsense_from_a_push_service_shows_nothing(pocket):
    page, _phone, _technician = pocket
    wake(page)
    blank, deliver = worker_of(page.context)

    deliver("no object")
    deliver({"title": "from elsewhere", "url": "https://evil.example/", "token": "x", "tag": "t"})
    chromium.until(blank, lambda: len(shown(page.context)) >= 1)

    tap(page.context, "")
    blank.wait_for_timeout(300)
    assert not [one for one in page.context.pages if "evil.example" in one.url]


def test_forbidden_notifications_are_said(open_page, live_server):
    technician = factories.TechnicianFactory(user__language="en")
    visitor = Client()
    visitor.force_login(technician.user)
    page = open_page(base_url=live_server.url)
    chromium.sign_in(page.context, visitor, live_server.url)
    page.add_init_script("Object.defineProperty(Notification, 'permission', {get: () => 'denied'})")
    page.goto("/partner/phone/")

    expect(page.locator("[data-phone-says=blocked]")).to_be_visible()
    expect(page.locator("[data-phone-wake]")).to_be_hidden()


def test_by_http_it_is_said_what_wants_https(open_page, live_server):
    technician = factories.TechnicianFactory(user__language="en")
    visitor = Client()
    visitor.force_login(technician.user)
    page = open_page(base_url=live_server.url)
    chromium.sign_in(page.context, visitor, live_server.url)
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    page.goto("/partner/phone/")

    says = page.locator("[data-phone-says=insecure]")
    expect(says).to_be_visible()
    for lost in ("https", "wake a phone", "as an app", "without network", "where you are"):
        expect(says).to_contain_text(lost)
    expect(page.locator("[data-phone-wake]")).to_be_hidden()
    look(page, "phone-http")


def test_iphone_in_the_browser_is_told_the_way_to_the_home_screen(open_page, live_server):
    technician = factories.TechnicianFactory(user__language="en")
    visitor = Client()
    visitor.force_login(technician.user)
    page = open_page(base_url=live_server.url)
    chromium.sign_in(page.context, visitor, live_server.url)
    page.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'standalone', {get: () => false})"
    )
    page.goto("/partner/phone/")

    expect(page.locator("[data-phone-says=iphone]")).to_be_visible()
    expect(page.locator("[data-install=iphone]")).to_be_visible()
    look(page, "phone-iphone")
    page.goto("/partner/offers/")
    page.locator("[data-install=iphone] [data-install-later]").click()
    page.reload()
    expect(page.locator("[data-install=iphone]")).to_be_hidden()
