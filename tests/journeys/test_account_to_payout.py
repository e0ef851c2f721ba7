"""From a new partner's account to money at their bank, in a browser: onboarding, earnings,
statement (rule M5).
"""

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from mila.clock import mila_now, reset_clock, set_clock
from payments import partners, sweeps
from payments.models import Payout, PayoutState
from payments.standin import client as standin_client
from tests import axe, chromium, factories
from tests.cast import MORNING
from tests.payments import cast
from tests.signing_in import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
PICTURES = settings.BASE_DIR / "var" / "screenshots"
SIZES = {"phone": (390, 844), "desk": (1280, 800)}


@pytest.fixture
def browse(live_server, monkeypatch, settings):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    settings.SITE_URL = live_server.url
    standin = standin_client.the_standin()
    monkeypatch.setattr(standin, "site", live_server.url)
    set_clock(MORNING, speed=0)
    partner = factories.TechnicianFactory(
        user__name="Yanis Corvel",
        partner__stripe_account="",
        partner__payable=False,
        lat=45.80,
        lon=4.90,
    )
    visitor = sign_in(Client(), partner.user)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium.path(), args=chromium.FLAGS)
        context = browser.new_context(
            locale="fr-FR",
            reduced_motion="reduce",
            base_url=live_server.url,
            viewport={"width": 390, "height": 844},
        )
        cookie = visitor.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        yield context.new_page(), partner
        browser.close()
        reset_clock()
        connections.close_all()


def look(page, name):
    """A picture of each size, nothing for axe to find, nothing wider than the screen."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)
        page.screenshot(path=PICTURES / f"payout-{name}-{size}.png", full_page=True)
        assert (name, size, axe.faults(page)) == (name, size, [])
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.set_viewport_size({"width": 390, "height": 844})


def test_from_a_new_account_to_the_bank(browse, payer):
    page, technician = browse
    page.goto("/partner/account/")
    look(page, "1-none")
    page.click("main form button")
    page.wait_for_url("**/_stripe/connect/**")
    page.click("button[value=no_bank]")
    page.wait_for_url("**/partner/account/")
    look(page, "2-unpayable")
    page.click("main form button")
    page.click("button[value=complete]")
    page.wait_for_url("**/partner/account/")
    expect(page.locator("main .wrap > .notice")).to_have_attribute("data-kind", "done")
    look(page, "3-ready")
    technician.partner.refresh_from_db()
    assert technician.partner.payable

    card = cast.saved_card(payer)
    earning = cast.earned(cast.signed_booking(payer, card, technician))
    cast.earned(cast.signed_booking(payer, card, technician, service_cents=10_000))
    cast.charged(
        cast.signed_booking(payer, cast.saved_card(payer, cast.DECLINES_LATER), technician)
    )
    page.goto("/partner/earnings/")
    expect(page.locator("main time").first).to_have_attribute("datetime", str(earning.promised_on))
    look(page, "4-earnings")

    cast.come_to_payday(earning)
    partners.refresh_account(technician.partner.stripe_account)
    sweeps.sweep_payouts()
    assert Payout.objects.get().state == PayoutState.ON_ITS_WAY
    page.goto("/partner/earnings/")
    look(page, "5-on-its-way")
    month = earning.earned_at
    page.goto(f"/partner/earnings/{month.year}-{month.month}/")
    expect(page.locator("main")).to_contain_text("55,20")
    look(page, "6-statement")
    with page.expect_download() as download:
        page.click("main a[download]")
    assert "55,20" in download.value.path().read_text()
    page.goto(f"/partner/jobs/{earning.booking.uuid}/")
    look(page, "7-job")
    assert mila_now() > month
