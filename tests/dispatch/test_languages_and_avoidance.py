"""A language in common, and two who do not want to meet again (rule D1):
one text for all who ask.
"""

import pytest

from accounts.models import SkillSearch, Technician
from accounts.search import refresh_search_rows
from dispatch import availability, matching, offers
from dispatch.availability import Visit, free_people, somebody_works
from mila.clock import mila_now
from requests_app.models import Author, Avoidance, Booking
from tests import factories
from tests.dispatch.steps import technician


def speaks(who, *languages):
    Technician.objects.filter(pk=who.pk).update(languages=list(languages))
    refresh_search_rows(who)


def booking_in(*languages):
    page, *others = languages
    return factories.placed_booking(language=page, spoken=sorted(others))


def found(booking):
    return [one.technician_id for one in matching.candidates(booking, mila_now())]


def free(booking):
    start = booking.wishes.get().start_at
    return free_people(Visit.of(booking), [start], mila_now())[start]


def test_search_row_holds_the_languages_as_bits(partner):
    speaks(partner, "fr", "en")

    assert SkillSearch.objects.get(technician=partner).languages == 1 + 8


@pytest.mark.parametrize(
    ("theirs", "customers", "meet"),
    [
        (["fr"], ["fr"], True),
        (["fr", "en"], ["de", "en"], True),
        (["fr"], ["de"], False),
        (["fr", "it"], ["de", "en"], False),
        ([], ["fr"], False),
    ],
)
def test_they_meet_only_where_they_understand_each_other(morning, partner, theirs, customers, meet):
    speaks(partner, *theirs)
    booking = booking_in(*customers)
    at = mila_now()

    assert found(booking) == ([partner.pk] if meet else [])
    assert bool(matching.fitting_bookings(partner.pk, [booking.pk], at)) == meet
    assert matching.excluding_rule(booking, partner.pk, at) == (None if meet else "language")
    assert matching.exclusions(booking, at) == ({} if meet else {"language": 1})
    assert free(booking) == int(meet)
    assert somebody_works(Visit.of(booking), at) == meet


def test_the_best_of_another_language_stand_in_nobodys_way(morning):
    """The search reads the best by score: who could not be understood takes no place among them."""
    strangers = [
        technician(north_m=100 + n, skills={factories.SkillFactory(): 5}) for n in range(6)
    ]
    for who in strangers:
        speaks(who, "it")
    understood = technician(north_m=9_000)
    speaks(understood, "fr")

    assert found(booking_in("fr")) == [understood.pk]


def test_window_opens_only_for_who_is_understood(morning, partner, rival_partner):
    speaks(partner, "de")
    speaks(rival_partner, "fr")

    assert offers.open_next(booking_in("fr").pk).technician == rival_partner


def test_nobody_speaks_it_and_no_window_opens(morning, partner):
    speaks(partner, "de")

    assert offers.open_next(booking_in("fr").pk) is None


@pytest.mark.parametrize("side", [Author.CUSTOMER, Author.TECHNICIAN])
def test_who_said_not_again_does_not_meet_again(searching, partner, customer, side):
    assert found(searching) == [partner.pk]
    row = Avoidance.objects.create(
        customer=customer, technician=partner, said_by=side, booking=searching, at=mila_now()
    )

    assert found(searching) == []
    assert matching.excluding_rule(searching, partner.pk, mila_now()) == "apart"
    assert not matching.fitting_bookings(partner.pk, [searching.pk], mila_now())
    assert free(searching) == 0

    row.ended_at = mila_now()
    row.save()
    assert found(searching) == [partner.pk]
    assert free(searching) == 1


def test_somebody_elses_avoidance_is_none_of_theirs(searching, partner):
    other = factories.UserFactory()
    Avoidance.objects.create(
        customer=other,
        technician=partner,
        said_by=Author.CUSTOMER,
        booking=searching,
        at=mila_now(),
    )

    assert found(searching) == [partner.pk]


def test_place_alone_asks_for_no_language(morning, partner):
    speaks(partner, "it")
    booking = booking_in("fr")
    anybody = Visit.of(booking)
    anybody = Visit(anybody.skill_id, anybody.lat, anybody.lon, "town", "", 60, anybody.policy)

    assert availability.somebody_works(anybody, mila_now())
    assert not availability.somebody_works(Visit.of(booking), mila_now())
    assert Booking.objects.get(pk=booking.pk).spoken == []
