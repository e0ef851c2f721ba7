"""Proving an address, correcting it, a new link, another address to sign in with: looked at in a
real Chromium.
"""

import pytest
from django.conf import settings
from django.db import connections
from django.urls import reverse
from playwright.sync_api import sync_playwright

from accounts import mail_words
from accounts.models import Notification
from mila.clock import reset_clock, set_clock
from requests_app.actions import proving
from requests_app.models import Booking, State
from tests import axe, chromium, factories
from tests.cast import MORNING

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
PICTURES = settings.BASE_DIR / "var" / "screenshots"
SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
PASSWORD = "chouette-hulotte-9"


@pytest.fixture(params=SIZES)
def page(request, live_server, monkeypatch, settings):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    settings.ACCOUNT_RATE_LIMITS = False
    set_clock(MORNING)
    width, height = SIZES[request.param]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium.path(), args=chromium.FLAGS)
        context = browser.new_context(
            locale="fr-FR", reduced_motion="reduce", base_url=live_server.url
        )
        made = context.new_page()
        made.set_viewport_size({"width": width, "height": height})
        made.size, made.site = request.param, live_server.url
        yield made
        browser.close()
        reset_clock()
        connections.close_all()  # those of this loop's own context


def look(page, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"proving-{name}-{page.size}.png", full_page=True)
    assert (name, axe.faults(page)) == (name, [])
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def code(kind):
    return mail_words.unsealed(Notification.objects.filter(kind=kind).latest("pk"))["code"]


def submit(page, selector="main button[type=submit]"):
    page.locator(f"{selector} >> visible=true").first.click()


def test_a_guest_proves_the_address(page, client):
    guest = factories.UserFactory(email="odile@example.com", proved=False)
    booking = factories.placed_booking(customer=guest, email_proved_at=None)
    session = client.session
    session["ordered"] = [str(booking.uuid)]
    session.save()
    chromium.sign_in(page.context, client, page.site)
    page.goto(f"/b/{booking.token}/")
    look(page, "booking")

    page.goto(f"/b/{booking.token}/address/")
    look(page, "address")
    page.goto(f"/b/{booking.token}/prove/")
    look(page, "ask")
    submit(page)
    look(page, "code")
    page.fill("[name=code]", "1")
    submit(page)
    look(page, "wrong")
    page.fill("[name=code]", code("address_code"))
    submit(page)
    page.wait_for_url(f"**/b/{booking.token}/")

    booking.refresh_from_db()
    assert booking.email_proved_at is not None


def test_a_link_is_renewed_and_ends(page):
    booking = factories.placed_booking()
    page.goto(f"/b/{booking.token}/renew/")
    look(page, "renew")
    submit(page)
    look(page, "renew-code")
    page.fill("[name=code]", code("address_code"))
    submit(page)
    page.wait_for_url("**/link-sent/")
    look(page, "link-sent")
    booking.refresh_from_db()
    assert proving.open_by_account(booking.pk).token == booking.token

    Booking.objects.filter(pk=booking.pk).update(
        state=State.CANCELLED, policy_data={**booking.policy_data, "link_life": 0}
    )
    page.goto(f"/b/{booking.token}/")
    page.wait_for_url("**/ended/")
    look(page, "link-ended")


def test_another_address_to_sign_in_with(page, client):
    customer = factories.UserFactory(email="odile@example.com")
    customer.set_password(PASSWORD)
    customer.save()
    client.force_login(customer)
    chromium.sign_in(page.context, client, page.site)
    page.goto(reverse("customer:bookings"))
    look(page, "bookings")
    page.goto(reverse("account_email"))
    look(page, "email")
    page.fill("[name=email]", "perrachon@example.com")
    submit(page, "main button[name=action_add]")
    look(page, "is-it-you")
    page.fill("[name=password]", PASSWORD)
    submit(page)
    page.wait_for_url("**/confirm-email/")
    look(page, "email-code")
    page.fill("[name=code]", code("account_code"))
    submit(page)
    page.wait_for_url("**/bookings/")

    customer.refresh_from_db()
    assert customer.email == "perrachon@example.com"


def test_signing_up(page):
    page.goto(reverse("account_signup"))
    page.fill("[name=email]", "odile@example.com")
    page.fill("[name=password1]", PASSWORD)
    submit(page, "main form button[type=submit]")
    page.wait_for_url("**/confirm-email/")
    look(page, "sign-up-code")
