"""Who asks for free times all around finds no home, nor does who watches somebody set off
(fault A6).
"""

import pytest
from django.urls import reverse

from accounts.models import Technician
from accounts.search import refresh_search_rows
from dispatch.availability import Visit, somebody_works
from mila.clock import mila_now
from places.distance import METRES_PER_DEGREE, metres, neighbourhood
from policy.queries import policy_at
from requests_app.actions import visit
from requests_app.models import BookingContact, Position, State
from tests import factories
from tests.requests_app.booking_states import booking_in
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
HOME, NEXT_VILLAGE = (45.7512, 4.8531), (45.7548, 4.8455)  # 700 m apart, in one neighbourhood
ON_THE_WAY, ELSEWHERE = (45.77, 4.88), (45.79, 4.90)
WITHIN_M = 60  # of what the bisection finds
BOX = 0.4  # degrees: beyond everybody's area here
STEPS = 14


def written_by_staff(client, staff, technician, home):
    """The technician's page of the back office, sent with where they live."""
    sign_in(client, staff)
    address = reverse("admin:accounts_technician_change", args=[technician.pk])
    context = client.get(address).context
    forms = [context["adminform"].form]
    for admin_formset in context["inline_admin_formsets"]:
        formset = admin_formset.formset
        forms += [formset.management_form, *formset.initial_forms]
    sent = {box.html_name: box.value() for form in forms for box in form}
    sent |= {"lat": home[0], "lon": home[1], "phone": str(technician.phone)}
    answer = client.post(address, {key: value for key, value in sent.items() if value is not None})
    assert answer.status_code == 302, answer.context["errors"]
    return Technician.objects.get(pk=technician.pk)


def found_by_a_stranger(technician):
    """Where the middle of the edge lies, asked only whether somebody comes to a place."""
    skill, at = technician.skills.get().skill_id, mila_now()
    policy = policy_at(at, "FR")

    def comes(lat, lon):
        return somebody_works(Visit(skill, lat, lon, "exact", "Europe/Paris", 60, policy), at)

    def edge(lat, lon, north, east):
        near, far = 0.0, BOX
        for _step in range(STEPS):
            middle = (near + far) / 2
            comes_there = comes(lat + north * middle, lon + east * middle)
            near, far = (middle, far) if comes_there else (near, middle)
        return near

    lat, lon = factories.LYON["lat"], factories.LYON["lon"]
    assert comes(lat, lon)
    lat += (edge(lat, lon, 1, 0) - edge(lat, lon, -1, 0)) / 2
    lon += (edge(lat, lon, 0, 1) - edge(lat, lon, 0, -1)) / 2
    return lat, lon


def test_two_homes_of_one_neighbourhood_are_told_apart_by_nobody(client, staff):
    technician = factories.TechnicianFactory(radius_m=10_000)

    found = []
    for home in (HOME, NEXT_VILLAGE):
        written_by_staff(client, staff, technician, home)
        found.append(found_by_a_stranger(technician))

    assert metres(*HOME, *NEXT_VILLAGE) > 10 * WITHIN_M
    assert found[0] == found[1]
    assert metres(*found[0], *neighbourhood(*HOME)) < WITHIN_M


def test_control_a_home_that_is_kept_is_found():
    technician = factories.TechnicianFactory(radius_m=10_000, lat=HOME[0], lon=HOME[1])
    refresh_search_rows(technician)

    assert metres(*found_by_a_stranger(technician), *HOME) < WITHIN_M


def test_no_row_keeps_where_they_live(client, staff):
    technician = factories.TechnicianFactory()

    kept = written_by_staff(client, staff, technician, HOME)

    assert (kept.lat, kept.lon) == neighbourhood(*HOME)
    again = written_by_staff(client, staff, technician, (kept.lat, kept.lon))
    assert (again.lat, again.lon) == (kept.lat, kept.lon)
    rows = technician.search_rows.values_list("lat", "lon")
    assert set(rows) == {(kept.lat, kept.lon)}


@pytest.mark.parametrize("away", [0, 300, 900, 2_400])
def test_a_neighbourhood_is_near(away):
    lat, lon = HOME[0] + away / METRES_PER_DEGREE, HOME[1]

    assert metres(lat, lon, *neighbourhood(lat, lon)) <= 1_500


@pytest.mark.parametrize(
    ("at", "house", "seen"),
    [
        (HOME, ELSEWHERE, neighbourhood(*HOME)),  # the middle, no home
        (ON_THE_WAY, ELSEWHERE, ON_THE_WAY),
        (HOME, NEXT_VILLAGE, HOME),  # so near the map would show nothing else
        (HOME, (None, None), neighbourhood(*HOME)),
    ],
)
def test_who_sets_off_from_home_is_seen_in_the_neighbourhood(now, partner, at, house, seen):
    partner.lat, partner.lon = neighbourhood(*HOME)
    partner.save()
    booking = booking_in(State.EN_ROUTE, partner, now)
    BookingContact.objects.filter(booking=booking).update(lat=house[0], lon=house[1])

    visit.report_position(booking.pk, partner.pk, lat=at[0], lon=at[1], eta_at=None)

    position = Position.objects.get(booking=booking)
    assert (position.lat, position.lon) == seen
