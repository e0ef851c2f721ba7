"""On the way, at the door, at work, each at its hour; a position only on the way
(rule L8, L9; fault A16).
"""

from datetime import timedelta

import pytest
from django.utils import translation

from mila.formats import moment
from requests_app.actions import visit
from requests_app.lifecycle import IllegalMove, TooEarly
from requests_app.models import Booking, ClockKind, Position, State
from tests.requests_app import booking_states
from tests.requests_app.booking_states import moves, refused, told, unchanged

STEPS = [
    (visit.depart, State.CONFIRMED, State.EN_ROUTE, "depart", ["en_route"]),
    (visit.arrive, State.EN_ROUTE, State.ARRIVED, "arrive", []),
    (visit.start, State.ARRIVED, State.IN_PROGRESS, "start", []),
]
each_step = pytest.mark.parametrize(("verb", "source", "target", "move", "notices"), STEPS)


@pytest.fixture
def now(morning, stopped_clock):
    """Twenty minutes before the start of every booking of this file."""
    at = morning + booking_states.LEAD - timedelta(minutes=20)
    stopped_clock(at)
    return at


def booking_in(state, technician, now):
    return booking_states.booking_in(
        state, technician, now - booking_states.LEAD + timedelta(minutes=20)
    )


def step(verb, booking, technician):
    return verb(booking.pk, technician.pk, by=technician.user)


@each_step
def test_step_is_made_and_told(verb, source, target, move, notices, now, partner):
    booking = booking_in(source, partner, now)

    moved = step(verb, booking, partner)

    assert (moved.state, moved.due_at) == (target, None)
    assert (moves(moved), told(moved)) == ([move], notices)


@each_step
def test_repeat_changes_nothing(verb, source, target, move, notices, now, partner):
    booking = booking_in(source, partner, now)
    step(verb, booking, partner)

    with unchanged(booking):
        step(verb, booking, partner)


@each_step
def test_stranger_is_refused(verb, source, target, move, notices, now, partner, rival_partner):
    booking = booking_in(source, partner, now)

    with refused(booking, visit.NotYours):
        step(verb, booking, rival_partner)


@each_step
def test_out_of_turn_is_refused(verb, source, target, move, notices, now, partner):
    booking = booking_in(State.CLAIMED, partner, now)

    with refused(booking, IllegalMove):
        step(verb, booking, partner)


EARLIEST = [
    (visit.depart, State.CONFIRMED, State.EN_ROUTE, timedelta(hours=3)),
    (visit.arrive, State.EN_ROUTE, State.ARRIVED, timedelta(minutes=60)),
    (visit.start, State.ARRIVED, State.IN_PROGRESS, timedelta(minutes=60)),
]


@pytest.mark.parametrize(("verb", "source", "target", "lead"), EARLIEST)
@pytest.mark.parametrize(("seconds", "moved"), [(-1, False), (0, True), (1, True)])
def test_step_has_its_earliest_hour(
    verb, source, target, lead, seconds, moved, now, partner, stopped_clock
):
    booking = booking_in(source, partner, now)
    stopped_clock(booking.start_at - lead + timedelta(seconds=seconds))

    if moved:
        assert step(verb, booking, partner).state == target
    else:
        with refused(booking, TooEarly):
            step(verb, booking, partner)


@pytest.mark.parametrize(("verb", "source", "target", "lead"), EARLIEST)
def test_three_days_early_is_refused_with_the_hour_from_which_it_is_possible(
    verb, source, target, lead, now, partner, stopped_clock
):
    booking = booking_in(source, partner, now)
    stopped_clock(booking.start_at - timedelta(days=3))

    with translation.override("en"), refused(booking, TooEarly) as refusal:
        step(verb, booking, partner)

    with translation.override("en"):
        assert moment(booking.start_at - lead, booking.timezone) in str(refusal.value)


def test_another_figure_of_the_policy_gives_another_hour(now, partner, stopped_clock):
    booking = booking_in(State.CONFIRMED, partner, now)
    Booking.objects.filter(pk=booking.pk).update(
        policy_data={**booking.policy_data, "depart_lead": 600}
    )
    stopped_clock(booking.start_at - timedelta(minutes=11))

    with refused(booking, TooEarly):
        step(visit.depart, booking, partner)


@pytest.mark.parametrize(
    ("verb", "source", "kind", "after"),
    [
        # the start is in 20
        (visit.arrive, State.EN_ROUTE, ClockKind.DOOR_WAIT, timedelta(minutes=30)),
        (visit.start, State.ARRIVED, ClockKind.OVERDUE_WORK, timedelta(hours=2)),
    ],
)
def test_step_starts_its_clock(verb, source, kind, after, now, partner):
    booking = booking_in(source, partner, now)

    moved = step(verb, booking, partner)

    assert list(moved.clocks.filter(done_at=None).values_list("kind", "due_at")) == [
        (kind, now + after)
    ]


# --- Positions


def report(booking, technician, **kwargs):
    values = {"lat": 45.7, "lon": 4.8, "eta_at": None, **kwargs}
    visit.report_position(booking.pk, technician.pk, **values)


def test_position_is_kept_while_they_are_on_their_way_the_last_one_alone(now, partner):
    booking = booking_in(State.EN_ROUTE, partner, now)

    report(booking, partner)
    report(booking, partner, lat=45.8, eta_at=now + timedelta(minutes=9))

    position = Position.objects.get()
    assert (position.lat, position.lon, position.at, position.eta_at) == (
        45.8,
        4.8,
        now,
        now + timedelta(minutes=9),
    )
    assert moves(booking) == []


@pytest.mark.parametrize(
    "state",
    [
        State.CLAIMED,
        State.CONFIRMED,
        State.ARRIVED,
        State.IN_PROGRESS,
        State.FINISHED,
        State.SETTLED,
    ],
)
def test_position_of_somebody_not_on_their_way_is_dropped(state, now, partner):
    booking = booking_in(state, partner, now)

    with unchanged(booking):
        report(booking, partner)
    assert not Position.objects.exists()


def test_position_of_a_stranger_is_refused(now, partner, rival_partner):
    booking = booking_in(State.EN_ROUTE, partner, now)

    with refused(booking, visit.NotYours):
        report(booking, rival_partner)


def test_position_is_gone_at_the_door(now, partner):
    booking = booking_in(State.EN_ROUTE, partner, now)
    report(booking, partner)

    step(visit.arrive, booking, partner)

    assert not Position.objects.exists()


def test_position_of_somebody_before_them_is_gone_as_they_depart(now, partner):
    booking = booking_in(State.CONFIRMED, partner, now)
    Position.objects.create(booking=booking, lat=1, lon=1, at=now)

    step(visit.depart, booking, partner)

    assert not Position.objects.exists()


def test_offered_cash_is_told_to_ops_once(now, partner):
    booking = booking_in(State.IN_PROGRESS, partner, now)

    for _ in range(2):
        visit.report_cash(booking.pk, partner.pk, by=partner.user)

    assert (told(booking), moves(booking)) == (["cash_ops"], [])


def test_offered_cash_of_a_stranger_is_refused(now, partner, rival_partner):
    booking = booking_in(State.IN_PROGRESS, partner, now)

    with refused(booking, visit.NotYours):
        visit.report_cash(booking.pk, rival_partner.pk, by=rival_partner.user)
