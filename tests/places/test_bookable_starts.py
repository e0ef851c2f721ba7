"""Rule B3, B4: which starts are shown, and that exactly these are taken."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from mila.errors import Refusal
from places import calendar
from places.calendar import (
    Closed,
    Holiday,
    NonexistentTime,
    NotOnGrid,
    TooFar,
    TooSoon,
    instant,
    is_service_day,
    wall_time,
)
from places.place import Place
from places.public_holidays import public_holidays
from policy.figures import Policy
from requests_app.deadlines import hours_of

HOURS = hours_of(Policy())


def by_the_handbook(function):
    """With the handbook's hours, unless the test says others."""
    return lambda *args, hours=HOURS, **named: function(*args, hours=hours, **named)


bookable_days, bookable_starts = (
    by_the_handbook(calendar.bookable_days),
    by_the_handbook(calendar.bookable_starts),
)
check_start, first_free = (
    by_the_handbook(calendar.check_start),
    by_the_handbook(calendar.first_free),
)
earliest_start = by_the_handbook(calendar.earliest_start)


def place(country="FR", region="75"):
    zone = {"FR": "Europe/Paris", "CH": "Europe/Zurich"}[country]
    return Place(country, "75011", "Paris", 48.859, 2.378, "town", zone, region)


PARIS, GENEVA, METZ = place(), place("CH", "GE"), place("FR", "57")


def at(text, where=PARIS):
    return instant(datetime.fromisoformat(text), where.timezone)


def walls(starts):
    return [f"{start:%H:%M}" for start in starts]


class TestHolidays:
    @pytest.mark.parametrize(
        ("day", "where", "free"),
        [
            (date(2026, 7, 14), PARIS, True),
            (date(2026, 7, 14), GENEVA, False),
            (date(2026, 8, 1), GENEVA, True),
            (date(2026, 8, 1), PARIS, False),
            (date(2026, 4, 3), PARIS, False),  # Good Friday
            (date(2026, 4, 3), METZ, True),
            (date(2026, 4, 3), place("FR", "67"), True),
            (date(2026, 4, 3), place("FR", "68"), True),
            (date(2026, 12, 26), METZ, True),
            (date(2026, 12, 26), PARIS, False),
            (date(2026, 9, 10), GENEVA, True),  # Jeûne genevois
            (date(2026, 9, 10), place("CH", "VD"), False),
            (date(2026, 9, 21), place("CH", "VD"), True),
            (date(2026, 6, 29), place("CH", "TI"), True),
            (date(2026, 6, 29), place("CH", "ZH"), False),
            (date(2026, 4, 3), place("CH", "VS"), False),
        ],
    )
    def test_are_those_of_the_place(self, day, where, free):
        assert (day in public_holidays(day.year, where.country, where.region)) is free
        assert is_service_day(day, where.country, where.region) is not free

    def test_unknown_region_has_those_of_the_country(self):
        assert date(2026, 8, 1) in public_holidays(2026, "CH", "")
        assert date(2026, 7, 14) in public_holidays(2026, "FR", "")

    def test_sunday_is_no_service_day(self):
        assert not is_service_day(date(2026, 11, 29), "FR", "75")
        assert is_service_day(date(2026, 11, 28), "FR", "75")


class TestEarliestStart:
    @pytest.mark.parametrize(
        ("now", "earliest"),
        [
            ("2026-11-24 07:29:59", "2026-11-24 10:30"),
            ("2026-11-24 07:30", "2026-11-24 09:30"),
            ("2026-11-24 18:59:59", "2026-11-24 20:59:59"),
            ("2026-11-24 19:00", "2026-11-25 10:30"),
            ("2026-11-24 23:59", "2026-11-25 10:30"),
            ("2026-11-25 00:00", "2026-11-25 10:30"),
            ("2026-11-28 19:00", "2026-11-30 10:30"),  # Saturday evening: Monday
            ("2026-11-29 03:00", "2026-11-30 10:30"),  # Sunday before dawn
            ("2026-11-29 12:00", "2026-11-29 14:00"),  # Sunday noon: two hours, then Monday's first
            ("2026-12-24 20:00", "2026-12-26 10:30"),  # Christmas
        ],
    )
    def test_night_ends_at_half_past_ten_of_the_next_service_day(self, now, earliest):
        assert earliest_start(at(now), PARIS) == at(earliest)

    def test_longer_lead_wins_over_the_morning(self):
        hours = replace(HOURS, lead=timedelta(hours=48))

        assert earliest_start(at("2026-11-24 20:00"), PARIS, hours=hours) == at("2026-11-26 20:00")

    def test_zone_of_the_place_counts(self):
        now = datetime(2026, 7, 1, 16, 30, tzinfo=UTC)  # 18:30 in Paris

        assert earliest_start(now, PARIS) == now + timedelta(hours=2)


class TestBookableStarts:
    def test_every_half_hour_of_the_whole_day(self):
        starts = bookable_starts(date(2026, 11, 26), at("2026-11-24 12:00"), 60, PARIS)

        assert walls(starts) == [
            f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in range(480, 1141, 30)
        ]
        assert starts[0].utcoffset() == timedelta(hours=1)

    def test_lead_of_two_hours_is_just_enough(self):
        day = date(2026, 11, 24)

        assert walls(bookable_starts(day, at("2026-11-24 12:00"), 60, PARIS))[0] == "14:00"
        assert walls(bookable_starts(day, at("2026-11-24 12:00:01"), 60, PARIS))[0] == "14:30"

    def test_horizon_of_sixty_days_is_just_enough(self):
        day = date(2027, 1, 22)  # 60 days after

        assert walls(bookable_starts(day, at("2026-11-23 12:00"), 60, PARIS))[-1] == "12:00"
        assert bookable_starts(day + timedelta(days=1), at("2026-11-23 12:00"), 60, PARIS) == []

    def test_long_visit_ends_by_closing_time(self):
        starts = bookable_starts(date(2026, 11, 26), at("2026-11-24 12:00"), 11 * 60 + 30, PARIS)

        assert walls(starts) == ["08:00", "08:30"]
        assert bookable_starts(date(2026, 11, 26), at("2026-11-24 12:00"), 721, PARIS) == []

    def test_other_policy(self):
        hours = replace(
            HOURS,
            opens=time(9, 15),
            closes=time(11),
            step=timedelta(minutes=20),
            weekdays=frozenset({6}),
        )

        assert walls(
            bookable_starts(date(2026, 11, 29), at("2026-11-24 12:00"), 30, PARIS, hours=hours)
        ) == [
            "09:20",
            "09:40",
            "10:00",
            "10:20",
        ]

    def test_policy_without_a_day_is_a_mistake(self):
        with pytest.raises(ValueError, match="day of the week"):
            replace(HOURS, weekdays=frozenset())


def test_days_leave_out_sundays_holidays_and_what_is_too_late_today():
    days = bookable_days(at("2026-12-18 19:00"), 60, PARIS)

    assert days[:6] == [date(2026, 12, day) for day in (19, 21, 22, 23, 24, 26)]
    assert date(2027, 1, 1) not in days
    assert days[-1] == date(2027, 2, 16)


def test_first_free_is_the_first_start_that_is_taken():
    now = at("2026-11-24 20:00")

    assert f"{first_free(now, 60, PARIS):%d %H:%M}" == "25 10:30"
    later = first_free(now, 60, PARIS, is_free=lambda start: start.weekday() == 4)
    assert f"{later:%d %H:%M}" == "27 08:00"
    assert first_free(now, 60, PARIS, is_free=lambda start: False) is None
    assert first_free(now, 13 * 60, PARIS) is None


class TestCheckStart:
    NOW = "2026-11-24 12:00"

    def check(self, wall, *, now=NOW, minutes=60, where=PARIS):
        return check_start(datetime.fromisoformat(wall), at(now, where), minutes, where)

    def test_answers_the_instant(self):
        assert self.check("2026-11-26 10:00") == datetime(2026, 11, 26, 9, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("wall", "refusal"),
        [
            ("2027-03-28 02:30", NonexistentTime),
            ("2026-11-26 10:10", NotOnGrid),
            ("2026-11-26 10:00:01", NotOnGrid),
            ("2026-11-24 13:30", TooSoon),
            ("2026-11-23 10:00", TooSoon),
            ("2027-01-23 12:30", TooFar),
            ("2026-12-25 10:00", Holiday),
            ("2026-11-29 10:00", Closed),
            ("2026-11-26 07:30", Closed),
            ("2026-11-26 19:30", Closed),
            ("2026-11-26 02:30", Closed),
        ],
    )
    def test_refuses(self, wall, refusal):
        with pytest.raises(refusal):
            self.check(wall)

    def test_too_soon_names_the_first_possible_start(self):
        with translation.override("en"), pytest.raises(TooSoon) as refusal:
            self.check("2026-11-25 08:00", now="2026-11-24 21:00")

        assert (
            str(refusal.value)
            == "This start is too soon. The first possible one is Wednesday 25 November, 10:30."
        )

    def test_too_soon_for_a_visit_that_never_fits_names_none(self):
        with translation.override("en"), pytest.raises(TooSoon) as refusal:
            self.check("2026-11-24 13:00", minutes=800)

        assert "first possible" not in str(refusal.value)

    def test_too_far_and_closed_name_their_figures(self):
        with translation.override("en"):
            with pytest.raises(TooFar, match="60 days"):
                self.check("2027-02-27 12:30")
            with pytest.raises(Closed, match="between 08:00 and 20:00"):
                self.check("2026-11-26 19:30")


WHERE = st.sampled_from([PARIS, METZ, GENEVA, place("CH", "TI"), place("CH", "VD")])
NOW = st.datetimes(datetime(2025, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))


@settings(max_examples=60)
@given(NOW, WHERE, st.integers(1, 780), st.integers(-1, 62), st.integers(0, 95))
def test_exactly_the_starts_shown_are_taken(now, where, minutes, days, slot):
    day = wall_time(now, where.timezone).date() + timedelta(days=days)
    wall = datetime.combine(day, time()) + slot * timedelta(minutes=15)
    shown = [start.replace(tzinfo=None) for start in bookable_starts(day, now, minutes, where)]

    try:
        taken = check_start(wall, now, minutes, where)
    except Refusal:
        assert wall not in shown
    else:
        assert wall in shown
        assert taken == instant(wall, where.timezone)


@settings(max_examples=60)
@given(NOW, WHERE, st.integers(1, 720), st.integers(0, 60))
def test_every_start_shown_keeps_every_rule(now, where, minutes, days):
    day = wall_time(now, where.timezone).date() + timedelta(days=days)
    clock = wall_time(now, where.timezone).time()

    for start in bookable_starts(day, now, minutes, where):
        assert timedelta(hours=2) <= start - now <= timedelta(days=60)
        assert start.minute % 30 == start.second == start.microsecond == 0
        assert start.time() >= time(8)
        assert (start + timedelta(minutes=minutes)).date() == start.date()
        assert (start + timedelta(minutes=minutes)).time() <= time(20)
        assert start.weekday() != 6
        assert start.date() not in public_holidays(start.year, where.country, where.region)
        if not time(7, 30) <= clock < time(19) and days <= (clock >= time(19)):
            assert start.time() >= time(10, 30)


@settings(max_examples=20)
@given(NOW, WHERE)
def test_there_is_always_a_start_within_six_days(now, where):
    assert first_free(now, 60, where) - now < timedelta(days=6)
