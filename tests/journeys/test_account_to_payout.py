"""From a new partner's account to money at their bank, in a browser: onboarding, earnings,
statement (rule M5).
"""

import pytest
from django.test import Client
from playwright.sync_api import expect

from mila.clock import mila_now, reset_clock, set_clock
from payments import partners, sweeps
from payments.models import Payout, PayoutState
from payments.standin import client as standin_client
from tests import chromium, factories
from tests.browsing import look
from tests.cast import MORNING
from tests.payments import cast
from tests.signing_in import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]


@pytest.fixture
def browse(live_server, monkeypatch, settings):
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
    with chromium.opened() as browser:
        context = browser.new_context(
            locale="fr-FR",
            reduced_motion="reduce",
            base_url=live_server.url,
            viewport={"width": 390, "height": 844},
        )
        cookie = visitor.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        yield context.new_page(), partner
        reset_clock()


def test_from_a_new_account_to_the_bank(browse, payer):
    page, technician = browse
    page.goto("/partner/account/")
    look(page, "payout-1-none")
    page.click("main form button")
    page.wait_for_url("**/_stripe/connect/**")
    page.click("button[value=no_bank]")
    page.wait_for_url("**/partner/account/")
    look(page, "payout-2-unpayable")
    page.click("main form button")
    page.click("button[value=complete]")
    page.wait_for_url("**/partner/account/")
    expect(page.locator("main .wrap > .notice")).to_have_attribute("data-kind", "done")
    look(page, "payout-3-ready")
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
    look(page, "payout-4-earnings")

    cast.come_to_payday(earning)
    partners.refresh_account(technician.partner.stripe_account)
    sweeps.sweep_payouts()
    assert Payout.objects.get().state == PayoutState.ON_ITS_WAY
    page.goto("/partner/earnings/")
    look(page, "payout-5-on-its-way")
    month = earning.earned_at
    page.goto(f"/partner/earnings/{month.year}-{month.month}/")
    expect(page.locator("main")).to_contain_text("55,20")
    look(page, "payout-6-statement")
    with page.expect_download() as download:
        page.click("main a[download]")
    assert "55,20" in download.value.path().read_text()
    page.goto(f"/partner/jobs/{earning.booking.uuid}/")
    look(page, "payout-7-job")
    assert mila_now() > month
