"""From a new partner's account to money at their bank, and back again, in a browser: onboarding,
earnings, payout, statement; a refund in part after the payout, set off against the next one; a
dispute that is lost (rule M5, M6; fault M15).
"""

from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from mila.clock import mila_now, reset_clock, set_clock
from payments import disputes, partners, sweeps
from payments.models import Dispute, DisputeState, Earning, Payout, PayoutState, Refund
from payments.standin import client as standin_client
from payments.standin import user_actions
from tests import chromium, factories
from tests.browsing import DESK, PHONE, follow, look, picture
from tests.cast import MORNING
from tests.payments import cast
from tests.signing_in import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]


@pytest.fixture
def browse(live_server, monkeypatch, settings, staff):
    """The technician's phone and the desk of staff."""
    settings.SITE_URL = live_server.url
    standin = standin_client.the_standin()
    monkeypatch.setattr(standin, "site", live_server.url)
    set_clock(MORNING, speed=0)
    technician = factories.TechnicianFactory(
        user__name="Yanis Corvel",
        partner__stripe_account="",
        partner__payable=False,
        lat=45.80,
        lon=4.90,
    )

    def screen(browser, user, viewport):
        context = browser.new_context(
            locale="fr-FR", reduced_motion="reduce", base_url=live_server.url, viewport=viewport
        )
        chromium.sign_in(context, sign_in(Client(), user), live_server.url)
        return context.new_page()

    with chromium.opened() as browser:
        phone = screen(browser, technician.user, PHONE)
        desk = screen(browser, staff, DESK)
        yield SimpleNamespace(phone=phone, desk=desk, technician=technician)
        reset_clock()


def test_from_a_new_account_to_the_bank_and_back(browse, payer):
    page, technician = browse.phone, browse.technician
    onboard(page, technician)
    card = cast.saved_card(payer)
    first = earn(page, payer, card, technician)
    paid_out(page, technician, first)
    refunded_in_part(browse, first)
    set_off(page, cast.earned(cast.signed_booking(payer, card, technician)))
    dispute_lost(browse, first.booking.charges.get())


def onboard(page, technician):
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
    done = page.locator("main .wrap > .notice")
    expect(done, "the way back says it is done").to_have_attribute("data-kind", "done")
    look(page, "payout-3-ready")
    technician.partner.refresh_from_db()
    assert technician.partner.payable


def earn(page, payer, card, technician):
    """Two are paid, one is not."""
    earning = cast.earned(cast.signed_booking(payer, card, technician))
    cast.earned(cast.signed_booking(payer, card, technician, service_cents=10_000))
    cast.charged(
        cast.signed_booking(payer, cast.saved_card(payer, cast.DECLINES_LATER), technician)
    )
    page.goto("/partner/earnings/")
    promised = page.locator("main time").first
    expect(promised, "the promised day").to_have_attribute("datetime", str(earning.promised_on))
    look(page, "payout-4-earnings")
    return earning


def paid_out(page, technician, earning):
    cast.come_to_payday(earning)
    partners.refresh_account(technician.partner.stripe_account)
    sweeps.sweep_payouts()
    payout = Payout.objects.get()
    assert (payout.state, payout.day) == (PayoutState.ON_ITS_WAY, earning.promised_on)
    page.goto("/partner/earnings/")
    look(page, "payout-5-on-its-way")
    month = earning.earned_at
    page.goto(f"/partner/earnings/{month.year}-{month.month}/")
    expect(page.locator("main"), "the month has the share").to_contain_text("55,20")
    look(page, "payout-6-statement")
    with page.expect_download() as download:
        page.click("main a[download]")
    assert "55,20" in download.value.path().read_text()
    page.goto(f"/partner/jobs/{earning.booking.uuid}/")
    look(page, "payout-7-job")
    assert mila_now() > month


def refunded_in_part(browse, earning):
    """Staff give half the service back: the partner's part of it is a debt by now."""
    desk, booking = browse.desk, earning.booking
    desk.goto(reverse("admin:requests_app_booking_act", args=[booking.pk, "refund"]))
    desk.fill("[name=service]", "34,50")
    desk.fill("[name=reason]", "Half of it undone")
    picture(desk, "payout-8-refund-form")
    follow(desk, "form.b-form button[type=submit]")
    sweeps.sweep_returns()

    refund = Refund.objects.get()
    assert (refund.partner_cents, refund.commission_cents, refund.stripe_id != "") == (
        2760,
        690,
        True,
    )
    desk.goto(reverse("admin:requests_app_booking_change", args=[booking.pk]))
    expect(desk.locator("body"), "the booking's page has both parts").to_contain_text("27,60")
    picture(desk, "payout-9-refunded")
    browse.phone.goto("/partner/earnings/")
    expect(browse.phone.locator("main"), "the debt is told").to_contain_text("27,60")
    look(browse.phone, "payout-10-debt")


def set_off(page, earning):
    """The next payout brings the share less what is owed."""
    cast.come_to_payday(earning)
    sweeps.sweep_payouts()

    assert Payout.objects.latest("pk").cents == 5520 - 2760
    page.goto("/partner/earnings/")
    look(page, "payout-11-set-off")


def dispute_lost(browse, charge):
    """What is left of it goes to the payer's bank: each bears their part."""
    found = disputes.apply_dispute(user_actions.dispute(charge.stripe_charge))
    user_actions.decide_dispute(found.stripe_id, won=False)
    disputes.apply_dispute(found.stripe_id)
    sweeps.sweep_returns()

    lost = Dispute.objects.get()
    assert (lost.state, lost.amount_cents, lost.partner_cents, lost.reversal_id != "") == (
        DisputeState.LOST,
        7190 - 3450,
        2760,
        True,
    )
    assert sum(Earning.objects.filter(booking=charge.booking).values_list("cents", flat=True)) == 0
    browse.desk.goto(reverse("admin:requests_app_booking_change", args=[charge.booking_id]))
    picture(browse.desk, "payout-12-dispute-lost")
    browse.phone.goto("/partner/earnings/")
    expect(browse.phone.locator("main"), "the second debt is told").to_contain_text("27,60")
    look(browse.phone, "payout-13-second-debt")
    assert cast.money_faults() == {}
