"""The pages an order rests on, and the withdrawal, as a browser shows them (law R5, R20)."""

import pytest
from django.urls import reverse

from mila.clock import mila_now
from policy import conditions
from requests_app.models import Booking, State
from tests import chromium
from tests.browsing import follow, look
from tests.cast import walk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]


@pytest.mark.parametrize("language", ["fr", "de"])
def test_pages_of_law_can_be_read_by_everybody(open_page, live_server, language):
    page = open_page(locale=language)

    for name in (*conditions.DATED, "legal"):
        page.goto(live_server.url + reverse(f"customer:{name}"))
        look(page, f"law-{name}-{language}")


@pytest.mark.parametrize("language", ["fr", "de"])
def test_two_clicks_from_the_booking_at_work_to_the_end_of_the_contract(
    open_page, live_server, searching, partner, language
):
    Booking.objects.filter(pk=searching.pk).update(
        withdrawal_waived_at=mila_now(), language=language
    )
    booking = walk(searching, partner, State.IN_PROGRESS)
    page = open_page(locale=language)
    page.goto(live_server.url + reverse("customer:booking", args=[booking.token]))
    look(page, f"withdraw-before-{language}")

    follow(page, f'main a[href="{reverse("customer:withdraw", args=[booking.token])}"]')
    look(page, f"withdraw-{language}")
    page.click("#step button[type=submit]")

    page.wait_for_url("**/b/*/")
    look(page, f"withdrawn-{language}")
    booking.refresh_from_db()
    assert booking.state == State.CANCELLED
