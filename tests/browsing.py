"""A real Chromium for the tests that look at pages, and what every page must stand.

Loaded by tests/conftest.py.
"""

import os

import pytest
from django.conf import settings

from tests import axe, chromium

# Set it to keep what the tests look at, in var/screenshots: PICTURES=1 bin/test -m browser
PICTURES = os.environ.get("PICTURES")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture
def chrome(transactional_db):
    """Left before the database is emptied: that must not meet playwright's loop."""
    with chromium.opened() as browser:
        yield browser


@pytest.fixture
def open_page(chrome):
    """A page in English, on a phone; what the browser complains about is asserted at the end."""
    complaints = []

    def opened(**options):
        context = chrome.new_context(
            **{"locale": "en-GB", "reduced_motion": "reduce", "viewport": PHONE} | options
        )
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda line: complaints.append(line.text) if "Content Security" in line.text else None,
        )
        return page

    yield opened
    assert complaints == []


# What makes the page wider than its window: nothing, or the elements that reach beyond it.
WIDER = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => `${one.localName}.${one.className}#${one.id} ${one.textContent.slice(0, 40)}`)"""


def follow(page, target):
    """Click what leads to another page, and wait for that page: `click` alone returns on the old
    one, and what looks at once may meet neither.
    """
    link = page.locator(target) if isinstance(target, str) else target
    with page.expect_navigation():
        link.click()


def picture(page, name):
    """Kept where somebody wants to look for themselves."""
    if PICTURES:
        folder = settings.BASE_DIR / "var" / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}-{page.viewport_size['width']}.png"
        page.screenshot(path=path, full_page=True)


# Until nothing that ends by itself moves any more.
STILL = """() => Promise.all(document.getAnimations()
  .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime))
  .map((one) => one.finished.catch(() => null))).then(() => null)"""


def glance(page, name):
    """Nothing for axe to find, nothing wider than the window, once all that belongs to it is there
    and still.
    """
    for frame in page.frames:
        frame.wait_for_load_state()
    page.evaluate(STILL)
    picture(page, name)
    faults, wide = axe.faults(page), page.evaluate(WIDER)
    assert faults == [], f"{name}: {faults}"
    assert wide == [], f"{name}: {wide}"


def look(page, name):
    """A glance at both widths."""
    before = page.viewport_size
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        glance(page, name)
    page.set_viewport_size(before)
