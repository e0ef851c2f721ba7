"""No visit: when it is free, and what it costs otherwise (rule B10, L9)."""

from datetime import timedelta

import pytest

from accounts.models import CalendarEntry
from requests_app.actions.changes import CostChanged, TooLate, cancel, cancel_cost
from requests_app.lifecycle import BRAND, CUSTOMER, OPS, IllegalMove
from requests_app.models import BEFORE_DEPARTURE, Booking, State
from tests.requests_app.booking_states import booking_in, effects, moves, refused, told, unchanged

SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
SWISS = {"country": "CH", "currency": "CHF", "timezone": "Europe/Zurich"}


def swiss(state, partner, now, **columns):
    """No right of withdrawal blurs the rule."""
    return booking_in(state, partner, now, **SWISS, **columns)


def assert_costs(booking, cents):
    """The customer is told the cost, and pays just that."""
    if cents:
        with refused(booking, CostChanged):
            cancel(booking.pk, role=CUSTOMER, by=None, accepted_cost_cents=cents - 1)
    ended = cancel(booking.pk, role=CUSTOMER, by=None, accepted_cost_cents=cents)
    assert (ended.state, ended.fee_cents) == (State.CANCELLED, cents)


def test_cancelled_visit_frees_the_technician_and_tells_them(now, partner, customer):
    booking = swiss(State.CONFIRMED, partner, now)

    ended = cancel(booking.pk, role=CUSTOMER, by=customer, reason="x" * 300)

    ended = Booking.objects.get(pk=ended.pk)
    assert (ended.state, ended.technician, ended.due_at, ended.end_reason) == (
        State.CANCELLED,
        None,
        None,
        "x" * 200,
    )
    assert not CalendarEntry.objects.exists()
    assert ended.assignments.get().fault is False
    event = ended.events.last()
    assert (event.role, event.by, event.data) == ("customer", customer, {"cost": 0})
    assert effects() == ["dispatch.withdraw", "payments.charge"]
    assert told(ended) == ["cancelled", "job_cancelled"]


@pytest.mark.parametrize("state", sorted(BEFORE_DEPARTURE - {State.UNCONFIRMED}))
@pytest.mark.parametrize(
    ("before", "cents"), [(DAY + SECOND, 0), (DAY, 0), (DAY - SECOND, 3000), (SECOND, 3000)]
)
def test_free_until_24_hours_before_the_start(state, before, cents, now, partner, stopped_clock):
    booking = swiss(state, partner, now)
    stopped_clock(booking.start_at - before)

    assert_costs(booking, cents)


@pytest.mark.parametrize(("after", "cents"), [(30 * MINUTE, 0), (30 * MINUTE + SECOND, 3000)])
def test_free_for_half_an_hour_after_booking(after, cents, now, partner, stopped_clock):
    booking = swiss(State.CLAIMED, partner, now, placed_at=now + 73 * HOUR)
    stopped_clock(now + 73 * HOUR + after)

    assert_costs(booking, cents)


@pytest.mark.parametrize("state", [State.SEARCHING, State.UNFILLED])
def test_free_while_nobody_has_claimed(state, now, partner, stopped_clock):
    booking = swiss(state, partner, now)
    stopped_clock(booking.first_start_at - MINUTE)

    assert_costs(booking, 0)


def test_free_while_the_partner_is_unconfirmed(now, partner, stopped_clock):
    booking = swiss(State.UNCONFIRMED, partner, now)
    stopped_clock(booking.start_at - MINUTE)

    assert_costs(booking, 0)


@pytest.mark.parametrize(("after", "cents"), [(30 * MINUTE - SECOND, 3000), (30 * MINUTE, 0)])
def test_free_when_the_partner_is_half_an_hour_late(after, cents, now, partner, stopped_clock):
    booking = swiss(State.CONFIRMED, partner, now)
    stopped_clock(booking.start_at + after)

    assert_costs(booking, cents)


def test_free_when_the_partner_is_on_their_way_and_half_an_hour_late(now, partner, stopped_clock):
    booking = swiss(State.EN_ROUTE, partner, now)
    stopped_clock(booking.start_at + 30 * MINUTE)

    assert_costs(booking, 0)


@pytest.mark.parametrize("role", [CUSTOMER, OPS, BRAND])
def test_while_the_partner_is_on_their_way_in_time_is_refused(role, now, partner, stopped_clock):
    booking = swiss(State.EN_ROUTE, partner, now)
    stopped_clock(booking.start_at + 30 * MINUTE - SECOND)

    with refused(booking, TooLate):
        cancel(booking.pk, role=role, by=None, accepted_cost_cents=9999)


def test_start_moved_within_24_hours_of_it_keeps_the_old_start(now, partner, stopped_clock):
    booking = swiss(State.CALLED, partner, now, cancel_start_at=now + HOUR)
    assert booking.start_at - now > 2 * DAY

    stopped_clock(now + 2 * HOUR)

    assert_costs(booking, 3000)


def test_draft_is_free(now, partner):
    assert_costs(swiss(State.DRAFT, partner, now, placed_at=None), 0)


# --- French consumers: 14 days of withdrawal


@pytest.mark.parametrize(("since_order", "cents"), [(14 * DAY, 0), (15 * DAY, 2500)])
def test_french_withdrawal_is_free_for_14_days(
    since_order, cents, now, rival_partner, stopped_clock
):
    """To the end of the last day (tests/requests_app/test_withdraw.py)."""
    booking = booking_in(
        State.CONFIRMED, rival_partner, now, placed_at=now + 74 * HOUR - since_order
    )
    stopped_clock(now + 74 * HOUR)

    assert_costs(booking, cents)


def test_swiss_bookings_have_no_withdrawal(now, partner, stopped_clock):
    booking = swiss(State.CONFIRMED, partner, now)
    stopped_clock(booking.start_at - MINUTE)

    assert cancel_cost(booking, booking.start_at - MINUTE) == 3000


# --- Who, and how often


@pytest.mark.parametrize("role", [OPS, BRAND])
def test_cancellation_that_is_not_the_customer_s_never_costs_them_anything(
    role, now, partner, staff, stopped_clock
):
    booking = swiss(State.CONFIRMED, partner, now)
    stopped_clock(booking.start_at - MINUTE)

    ended = cancel(booking.pk, role=role, by=staff, reason="Mila cannot come")

    assert (ended.fee_cents, ended.events.last().role) == (0, role)


def test_customer_pays_what_it_costs_not_what_they_would_accept(now, partner, stopped_clock):
    booking = swiss(State.CONFIRMED, partner, now)
    stopped_clock(booking.start_at - MINUTE)

    assert cancel(booking.pk, role=CUSTOMER, by=None, accepted_cost_cents=9999).fee_cents == 3000


def test_repeat_changes_nothing(now, partner):
    booking = swiss(State.CLAIMED, partner, now)
    cancel(booking.pk, role=CUSTOMER, by=None)

    with unchanged(booking):
        cancel(booking.pk, role=CUSTOMER, by=None)
    assert moves(booking) == ["cancel"]


@pytest.mark.parametrize("state", [State.FINISHED, State.SETTLED, State.FAILED])
def test_out_of_turn_is_refused(state, now, partner):
    booking = swiss(state, partner, now)

    with refused(booking, IllegalMove):
        cancel(booking.pk, role=CUSTOMER, by=None, accepted_cost_cents=9999)


@pytest.mark.parametrize("state", [State.EN_ROUTE, State.ARRIVED])
def test_half_an_hour_late_it_is_free_also_when_somebody_says_to_be_at_the_door(
    state, now, partner, stopped_clock
):
    booking = swiss(state, partner, now)
    stopped_clock(booking.start_at + 30 * MINUTE)

    assert_costs(booking, 0)


@pytest.mark.parametrize(("met", "after"), [(True, 30 * MINUTE), (False, 30 * MINUTE - SECOND)])
def test_from_the_door_only_late_and_without_a_code(met, after, now, partner, stopped_clock):
    booking = swiss(State.ARRIVED, partner, now)
    booking.assignments.update(code_typed_at=booking.start_at if met else None)
    stopped_clock(booking.start_at + after)

    with refused(booking, TooLate):
        cancel(booking.pk, role=CUSTOMER, by=None, accepted_cost_cents=9999)
