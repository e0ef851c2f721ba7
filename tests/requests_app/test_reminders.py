"""Before each promise the whole ladder, never in the quiet hours, nothing once it is kept
(rule L6).
"""

from datetime import datetime, timedelta

import pytest

from accounts.mail_words import readable
from accounts.models import Notification, NotificationState
from mila.clock import mila_now, set_clock
from places.calendar import instant, wall_time
from requests_app.actions import visit
from requests_app.models import Clock, ClockKind, State
from requests_app.sweeps import sweep_clocks
from tests import factories
from tests.cast import claimed

SECOND = timedelta(seconds=1)


def reminded(booking, kind="call_reminder"):
    return Notification.objects.filter(subject_id=booking.uuid, kind=kind).count()


def at(moment):
    set_clock(moment, speed=0)
    sweep_clocks()
    sweep_clocks()


def test_both_rungs_remind_once_each(job):
    """Due at 22:00: the first at 20:00, the second not at 21:30, in the quiet hours, but just
    before them.
    """
    clock = Clock.objects.get(booking=job, kind=ClockKind.CALL_REMINDER, done_at=None)
    assert clock.due_at == job.due_at - timedelta(hours=2)

    at(clock.due_at - SECOND)
    assert reminded(job) == 0
    at(clock.due_at)
    assert reminded(job) == 1
    clock.refresh_from_db()
    assert wall_time(clock.due_at, job.timezone).time().isoformat(timespec="minutes") == "20:59"
    at(clock.due_at - SECOND)
    assert reminded(job) == 1
    at(clock.due_at)
    assert reminded(job) == 2
    clock.refresh_from_db()
    assert clock.done_at


def test_confirmation_has_both_rungs_too(job, partner):
    visit.record_call(job.pk, partner.pk, by=partner.user, channel="phone", reached=True)
    job.refresh_from_db()

    for lead in job.policy.reminder_ladder:
        at(job.due_at - lead)

    assert reminded(job, "confirm_reminder") == 2


def test_called_after_the_first_there_is_no_second(job, partner):
    first, second = (job.due_at - lead for lead in job.policy.reminder_ladder)
    at(first)
    visit.record_call(job.pk, partner.pk, by=partner.user, channel="phone", reached=True)

    at(second)

    assert reminded(job) == 0  # the one that still waited to be sent went as well


def test_one_that_has_gone_out_stays_in_the_record(job, partner):
    at(job.due_at - job.policy.reminder_ladder[0])
    Notification.objects.filter(kind="call_reminder").update(state=NotificationState.SENT)

    visit.record_call(job.pk, partner.pk, by=partner.user, channel="phone", reached=True)

    assert reminded(job) == 1


def test_retry_of_the_mail_server_does_not_reach_into_the_night(job):
    at(job.due_at - job.policy.reminder_ladder[0])
    row = Notification.objects.get(kind="call_reminder")

    until = readable(row.context)["until_at"]

    night = instant(
        datetime.combine(wall_time(mila_now(), job.timezone).date(), job.policy.night_from),
        job.timezone,
    )
    assert until == min(job.due_at, night)


@pytest.fixture
def evening(stopped_clock, customer, partner):
    """Claimed at a quarter past eight in the evening for the second day after: the call is due at a
    quarter past eight in the morning, its second rung lies in the day, its first in the night.
    """
    day = factories.service_day_at(20, days=1)
    stopped_clock(day + timedelta(minutes=15))
    return claimed(
        factories.placed_booking(customer=customer, wishes=[factories.service_day_at(12, days=3)]),
        partner,
    )


def test_rung_in_the_night_is_told_the_evening_before(evening):
    zone = evening.timezone
    assert evening.state == State.CLAIMED
    first = Clock.objects.get(booking=evening, kind=ClockKind.CALL_REMINDER, done_at=None).due_at

    assert wall_time(first, zone).time().isoformat(timespec="minutes") == "20:59"


def test_late_sweep_reminds_nobody_at_night(evening):
    clock = Clock.objects.get(booking=evening, kind=ClockKind.CALL_REMINDER, done_at=None)

    at(clock.due_at + timedelta(hours=2))

    assert reminded(evening) == 0
    clock.refresh_from_db()
    assert clock.done_at is None
    at(clock.due_at)
    assert reminded(evening) == 1
    assert wall_time(clock.due_at, evening.timezone).hour in range(7, 21)
