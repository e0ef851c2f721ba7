"""From home to the contact step in four screens, to the order in six (rule B1)."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from requests_app.models import Booking
from tests import chromium
from tests.browsing import look
from tests.customer.road import say_where, service

__all__ = ["service"]  # fixtures
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]


def test_home_service_where_and_when_who(open_page, live_server, service):
    page, screens = open_page(), []
    page.on(
        "load",
        lambda loaded: screens.append(loaded.url.removeprefix(live_server.url).split("?")[0]),
    )
    page.goto(live_server.url + reverse("customer:home"))
    page.goto(live_server.url + reverse("customer:service", args=[service.slug]))
    page.click(".dock a.button")

    say_where(page)
    page.click("#extras summary")
    page.check("[name=package]")
    expect(page.locator("#dock-total")).to_contain_text("96.90")
    expect(page.locator("[name=package]")).to_be_checked()
    look(page, "where-with-extras")
    page.click(".dock button")

    page.wait_for_url("**/who/")
    assert len(screens) == 4
    assert page.locator("[name=at_the_door]").is_hidden()
    page.check("[name=for_whom][value=other]")
    assert page.locator("[name=at_the_door]").is_visible()
    look(page, "who")
    draft = Booking.objects.get()
    assert (draft.service_cents, draft.wishes.count()) == (6900 + 2500, 1)
