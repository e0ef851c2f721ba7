"""From home to ordered on a phone, with one thumb: screens, taps and keys are counted (rule B1).

`python -m bench.road` prints them, and how long the pages took.
"""

import json
import os
import sys
import time

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from requests_app.models import Booking, State
from tests import chromium
from tests.customer.road import service
from tests.payments import cast

__all__ = ["service"]  # fixtures
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
WHERE = {"street": "14 rue de l’Exemple", "postcode": "69007", "city": "Lyon"}
WHO = {
    "name": "Odile Perrachon",
    "email": "odile@example.com",
    "phone": "06 39 98 01 17",
    "problem": "Rien dans les chambres.",
}
CARD = {"number": cast.GOOD, "expiry": "12/40", "cvc": "123"}
SCREENS = ["home", "service", "where and when", "who", "card", "ordered"]
TAPS = 18  # one for each box and each button; whoever adds one says here why


class Thumb:
    """Everything a person does, counted; every page that comes, too."""

    def __init__(self, page):
        self.page, self.taps, self.keys, self.screens = page, 0, 0, 0
        page.on("load", self._came)

    def _came(self, _page):
        self.screens += 1

    def tap(self, target):
        self.taps += 1
        (self.page.locator(target) if isinstance(target, str) else target).click()

    def write(self, target, words):
        self.tap(target)
        self.keys += len(words)
        (self.page.locator(target) if isinstance(target, str) else target).fill(words)

    def go_on(self, target, url):
        self.tap(target)
        self.page.wait_for_url(url)
        self.page.wait_for_load_state("networkidle")


def test_few_screens_and_a_tap_for_each_box(open_page, live_server, service):
    page = open_page(locale="fr-FR")  # the services of the tests have French words alone
    thumb, began = Thumb(page), time.monotonic()

    page.goto(live_server.url + reverse("customer:home"))
    own_page = reverse("customer:service", args=[service.slug])
    thumb.write("#q", service.name)
    thumb.go_on(page.locator(f'#results a[href="{own_page}"]'), f"**{own_page}*")
    thumb.go_on(".dock a.button", "**/book/**")
    for name, words in WHERE.items():
        thumb.write(f"[name={name}]", words)
    page.keyboard.press("Tab")
    expect(page.locator(".day-card")).to_have_count(3)
    thumb.go_on(".dock button", "**/who/")
    for name, words in WHO.items():
        thumb.write(f"[name={name}]", words)
    thumb.go_on(".dock button", "**/card/")
    expect(page.locator("[data-card-fields] iframe")).to_be_visible()
    fields = page.frame_locator("[data-card-fields] iframe")
    for name, words in CARD.items():
        thumb.write(fields.locator(f"#{name}"), words)
    thumb.tap("[name=starts_early]")
    thumb.tap("[name=terms]")
    booking = Booking.objects.get()
    thumb.go_on(".dock button", f"**{reverse('customer:booking', args=[booking.token])}")

    found = {
        "screens": thumb.screens,
        "taps": thumb.taps,
        "keys": thumb.keys,
        "seconds": round(time.monotonic() - began, 1),
    }
    if os.environ.get("MILA_ROAD"):
        print(json.dumps(found), file=sys.__stdout__, flush=True)
    booking.refresh_from_db()
    assert booking.state == State.SEARCHING
    assert found["screens"] == len(SCREENS), found
    assert found["taps"] == TAPS, found
