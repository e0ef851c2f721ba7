"""A finger that taps twice makes one move, and a wrong one is taken back, in a real Chromium
(rule L9).
"""

import itertools
import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from requests_app.models import State
from tests import chromium
from tests.browsing import DESK, PHONE, look
from tests.cast import nearly_time, walk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]
STEPS = ("Confirm the visit", "I set off", "I am at the door", "Begin the work")
# guard.js's moment lasts until the test ends it: a slow machine must not let it pass before the
# second tap.
OWN_MOMENT = """
const later = window.setTimeout, held = [];
window.sent = 0;
addEventListener("submit", () => window.sent++, true);
window.setTimeout = (what, wait, ...more) =>
  wait === 700 ? held.push(what) : later(what, wait, ...more);
window.endMoment = () => {
  document.getElementById("move").getAnimations().forEach((fade) => fade.finish());
  held.splice(0).forEach((what) => what());
};
"""


@pytest.fixture
def open_job(open_page, client, live_server, partner):
    """The technician's page of this job."""

    def opened(booking, language="en", **options):
        page = open_page(**options)
        partner.user.language = language
        partner.user.save()
        client.force_login(partner.user)
        chromium.sign_in(page.context, client, live_server.url)
        page.goto(live_server.url + reverse("partner:job", args=[booking.uuid]))
        return page

    return opened


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1280"])
def test_second_tap_at_the_same_place_moves_nothing(size, motion, open_job, searching, partner):
    booking = walk(searching, partner, State.CALLED)
    nearly_time(booking)
    page = open_job(booking, viewport=size, reduced_motion=motion)
    page.context.add_init_script(OWN_MOMENT)
    page.reload()
    button, places = page.locator("#move"), []

    for now, then in itertools.pairwise(STEPS):
        end_moment(page, button)
        expect(button).to_have_text(now)
        box = button.bounding_box()
        places.append(box)
        page.mouse.click(*middle(box))
        expect(button).to_have_text(then)
        expect(button).to_be_disabled()  # the moment has begun
        sent = page.evaluate("sent")
        page.mouse.click(*middle(box))
        button.press("Enter")
        assert page.evaluate("sent") == sent
    places.append(button.bounding_box())
    end_moment(page, button)

    booking.refresh_from_db()
    assert booking.state == State.ARRIVED
    assert [(one, two) for one, two in itertools.pairwise(places) if overlap(one, two)] == []


def end_moment(page, button):
    expect(button).to_be_disabled()
    page.evaluate("endMoment()")
    expect(button).to_be_enabled()


def middle(box):
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def overlap(one, two):
    across = one["x"] < two["x"] + two["width"] and two["x"] < one["x"] + one["width"]
    return across and one["y"] < two["y"] + two["height"] and two["y"] < one["y"] + one["height"]


def test_wrong_tap_is_taken_back(open_job, searching, partner):
    booking = walk(searching, partner, State.CONFIRMED)
    nearly_time(booking)
    page = open_job(booking)
    page.click("#move")
    expect(page.locator(".undo")).to_contain_text("You have said that you set off.")
    look(page, "job-undo")

    page.click(".undo button")

    expect(page.locator("#move")).to_have_text("I set off")
    expect(page.locator(".undo")).to_have_count(0)
    expect(page.locator(".toast").first).to_contain_text("Taken back.")
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED
    look(page, "job-undone")


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_code_guard_and_undo_are_looked_at_in_each_language(
    language, open_job, open_page, live_server, searching, partner
):
    booking = walk(searching, partner, State.CONFIRMED)
    booking.language = language
    booking.save(update_fields=["language"])
    nearly_time(booking)
    page = open_job(booking, language, locale=language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    button = page.locator("#move")
    button.click()
    expect(page.locator(".undo")).to_be_visible()
    look(page, f"job-undo-{language}")  # the next button at its other place

    expect(button).to_be_enabled()
    button.click()
    expect(page.locator("#next [name=code]")).to_be_visible()
    page.locator("#without summary").click()
    look(page, f"job-code-{language}")

    customers = open_page(locale=language)
    customers.goto(live_server.url + reverse("customer:booking", args=[booking.token]))
    expect(customers.locator(".visit-code-digits")).to_have_text(re.compile(r"\d{4}"))
    look(customers, f"visit-code-{language}")
