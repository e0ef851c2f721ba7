"""Late, held against somebody, appealed, asked or not: each page at both widths, nothing for axe to
find.
"""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts import actions
from dispatch import offers
from requests_app.actions import appealing, visit
from requests_app.models import Fault, State, Verdict
from tests import chromium, factories
from tests.browsing import follow, look
from tests.dispatch.steps import later, technician
from tests.requests_app.booking_states import booking_in
from tests.requests_app.test_fault_ledger import miss

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def page_of(open_page, client, live_server):
    """A function: a page of somebody who is signed in, or of nobody."""

    def opened(url, user=None):
        page = open_page()
        if user is not None:
            user.language = "en"
            user.save(update_fields=["language"])
            client.force_login(user)
            chromium.sign_in(page.context, client, live_server.url)
        page.goto(live_server.url + url)
        return page

    return opened


def test_customer_says_it_and_the_technician_sees_it(page_of, now, partner, stopped_clock):
    booking = booking_in(State.EN_ROUTE, partner, now)
    stopped_clock(booking.start_at + timedelta(minutes=17))
    customers = page_of(reverse("customer:booking", args=[booking.token]))
    look(customers, "late-customer")

    customers.get_by_role("button", name="Nobody is here").click()

    expect(customers.locator("#late")).to_contain_text("You told us at")
    look(customers, "late-said-customer")
    technicians = page_of(reverse("partner:job", args=[booking.uuid]), partner.user)
    expect(technicians.locator("#late")).to_contain_text("They told us at")
    look(technicians, "late-technician")
    stopped_clock(booking.start_at + timedelta(minutes=31))
    customers.reload()
    look(customers, "late-ways-out-customer")
    customers.get_by_role("link", name="Send somebody else").click()
    assert customers.url.endswith("/no-show/")


def test_held_against_appealed_and_decided(page_of, now, partner, staff, stopped_clock):
    booking = booking_in(State.IN_PROGRESS, partner, now)
    visit.fail_visit(
        booking.pk, partner.pk, by=partner.user, reason="No line in the house", fault=Fault.PARTNER
    )
    upheld = appealing.appeal_fault(
        partner,
        booking.faults.get().uuid,
        words="The cable was cut.",
        picture=None,
        by=partner.user,
    )
    appealing.decide(
        upheld.pk, verdict=Verdict.UPHELD, reason="The picture shows a line.", by=staff
    )
    miss(booking_in(State.CLAIMED, partner, now + timedelta(days=1)), now)
    actions.suspend(
        partner.partner_id, reason="Three complaints", evidence="M000001, M000002 and a letter"
    )
    page = page_of(reverse("partner:faults"), partner.user)
    look(page, "faults")

    follow(page, page.get_by_role("link", name="That is not right").last)
    look(page, "appeal")
    page.get_by_label("What happened, in your words").fill(
        "I called from the company's line at 9:40."
    )
    page.get_by_role("button", name="Send the appeal").click()

    expect(page.get_by_text("A person decides by")).to_be_visible()
    look(page, "faults-appealed")
    page.goto(page.url.replace("/faults/", "/me/"))
    look(page, "me-suspended")


def test_asked_or_not_and_how_the_order_comes_about(page_of, wanted):
    technician(north_m=1_000)
    far = technician(north_m=14_000)
    later(seconds=1)
    offers.open_next(wanted.pk)
    factories.ServiceFactory()

    look(page_of(reverse("partner:searches"), far.user), "searches")
    look(page_of(reverse("customer:ranking")), "ranking")
