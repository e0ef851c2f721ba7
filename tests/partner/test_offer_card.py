"""One offer on the whole screen: the two minutes alone, the claim, the refusal, and what is seen
afterwards.
"""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import CalendarEntry, CalendarEntryKind
from dispatch import offers
from dispatch.models import Offer, OfferState
from mila.clock import mila_now, set_clock
from requests_app.actions import changes, visit
from requests_app.lifecycle import Role
from requests_app.models import BookingEvent, State
from tests import factories
from tests.cast import CANARIES

HTMX = {"HX-Request": "true"}
SECOND = timedelta(seconds=1)


@pytest.fixture
def offer(client, searching, partner):
    client.force_login(partner.user)
    return offers.open_next(searching.pk)


def address(offer, verb=""):
    return reverse(f"partner:{verb or 'offer'}", args=[offer.pk])


def standing(response):
    return response.context["card"].display_state


def test_opening_the_page_starts_their_two_minutes_once(client, offer):
    assert offer.acknowledged_at is None

    client.get(address(offer))
    first = Offer.objects.get(pk=offer.pk)
    client.get(address(offer))

    again = Offer.objects.get(pk=offer.pk)
    assert first.expires_at - first.acknowledged_at == timedelta(minutes=2)
    assert (again.acknowledged_at, again.expires_at) == (first.acknowledged_at, first.expires_at)


def test_card_shows_what_they_may_know_and_nothing_of_the_customer(client, offer):
    page = client.get(address(offer)).content.decode().replace("\N{NO-BREAK SPACE}", " ")

    for shown in (
        "Wi-Fi lent",
        "69007",
        "1 km",
        "55,20 €",
        'name="wish" value="1" checked',
        "data-expires-at",
    ):
        assert shown in page
    assert [canary for canary in CANARIES if canary in page] == []


def test_day_strip_shows_what_else_they_have(client, offer, searching, partner):
    start = searching.first_start_at
    CalendarEntry.objects.create(
        technician=partner,
        kind=CalendarEntryKind.ABSENCE,
        during=(start - timedelta(hours=4), start),
    )

    choice = client.get(address(offer)).context["card"].choices[0]

    assert (choice.this.x, choice.this.width) == (175.0, 29.2)
    assert [(bar.x, bar.width) for bar in choice.others] == [(58.3, 116.7)]
    assert "10:00" in choice.words


def test_first_wish_they_are_free_for_is_chosen(client, morning, partner):
    first, second = factories.service_day_at(14), factories.service_day_at(16)
    CalendarEntry.objects.create(
        technician=partner,
        kind=CalendarEntryKind.ABSENCE,
        during=(first, first + timedelta(hours=1)),
    )
    booking = factories.placed_booking(wishes=[first, second])
    offer = offers.open_next(booking.pk)
    client.force_login(partner.user)

    page = client.get(address(offer)).content.decode()

    assert 'value="2" checked' in page
    assert 'name="wish" value="1"' not in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_claim_leads_to_the_job(client, offer, searching, partner, headers):
    response = client.post(address(offer, "claim"), {"wish": 1}, headers=headers)

    searching.refresh_from_db()
    assert (searching.state, searching.technician_id) == (State.CLAIMED, partner.pk)
    there = response.headers["HX-Redirect"] if headers else response.url
    assert there == reverse("partner:job", args=[searching.uuid])


def test_double_click_is_one_claim(client, offer, searching):
    answers = [client.post(address(offer, "claim"), {"wish": 1}).url for _ in range(2)]

    assert answers[0] == answers[1]
    assert BookingEvent.objects.filter(booking=searching, move="claim").count() == 1


@pytest.mark.parametrize(
    ("late", "taken"), [(-SECOND, True), (timedelta(), False), (SECOND, False)]
)
def test_claim_counts_until_the_last_second(client, offer, searching, stopped_clock, late, taken):
    client.get(address(offer))
    offer.refresh_from_db()
    stopped_clock(offer.expires_at + late)

    response = client.post(address(offer, "claim"), {"wish": 1})

    searching.refresh_from_db()
    assert searching.state == (State.CLAIMED if taken else State.SEARCHING)
    assert response.status_code == (302 if taken else 409)
    if not taken:
        assert standing(response) == "open"
        assert reverse("partner:tap", args=[searching.uuid]) in response.content.decode()


def test_expired_claim_by_htmx_is_the_part_with_the_dock_beside(client, offer, stopped_clock):
    stopped_clock(offer.expires_at + SECOND)

    response = client.post(address(offer, "claim"), {"wish": 1}, headers=HTMX)

    page = response.content.decode()
    assert response.status_code == 409
    assert 'data-display-state="open"' in page
    assert 'id="reply"' in page
    assert 'hx-swap-oob="true"' in page
    assert "<html" not in page


def test_taken_is_a_state_of_the_page(client, offer, searching, partner, rival_partner):
    offers.decline(offer.pk, partner.pk, reason="far")
    second = offers.open_next(searching.pk)
    offers.claim(searching.pk, rival_partner.pk, rank=second.wishes[0], by=rival_partner.user)

    looked = client.get(address(offer))
    claimed = client.post(address(offer, "claim"), {"wish": 1})

    assert (looked.status_code, standing(looked)) == (200, "taken")
    assert (claimed.status_code, standing(claimed)) == (409, "taken")
    assert rival_partner.name not in claimed.content.decode()
    searching.refresh_from_db()
    assert searching.technician_id == rival_partner.pk


@pytest.mark.parametrize("wish", ["", "2", "x", "1e400", "١"])
def test_claim_without_a_wish_of_theirs_is_refused(client, offer, searching, wish):
    response = client.post(address(offer, "claim"), {"wish": wish})

    searching.refresh_from_db()
    assert response.status_code == 422
    assert standing(response) == "live"
    assert searching.state == State.SEARCHING


def test_busy_meanwhile_is_said_on_the_card(client, offer, searching, partner):
    start = searching.first_start_at
    CalendarEntry.objects.create(
        technician=partner,
        kind=CalendarEntryKind.ABSENCE,
        during=(start, start + timedelta(hours=1)),
    )

    response = client.post(address(offer, "claim"), {"wish": 1})

    assert response.status_code == 409
    assert 'id="refused"' in response.content.decode()
    searching.refresh_from_db()
    assert searching.state == State.SEARCHING


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_decline_with_its_reason(client, offer, headers):
    response = client.post(address(offer, "decline"), {"reason": "pay"}, headers=headers)

    offer.refresh_from_db()
    assert (offer.state, offer.decline_reason) == (OfferState.DECLINED, "pay")
    assert (response.headers.get("HX-Redirect") or response.url) == reverse("partner:offers")
    assert standing(client.get(address(offer))) == "declined"


def test_decline_without_a_reason_keeps_the_offer(client, offer):
    response = client.post(address(offer, "decline"), {"reason": "mood"})

    offer.refresh_from_db()
    assert response.status_code == 422
    assert offer.state == OfferState.OPEN


def test_decline_after_the_end_changes_nothing(client, offer, partner):
    set_clock(offer.expires_at + SECOND)
    offers.expire(offer.pk)

    response = client.post(address(offer, "decline"), {"reason": "far"})

    offer.refresh_from_db()
    assert response.url == reverse("partner:offers")
    assert offer.state == OfferState.NOT_REACHED
    assert offer.decline_reason == ""


def test_open_page_is_left_alone_while_it_is_true(client, offer, stopped_clock):
    client.get(address(offer))
    offer.refresh_from_db()

    true = client.get(address(offer), {"seen": "live"}, headers=HTMX)
    stopped_clock(offer.expires_at)
    over = client.get(address(offer), {"seen": "live"}, headers=HTMX)

    assert true.status_code == 204
    assert 'data-display-state="open"' in over.content.decode()


def test_still_open_but_held_by_a_colleague(client, offer, searching, partner, rival_partner):
    offers.acknowledge(offer.pk, partner.pk)
    set_clock(mila_now() + timedelta(minutes=5))
    offers.expire(offer.pk)
    assert offers.open_next(searching.pk).technician_id == rival_partner.pk

    card = client.get(address(offer)).context["card"]

    assert (card.display_state, card.held) == ("open", True)


def test_next_in_line(client, offer, searching, partner, rival_partner):
    offers.acknowledge(offer.pk, partner.pk)
    set_clock(mila_now() + timedelta(minutes=5))
    offers.expire(offer.pk)
    offers.open_next(searching.pk)
    client.post(reverse("partner:tap", args=[searching.uuid]))
    queued = Offer.objects.get(technician=partner, state=OfferState.QUEUED)

    assert standing(client.get(address(queued))) == "queued"


def test_looked_at_twice(client, offer, searching, partner):
    offers.decline(offer.pk, partner.pk, reason="far")
    Offer.objects.filter(pk=offer.pk).update(state=OfferState.LAPSED)
    for _ in range(2):
        mine = offers.tap(searching.pk, partner.pk)
        set_clock(mine.expires_at + SECOND)
        offers.expire(mine.pk)

    assert standing(client.get(address(mine))) == "used"


def test_cancelled_by_the_customer(client, offer, searching):
    changes.cancel(searching.pk, role=Role.CUSTOMER, by=None)

    assert standing(client.get(address(offer))) == "closed"


def test_no_longer_fitting_their_calendar(client, offer, searching, partner):
    set_clock(offer.expires_at + SECOND)
    offers.expire(offer.pk)
    start = searching.first_start_at
    CalendarEntry.objects.create(
        technician=partner,
        kind=CalendarEntryKind.ABSENCE,
        during=(start, start + timedelta(hours=1)),
    )

    assert standing(client.get(address(offer))) == "closed"


def test_their_own_job_leads_to_its_page(client, offer, searching, partner):
    offers.claim(searching.pk, partner.pk, rank=1, by=partner.user)

    assert client.get(address(offer)).url == reverse("partner:job", args=[searching.uuid])


def test_wish_that_is_gone_leaves_a_card_without_times(client, offer, searching):
    searching.wishes.all().delete()

    assert client.get(address(offer)).context["card"].choices == []


@pytest.mark.parametrize("verb", ["offer", "claim", "decline"])
def test_offer_of_a_colleague_is_not_found(client, offer, rival_partner, verb):
    client.force_login(rival_partner.user)
    send = client.get if verb == "offer" else client.post

    response = send(address(offer, verb), {"wish": 1, "reason": "far"})

    assert response.status_code == 404
    offer.refresh_from_db()
    assert (offer.state, offer.acknowledged_at) == (OfferState.OPEN, None)


@pytest.mark.parametrize("verb", ["claim", "decline"])
def test_wrong_role_changes_nothing(client, offer, customer, stranger, verb):
    for user in (customer, stranger):
        client.force_login(user)
        assert client.post(address(offer, verb), {"wish": 1, "reason": "far"}).status_code == 403
    client.logout()

    assert client.post(address(offer, verb)).url.startswith("/accounts/login/")
    assert client.get(address(offer, verb)).status_code == 302
    assert Offer.objects.get(pk=offer.pk).state == OfferState.OPEN


def test_claim_is_sent_not_opened(client, offer):
    assert client.get(address(offer, "claim")).status_code == 405


def test_token_of_the_form_is_asked_for(searching, partner):
    offer = offers.open_next(searching.pk)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(partner.user)

    assert strict.post(address(offer, "claim"), {"wish": 1}).status_code == 403
    assert Offer.objects.get(pk=offer.pk).state == OfferState.OPEN


def test_released_job_shows_no_contact_on_its_offer(client, offer, searching, partner):
    offers.claim(searching.pk, partner.pk, rank=1, by=partner.user)
    visit.release(searching.pk, partner.pk, by=partner.user, reason="ill")

    response = client.get(address(offer))

    assert standing(response) == "closed"
    assert [canary for canary in CANARIES if canary in response.content.decode()] == []
