"""On the way, on two phones: the one tells where it is, paused in the background; the other sees it
on its map, and no longer once somebody is at the door (rule L8; fault A16).
"""

import pytest
from django.test import Client
from playwright.sync_api import expect

from mila.clock import reset_clock, set_clock
from requests_app.actions import visit
from requests_app.models import Position, State
from tests import cast, chromium, factories
from tests.browsing import look
from tests.cast import MORNING

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]
FAR = {"latitude": factories.LYON["lat"] + 0.05, "longitude": factories.LYON["lon"]}
NEARER = {"latitude": factories.LYON["lat"] + 0.03, "longitude": factories.LYON["lon"]}
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
# Fifteen seconds of the page are a blink of the test.
SOON = """
const every = self.setInterval;
self.setInterval = (what, time) => every(what, time === 15000 ? 50 : time);
"""


@pytest.fixture
def phones(open_page, live_server):
    set_clock(MORNING)
    technician = factories.TechnicianFactory(user__name="Yanis Corvel", user__language="en")
    booking = factories.placed_booking(customer=factories.UserFactory(), language="en")
    booking = cast.walk(booking, technician, State.EN_ROUTE)
    visitor = Client()
    visitor.force_login(technician.user)
    theirs = open_page(
        base_url=live_server.url, permissions=["geolocation"], geolocation=FAR, locale="en-GB"
    )
    theirs.add_init_script(SOON)
    chromium.sign_in(theirs.context, visitor, live_server.url)
    hers = open_page(base_url=live_server.url, locale="en-GB")
    yield theirs, hers, booking, technician
    reset_clock()


def place():
    found = Position.objects.first()
    return found and round(found.lat, 4)


def lat(point):
    return round(point["latitude"], 4)


def test_map_follows_pauses_goes_on_and_is_gone_at_the_door(phones):
    theirs, hers, booking, technician = phones
    theirs.goto(f"/partner/jobs/{booking.uuid}/")
    chromium.until(theirs, lambda: place() == lat(FAR))
    expect(theirs.locator("[data-position=shared]")).to_be_visible()
    hers.goto(f"/b/{booking.token}/")
    expect(hers.locator(".booking-map")).to_be_visible()
    expect(hers.locator(".map-note")).to_contain_text("about 6 km away")
    expect(hers.locator("h1")).to_contain_text("arrives at about")
    look(hers, "on-the-way")

    theirs.evaluate(HIDE, True)
    theirs.context.set_geolocation(NEARER)
    theirs.wait_for_timeout(300)
    assert place() == lat(FAR)
    theirs.evaluate(HIDE, False)
    chromium.until(theirs, lambda: place() == lat(NEARER))
    hers.evaluate("document.querySelector('[data-live-url]').dispatchEvent(new Event('live'))")
    expect(hers.locator(".map-note")).to_contain_text("about 3 km away")

    visit.arrive(booking.pk, technician.pk, by=technician.user)
    hers.evaluate("document.querySelector('[data-live-url]').dispatchEvent(new Event('live'))")
    expect(hers.locator(".booking-map")).to_have_count(0)
    assert not Position.objects.exists()


def test_phone_that_stands_still_is_quiet(phones):
    theirs, _hers, booking, _technician = phones
    sent = []
    theirs.on("request", lambda request: sent.append(request.url))
    theirs.goto(f"/partner/jobs/{booking.uuid}/")
    chromium.until(theirs, lambda: place() == lat(FAR))
    near = {**FAR, "latitude": FAR["latitude"] + 0.0001}  # eleven metres

    for point in (near, FAR, near):
        theirs.context.set_geolocation(point)
        theirs.wait_for_timeout(150)

    assert len([url for url in sent if url.endswith("/position/")]) == 1
    theirs.context.set_geolocation(NEARER)
    chromium.until(theirs, lambda: place() == lat(NEARER))


def test_journey_that_is_over_is_told_no_longer(phones):
    theirs, _hers, booking, technician = phones
    with theirs.expect_response("**/position/"):
        theirs.goto(f"/partner/jobs/{booking.uuid}/")
    visit.arrive(booking.pk, technician.pk, by=technician.user)

    told = []
    theirs.on(
        "response",
        lambda answer: told.append(answer.status) if answer.url.endswith("/position/") else None,
    )
    for number in range(1, 4):
        theirs.context.set_geolocation({**FAR, "latitude": FAR["latitude"] + number / 100})
        chromium.until(theirs, lambda: told)
        theirs.wait_for_timeout(150)

    assert told == [409]
    assert not Position.objects.exists()
