"""Deadlines act in their second, once, whatever else goes on (fault T1, T4, T9, T15)."""

from datetime import timedelta

import pytest

from accounts.models import Notification
from requests_app import sweeps
from requests_app.actions import visit
from requests_app.models import Booking, Clock, ClockKind, Position, State
from requests_app.sweeps import CLOCK_NOTICES, sweep_bookings, sweep_clocks, sweep_positions
from requests_app.tasks import sweep
from tests import factories
from tests.evidence import forged
from tests.requests_app.booking_states import booking_in, facts

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
S = State
# The states whose own clock moves them, but the finished work (test_silence.py).
MOVED = [
    (S.SEARCHING, S.UNFILLED),
    (S.CLAIMED, S.SEARCHING),
    (S.CALLED, S.UNCONFIRMED),
    (S.UNFILLED, S.CANCELLED),
]
RUNS_IN = {
    ClockKind.CALL_REMINDER: S.CLAIMED,
    ClockKind.CONFIRM_REMINDER: S.CALLED,
    ClockKind.LATENESS: S.CONFIRMED,
    ClockKind.DOOR_WAIT: S.ARRIVED,
    ClockKind.OVERDUE_WORK: S.IN_PROGRESS,
    ClockKind.SLOT_FREED: S.FINISHED,
    ClockKind.SEARCH_WARNING: S.SEARCHING,
    ClockKind.UNCONFIRMED_LIMIT: S.UNCONFIRMED,
    ClockKind.SIGNATURE_REMINDER_1: S.FINISHED,
    ClockKind.SIGNATURE_REMINDER_2: S.FINISHED,
    ClockKind.SIGNATURE_REMINDER_3: S.FINISHED,
}


def told(booking):
    return sorted(Notification.objects.filter(subject_id=booking.uuid).values_list("kind", "round"))


def running(booking, kind, due_at, **columns):
    """The booking's only clock."""
    booking.clocks.all().delete()
    return Clock.objects.create(
        booking=booking, kind=kind, epoch=booking.epoch, due_at=due_at, **columns
    )


# --- The clock that moves the state


@pytest.mark.parametrize(("state", "target"), MOVED)
@pytest.mark.parametrize(("after", "moves"), [(-SECOND, 0), (0 * SECOND, 1), (SECOND, 1)])
def test_due_booking_moves_from_its_second_on(
    state, target, after, moves, now, partner, stopped_clock
):
    booking = booking_in(state, partner, now, due_at=now + MINUTE)

    stopped_clock(now + MINUTE + after)

    assert sweep_bookings() == moves
    booking.refresh_from_db()
    assert booking.state == (target if moves else state)
    assert booking.events.count() == 1 + moves


@pytest.mark.parametrize("state", [state for state, _target in MOVED])
def test_second_sweep_finds_nothing_to_do(state, now, partner):
    booking = booking_in(state, partner, now, due_at=now)
    sweep_bookings()
    before = facts(booking)

    assert sweep_bookings() == 0
    assert facts(booking) == before


@pytest.mark.parametrize(
    "state", sorted(set(State) - {state for state, _target in MOVED} - {S.FINISHED})
)
def test_state_without_a_clock_of_its_own_has_none(state, now, partner):
    booking = booking_in(state, partner, now)
    before = facts(booking)

    assert sweep_bookings() == 0
    assert facts(booking) == before


@pytest.mark.parametrize("state", [S.CLAIMED, S.CALLED])
def test_missed_promise_counts_against_the_technician(state, now, partner):
    booking_in(state, partner, now, due_at=now)

    sweep_bookings()

    partner.refresh_from_db()
    assert (partner.promises_kept, partner.promises_broken) == (0, 1)


def test_end_of_a_search_counts_against_nobody(now, partner):
    booking_in(S.SEARCHING, partner, now, due_at=now)

    sweep_bookings()

    partner.refresh_from_db()
    assert partner.promises_broken == 0


def test_late_technician_stays_attached(now, partner):
    booking = booking_in(S.CALLED, partner, now, due_at=now)

    sweep_bookings()

    booking.refresh_from_db()
    assert (booking.state, booking.technician) == (S.UNCONFIRMED, partner)
    assert booking.assignments.get().ended_at is None
    assert set(booking.clocks.filter(done_at=None).values_list("kind", "due_at")) == {
        (ClockKind.UNCONFIRMED_LIMIT, booking.start_at - timedelta(hours=1)),
        (ClockKind.LATENESS, booking.start_at + timedelta(minutes=15)),
    }


def test_poisoned_booking_is_pushed_back_and_stops_nobody(now, partner, caplog):
    poison = booking_in(S.DRAFT, partner, now, due_at=now - MINUTE)  # the table has no such clock
    before = facts(poison)
    good = booking_in(S.SEARCHING, partner, now, due_at=now)

    assert sweep_bookings() == 1

    good.refresh_from_db()
    assert good.state == S.UNFILLED
    before["row"]["due_at"] = now + MINUTE
    assert facts(poison) == before
    assert f"handle_due_booking {poison.pk}" in caplog.text


def test_row_that_was_handled_meanwhile_is_left_alone(now, partner):
    booking = booking_in(S.SEARCHING, partner, now, due_at=now + SECOND)
    gone = booking_in(S.SEARCHING, partner, now)

    assert sweeps.handle_due_booking(booking.pk) is False
    assert sweeps.handle_due_booking(gone.pk) is False
    assert sweeps.handle_due_booking(0) is False


# --- Action and deadline in the same second


def test_call_in_the_second_of_its_deadline_counts(now, partner, stopped_clock):
    booking = booking_in(S.CLAIMED, partner, now, due_at=now + MINUTE)
    stopped_clock(now + MINUTE)

    visit.record_call(booking.pk, partner.pk, by=partner.user, channel="phone", reached=True)

    assert sweep_bookings() == 0
    booking.refresh_from_db()
    assert booking.state == S.CALLED
    assert list(booking.events.values_list("move", flat=True)) == ["before", "record_call"]


def test_call_after_the_sweep_of_the_same_second_is_too_late(now, partner, stopped_clock):
    booking = booking_in(S.CLAIMED, partner, now, due_at=now + MINUTE)
    stopped_clock(now + MINUTE)
    sweep_bookings()

    with pytest.raises(visit.NotYours):
        visit.record_call(booking.pk, partner.pk, by=partner.user, channel="phone", reached=True)

    partner.refresh_from_db()
    assert (partner.promises_kept, partner.promises_broken) == (0, 1)
    assert list(booking.events.values_list("move", flat=True)) == ["before", "miss_call"]


# --- The other promises


def test_every_kind_of_clock_has_a_state_and_a_message():
    assert set(CLOCK_NOTICES) == set(ClockKind) == set(RUNS_IN)


@pytest.mark.parametrize("kind", ClockKind)
@pytest.mark.parametrize(("after", "fires"), [(-SECOND, 0), (0 * SECOND, 1), (SECOND, 1)])
def test_due_clock_tells_from_its_second_on(kind, after, fires, now, partner, stopped_clock):
    booking = booking_in(RUNS_IN[kind], partner, now, finished_at=now)
    with forged():
        booking.events.update(move="claim")
    clock = running(booking, kind, now + MINUTE)

    stopped_clock(now + MINUTE + after)

    assert sweep_clocks() == fires
    clock.refresh_from_db()
    assert (clock.fired, clock.done_at) == (bool(fires), now + MINUTE + after if fires else None)
    assert [told_kind for told_kind, _round in told(booking)] == (
        sorted(CLOCK_NOTICES[kind]) if fires else []
    )
    assert booking.events.count() == 1


def test_second_sweep_tells_nothing_again(now, partner):
    booking = booking_in(S.SEARCHING, partner, now)
    running(booking, ClockKind.SEARCH_WARNING, now)
    sweep_clocks()
    before = facts(booking)

    assert sweep_clocks() == 0
    assert facts(booking) == before


def test_clock_that_is_done_never_fires(now, partner):
    booking = booking_in(S.SEARCHING, partner, now)
    clock = running(booking, ClockKind.SEARCH_WARNING, now, done_at=now)

    assert sweep_clocks() == 0
    assert sweeps.handle_due_clock(clock.pk) is False
    assert told(booking) == []


def test_clock_that_is_not_due_yet_is_left_alone(now, partner):
    booking = booking_in(S.SEARCHING, partner, now)
    clock = running(booking, ClockKind.SEARCH_WARNING, now + SECOND)

    assert sweeps.handle_due_clock(clock.pk) is False
    assert told(booking) == []


def test_poisoned_clock_is_pushed_back_and_stops_nobody(now, partner, caplog):
    poisoned, good = booking_in(S.SEARCHING, partner, now), booking_in(S.SEARCHING, partner, now)
    clock = running(poisoned, "nonsense", now - timedelta(hours=5))
    running(good, ClockKind.SEARCH_WARNING, now)

    assert sweep_clocks() == 1

    clock.refresh_from_db()
    assert (clock.fired, clock.done_at, clock.due_at) == (False, None, now + MINUTE)
    assert told(poisoned) == []
    assert len(told(good)) == 2
    assert f"handle_due_clock {clock.pk}" in caplog.text


def test_reminders_to_sign_are_the_first_the_second_and_the_third(now, partner):
    booking = booking_in(S.FINISHED, partner, now, finished_at=now)
    booking.clocks.all().delete()
    for number in (1, 2, 3):
        Clock.objects.create(
            booking=booking, kind=f"signature_reminder_{number}", epoch=number, due_at=now
        )

    sweep_clocks()

    assert told(booking) == [("please_sign", 1), ("please_sign", 2), ("please_sign", 3)]


def test_lateness_is_told_once_though_they_set_off_late(now, partner, stopped_clock):
    booking = booking_in(S.CONFIRMED, partner, now)
    with forged():
        booking.events.update(move="claim")
    running(booking, ClockKind.LATENESS, booking.start_at + timedelta(minutes=15))
    stopped_clock(booking.start_at + timedelta(minutes=16))
    sweep_clocks()

    visit.depart(booking.pk, partner.pk, by=partner.user)
    sweep_clocks()

    fault = booking.faults.get()
    assert told(booking) == [
        ("en_route", 2),
        ("fault_noted", fault.pk),
        ("late", 1),
        ("late_ops", 1),
    ]


# --- Positions


def position(booking, at):
    return Position.objects.create(booking=booking, lat=45.7, lon=4.8, at=at)


@pytest.mark.parametrize(
    ("age", "kept"), [(timedelta(hours=24), 1), (timedelta(hours=24, seconds=1), 0)]
)
def test_positions_are_kept_a_day(age, kept, now, partner):
    booking = booking_in(S.EN_ROUTE, partner, now)
    position(booking, now - age)

    assert sweep_positions() == 1 - kept
    assert Position.objects.filter(booking=booking).count() == kept


def test_positions_of_nobody_on_their_way_are_gone_at_once(now, partner):
    position(booking_in(S.FAILED, partner, now), now)

    sweep_positions()

    assert not Position.objects.exists()


def test_one_task_sweeps_all_three(now, partner):
    booking = booking_in(S.SEARCHING, partner, now, due_at=now)
    running(booking, ClockKind.SEARCH_WARNING, now)
    draft = factories.DraftFactory()
    position(draft, now)

    sweep()

    booking.refresh_from_db()
    assert booking.state == S.UNFILLED
    assert not Clock.objects.filter(booking=booking, done_at=None).exists()
    assert not Position.objects.exists()
    assert Booking.objects.get(pk=draft.pk).state == S.DRAFT
