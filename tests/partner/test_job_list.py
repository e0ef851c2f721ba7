"""The list of the technician's jobs, and a job's story."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from mila.clock import mila_now
from partner.job_page import JobPage
from requests_app.actions import signing, visit
from requests_app.models import Booking, State
from tests import cast, factories
from tests.partner.test_job_page import at, seen

__all__ = ["at"]  # fixtures


def test_list_puts_running_clocks_first(client, searching, partner, stopped_clock):
    first = cast.claimed(searching, partner)
    calm = cast.walk(
        factories.placed_booking(wishes=[factories.service_day_at(9, days=6)]),
        partner,
        State.CONFIRMED,
    )
    done = cast.walk(
        factories.placed_booking(wishes=[factories.service_day_at(16, days=7)]),
        partner,
        State.FINISHED,
    )
    signing.sign_off(
        done.pk,
        key="k" * 20,
        kind="screen",
        quote_version=1,
        signer="x",
        signature="x",
        device="",
        by=None,
    )
    client.force_login(partner.user)

    jobs = client.get("/partner/jobs/").context["jobs"]

    assert [row.booking.pk for row in jobs.first] == [first.pk]
    assert [row.booking.pk for row in jobs.upcoming] == [calm.pk]
    assert [row.booking.pk for row in jobs.done.object_list] == [done.pk]
    assert jobs.first[0].partner_cents == 5520


def test_list_shows_no_contact(client, at):
    at(State.CONFIRMED)

    assert seen(client.get("/partner/jobs/").content.decode()) == []


def test_empty_list_leads_to_the_offers(client, morning, partner):
    client.force_login(partner.user)

    assert 'class="empty"' in client.get("/partner/jobs/").content.decode()
    assert client.get("/partner/").url == "/partner/offers/"


def test_failed_visit_shows_their_share_of_the_fee(client, at, partner, stopped_clock):
    booking = at(State.ARRIVED)
    Booking.objects.update(claimed_at=booking.start_at - timedelta(days=20))
    stopped_clock(booking.start_at + timedelta(minutes=11))
    visit.fail_visit(booking.pk, partner.pk, by=partner.user, reason="nobody", fault="customer")

    rows = client.get("/partner/jobs/").context["jobs"].done.object_list

    assert [row.partner_cents for row in rows] == [2000]


def test_list_asks_as_often_for_three_as_for_one(client, searching, partner):
    client.force_login(partner.user)
    cast.claimed(searching, partner)
    client.get("/partner/jobs/")
    with CaptureQueriesContext(connection) as one:
        client.get("/partner/jobs/")
    for days in (6, 9):
        cast.claimed(
            factories.placed_booking(wishes=[factories.service_day_at(9, days=days)]), partner
        )

    with CaptureQueriesContext(connection) as three:
        assert len(client.get("/partner/jobs/").context["jobs"].first) == 3

    assert len(one) == len(three)


def test_job_page_story_begins_with_their_own_claim(at, partner):
    booking = at(State.CONFIRMED)

    assert [line["state"] for line in JobPage(booking, mila_now()).story] == ["done"] * 3
