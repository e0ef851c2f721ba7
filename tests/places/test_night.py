from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from places import calendar
from places.calendar import instant, wall_time
from policy.figures import Policy

PARIS = "Europe/Paris"
NIGHT = (Policy().night_from, Policy().night_to)
AT = st.datetimes(datetime(2025, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))
ZONES = st.sampled_from([PARIS, "Europe/Zurich"])


def night(moment, zone):
    return calendar.night(moment, zone, *NIGHT)


def next_morning(moment, zone):
    return calendar.next_morning(moment, zone, NIGHT[1])


def previous_evening(moment, zone):
    return calendar.previous_evening(moment, zone, NIGHT[0])


def at(text):
    return instant(datetime.fromisoformat(text), PARIS)


@pytest.mark.parametrize(
    ("clock", "is_night"),
    [
        ("20:59:59", False),
        ("21:00", True),
        ("23:59", True),
        ("00:00", True),
        ("07:29:59", True),
        ("07:30", False),
    ],
)
def test_night_is_from_21_00_until_just_before_07_30(clock, is_night):
    assert night(at(f"2026-11-24 {clock}"), PARIS) is is_night


@pytest.mark.parametrize(
    ("instant_", "evening", "morning"),
    [
        ("2026-11-24 21:00", "2026-11-24 21:00", "2026-11-25 07:30"),
        ("2026-11-25 03:00", "2026-11-24 21:00", "2026-11-25 07:30"),
        ("2026-11-25 07:30", "2026-11-24 21:00", "2026-11-26 07:30"),
        ("2026-11-25 20:59", "2026-11-24 21:00", "2026-11-26 07:30"),
        ("2026-10-25 02:30", "2026-10-24 21:00", "2026-10-25 07:30"),
    ],
)
def test_evening_before_and_morning_after(instant_, evening, morning):
    assert previous_evening(at(instant_), PARIS) == at(evening)
    assert next_morning(at(instant_), PARIS) == at(morning)


@pytest.mark.parametrize(
    ("evening", "hours"), [("2027-03-27 21:00", 9.5), ("2026-10-24 21:00", 11.5)]
)
def test_nights_of_the_clock_changes_are_shorter_and_longer(evening, hours):
    assert next_morning(at(evening), PARIS) - at(evening) == timedelta(hours=hours)


@given(AT, ZONES)
def test_instant_lies_between_its_evening_and_its_morning(moment, zone):
    evening, morning = previous_evening(moment, zone), next_morning(moment, zone)

    assert evening <= moment < morning
    assert wall_time(evening, zone).time() == time(21)
    assert wall_time(morning, zone).time() == time(7, 30)
    assert night(evening, zone)
    assert not night(morning, zone)
    assert morning - evening < timedelta(hours=36)
    if night(moment, zone):
        assert morning - evening < timedelta(hours=12)
