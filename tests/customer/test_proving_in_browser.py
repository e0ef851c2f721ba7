"""Proving an address, correcting it, a new link, another address to sign in with: looked at in a
real Chromium.
"""

import pytest
from django.urls import reverse

from accounts import mail_words
from accounts.models import Notification
from mila.clock import reset_clock, set_clock
from requests_app.actions import proving
from requests_app.models import Booking, State
from tests import chromium, factories
from tests.browsing import glance
from tests.cast import MORNING

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
PASSWORD = "chouette-hulotte-9"


@pytest.fixture(params=SIZES)
def page(request, live_server, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    set_clock(MORNING)
    width, height = SIZES[request.param]
    with chromium.opened() as browser:
        context = browser.new_context(
            locale="fr-FR", reduced_motion="reduce", base_url=live_server.url
        )
        made = context.new_page()
        made.set_viewport_size({"width": width, "height": height})
        made.size, made.site = request.param, live_server.url
        yield made
        reset_clock()


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
    glance(page, "proving-booking")

    page.goto(f"/b/{booking.token}/address/")
    glance(page, "proving-address")
    page.goto(f"/b/{booking.token}/prove/")
    glance(page, "proving-ask")
    submit(page)
    glance(page, "proving-code")
    page.fill("[name=code]", "1")
    submit(page)
    glance(page, "proving-wrong")
    page.fill("[name=code]", code("address_code"))
    submit(page)
    page.wait_for_url(f"**/b/{booking.token}/")

    booking.refresh_from_db()
    assert booking.email_proved_at is not None


def test_a_link_is_renewed_and_ends(page):
    booking = factories.placed_booking()
    page.goto(f"/b/{booking.token}/renew/")
    glance(page, "proving-renew")
    submit(page)
    glance(page, "proving-renew-code")
    page.fill("[name=code]", code("address_code"))
    submit(page)
    page.wait_for_url("**/link-sent/")
    glance(page, "proving-link-sent")
    booking.refresh_from_db()
    assert proving.open_by_account(booking.pk).token == booking.token

    Booking.objects.filter(pk=booking.pk).update(
        state=State.CANCELLED, policy_data={**booking.policy_data, "link_life": 0}
    )
    page.goto(f"/b/{booking.token}/")
    page.wait_for_url("**/ended/")
    glance(page, "proving-link-ended")


def test_another_address_to_sign_in_with(page, client):
    customer = factories.UserFactory(email="odile@example.com")
    customer.set_password(PASSWORD)
    customer.save()
    client.force_login(customer)
    chromium.sign_in(page.context, client, page.site)
    page.goto(reverse("customer:bookings"))
    glance(page, "proving-bookings")
    page.goto(reverse("account_email"))
    glance(page, "proving-email")
    page.fill("[name=email]", "perrachon@example.com")
    submit(page, "main button[name=action_add]")
    glance(page, "proving-is-it-you")
    page.fill("[name=password]", PASSWORD)
    submit(page)
    page.wait_for_url("**/confirm-email/")
    glance(page, "proving-email-code")
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
    glance(page, "proving-sign-up-code")
