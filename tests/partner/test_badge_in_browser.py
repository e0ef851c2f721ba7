"""The number on the app's sign is that of the offers that wait: a glance is enough (rule D4)."""

import pytest

from dispatch import offers
from tests import chromium, factories
from tests.partner.test_phone_in_browser import partner, phone

__all__ = ["partner", "phone"]  # fixtures
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]
# What an installed app has, and a page in a browser's window has not.
SIGN = """navigator.setAppBadge = async (count) => localStorage.setItem("sign", count);
navigator.clearAppBadge = async () => localStorage.setItem("sign", "none");"""


def sign(page):
    return page.evaluate("localStorage.getItem('sign')")


def test_sign_counts_what_waits_on_whatever_page_and_the_number_goes_with_it(phone, partner):
    page = phone(partner)
    page.context.add_init_script(SIGN)
    page.goto("/partner/offers/")
    chromium.until(page, lambda: sign(page) == "none")

    offer = offers.open_next(factories.placed_booking().pk)
    page.goto("/partner/calendar/")
    chromium.until(page, lambda: sign(page) == "1")

    offers.decline(offer.pk, partner.pk, reason="time")
    page.goto("/partner/jobs/")
    chromium.until(page, lambda: sign(page) == "none")
