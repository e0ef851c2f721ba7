"""It could not be done: why, and whose fault it was decides who pays (rule B10, L11)."""

from datetime import timedelta

import pytest

from requests_app.actions import visit
from requests_app.actions.visit import WaitNotOver
from requests_app.lifecycle import IllegalMove, ReasonMissing, Role
from requests_app.models import AT_WORK, Booking, BookingEvent, Fault, State
from tests.cast import MORNING
from tests.evidence import forged
from tests.requests_app.booking_states import booking_in, effects, moves, refused, told, unchanged

TEN_MINUTES = timedelta(minutes=10)


def fail(booking, technician, *, reason="No line", fault=Fault.BRAND, **kwargs):
    return visit.fail_visit(
        booking.pk, technician.pk, by=technician.user, reason=reason, fault=fault, **kwargs
    )


def arrived(booking, at):
    with forged():
        BookingEvent.objects.filter(booking=booking).update(move="arrive", at=at)


@pytest.mark.parametrize("state", sorted(AT_WORK))
@pytest.mark.parametrize("fault", sorted(set(Fault) - {Fault.CUSTOMER}))
def test_visit_fails_free_of_charge_unless_the_customer_caused_it(state, fault, now, partner):
    booking = booking_in(state, partner, now)

    failed = fail(booking, partner, fault=fault)

    assert (failed.state, failed.fee_cents, failed.end_reason, failed.end_fault) == (
        State.FAILED,
        0,
        "No line",
        fault,
    )
    noted = ["fault_noted"] if fault == Fault.PARTNER else []
    assert (moves(failed), effects(), told(failed)) == (
        ["fail_visit"],
        ["payments.charge"],
        ["failed", *noted],
    )
    assert failed.assignments.get().ended_at is None


@pytest.mark.parametrize(
    ("columns", "fee"),
    [
        ({}, 0),  # inside the right of withdrawal
        ({"placed_at": MORNING - timedelta(days=14)}, 0),
        ({"placed_at": MORNING - timedelta(days=15)}, 2500),
        ({"country": "CH", "currency": "CHF", "timezone": "Europe/Zurich"}, 3000),
    ],
)
def test_nobody_at_home_after_ten_minutes_costs_the_fee_outside_a_right_of_withdrawal(
    columns, fee, now, rival_partner
):
    partner = rival_partner  # a Pro's: the days count from the order
    booking = booking_in(State.ARRIVED, partner, now, **columns)
    Booking.objects.filter(pk=booking.pk).update(start_at=now - TEN_MINUTES)
    arrived(booking, now - TEN_MINUTES)

    assert fail(booking, partner, fault=Fault.CUSTOMER).fee_cents == fee


@pytest.mark.parametrize("later", ["start", "arrival"])
@pytest.mark.parametrize("waited", [timedelta(), TEN_MINUTES - timedelta(seconds=1)])
def test_the_wait_begins_at_the_later_of_start_and_arrival(later, waited, now, partner):
    booking = booking_in(State.ARRIVED, partner, now)
    start, came = (waited, TEN_MINUTES) if later == "start" else (TEN_MINUTES, waited)
    Booking.objects.filter(pk=booking.pk).update(start_at=now - start)
    arrived(booking, now - came)

    with refused(booking, WaitNotOver):
        fail(booking, partner, fault=Fault.CUSTOMER)


def test_nobody_home_in_the_morning_of_a_visit_in_the_evening_is_refused(now, partner):
    booking = booking_in(State.ARRIVED, partner, now)
    Booking.objects.filter(pk=booking.pk).update(start_at=now + timedelta(hours=8, minutes=28))
    arrived(booking, now - timedelta(minutes=11))

    with refused(booking, WaitNotOver):
        fail(booking, partner, fault=Fault.CUSTOMER)


def test_customer_s_fault_without_having_been_at_the_door_is_refused(now, partner):
    booking = booking_in(State.EN_ROUTE, partner, now)

    with refused(booking, WaitNotOver):
        fail(booking, partner, fault=Fault.CUSTOMER)


def test_ops_fail_it_in_their_own_name(now, partner):
    booking = booking_in(State.IN_PROGRESS, partner, now)

    assert fail(booking, partner, role=Role.OPS).events.last().role == "ops"


def test_long_reason_is_kept_whole_in_the_event(now, partner):
    booking = booking_in(State.IN_PROGRESS, partner, now)

    failed = fail(booking, partner, reason="x" * 300)

    assert failed.events.last().reason == "x" * 300
    assert Booking.objects.get(pk=booking.pk).end_reason == "x" * 200


def test_repeat_changes_nothing(now, partner):
    booking = booking_in(State.ARRIVED, partner, now)
    fail(booking, partner)

    with unchanged(booking):
        fail(booking, partner, reason="Other", fault=Fault.NOBODY)


def test_without_a_reason_is_refused(now, partner):
    booking = booking_in(State.ARRIVED, partner, now)

    with refused(booking, ReasonMissing):
        fail(booking, partner, reason=" ")


@pytest.mark.parametrize("state", [State.CONFIRMED, State.FINISHED, State.SETTLED])
def test_out_of_turn_is_refused(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        fail(booking, partner)


def test_stranger_is_refused(now, partner, rival_partner):
    booking = booking_in(State.ARRIVED, partner, now)

    with refused(booking, visit.NotYours):
        fail(booking, rival_partner)
