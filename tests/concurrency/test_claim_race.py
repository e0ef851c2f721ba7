"""Two seconds of bench/claim_race: however many claim at once, one has it (fault C1, C4)."""

import pytest

from bench.claim_race import races
from mila.clock import reset_clock
from tests.broker import broker_redis

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]


@pytest.fixture(autouse=True)
def _tidy():
    yield
    reset_clock()
    broker_redis().flushdb()


def test_all_sessions_of_the_offered_technician_make_one_event():
    part = races.race_offered(8, sessions=16)

    assert part.holds, part
    assert (part.attempts, part.events) == (8 * 16, 8)


def test_technicians_of_a_pool_never_look_at_once_and_one_wins():
    part = races.race_pool(6, sessions=12)

    assert part.holds, part
    assert part.attempts > 6 * 2


def test_the_control_with_a_redis_lock_alone_takes_bookings_twice():
    part = races.race_unguarded(30, sessions=12)

    assert part.doubles >= 1, part
    assert part.windows_at_once >= 1, part
