"""Place and time of a wait at the door: kept at two instants, beside the move, and only by it
(rule B10, L8).
"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.translation import gettext

from backoffice import visit_history
from mila.clock import mila_now
from partner.forms.jobs import PhonePlaceForm
from places.calendar import wall_time
from requests_app.actions import other_times, undoing, visit
from requests_app.actions.doorstep import PhonePlace, wait_report
from requests_app.actions.visit import WaitNotOver
from requests_app.lifecycle import Role, TooEarly
from requests_app.models import Booking, BookingContact, DoorPlace, Fault, Position, State
from tests import cast
from tests.cast import at_the_door

PLACE = {"lat": "45.7485", "lon": "4.8467", "accuracy": "12.2"}


@pytest.fixture
def travelling(searching, partner):
    return cast.walk(searching, partner, State.EN_ROUTE)


def arrive(booking, partner, place=None):
    return visit.arrive(booking.pk, partner.pk, by=partner.user, place=place)


def fail(booking, partner, place=None, fault=Fault.CUSTOMER):
    return visit.fail_visit(
        booking.pk, partner.pk, by=partner.user, reason="Nobody", fault=fault, place=place
    )


def test_arrival_keeps_where_the_phone_is_with_metres_accuracy_and_instant(travelling, partner):
    booking = arrive(travelling, partner, at_the_door(120, 35))

    kept = DoorPlace.objects.get()
    assert (kept.move, kept.metres, kept.accuracy_m) == ("arrive", 120, 35)
    assert kept.at == booking.events.last().at
    assert kept.point == "45.749579 4.846700"


def test_the_point_is_a_cipher_in_the_table(travelling, partner):
    arrive(travelling, partner, at_the_door())

    [raw] = DoorPlace.objects.extra(select={"raw": "point::text"}).values_list("raw", flat=True)
    assert "45.7" not in raw


def test_without_a_place_nothing_is_kept_and_the_move_is_made(travelling, partner):
    assert arrive(travelling, partner).state == State.ARRIVED
    assert not DoorPlace.objects.exists()


def test_repeat_keeps_no_second_place(travelling, partner):
    arrive(travelling, partner, at_the_door())

    arrive(travelling, partner, at_the_door(9_000))

    assert [row.metres for row in DoorPlace.objects.all()] == [0]


def test_refused_arrival_keeps_no_place(searching, partner, stopped_clock):
    booking = cast.walk(searching, partner, State.EN_ROUTE)
    Booking.objects.filter(pk=booking.pk).update(
        start_at=booking.start_at + 5 * (booking.start_at - mila_now())
    )

    with pytest.raises(TooEarly):
        arrive(booking, partner, at_the_door())

    assert not DoorPlace.objects.exists()
    assert Booking.objects.get(pk=booking.pk).state == State.EN_ROUTE


def test_refused_end_keeps_no_place(travelling, partner, stopped_clock):
    arrive(travelling, partner)
    stopped_clock(mila_now())

    with pytest.raises(WaitNotOver):
        fail(travelling, partner, at_the_door())

    assert not DoorPlace.objects.exists()


@pytest.mark.parametrize("fault", sorted(set(Fault) - {Fault.CUSTOMER}))
def test_an_end_that_costs_the_customer_nothing_keeps_no_place(fault, travelling, partner):
    arrive(travelling, partner)

    fail(travelling, partner, at_the_door(), fault)

    assert not DoorPlace.objects.exists()


@pytest.mark.parametrize("precision", ["town", "district", ""])
def test_from_the_middle_of_a_town_no_distance_is_said(precision, travelling, partner):
    BookingContact.objects.filter(booking=travelling).update(precision=precision)

    arrive(travelling, partner, at_the_door())

    assert DoorPlace.objects.get().metres is None


def test_positions_of_the_way_are_gone_all_the_same(travelling, partner):
    visit.report_position(travelling.pk, partner.pk, lat=45.7, lon=4.8, eta_at=None)

    arrive(travelling, partner, at_the_door())

    assert not Position.objects.exists()
    assert DoorPlace.objects.count() == 1


def test_the_report_holds_the_assignment_s_own_instants(travelling, partner, stopped_clock):
    booking = arrive(travelling, partner, at_the_door(40))
    stopped_clock(booking.start_at + booking.policy.door_wait)
    booking = fail(booking, partner, at_the_door(50))

    said = wait_report(booking)

    assert (said.arrived_at, said.ended_at) == tuple(
        event.at for event in list(booking.events.all())[-2:]
    )
    assert (said.arrival.metres, said.end.metres, said.at_the_door) == (40, 50, True)


def test_arrival_that_was_taken_back_is_not_in_the_report(travelling, partner):
    booking = arrive(travelling, partner, at_the_door(40))
    assert wait_report(booking).arrived_at is not None
    undoing.take_back(booking.pk, partner.pk, by=partner.user, step="arrive")

    said = wait_report(booking)

    assert (said.arrived_at, said.arrival) == (None, None)


def test_arrival_of_an_earlier_appointment_is_not_in_the_report(travelling, partner, customer):
    booking = arrive(travelling, partner, at_the_door(40))
    assert wait_report(booking).arrived_at is not None
    wall = wall_time(booking.start_at, booking.timezone).replace(tzinfo=None) + timedelta(days=1)
    again = other_times.propose(booking.pk, partner.pk, wall=wall, reason="A cable is missing")
    other_times.accept(booking.pk, again.pk, role=Role.CUSTOMER, by=customer)

    booking.refresh_from_db()
    assert wait_report(booking).arrived_at is None


# --- The form


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {**PLACE, "lat": ""},
        {**PLACE, "lat": "91"},
        {**PLACE, "lon": "nan"},
        {**PLACE, "accuracy": ""},
        {**PLACE, "accuracy": "-1"},
        {**PLACE, "accuracy": "inf"},
        {**PLACE, "accuracy": "99999999999"},
        {**PLACE, "lat": "\x00"},
    ],
)
def test_what_is_no_place_is_none(sent):
    assert PhonePlaceForm(sent).place is None


def test_the_phone_s_doubt_is_rounded_up():
    assert PhonePlaceForm(PLACE).place == PhonePlace(45.7485, 4.8467, 13)


def test_page_sends_the_place_with_the_arrival(client, travelling, partner):
    client.force_login(partner.user)
    page = client.get(reverse("partner:job", args=[travelling.uuid])).content.decode()

    client.post(reverse("partner:arrive", args=[travelling.uuid]), PLACE)

    assert page.count("data-place") == 2  # beside "I am at the door", and where the visit is ended
    assert DoorPlace.objects.get().metres == 0


def test_nonsense_in_the_fields_stops_no_arrival(client, travelling, partner):
    client.force_login(partner.user)

    client.post(reverse("partner:arrive", args=[travelling.uuid]), {**PLACE, "lat": "here"})

    assert Booking.objects.get(pk=travelling.pk).state == State.ARRIVED
    assert not DoorPlace.objects.exists()


def test_page_sends_the_place_with_the_end(client, travelling, partner, stopped_clock):
    arrive(travelling, partner)
    stopped_clock(travelling.start_at + travelling.policy.door_wait)
    client.force_login(partner.user)

    answers = {"why": "nobody_home", "fault": Fault.CUSTOMER, **PLACE}
    client.post(reverse("partner:fail", args=[travelling.uuid]), answers)

    assert [(row.move, row.metres) for row in DoorPlace.objects.all()] == [("fail_visit", 0)]


def test_stranger_s_arrival_keeps_nothing(travelling, rival_partner):
    with pytest.raises(visit.NotYours):
        arrive(travelling, rival_partner, at_the_door())

    assert not DoorPlace.objects.exists()


# --- Ops


def test_history_shows_the_metres(travelling, partner):
    arrive(travelling, partner, at_the_door(120, 35))

    chapter = visit_history.door(travelling, mila_now())

    assert [str(cell) for cell in chapter.rows[0][3:5]] == ["120 m", "± 35 m"]
    assert "45.74" not in repr(chapter)


def test_history_says_that_there_is_none(travelling, partner):
    arrive(travelling, partner)

    chapter = visit_history.door(travelling, mila_now())

    assert (chapter.rows, chapter.note) == ([], gettext("The phone gave no place."))
