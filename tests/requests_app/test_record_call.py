"""The call keeps its promise when it was one, or when it was tried often enough (rule L1)."""

from datetime import timedelta

import pytest

from requests_app.actions import visit
from requests_app.models import CallAttempt, ClockKind, State
from tests.requests_app.booking_states import booking_in, effects, moves, refused, told, unchanged

HALF_AN_HOUR = timedelta(minutes=30)


def call(booking, technician, *, channel="phone", reached=True, **kwargs):
    return visit.record_call(
        booking.pk, technician.pk, by=technician.user, channel=channel, reached=reached, **kwargs
    )


def kept(technician):
    technician.refresh_from_db()
    return technician.promises_kept, technician.promises_broken


def test_call_that_reached_keeps_the_promise(now, partner):
    booking = booking_in(State.CLAIMED, partner, now)

    called = call(booking, partner, note="Clear")

    assert (called.state, called.due_at) == (State.CALLED, booking.start_at - timedelta(hours=24))
    assert list(called.clocks.filter(done_at=None).values_list("kind", flat=True)) == [
        ClockKind.CONFIRM_REMINDER
    ]
    attempt = CallAttempt.objects.get()
    assert (attempt.at, attempt.channel, attempt.reached, attempt.note) == (
        now,
        "phone",
        True,
        "Clear",
    )
    assert called.events.last().data == {"reached": True, "tries": 1}
    assert (moves(called), told(called), effects()) == (["record_call"], [], [])
    assert kept(partner) == (1, 0)


def test_two_tries_are_kept_and_change_nothing_else(now, partner, stopped_clock):
    booking = booking_in(State.CLAIMED, partner, now)

    call(booking, partner, reached=False)
    stopped_clock(now + HALF_AN_HOUR)
    tried = call(booking, partner, channel="text", reached=False)

    assert tried.state == State.CLAIMED
    assert CallAttempt.objects.count() == 2
    assert (moves(tried), told(tried), kept(partner)) == ([], [], (0, 0))


@pytest.mark.parametrize(
    ("last_channel", "gap", "enough"),
    [
        ("phone", HALF_AN_HOUR, True),
        ("phone", HALF_AN_HOUR - timedelta(seconds=1), False),
    ],
)
def test_third_try_far_enough_apart_keeps_the_promise_and_alerts_ops(
    last_channel, gap, enough, now, partner, stopped_clock
):
    booking = booking_in(State.CLAIMED, partner, now)
    call(booking, partner, reached=False)
    stopped_clock(now + HALF_AN_HOUR)
    call(booking, partner, channel="text", reached=False)

    stopped_clock(now + HALF_AN_HOUR + gap)
    tried = call(booking, partner, channel=last_channel, reached=False)

    assert tried.state == (State.CALLED if enough else State.CLAIMED)
    assert told(tried) == (["called", "not_reached_ops"] if enough else [])
    assert kept(partner) == (int(enough), 0)
    if enough:
        assert tried.events.last().data == {"reached": False, "tries": 3}


def test_three_tries_on_one_channel_are_not_enough(now, partner, stopped_clock):
    booking = booking_in(State.CLAIMED, partner, now)

    for number in range(3):
        stopped_clock(now + number * HALF_AN_HOUR)
        tried = call(booking, partner, reached=False)

    assert tried.state == State.CLAIMED


def test_tries_of_the_technician_before_do_not_count(now, partner, rival_partner):
    booking = booking_in(State.CLAIMED, partner, now)
    former = booking.assignments.get()
    booking.assignments.update(ended_at=now)
    for minutes, channel in ((90, "phone"), (60, "text")):
        at = now - timedelta(minutes=minutes)
        CallAttempt.objects.create(assignment=former, at=at, channel=channel, reached=False)
    former.pk = None
    former.calendar_entry = former.ended_at = None
    former.save(force_insert=True)

    assert call(booking, partner, reached=False).state == State.CLAIMED


def test_wish_for_another_time_is_told_to_the_customer_and_moves_nothing(now, partner):
    booking = booking_in(State.CLAIMED, partner, now)

    called = call(booking, partner, wants_other_time=True)

    assert told(called) == ["other_time"]
    assert called.start_at == booking.start_at
    assert CallAttempt.objects.get().wants_other_time is True


def test_repeat_changes_nothing(now, partner):
    booking = booking_in(State.CLAIMED, partner, now)
    call(booking, partner)

    with unchanged(booking):
        call(booking, partner)
    assert CallAttempt.objects.count() == 1
    assert kept(partner) == (1, 0)


def test_stranger_is_refused(now, partner, rival_partner):
    booking = booking_in(State.CLAIMED, partner, now)

    with refused(booking, visit.NotYours):
        call(booking, rival_partner)
    assert not CallAttempt.objects.exists()
    assert kept(rival_partner) == (0, 0)
