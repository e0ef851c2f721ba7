"""After the sweeps stood still nobody loses a job, gets a fault or is charged for the gap
(fault T2).
"""

from datetime import timedelta

import pytest

from accounts.models import Notification, Technician
from backoffice.invariants import violations
from mila.clock import mila_now
from requests_app import notices, outages
from requests_app.actions import changes, visit
from requests_app.models import Assignment, Booking, Clock, ClockKind, State
from requests_app.sweeps import sweep_bookings, sweep_clocks
from requests_app.tasks import sweep
from tests import cast
from tests.evidence import forged
from tests.outages import heartbeat_ended
from tests.outages import outages as rows
from tests.requests_app.booking_states import booking_in, facts

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
S = State


@pytest.fixture
def stopped(now, stopped_clock):
    """A function: the sweeps stood still from an instant on for so long; then the clock stands at
    their return.
    """

    def stand_still(since, length, *, jumped=False):
        stopped_clock(since + length)
        heartbeat_ended("bookings", since, jumped=jumped)
        return since + length

    return stand_still


def told(booking, *kinds):
    found = Notification.objects.filter(subject_id=booking.uuid).order_by("kind", "round")
    return [kind for kind in found.values_list("kind", flat=True) if not kinds or kind in kinds]


def again(booking):
    booking.refresh_from_db()
    return booking


# --- Who has accepted a job


def test_claimed_booking_keeps_its_technician_and_the_call_gets_the_time_back(
    job, partner, stopped, now
):
    due = job.due_at
    stopped(now + 5 * MINUTE, 13 * HOUR)  # over the instant at which the call was due

    sweep()

    assert again(job).state == S.CLAIMED
    assert (job.technician, job.due_at) == (partner, due + 13 * HOUR)
    assert not Assignment.objects.filter(fault=True).exists()
    assert Technician.objects.get(pk=partner.pk).promises_broken == partner.promises_broken
    assert told(job, "job_outage", "outage_promise", "call_missed") == [
        "job_outage",
        "outage_promise",
    ]
    assert violations() == {}


def test_control_clock_that_was_moved_so_far_is_a_missed_call(job, partner, stopped, now):
    stopped(now + 5 * MINUTE, 13 * HOUR, jumped=True)

    sweep()

    assert again(job).state == S.SEARCHING
    assert Assignment.objects.filter(booking=job, end="miss_call", fault=True).count() == 1
    assert told(job, "job_outage", "outage_promise", "call_missed") == ["call_missed"]


def test_call_that_is_not_made_by_then_is_missed_after_all(job, stopped, stopped_clock, now):
    due = job.due_at + 13 * HOUR
    stopped(now + 5 * MINUTE, 13 * HOUR)
    sweep()
    stopped_clock(due - timedelta(seconds=1))
    sweep_bookings()
    before = again(job).state
    stopped_clock(due)

    sweep_bookings()

    assert (before, again(job).state) == (S.CLAIMED, S.SEARCHING)


def test_sweep_run_again_extends_nothing_again(job, stopped, now):
    stopped(now + 5 * MINUTE, 13 * HOUR)
    sweep()
    before = facts(job)

    for _each in range(3):
        sweep()

    assert facts(job) == before
    assert len(rows()) == 1


@pytest.mark.parametrize("first", [sweep_bookings, sweep_clocks])
def test_whichever_sweep_comes_first_fires_nothing_of_the_gap(first, job, stopped, now):
    stopped(now + 5 * MINUTE, 13 * HOUR)

    first()

    assert again(job).state == S.CLAIMED
    assert told(job, "call_reminder", "call_missed") == []


def test_short_gap_leaves_at_least_the_grace(job, stopped, now):
    # at 22:00, so the grace would end in the night
    resumed = stopped(job.due_at - 2 * MINUTE, 5 * MINUTE)

    sweep()

    assert again(job).due_at - resumed >= job.policy.outage_grace


def test_gap_at_night_ends_by_day(job, stopped, now):
    due = job.due_at  # 22:00
    resumed = stopped(due - 30 * MINUTE, 5 * HOUR + 30 * MINUTE)  # 3 in the morning

    sweep()

    # 8:00: the grace after 7:30
    assert again(job).due_at == due.replace(minute=0, second=0, microsecond=0) + 10 * HOUR
    assert job.due_at > resumed
    assert (
        Clock.objects.get(booking=job, kind=ClockKind.CALL_REMINDER, done_at=None).due_at > resumed
    )


def test_promise_far_beyond_the_gap_stays_where_it_was_said_to_be(now, partner, stopped):
    booking = booking_in(S.CALLED, partner, now, due_at=now + 51 * HOUR)
    stopped(now + MINUTE, 13 * HOUR)

    sweep_bookings()

    assert again(booking).due_at == now + 51 * HOUR
    assert told(booking) == []


def test_confirmation_in_the_gap_is_extended_and_nobody_else_is_asked(now, partner, stopped):
    booking = booking_in(S.CALLED, partner, now, due_at=now + HOUR)
    stopped(now + MINUTE, 5 * HOUR)

    sweep_bookings()

    assert (again(booking).state, booking.due_at) == (S.CALLED, now + 6 * HOUR)
    assert told(booking) == ["job_outage", "outage_promise"]


def test_claim_in_the_midst_gets_back_what_it_lost(now, partner, stopped):
    """The pages worked: only the sweeps stood still."""
    booking = booking_in(S.CLAIMED, partner, now + 3 * HOUR, due_at=now + 4 * HOUR)
    stopped(now + MINUTE, 5 * HOUR)

    sweep_bookings()

    assert again(booking).due_at == now + 4 * HOUR + 2 * HOUR + MINUTE


def test_confirmation_after_a_call_made_late_does_not_lie_in_the_past(
    searching, partner, stopped, now, stopped_clock
):
    """Its instant is computed only when the call is recorded."""
    job = cast.claimed(searching, partner)
    Booking.objects.filter(pk=job.pk).update(start_at=now + 20 * HOUR)
    Assignment.objects.update(start_at=now + 20 * HOUR)
    resumed = stopped(now + 5 * MINUTE, 13 * HOUR)
    sweep_bookings()

    called = visit.record_call(job.pk, partner.pk, by=partner.user, channel="phone", reached=True)

    assert called.due_at >= resumed + called.policy.outage_grace
    assert called.due_at <= called.start_at


# --- Who looks for somebody, who signs


@pytest.mark.parametrize(
    ("began", "length", "goes_on_until"),
    [(90, 40, 20), (150, 90, 0)],  # minutes, before the start; the second would go on beyond it
)
def test_search_goes_on_until_the_start_at_most(
    began, length, goes_on_until, now, partner, stopped
):
    booking = booking_in(S.SEARCHING, partner, now)
    start = booking.last_start_at
    Booking.objects.filter(pk=booking.pk).update(due_at=start - HOUR)
    stopped(start - began * MINUTE, length * MINUTE)

    sweep_bookings()

    goes_on = start - goes_on_until * MINUTE
    assert (again(booking).state, booking.due_at) == (S.SEARCHING, goes_on)
    assert told(booking) == ["outage_search"]


def test_silence_gets_the_time_back_and_so_do_its_reminders(now, partner, stopped):
    booking = booking_in(S.FINISHED, partner, now, finished_at=now, due_at=now + 72 * HOUR)
    reminder = Clock.objects.create(
        booking=booking, kind=ClockKind.SIGNATURE_REMINDER_2, epoch=9, due_at=now + 24 * HOUR
    )
    stopped(now + 65 * HOUR, 13 * HOUR)

    sweep()

    assert (again(booking).state, booking.due_at) == (S.FINISHED, now + 85 * HOUR)
    reminder.refresh_from_db()
    assert reminder.due_at == now + 37 * HOUR
    assert "outage_sign" in told(booking)
    assert notices.FACTS["signature_limit_at"](booking, None) == now + 85 * HOUR


# --- A start that lay inside


@pytest.mark.parametrize("state", [S.CLAIMED, S.CALLED])
def test_start_in_the_gap_goes_to_ops_and_no_clock_moves_it(
    state, now, partner, stopped, stopped_clock
):
    booking = booking_in(state, partner, now, due_at=now + HOUR)
    resumed = stopped(booking.start_at - 12 * HOUR, 13 * HOUR)

    sweep()
    first = again(booking).due_at
    stopped_clock(first)
    sweep()

    assert (again(booking).state, booking.technician) == (state, partner)
    assert (first, booking.due_at) == (resumed + 24 * HOUR, resumed + 48 * HOUR)
    assert told(booking, "outage_ops", "outage_promise", "outage_start", "call_missed") == [
        "outage_ops",
        "outage_ops",
    ]
    assert not Assignment.objects.filter(fault=True).exists()


@pytest.mark.parametrize("state", [S.CONFIRMED, S.EN_ROUTE, S.UNCONFIRMED])
def test_nobody_is_called_late_before_the_grace_is_over(
    state, now, partner, stopped, stopped_clock
):
    booking = booking_in(state, partner, now)
    Clock.objects.filter(booking=booking).update(due_at=booking.start_at + 15 * MINUTE)
    with forged():
        booking.events.update(move="claim")
    resumed = stopped(booking.start_at - 12 * HOUR, 13 * HOUR)

    sweep()
    before = told(booking)
    stopped_clock(resumed + 30 * MINUTE - timedelta(seconds=1))
    sweep()
    just_before = told(booking)
    stopped_clock(resumed + 30 * MINUTE)
    sweep()

    assert before == just_before == ["outage_ops"]
    assert told(booking) == ["late", "late_ops", "outage_ops"]
    assert again(booking).state == state


def test_no_show_of_a_start_in_the_gap_is_nobody_s_fault(now, partner, stopped):
    booking = booking_in(S.CONFIRMED, partner, now)
    stopped(booking.start_at - 12 * HOUR, 13 * HOUR)
    sweep()

    changes.report_no_show(booking.pk, [cast.next_wall(9)], role="customer", by=None)

    assert Assignment.objects.get(booking=booking).fault is False


def test_control_no_show_at_another_hour_is_the_partner_s_fault(
    now, partner, stopped, stopped_clock
):
    booking = booking_in(S.CONFIRMED, partner, now)
    stopped(now + MINUTE, 13 * HOUR)
    sweep_bookings()
    stopped_clock(booking.start_at + HOUR)

    changes.report_no_show(booking.pk, [cast.next_wall(9)], role="customer", by=None)

    assert Assignment.objects.get(booking=booking).fault is True


def test_wish_that_has_passed_is_said_and_waits_a_day_for_another(now, partner, stopped):
    booking = booking_in(S.SEARCHING, partner, now)
    Booking.objects.filter(pk=booking.pk).update(due_at=booking.last_start_at - HOUR)
    Clock.objects.create(
        booking=booking,
        kind=ClockKind.SEARCH_WARNING,
        epoch=9,
        due_at=booking.last_start_at - 3 * HOUR,
    )
    resumed = stopped(booking.last_start_at - 12 * HOUR, 13 * HOUR)

    sweep()

    assert (again(booking).state, booking.due_at) == (S.SEARCHING, resumed + 24 * HOUR)
    assert told(booking) == ["outage_ops", "outage_start"]


def test_booking_whose_work_has_begun_is_left_alone(now, partner, stopped):
    booking = booking_in(S.IN_PROGRESS, partner, now)
    booking.clocks.all().delete()
    before = facts(booking)
    stopped(booking.start_at - 12 * HOUR, 13 * HOUR)

    sweep()

    assert facts(booking) == before


@pytest.mark.parametrize(
    "state", [S.SETTLED, S.CANCELLED, S.FAILED, S.DRAFT, S.CONTESTED, S.SIGNED_OFF]
)
def test_booking_that_has_ended_or_not_begun_is_left_alone(state, now, partner, stopped):
    booking = booking_in(state, partner, now)
    booking.clocks.all().delete()
    before = facts(booking)
    stopped(now + MINUTE, 13 * HOUR)

    sweep_bookings()

    assert facts(booking) == before


def test_many_bookings_are_extended_each_in_its_turn(now, partner, stopped, monkeypatch):
    monkeypatch.setattr("mila.outages.BATCH", 2)
    found = [booking_in(S.SEARCHING, partner, now, due_at=now + HOUR) for _each in range(5)]
    stopped(now + MINUTE, 13 * HOUR)

    assert outages.recover_bookings() == 5

    assert {again(booking).due_at for booking in found} == {now + 14 * HOUR}
    assert mila_now() == now + 13 * HOUR + MINUTE
