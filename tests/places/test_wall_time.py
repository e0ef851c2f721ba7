"""Fault T5, T6: wall times of both change days, 2025 to 2036, and elapsed hours across them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from places.calendar import NonexistentTime, instant, wall_time

ZONES = ["Europe/Paris", "Europe/Zurich"]
YEARS = range(2025, 2037)


def last_sunday(year, month):
    return max(day for number in range(25, 32) if (day := date(year, month, number)).weekday() == 6)


def slots(day):
    midnight = datetime.combine(day, time())
    return [midnight + number * timedelta(minutes=15) for number in range(96)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", YEARS)
def test_in_spring_exactly_the_lost_hour_is_refused(zone, year):
    refused = []
    for wall in slots(last_sunday(year, 3)):
        try:
            assert wall_time(instant(wall, zone), zone) == wall
        except NonexistentTime:
            refused.append(wall.time())

    assert refused == [time(2), time(2, 15), time(2, 30), time(2, 45)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", YEARS)
def test_in_autumn_the_first_of_two_is_meant(zone, year):
    day = last_sunday(year, 10)
    for wall in slots(day):
        offset = 2 if wall.time() < time(3) else 1

        assert instant(wall, zone) == (wall - timedelta(hours=offset)).replace(tzinfo=UTC)
        assert instant(wall.replace(fold=1), zone) == instant(wall, zone)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC)),
    st.sampled_from(ZONES),
    st.sampled_from([12, 24]),
)
def test_elapsed_hours_are_elapsed_whatever_the_clock_on_the_wall_does(at, zone, hours):
    later = at + timedelta(hours=hours)

    shown = wall_time(later, zone) - wall_time(at, zone)

    assert (later - at).total_seconds() == hours * 3_600
    assert abs(shown - timedelta(hours=hours)) in (timedelta(0), timedelta(hours=1))


@pytest.mark.parametrize(
    ("start", "day_before"),
    [
        (datetime(2026, 10, 25, 12), datetime(2026, 10, 24, 13)),
        (datetime(2027, 3, 28, 12), datetime(2027, 3, 27, 11)),
    ],
)
def test_24_hours_before_a_noon_of_a_change_day_is_not_noon(start, day_before):
    at = instant(start, "Europe/Paris")

    assert wall_time(at - timedelta(hours=24), "Europe/Paris") == day_before


def test_wall_time_with_a_zone_is_a_mistake():
    with pytest.raises(TypeError):
        instant(datetime(2026, 11, 23, 10, tzinfo=UTC), "Europe/Paris")
