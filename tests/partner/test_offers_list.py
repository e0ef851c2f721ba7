"""The list of offers: what is open to them, next in line, nothing, and the way to the one that is
theirs now.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from dispatch import offers
from dispatch.models import Offer, OfferState, Search
from mila.clock import mila_now, set_clock
from requests_app.actions import visit
from requests_app.models import State
from requests_app.sweeps import handle_due_booking
from tests import cast, factories
from tests.cast import CANARIES

LIST = "/partner/offers/"
HTMX = {"HX-Request": "true"}


def pooled(**kwargs):
    """A booking that everybody suitable may tap (rule D6)."""
    booking = factories.placed_booking(**kwargs)
    Search.objects.create(booking=booking, round=1, started_at=mila_now(), pool_at=mila_now())
    return booking


def test_nothing_open_is_a_calm_page(client, morning, partner):
    client.force_login(partner.user)

    response = client.get(LIST)

    assert response.context["jobs"] == []
    assert 'class="empty"' in response.content.decode()


def test_pool_shows_what_they_may_know_and_nothing_of_the_customer(client, morning, partner):
    booking = pooled()
    client.force_login(partner.user)

    page = client.get(LIST).content.decode()

    for shown in (
        "Wi-Fi lent",
        "Lyon",
        "69007",
        "1 km",
        "55,20",
        reverse("partner:tap", args=[booking.uuid]),
    ):
        assert shown in page.replace("\N{NO-BREAK SPACE}", " ")
    assert [canary for canary in CANARIES if canary in page] == []


def test_offer_that_is_theirs_now_comes_first(client, searching, partner):
    offer = offers.open_next(searching.pk)
    client.force_login(partner.user)

    plain = client.get(LIST)
    part = client.get(LIST, headers=HTMX)

    assert plain.url == f"{LIST}{offer.pk}/"
    assert part.headers["HX-Redirect"] == f"{LIST}{offer.pk}/"


def test_part_has_no_frame(client, morning, partner):
    client.force_login(partner.user)

    page = client.get(LIST, headers=HTMX).content.decode()

    assert page.strip().startswith("<section")
    assert "<html" not in page


def test_lapsed_offer_stays_in_their_list(client, searching, partner):
    offer = offers.open_next(searching.pk)
    offers.acknowledge(offer.pk, partner.pk)
    set_clock(mila_now() + timedelta(minutes=5))
    offers.expire(offer.pk)
    client.force_login(partner.user)

    jobs = client.get(LIST).context["jobs"]

    assert [(job.booking.pk, job.used, job.queued, job.held) for job in jobs] == [
        (searching.pk, False, False, False)
    ]


def test_tap_opens_a_window_of_their_own(client, morning, partner):
    booking = pooled()
    client.force_login(partner.user)

    response = client.post(reverse("partner:tap", args=[booking.uuid]))

    offer = Offer.objects.get(technician=partner)
    assert (offer.state, offer.own_tap) == (OfferState.OPEN, True)
    assert response.url == reverse("partner:offer", args=[offer.pk])


def test_double_tap_is_one_window(client, morning, partner):
    booking = pooled()
    client.force_login(partner.user)

    for _ in range(2):
        client.post(reverse("partner:tap", args=[booking.uuid]))

    assert Offer.objects.filter(technician=partner).count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_tap_while_a_colleague_looks_puts_them_next_in_line(
    client, morning, partner, rival_partner, headers
):
    booking = pooled()
    offers.tap(booking.pk, rival_partner.pk)
    client.force_login(partner.user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    with translation.override("en"):
        response = client.post(
            reverse("partner:tap", args=[booking.uuid]), headers=headers, follow=True
        )

    assert Offer.objects.get(technician=partner).state == OfferState.QUEUED
    page = response.content.decode()
    assert "You are next in line. Your turn comes by itself." in page
    assert "A colleague is looking at it right now." in page
    assert ("<html" in page) is not bool(headers)
    assert (
        'name="csrfmiddlewaretoken"'
        not in page.partition('id="open"')[2].partition("</section>")[0]
    )


def test_third_tap_is_refused_and_says_so(client, morning, partner):
    booking = pooled()
    client.force_login(partner.user)
    for _ in range(2):
        offer = offers.tap(booking.pk, partner.pk)
        set_clock(offer.expires_at + timedelta(seconds=2))
        offers.expire(offer.pk)

    response = client.post(reverse("partner:tap", args=[booking.uuid]))

    assert response.status_code == 409
    assert [job.used for job in response.context["jobs"]] == [True]
    assert Offer.objects.filter(technician=partner, state=OfferState.OPEN).count() == 0


def test_own_window_that_is_over_is_no_obstacle(client, morning, partner):
    """The sweep has not seen its end yet."""
    booking = pooled()
    old = offers.tap(booking.pk, partner.pk)
    set_clock(old.expires_at + timedelta(seconds=2))
    client.force_login(partner.user)

    client.post(reverse("partner:tap", args=[booking.uuid]))

    old.refresh_from_db()
    assert old.state == OfferState.LAPSED
    assert Offer.objects.get(technician=partner, state=OfferState.OPEN).pk != old.pk


def test_tap_on_a_taken_job_says_somebody_was_faster(client, searching, partner, rival_partner):
    Search.objects.create(booking=searching, round=1, started_at=mila_now(), pool_at=mila_now())
    offer = offers.tap(searching.pk, rival_partner.pk)
    offers.claim(searching.pk, rival_partner.pk, rank=offer.wishes[0], by=rival_partner.user)
    client.force_login(partner.user)

    response = client.post(reverse("partner:tap", args=[searching.uuid]))

    assert response.status_code == 409
    assert str(offers.OfferTaken.sentence) in [str(m) for m in response.context["messages"]]
    assert not Offer.objects.filter(technician=partner).exists()


def test_job_never_shown_to_them_is_not_found(client, searching, partner):
    client.force_login(partner.user)

    response = client.post(reverse("partner:tap", args=[searching.uuid]))

    assert response.status_code == 404
    assert not Offer.objects.exists()


def test_job_of_another_skill_is_not_shown(client, morning, partner):
    other = factories.ServiceFactory(slug="tv", skill=factories.SkillFactory(slug="tv", name="TV"))
    pooled(service=other)
    client.force_login(partner.user)

    assert client.get(LIST).context["jobs"] == []


def test_own_unconfirmed_job_is_not_offered_to_themselves(
    client, searching, partner, stopped_clock
):
    cast.walk(searching, partner, State.CALLED)
    searching.refresh_from_db()
    stopped_clock(searching.due_at)
    handle_due_booking(searching.pk)
    searching.refresh_from_db()
    assert searching.state == State.UNCONFIRMED
    client.force_login(partner.user)

    assert client.get(LIST).context["jobs"] == []
    assert visit.confirm(searching.pk, partner.pk, by=partner.user).state == State.CONFIRMED


@pytest.mark.parametrize(
    ("opted_in", "lost", "seen"), [(False, True, 0), (True, False, 0), (True, True, 1)]
)
def test_at_night_only_lost_bookings_show_and_only_to_those_who_opted_in(
    client, partner, opted_in, lost, seen
):
    """Rule D7: 23:00 in Paris, a start at 9:00."""
    set_clock(datetime(2026, 11, 24, 9, 0, tzinfo=UTC))
    booking = factories.placed_booking(wishes=[datetime(2026, 11, 25, 8, 0, tzinfo=UTC)])
    if lost:
        former = factories.TechnicianFactory()
        offer = offers.open_next(booking.pk)
        while offer.technician_id != former.pk:
            offers.decline(offer.pk, offer.technician_id, reason="far")
            offer = offers.open_next(booking.pk)
        offers.claim(booking.pk, former.pk, rank=1, by=former.user)
        visit.release(booking.pk, former.pk, by=former.user, reason="ill")
    booking.refresh_from_db()
    at = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
    set_clock(at)
    Search.objects.filter(booking=booking).update(ended_at=at, next_at=None)
    last = booking.events.order_by("-sequence").first()
    Search.objects.create(booking=booking, round=last.sequence, started_at=at, pool_at=at)
    partner.night_pool = opted_in
    partner.save()
    Offer.objects.filter(technician=partner).delete()
    client.force_login(partner.user)

    shown = client.get(LIST).context["jobs"]
    answer = client.post(reverse("partner:tap", args=[booking.uuid]))

    assert len(shown) == seen
    assert answer.status_code == (302 if seen else 409)
    assert Offer.objects.filter(technician=partner).count() == seen


def test_suspension_states_its_reason(client, morning, partner):
    partner.partner.suspended_at, partner.partner.suspension_reason = mila_now(), "Papers missing"
    partner.partner.save()
    client.force_login(partner.user)

    assert "Papers missing" in client.get(LIST).content.decode()


def test_list_asks_as_often_for_three_as_for_one(client, morning, partner):
    client.force_login(partner.user)
    pooled()
    client.get(LIST)
    with CaptureQueriesContext(connection) as one:
        assert len(client.get(LIST).context["jobs"]) == 1
    pooled()
    pooled()

    with CaptureQueriesContext(connection) as three:
        assert len(client.get(LIST).context["jobs"]) == 3

    assert len(one) == len(three)


@pytest.mark.parametrize("page", ["/partner/offers/", "/partner/offers/1/"])
def test_strangers_sign_in_and_customers_are_refused(client, customer, page, db):
    assert client.get(page).url.startswith("/accounts/login/")

    client.force_login(customer)

    assert client.get(page).status_code == 403
