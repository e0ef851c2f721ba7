"""An offer comes while the app stands elsewhere, and goes to a colleague: on two phones, by the
streams (rule D3, D5, L9).
"""

import re

import pytest
from playwright.sync_api import expect

from dispatch import offers
from dispatch.models import Search
from mila.clock import mila_now
from tests import chromium, factories
from tests.journeys.test_in_browser import (  # noqa: F401
    PASSWORD,
    browsers,
    come_in,
    jobs_at_once,
    look,
    site,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
SOON = 2_000  # milliseconds
CALLS = """
    window.calls = [];
    Navigator.prototype.vibrate = (pattern) => { calls.push("vibrates"); return true; };
    window.AudioContext = class {
        constructor() { this.currentTime = 0; }
        createOscillator() {
            return {frequency: {}, connect() {}, start: () => calls.push("sounds"), stop() {}};
        }
    };
"""


def technician(name, email):
    found = factories.TechnicianFactory(user__name=name, user__email=email)
    found.user.set_password(PASSWORD)
    found.user.save()
    return found


def streams(phone):
    """Fills as the page's event stream is open."""
    found = []
    phone.on("response", lambda answer: "/events/" in answer.url and found.append(answer.url))
    return found


def sign_in(phone, email):
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.add_init_script(CALLS)
    come_in(phone, email, "/partner/calendar/")


@pytest.mark.parametrize("name", ["calendar", "jobs", "me", "searches", "reviews"])
def test_offer_is_heard_of_on_whatever_page_stands_there(name, browsers, jobs_at_once):  # noqa: F811
    _hers, phone = browsers
    yanis = technician("Yanis Corvel", "yanis@example.com")
    sign_in(phone, "yanis@example.com")
    heard = streams(phone)
    phone.goto(f"/partner/{name}/")
    expect(phone.locator("[data-waiting-url]")).to_be_hidden()
    chromium.until(phone, lambda: heard)
    phone.locator("h1").first.click()  # from now on it may sound

    booking = factories.placed_booking()
    offer = offers.open_next(booking.pk)
    assert offer.technician == yanis

    expect(phone.locator("[data-waiting-url]")).to_be_visible(timeout=SOON)
    expect(phone.locator("[data-waiting-count]").first).to_contain_text("1")
    expect(phone).to_have_title(re.compile(r"^\(1\) "))
    assert phone.evaluate("calls") == ["vibrates", "sounds", "sounds"]
    look(phone, f"offer-heard-{name}")


# As if the file had come after the touch: an instance of it that nobody touched yet.
LATE = """async () => {
    const file = performance.getEntriesByType("resource").find((one) => one.name.includes("/ring"));
    (await import(`${file.name}?late`)).ring(1);
}"""


def test_touch_before_the_sound_is_loaded_counts(browsers):  # noqa: F811
    _hers, phone = browsers
    technician("Yanis Corvel", "yanis@example.com")
    sign_in(phone, "yanis@example.com")
    heard = streams(phone)
    phone.goto("/partner/me/")
    chromium.until(phone, lambda: heard)
    phone.locator("h1").first.click()

    phone.evaluate(LATE)

    assert phone.evaluate("calls") == ["vibrates", "sounds"]


def test_colleagues_list_is_true_within_two_seconds_of_a_claim(browsers, jobs_at_once):  # noqa: F811
    _hers, phone = browsers
    technician("Inès Rivale", "ines@example.com")
    yanis = technician("Yanis Corvel", "yanis@example.com")
    booking = factories.placed_booking(wishes=[factories.service_day_at(15, days=0)])
    sign_in(phone, "ines@example.com")
    Search.objects.update_or_create(
        booking=booking, round=1, defaults={"started_at": mila_now(), "pool_at": mila_now()}
    )
    heard = streams(phone)
    phone.goto("/partner/offers/")
    expect(phone.locator("#open li.line")).to_have_count(1)
    chromium.until(phone, lambda: heard)

    offer = offers.tap(booking.pk, yanis.pk)
    offers.claim(booking.pk, yanis.pk, rank=offer.wishes[0], by=yanis.user)

    expect(phone.locator("#open li.line")).to_have_count(0, timeout=SOON)
