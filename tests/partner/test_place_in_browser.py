"""The phone is asked where it is as "I am at the door" is tapped; without an answer the move is
made (rule B10).
"""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from mila.clock import reset_clock, set_clock
from requests_app.models import Booking, DoorPlace, State
from tests import cast, chromium, factories
from tests.browsing import look
from tests.cast import MORNING

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]
HERE = {
    "latitude": factories.LYON["lat"],
    "longitude": factories.LYON["lon"] + 0.001,
    "accuracy": 14,
}


@pytest.fixture
def phone(live_server):
    """A function: the job's page of a technician on the way, in a browser that may tell where it
    is, or may not.
    """
    set_clock(MORNING)
    partner = factories.TechnicianFactory(user__name="Yanis Corvel")
    booking = cast.walk(factories.placed_booking(), partner, State.EN_ROUTE)
    visitor = Client()
    visitor.force_login(partner.user)
    with chromium.opened() as browser:

        def opened(*, tells):
            allowed = {"permissions": ["geolocation"], "geolocation": HERE} if tells else {}
            context = browser.new_context(
                locale="fr-FR",
                reduced_motion="reduce",
                base_url=live_server.url,
                viewport={"width": 390, "height": 844},
                **allowed,
            )
            cookie = visitor.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies(
                [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
            )
            page = context.new_page()
            page.goto(f"/partner/jobs/{booking.uuid}/")
            page.wait_for_load_state("networkidle")
            return page

        yield opened, booking
        reset_clock()


def arrives(page, booking):
    page.locator("#move").click()
    expect(page.locator("[name=code]").first).to_be_visible(timeout=15_000)
    assert Booking.objects.get(pk=booking.pk).state == State.ARRIVED


def test_a_phone_that_tells_leaves_its_place(phone):
    opened, booking = phone

    arrives(opened(tells=True), booking)

    kept = DoorPlace.objects.get()
    assert (kept.move, kept.accuracy_m) == ("arrive", 14)
    assert 70 <= kept.metres <= 85


def test_a_phone_that_does_not_tell_arrives_all_the_same(phone):
    opened, booking = phone
    page = opened(tells=False)

    arrives(page, booking)

    assert not DoorPlace.objects.exists()
    page.locator("details:has(form[action*=fail]) summary").click()
    look(page, "fail")
