"""In reserve: the list and the card of a job somebody else has, with htmx and without (rule L2)."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dispatch import offers
from dispatch.models import Offer
from requests_app.actions import visit
from requests_app.models import State
from tests import factories
from tests.cast import CANARIES, MORNING, walk
from tests.dispatch.steps import at, release, reserves, taken, technician

LIST = "/partner/offers/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def lost(client, stopped_clock, customer, partner, rival_partner):
    """A booking that was offered to the partner, and that the rival has; the partner is signed in
    and reads English.
    """
    stopped_clock(MORNING)
    client.force_login(partner.user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    booking = factories.placed_booking(customer=customer)
    taken(booking, partner, rival_partner)
    return booking


def address(verb, booking):
    return reverse(f"partner:{verb}", args=[booking.uuid])


def card_of(client, offer):
    return client.get(reverse("partner:offer", args=[offer.pk]))


def shown(client):
    return [(job.booking.pk, job.kept, job.taken) for job in client.get(LIST).context["reserve"]]


def test_list_offers_the_reserve_and_says_nothing_of_customer_or_colleague(
    client, lost, rival_partner
):
    page = client.get(LIST).content.decode()

    assert shown(client) == [(lost.pk, False, True)]
    for words in (
        "Somebody was faster here.",
        "Keep me in reserve",
        address("keep_in_reserve", lost),
        "69007",
        "1 km",
    ):
        assert words in page.replace("\N{NO-BREAK SPACE}", " ")
    assert [canary for canary in (*CANARIES, rival_partner.name) if canary in page] == []


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_in_with_one_tap_and_out_with_another(client, lost, partner, headers):
    inside = client.post(
        address("keep_in_reserve", lost), headers=headers, follow=True
    ).content.decode()
    assert reserves() == [partner.pk]
    outside = client.post(
        address("leave_reserve", lost), headers=headers, follow=True
    ).content.decode()

    assert reserves() == []
    assert "You are in reserve, because somebody else has this job." in inside
    assert "Leave the reserve" in inside
    assert "You are no longer in reserve." in outside
    assert ("<html" in inside) is not bool(headers)
    assert [canary for canary in CANARIES if canary in inside + outside] == []


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_too_late_is_said_and_changes_nothing(client, lost, rival_partner, headers):
    visit.record_call(
        lost.pk, rival_partner.pk, by=rival_partner.user, channel="phone", reached=True
    )
    visit.confirm(lost.pk, rival_partner.pk, by=rival_partner.user)

    response = client.post(address("keep_in_reserve", lost), headers=headers)

    assert response.status_code == 409
    assert str(offers.ReserveClosed.sentence) in [
        str(message) for message in response.context["messages"]
    ]
    assert f'"{address("keep_in_reserve", lost)}"' not in response.content.decode()
    assert reserves() == []


def test_card_of_a_taken_offer_leads_in_and_out(client, lost, partner):
    offer = Offer.objects.get(technician=partner)

    before = card_of(client, offer)
    offers.keep_in_reserve(lost.pk, partner.pk)
    after = card_of(client, offer)

    assert (before.context["card"].display_state, before.context["card"].may_reserve) == (
        "taken",
        True,
    )
    assert f'action="{address("keep_in_reserve", lost)}"' in before.content.decode()
    assert (after.context["card"].display_state, after.context["card"].may_reserve) == (
        "reserve",
        False,
    )
    assert f'action="{address("leave_reserve", lost)}"' in after.content.decode()
    assert "You are in reserve, because somebody else has this job." in after.content.decode()
    assert [canary for canary in CANARIES if canary in after.content.decode()] == []


def test_card_of_an_open_page_changes_when_they_are_in_reserve(client, lost, partner):
    offers.keep_in_reserve(lost.pk, partner.pk)
    card = reverse("partner:offer", args=[Offer.objects.get(technician=partner).pk])

    assert (
        'data-display-state="reserve"'
        in client.get(card, {"seen": "taken"}, headers=HTMX).content.decode()
    )
    assert client.get(card, {"seen": "reserve"}, headers=HTMX).status_code == 204


def test_card_of_a_declined_offer_offers_nothing(client, searching, partner, rival_partner):
    offer = offers.open_next(searching.pk)
    offers.decline(offer.pk, partner.pk, reason="far")
    walk(searching, rival_partner, State.CLAIMED)
    client.force_login(partner.user)

    response = card_of(client, offer)

    assert (response.context["card"].display_state, response.context["card"].may_reserve) == (
        "taken",
        False,
    )
    assert address("keep_in_reserve", searching) not in response.content.decode()
    assert client.get(LIST).context["reserve"] == []


def test_asked_from_the_reserve_their_card_says_why(client, lost, partner, rival_partner):
    offers.keep_in_reserve(lost.pk, partner.pk)
    release(lost, rival_partner)
    offer = offers.open_next(lost.pk)

    page = card_of(client, offer).content.decode()

    assert "You were in reserve: the job is free again, and you are asked first." in page
    assert [canary for canary in CANARIES if canary in page] == []


def test_while_another_looks_it_is_said_once_in_the_open_list(client, lost, partner, rival_partner):
    technician(promises_broken=30)
    offers.keep_in_reserve(lost.pk, partner.pk)
    elsewhere = offers.open_next(factories.placed_booking().pk)  # so somebody else is asked
    release(lost, rival_partner)
    offers.open_next(lost.pk)
    offers.decline(elsewhere.pk, partner.pk, reason="far")

    response = client.get(LIST)

    assert [(job.booking.pk, job.held, job.reserve) for job in response.context["jobs"]] == [
        (lost.pk, True, True)
    ]
    assert response.context["reserve"] == []
    assert (
        "You are in reserve: you are asked first, as long as your calendar allows it."
        in response.content.decode()
    )


def test_free_again_at_night_they_still_see_that_they_are_in_reserve(
    client, lost, partner, rival_partner
):
    offers.keep_in_reserve(lost.pk, partner.pk)
    at(MORNING + timedelta(hours=11, minutes=30))
    release(lost, rival_partner)

    assert client.get(LIST).context["jobs"] == []
    assert shown(client) == [(lost.pk, True, False)]
    assert (
        "This job is free again. You are in reserve: you are asked first"
        in client.get(LIST).content.decode()
    )


def test_confirmed_only_who_is_in_reserve_still_sees_it(client, lost, partner, rival_partner):
    offers.keep_in_reserve(lost.pk, partner.pk)
    visit.record_call(
        lost.pk, rival_partner.pk, by=rival_partner.user, channel="phone", reached=True
    )
    visit.confirm(lost.pk, rival_partner.pk, by=rival_partner.user)

    assert shown(client) == [(lost.pk, True, True)]
    offers.leave_reserve(lost.pk, partner.pk)
    assert shown(client) == []


def test_list_asks_as_often_for_three_as_for_one(client, lost, partner, rival_partner):
    client.get(LIST)
    with CaptureQueriesContext(connection) as one:
        assert len(client.get(LIST).context["reserve"]) == 1
    for days in (4, 6):
        other = factories.placed_booking(wishes=[factories.service_day_at(14, days=days)])
        taken(other, partner, rival_partner)
    offers.keep_in_reserve(other.pk, partner.pk)

    with CaptureQueriesContext(connection) as three:
        jobs = client.get(LIST).context["reserve"]

    assert [job.kept for job in jobs] == [True, False, False]
    assert len(one) == len(three)


@pytest.mark.parametrize("verb", ["keep_in_reserve", "leave_reserve"])
def test_a_job_never_shown_to_them_is_not_found(client, lost, partner, verb):
    offers.keep_in_reserve(lost.pk, partner.pk)
    client.force_login(factories.TechnicianFactory().user)

    assert client.post(address(verb, lost)).status_code == 404
    assert reserves() == [partner.pk]


@pytest.mark.parametrize("verb", ["keep_in_reserve", "leave_reserve"])
def test_other_roles_other_methods_and_no_token_change_nothing(
    client, lost, partner, customer, verb
):
    if verb == "leave_reserve":
        offers.keep_in_reserve(lost.pk, partner.pk)
    before = reserves()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(partner.user)

    assert client.get(address(verb, lost)).status_code == 405
    assert strict.post(address(verb, lost)).status_code == 403
    client.force_login(customer)
    assert client.post(address(verb, lost)).status_code == 403
    client.logout()
    assert client.post(address(verb, lost)).url.startswith("/accounts/login/")
    assert reserves() == before
