"""How people are reached, their hours and their calendar's address, looked at in a real browser
(rule N1, D1).
"""

import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from accounts import delivery
from accounts.models import DeadAddress
from requests_app import notices
from tests.browsing import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def signed_in(client, open_page, live_server, user):
    """A page of the browser that is signed in as somebody."""
    user.language = "en"
    user.save(update_fields=["language"])
    client.force_login(user)
    page = open_page(base_url=live_server.url)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )
    return page


def test_pages_of_the_technician(client, open_page, live_server, job):
    delivery.sweep()
    page = signed_in(client, open_page, live_server, job.technician.user)
    page.goto("/partner/me/notices/")
    expect(page.get_by_role("heading", level=1)).to_have_text("How we reach you")
    look(page, "partner-notices")
    page.get_by_label("Text messages").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Text messages")).not_to_be_checked()

    page.goto("/partner/calendar/hours/")
    look(page, "partner-hours")
    page.get_by_label("From", exact=True).first.fill("09:00")
    page.get_by_label("Until", exact=True).first.fill("09:30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Calendar")
    look(page, "partner-calendar")

    page.goto("/partner/calendar/feed/")
    page.get_by_role("button", name="Make an address").click()
    expect(page.get_by_label("Your address, shown only now")).to_have_value(
        re.compile(r"/partner/calendar/feed/[\w-]{43}\.ics$")
    )
    look(page, "partner-feed")


def test_pages_of_the_customer(client, open_page, live_server, job, customer):
    notices.queue(job, "en_route", round=1)
    DeadAddress.objects.create(email=customer.email, reason="bounced")
    delivery.sweep()
    page = signed_in(client, open_page, live_server, customer)
    page.goto("/bookings/notices/")
    look(page, "customer-notices")
    page.get_by_role("button", name="It works again: try it").click()
    expect(page.get_by_text("come back")).to_have_count(0)

    page.goto(f"/b/{job.token}/told/")
    look(page, "customer-told")
