"""Where it is; another country means another price (rule B4, B5)."""

from places.place import Place
from requests_app.actions import drafting
from requests_app.models import Booking, State
from tests import factories
from tests.requests_app.booking_states import booking_in, refused

LYON_3 = Place("FR", "69003", "Lyon", 45.76, 4.85, "address", "Europe/Paris", "69")
STRASBOURG = Place("FR", "67000", "Strasbourg", 48.58, 7.75, "street", "Europe/Paris", "67")
GENEVA = Place("CH", "1201", "Genève", 46.21, 6.14, "town", "Europe/Zurich", "GE")


def set_place(draft, place):
    drafting.set_place(draft.pk, place, street="1 rue Neuve", door_code="B2")
    return Booking.objects.get(pk=draft.pk)


def test_place_next_door_keeps_the_wishes(now):
    draft = set_place(factories.DraftFactory(), LYON_3)

    assert (draft.postcode, draft.city, draft.region, draft.service_cents) == (
        "69003",
        "Lyon",
        "69",
        6900,
    )
    contact = draft.contact
    assert (contact.street, contact.door_code, contact.lat, contact.lon) == (
        "1 rue Neuve",
        "B2",
        45.76,
        4.85,
    )
    assert contact.precision == "address"
    assert draft.wishes.count() == 1


def test_place_with_other_holidays_drops_the_wishes(now):
    draft = set_place(factories.DraftFactory(), STRASBOURG)

    assert (draft.region, draft.wishes.count(), draft.first_start_at) == ("67", 0, None)


def test_place_in_the_other_country_has_its_price_and_its_time(now):
    draft = set_place(factories.DraftFactory(), GENEVA)

    assert (draft.country, draft.currency, draft.timezone) == ("CH", "CHF", "Europe/Zurich")
    assert (draft.service_cents, draft.booking_fee_cents) == (11900, 490)


def test_placed_booking_stays_where_it_is(now, partner):
    booking = booking_in(State.SEARCHING, partner, now)

    with refused(booking, drafting.NotADraft):
        set_place(booking, LYON_3)
    assert booking.contact.street == "14 rue de l’Exemple"
