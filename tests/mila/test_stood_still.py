"""A gap between heartbeats is an outage once, gone through once, and a moved clock is none
(fault T2).
"""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from accounts.models import User
from mila import clock, heartbeat, outages
from tests.outages import heartbeat_ended
from tests.outages import outages as rows

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def people(db, stopped_clock):
    stopped_clock(NOON)
    return [User.objects.create_user(f"somebody-{number}@example.com").pk for number in range(5)]


def ids(after):
    return User.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)


def recover(given):
    return outages.recover("bookings", ids, lambda pk, outage: given.append((pk, outage.gap)))


def test_time_without_a_sweep_is_given_back_to_each_once(people):
    heartbeat_ended("bookings", NOON - 13 * HOUR)
    given = []

    assert [recover(given), recover(given)] == [5, 0]

    assert given == [(pk, 13 * HOUR) for pk in people]
    assert rows() == [("bookings", NOON - 13 * HOUR, NOON, 13 * HOUR, True)]


@pytest.mark.parametrize(("gap", "found"), [(119, 0), (120, 0), (121, 1)])
def test_gap_counts_from_two_minutes_on(gap, found, people):
    heartbeat_ended("bookings", NOON - timedelta(seconds=gap))

    recover([])

    assert len(rows()) == found


def test_moved_clock_is_no_outage(people):
    heartbeat_ended("bookings", NOON - 13 * HOUR, jumped=True)
    given = []

    assert recover(given) == 0

    assert (given, rows()) == ([], [])


def test_what_was_moved_is_taken_off_the_gap(people, stopped_clock):
    heartbeat_ended("bookings", NOON - 3 * HOUR)
    clock.move_clock(10 * HOUR)
    stopped_clock(NOON + 10 * HOUR)
    given = []

    recover(given)

    [gap] = {gap for _pk, gap in given}
    assert abs(gap - 3 * HOUR) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "moves",
    [
        lambda: clock.set_clock(NOON + 13 * HOUR),
        lambda: clock.move_clock(13 * HOUR),
        lambda: (clock.set_clock(NOON - 5 * HOUR), clock.set_clock(NOON + 13 * HOUR)),
        lambda: [clock.move_clock(HOUR) for _each in range(13)],
        lambda: (clock.set_clock(NOON - 3 * 365 * 24 * HOUR), clock.reset_clock()),
        lambda: (
            clock.set_clock(NOON, speed=1),
            clock.set_speed(2000),
            clock.set_clock(NOON + 13 * HOUR),
        ),
        lambda: clock.set_clock(NOON - 13 * HOUR),
        lambda: None,
    ],
)
def test_however_the_clock_is_moved_nothing_stood_still(moves, people):
    heartbeat.stamp("bookings")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE mila_heartbeat SET at = at - interval '2 days'")

    moves()

    assert recover([]) == 0
    assert rows() == []


def test_fresh_heartbeat_on_a_fast_clock_is_no_outage(people):
    heartbeat.stamp("bookings")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE mila_heartbeat SET product_at = product_at - interval '1 day'")

    assert recover([]) == 0
    assert rows() == []


def test_sweep_that_never_ran_has_missed_nothing(people):
    assert recover([]) == 0
    assert rows() == []


def test_next_outage_is_another_one(people):
    heartbeat_ended("bookings", NOON - 13 * HOUR)
    recover([])
    heartbeat_ended("bookings", NOON - 5 * HOUR)
    given = []

    recover(given)

    assert given == [(pk, 5 * HOUR) for pk in people]
    assert len(rows()) == 2


def test_one_poisoned_row_stops_nobody(people, caplog):
    heartbeat_ended("bookings", NOON - 13 * HOUR)
    given = []

    def give_back(pk, outage):
        if pk == people[1]:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        given.append(pk)

    assert outages.recover("bookings", ids, give_back) == 5
    assert given == [people[0], *people[2:]]
    assert f"row {people[1]}" in caplog.text


def test_after_a_crash_the_next_one_goes_on_where_the_last_had_come(people, monkeypatch):
    monkeypatch.setattr(outages, "BATCH", 2)
    heartbeat_ended("bookings", NOON - 13 * HOUR)
    given = []

    def dies(pk, outage):
        if pk == people[3]:
            raise KeyboardInterrupt
        given.append(pk)

    with pytest.raises(KeyboardInterrupt):
        outages.recover("bookings", ids, dies)
    heartbeat.stamp("bookings")  # another worker's sweep has run meanwhile
    seen_twice, given = given[2:], given[:2]  # what was in the batch that was rolled back
    outages.recover("bookings", ids, lambda pk, outage: given.append(pk))

    assert seen_twice == [people[2]]
    assert given == people
    assert rows()[0][-1] is True


@pytest.fixture
def stood_still(transactional_db, monkeypatch):
    """Thirteen hours without a sweep over twenty people, one in a batch. Real connections."""
    monkeypatch.setattr(outages, "BATCH", 1)
    people = [User.objects.create_user(f"somebody-{number}@example.com").pk for number in range(20)]
    clock.set_clock(NOON, speed=0)
    heartbeat_ended("bookings", NOON - 13 * HOUR)
    yield people
    clock.reset_clock()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM mila_outage")
        cursor.execute("DELETE FROM mila_heartbeat")


def sweepers(count, sweep):
    """So many threads that begin together, each with a connection of its own."""
    start = threading.Barrier(count)

    def run():
        try:
            start.wait()
            sweep()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _each in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]


@pytest.mark.race
def test_four_sweepers_at_once_give_each_row_its_time_once(stood_still):
    """One row for the outage, its batches by turns."""
    given = []

    sweepers(4, lambda: recover(given))

    assert sorted(given) == [(pk, 13 * HOUR) for pk in stood_still]
    assert len(rows()) == 1


@pytest.mark.race
def test_control_without_the_outage_s_lock_a_row_is_given_its_time_twice(stood_still):
    """The same sweep, its FOR UPDATE taken out on the way to the database: two meet at the first
    person.
    """
    given, meeting = [], threading.Barrier(2)

    def give_back(pk, outage):
        if pk == stood_still[0]:
            meeting.wait(timeout=10)
        given.append(pk)

    def unlocked(execute, sql, params, many, context):
        return execute(sql.replace(" FOR UPDATE", ""), params, many, context)

    def sweep():
        with connection.execute_wrapper(unlocked):
            outages.recover("bookings", ids, give_back)

    sweepers(2, sweep)

    assert given.count(stood_still[0]) == 2
