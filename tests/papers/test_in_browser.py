"""The papers on the pages, looked at in a real Chromium (rule M8)."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from papers import sweeps
from papers.models import Billing
from tests import chromium
from tests.browsing import follow, look
from tests.papers import cast
from tests.signing_in import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]


def sign_in_here(page, live_server, user):
    client = Client()
    sign_in(client, user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )


def test_customer_downloads_their_invoice(open_page, live_server, payer, payee):
    cast.billing_of(payee)
    charge = cast.paid_job(payer, payee)
    sweeps.sweep()
    page = open_page()
    page.goto(live_server.url + reverse("customer:booking", args=[charge.booking.token]))
    look(page, "papers-customer")

    with page.expect_download() as download:
        page.click("text=Invoice, €69.00 (PDF)")

    assert download.value.suggested_filename.endswith(".pdf")


def test_friend_gives_details_and_finds_the_papers(open_page, live_server, payer, payee):
    charge = cast.paid_job(payer, payee)
    sweeps.sweep()
    page = open_page()
    sign_in_here(page, live_server, payee.user)
    page.goto(live_server.url + reverse("partner:papers"))
    look(page, "papers-none")
    follow(page, "a[href$='/details/']")
    look(page, "papers-details")

    follow(page, "form.form button[type=submit]")
    look(page, "papers-details-refused")
    for name, words in {**cast.FRIEND, "register_number": "732 829 320"}.items():
        page.fill(f"[name={name}]", words)
    page.check("[name=mandate]")
    page.click("form.form button[type=submit]")
    page.wait_for_url("**/papers/")

    assert Billing.objects.get().register_number == "732829320"
    sweeps.sweep()
    cast.credit(charge, amount_cents=1000, partner_cents=800)
    page.reload()
    look(page, "papers-partner")
    assert page.locator("text=Facture de commission (PDF)").count() == 1
