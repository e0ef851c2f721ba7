"""The page about their other calendar, by eye, in the languages with the longest words
(rule D1, P4).
"""

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from playwright.sync_api import expect

from accounts import calendar_reading
from accounts.calendar_rows import CalendarSource, ReadFailure
from accounts.models import CalendarEntry, CalendarEntryKind
from mila.clock import mila_now, reset_clock, set_clock
from requests_app.models import State
from tests import chromium, factories
from tests.browsing import DESK, PHONE, glance
from tests.cast import MORNING, walk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
SMALL = {"width": 360, "height": 740}
PAGE = "/partner/calendar/other/"


@pytest.fixture
def across(partner, customer):
    """Whose page it is, and a job of theirs at whose time their other calendar has something."""
    set_clock(MORNING)
    job = walk(factories.placed_booking(customer=customer), partner, State.CONFIRMED)
    calendar_reading.follow_calendar(partner.pk, f"https://cal.example.com/{'a' * 60}.ics")
    during = job.assignments.get(ended_at=None).calendar_entry.during
    CalendarEntry.objects.create(
        technician=partner,
        kind=CalendarEntryKind.BUSY,
        during=DateTimeTZRange(during.lower, during.upper, "[)"),
    )
    yield partner, job
    reset_clock()


@pytest.mark.parametrize(("language", "locale"), [("fr", "fr-FR"), ("de", "de-CH")])
def test_page_stands_at_every_width(language, locale, across, open_page, live_server):
    technician, job = across
    technician.user.language = language
    technician.user.save()
    visitor = Client()
    visitor.force_login(technician.user)
    page = open_page(base_url=live_server.url, locale=locale)
    chromium.sign_in(page.context, visitor, live_server.url)
    for state, change in [
        ("new", {}),
        ("read", {"read_at": mila_now()}),
        ("failed", {"failure": ReadFailure.NOT_REACHED}),
    ]:
        CalendarSource.objects.update(**change)
        page.goto(PAGE)
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("main")).to_contain_text(job.number)
        for size in (SMALL, PHONE, DESK):
            page.set_viewport_size(size)
            glance(page, f"other-calendar-{language}-{state}")
    page.fill("[name=address]", "http://cal.example.com/a.ics")
    page.locator("main form button").first.click()
    expect(page.locator("[name=address]")).to_have_attribute("aria-invalid", "true")
    glance(page, f"other-calendar-{language}-refused")
