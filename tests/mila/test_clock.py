"""One clock, in the database; only tests and simulations move it (fault T10, T13)."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from accounts.models import User
from mila.clock import MilaNow, mila_now, move_clock, reset_clock, set_clock

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _own_clock(db, settings):
    """The machine's, also where the tests are told another day, and again afterwards."""
    told, settings.MILA_AT = settings.MILA_AT, ""
    reset_clock()
    yield
    settings.MILA_AT, settings.MILA_CLOCK_MAY_MOVE = told, True
    reset_clock()


def test_clock_is_aware_utc_and_the_present():
    before = datetime.now(UTC)

    now = mila_now()

    assert now.utcoffset() == timedelta()
    assert abs(now - before) < 5 * SECOND


def test_clock_moves_on_inside_a_transaction():
    with transaction.atomic():
        first = mila_now()
        time.sleep(0.002)
        assert mila_now() > first


def test_clock_that_was_set_runs_on_from_there():
    set_clock(NOON)

    first = mila_now()
    assert NOON <= first < NOON + 5 * SECOND
    assert mila_now() > first


def test_stopped_clock_stands():
    set_clock(NOON, speed=0)

    assert [mila_now(), mila_now()] == [NOON, NOON]


def test_fast_clock_runs_fast():
    set_clock(NOON, speed=100_000)
    time.sleep(0.002)

    assert mila_now() - NOON > 100 * SECOND


def test_moved_clock_keeps_running_from_the_new_instant():
    set_clock(NOON)

    at = move_clock(timedelta(hours=6))

    assert timedelta() <= at - NOON - timedelta(hours=6) < 5 * SECOND
    assert mila_now() >= at


def test_reset_clock_is_the_database_s_own():
    set_clock(NOON - timedelta(days=400))

    reset_clock()

    assert abs(mila_now() - datetime.now(UTC)) < 5 * SECOND


def test_queries_and_defaults_read_the_same_clock():
    set_clock(NOON, speed=0)

    user = User.objects.create_user("somebody@example.com")

    user.refresh_from_db()
    assert user.date_joined == NOON
    assert User.objects.filter(date_joined__lte=MilaNow()).exists()
    assert not User.objects.filter(date_joined__lt=MilaNow()).exists()


@pytest.mark.parametrize("move", [lambda: set_clock(NOON), lambda: move_clock(SECOND)])
def test_production_refuses_to_move_it(move, settings):
    settings.MILA_CLOCK_MAY_MOVE = False

    with pytest.raises(RuntimeError):
        move()
    assert abs(mila_now() - datetime.now(UTC)) < 5 * SECOND
