"""A person whom the customer wishes again is asked before all, for one window (rule D2)."""

import pytest
from django.test import Client
from django.urls import reverse

from dispatch import matching, offers
from mila.clock import mila_now
from requests_app.actions import drafting
from requests_app.models import Booking, State
from tests import factories
from tests.cast import walk
from tests.dispatch.steps import lapse

pytestmark = pytest.mark.django_db


def wish(booking, technician):
    booking.wished_technician = technician
    booking.save(update_fields=["wished_technician"])
    return booking


def order(booking):
    return [one.technician_id for one in matching.candidates(booking, mila_now())]


@pytest.fixture
def farther(searching, partner):
    """Somebody who would be asked after `partner`."""
    other = factories.TechnicianFactory(lat=45.80, lon=4.90)
    assert order(searching) == [partner.pk, other.pk]
    return other


def test_wished_person_is_asked_first(searching, partner, farther):
    wish(searching, farther)

    assert order(searching) == [farther.pk, partner.pk]
    assert [one.technician_id for one in matching.candidates(searching, mila_now(), limit=1)] == [
        farther.pk
    ]
    assert offers.open_next(searching.pk).technician_id == farther.pk


def test_newcomer_does_not_come_before_them(searching, partner, farther, monkeypatch):
    monkeypatch.setattr(matching, "asks_newcomer_first", lambda booking: True)

    assert order(wish(searching, farther))[0] == farther.pk


def test_after_one_window_the_others_are_asked(searching, partner, farther):
    wish(searching, farther)
    lapse(offers.open_next(searching.pk))

    assert offers.open_next(searching.pk).technician_id == partner.pk


def test_wished_person_who_is_busy_is_not_asked(searching, partner, farther):
    farther.hours.all().delete()

    assert order(wish(searching, farther)) == [partner.pk]


class TestBookAgain:
    @pytest.fixture
    def done(self, searching, partner):
        return walk(searching, partner, State.SIGNED_OFF)

    def again(self, browser, booking):
        return browser.post(reverse("customer:again", args=[booking.token]))

    def test_draft_has_service_place_and_person_and_nothing_else(self, client, done, partner):
        answer = self.again(client, done)

        draft = Booking.objects.latest("pk")
        assert answer.url == reverse("customer:draft_when", args=[draft.token])
        assert (draft.state, draft.service, draft.wished_technician) == (
            State.DRAFT,
            done.service,
            partner,
        )
        assert (draft.postcode, draft.contact.street) == (done.postcode, done.contact.street)
        hidden = (
            draft.contact.name,
            draft.contact.phone,
            draft.contact.door_code,
            draft.contact.problem,
        )
        assert hidden == ("", "", "", "")
        assert (draft.customer, draft.card) == (None, "")

    def test_page_offers_it_and_says_what_happens_else(self, client, done):
        page = client.get(
            reverse("customer:booking", args=[done.token]), headers={"Accept-Language": "en"}
        )

        assert reverse("customer:again", args=[done.token]) in page.content.decode()
        assert (
            "We ask this person first. If they cannot come, we ask others." in page.content.decode()
        )

    def test_before_the_visit_is_over_nothing_begins(self, client, searching):
        answer = self.again(client, searching)

        assert answer.url == reverse("customer:booking", args=[searching.token])
        assert Booking.objects.count() == 1

    def test_browser_that_begins_many_is_stopped(self, client, done):
        for _each in range(25):
            self.again(client, done)

        assert Booking.objects.filter(state=State.DRAFT).count() == 20
        assert self.again(Client(), done).status_code == 302

    def test_of_a_service_no_longer_sold_nothing_begins(self, client, done):
        done.service.prices.all().delete()

        assert self.again(client, done).url == reverse("customer:booking", args=[done.token])
        assert not Booking.objects.filter(state=State.DRAFT).exists()


def test_whom_they_wish_stays_through_another_address(searching, partner):
    draft = factories.DraftFactory()
    wish(draft, partner)

    drafting.set_service(draft.pk, draft.service, country="FR")

    draft.refresh_from_db()
    assert draft.wished_technician == partner
