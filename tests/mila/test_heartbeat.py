"""Each sweep's dead-man signal, by the database's real clock (fault T2)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from mila import clock, heartbeat
from mila.celery import app

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def age(name, seconds):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE mila_heartbeat SET at = clock_timestamp() - %s * interval '1 second' WHERE "
            "name = %s",
            [seconds, name],
        )


def test_sweep_that_never_ran_is_late():
    assert heartbeat.late() == sorted(heartbeat.expected().values())


def test_sweep_is_late_from_two_minutes_on():
    for name in heartbeat.expected().values():
        heartbeat.stamp(name)
    age("offers", 119)
    age("charges", 121)

    assert heartbeat.late() == ["charges"]


def test_moved_clock_makes_nothing_late():
    heartbeat.stamp("offers")

    clock.move_clock(timedelta(days=3))

    assert heartbeat.ages()["offers"] < 60


def test_newest_heartbeat_tells_until_when_the_product_s_clock_ran():
    assert heartbeat.last_product_instant() is None
    clock.set_clock(NOON, speed=0)
    heartbeat.stamp("offers")
    age("offers", 60)
    clock.set_clock(NOON + timedelta(days=3), speed=0)
    heartbeat.stamp("bookings")

    assert heartbeat.last_product_instant() == NOON + timedelta(days=3)


def test_stamp_renews_an_old_row_and_leaves_a_fresh_one():
    heartbeat.stamp("offers")
    age("offers", 2)
    heartbeat.stamp("offers")
    fresh = heartbeat.ages()["offers"]
    age("offers", 60)
    heartbeat.stamp("offers")

    assert fresh >= 2
    assert heartbeat.ages()["offers"] < 2


def test_scheduled_job_that_succeeds_stamps_and_no_other_job_does():
    class Job:
        name = "requests_app.sweep"

    class Other:
        name = "accounts.something"

    heartbeat._stamp_scheduled(sender=Job)
    heartbeat._stamp_scheduled(sender=Other)

    assert list(heartbeat.ages()) == ["bookings"]


def test_every_scheduled_job_is_watched():
    assert len(heartbeat.expected()) == len(app.conf.beat_schedule)
