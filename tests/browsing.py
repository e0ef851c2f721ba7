"""A real Chromium for the tests that look at pages, and what every page must stand.

Loaded by tests/conftest.py.
"""

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import sync_playwright

from tests import axe, chromium

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture
def chrome(transactional_db, monkeypatch):
    """Closed before the database is emptied: that must not meet playwright's loop."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright's loop runs in this thread
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium.path(), args=chromium.FLAGS)
        yield started
        started.close()
        # those of this loop's own context, before the databases are dropped
        connections.close_all()


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


def look(page, name):
    """Nothing for axe to find, nothing wider than the window, at both
    widths; the picture is kept.
    """
    folder = settings.BASE_DIR / "var" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.screenshot(path=folder / f"{name}-{size['width']}.png", full_page=True)
        assert axe.faults(page) == []
        wide = page.evaluate(WIDER)
        assert wide == [], wide
    page.set_viewport_size(before)
