"""A draft is made with today's price and policy, and may change its mind (rule B1, B5, B6)."""

from datetime import timedelta

import pytest

from catalogue.models import ServicePrice
from catalogue.queries import NotSold
from policy.figures import Policy
from policy.models import PolicyRow
from requests_app.actions import drafting
from requests_app.models import Booking, BookingContact, State
from tests import factories
from tests.requests_app.booking_states import booking_in, refused


def test_draft_holds_price_fee_and_policy_of_now(now, customer):
    service = factories.ServiceFactory()
    PolicyRow.objects.create(
        key="wishes_max", value=2, starts_at=now - timedelta(days=1), country="FR"
    )

    draft = drafting.start_draft(service, country="FR", language="de", by=customer)

    draft = Booking.objects.get(pk=draft.pk)
    assert (draft.state, draft.customer, draft.language) == (State.DRAFT, customer, "de")
    assert (draft.currency, draft.service_cents, draft.booking_fee_cents, draft.total_cents) == (
        "EUR",
        6900,
        290,
        7190,
    )
    assert draft.duration_minutes == 60
    assert draft.policy.wishes_max == 2
    assert draft.contact.name == "Odile Perrachon"
    assert not draft.events.exists()
    assert len(draft.token) == 43


def test_draft_of_a_stranger_has_no_name(now):
    draft = drafting.start_draft(factories.ServiceFactory(), country="CH", language="fr", by=None)

    assert (draft.currency, draft.service_cents, draft.booking_fee_cents) == ("CHF", 11900, 490)
    assert (draft.customer, draft.contact.name) == (None, "")


def test_service_without_a_price_there_is_refused(now):
    service = factories.ServiceFactory()
    ServicePrice.objects.filter(country="CH").update(starts_at=now + timedelta(days=1))

    with pytest.raises(NotSold):
        drafting.start_draft(service, country="CH", language="fr", by=None)

    assert not Booking.objects.exists()
    assert not BookingContact.objects.exists()


def test_draft_keeps_its_policy_when_the_rules_change(now, customer):
    draft = drafting.start_draft(
        factories.ServiceFactory(), country="FR", language="fr", by=customer
    )

    PolicyRow.objects.create(key="wishes_max", value=1, starts_at=now)

    assert Booking.objects.get(pk=draft.pk).policy == Policy()


def test_other_service_of_the_same_length_keeps_place_and_wishes(now):
    draft, other = factories.DraftFactory(), factories.ServiceFactory(slug="tv", name="TV")
    ServicePrice.objects.filter(service=other, country="FR").delete()
    ServicePrice.objects.create(
        service=other, country="FR", currency="EUR", price_cents=9900, starts_at=now
    )

    drafting.set_service(draft.pk, other, country="FR")

    draft.refresh_from_db()
    assert (draft.service, draft.service_cents, draft.postcode) == (other, 9900, "69007")
    assert draft.wishes.count() == 1
    assert draft.contact.street == "14 rue de l’Exemple"


def test_other_length_drops_the_wishes(now):
    draft, other = (
        factories.DraftFactory(),
        factories.ServiceFactory(slug="tv", duration_minutes=90),
    )

    drafting.set_service(draft.pk, other, country="FR")

    draft.refresh_from_db()
    assert (draft.first_start_at, draft.last_start_at, draft.wishes.count()) == (None, None, 0)
    assert draft.postcode == "69007"


def test_other_country_drops_place_and_wishes(now):
    draft = factories.DraftFactory()

    drafting.set_service(draft.pk, draft.service, country="CH")

    draft = Booking.objects.get(pk=draft.pk)
    assert (draft.country, draft.currency, draft.timezone) == ("CH", "CHF", "Europe/Zurich")
    assert (draft.postcode, draft.city, draft.region, draft.contact.street, draft.contact.lat) == (
        "",
        "",
        "",
        "",
        None,
    )
    assert draft.wishes.count() == 0


def test_placed_booking_keeps_its_service(now, partner):
    booking, other = booking_in(State.SEARCHING, partner, now), factories.ServiceFactory(slug="tv")

    with refused(booking, drafting.NotADraft):
        drafting.set_service(booking.pk, other, country="FR")
