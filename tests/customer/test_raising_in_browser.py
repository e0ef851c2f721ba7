"""A price above what the card was saved for, in a real Chromium: the number, the bank that refuses,
the bank that agrees (rule L10, M4).
"""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from requests_app import price_versions
from requests_app.models import State
from tests import cast, chromium, factories
from tests.customer.test_card_in_browser import look, page
from tests.payments import cast as paid

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
__all__ = ["page"]


def test_number_then_a_bank_that_refuses_then_one_that_agrees(page):
    customer = factories.UserFactory()
    card = paid.saved_card(customer, paid.ASKS_ALWAYS)
    technician = factories.TechnicianFactory(user__name="Yanis Corvel")
    booking = factories.placed_booking(customer=customer, card=card)
    work = cast.walk(booking, technician, State.IN_PROGRESS)
    cast.propose(work, technician, 20_000)
    page.goto(reverse("customer:answer_price", args=[work.token]))
    look(page, "above-who")

    page.click("button[name=send]")
    page.fill("input[name=number]", cast.number_of(work))
    look(page, "above-number")
    page.click("button[name=accept]")
    page.wait_for_url("**/price/bank/")
    look(page, "above-bank")
    button = page.locator("form[data-pay-form] button[type=submit]")
    bank = page.frame_locator("dialog iframe")

    button.click()
    bank.locator("button[value=refuse]").click()
    expect(page.locator("form[data-pay-form] [data-card-error]")).to_be_visible()
    look(page, "above-bank-refused")
    assert price_versions.agreed(work).service_cents == 6900

    button.click()
    bank.locator("button[value=agree]").click()
    page.wait_for_url(f"**{reverse('customer:booking', args=[work.token])}")
    assert price_versions.agreed(work).service_cents == 20_000
