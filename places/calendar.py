"""When a visit can be: local times, service days, bookable starts (rule B3, B4) and the night
(rule D7, L5). Pure.

All figures come in as `Hours`, the instant now as `now`. A day is a local date; a start is a local
time with its zone, so that its wall time is `start.replace(tzinfo=None)` and its instant
`start.astimezone(UTC)`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

import holidays
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext_lazy as _

from mila.errors import Refusal
from places.public_holidays import public_holidays

MOMENT = "l j F, H:i"
WEEKDAYS = frozenset(range(6))  # Monday is 0
SATURDAY = 5


@dataclass(frozen=True)
class Hours:
    """Policy figures of rule B3; the caller builds them of its policy."""

    lead: timedelta
    horizon: timedelta
    step: timedelta
    opens: time
    closes: time
    # Booked from evening to morning, a visit cannot start before first_after_evening of the next
    # service day.
    evening: time
    morning: time
    first_after_evening: time
    weekdays: frozenset[int] = WEEKDAYS

    def __post_init__(self):
        if not self.weekdays:
            raise ValueError("There must be a day of the week on which visits are made.")


class Locality(Protocol):
    """Whatever knows its calendar: places.place.Place, or a row that stores these three."""

    @property
    def country(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def timezone(self) -> str: ...


class NonexistentTime(Refusal):
    sentence = _(
        "The clocks go forward that night, so this time does not exist. Please choose another."
    )


class NotOnGrid(Refusal):
    sentence = _("Please choose one of the start times shown.")


class TooSoon(Refusal):
    sentence = _("This start is too soon. Please choose a later one.")


class TooFar(Refusal):
    sentence = _("This start is too far ahead. Please choose an earlier one.")


class Closed(Refusal):
    sentence = _("No visit is possible at that time. Please choose one of the times shown.")


class Holiday(Refusal):
    sentence = _("This day is a public holiday there. Please choose another day.")


# --- Wall time and instant


def instant(wall: datetime, zone: str) -> datetime:
    """The instant of a wall time, in UTC.

    One that does not exist is refused; one that exists twice is the first.
    """
    if wall.tzinfo is not None:
        raise TypeError("A wall time has no zone of its own.")
    at = wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    if wall_time(at, zone).replace(fold=0) != wall.replace(fold=0):
        raise NonexistentTime
    return at


def wall_time(at: datetime, zone: str) -> datetime:
    """What the clock on the wall shows at that instant."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def midnight(day: date, zone: str) -> datetime:
    """The instant at which a local day begins, in UTC."""
    return instant(datetime.combine(day, time()), zone)


# --- Days


def is_holiday(day: date, country: str, region: str) -> bool:
    return day in public_holidays(day.year, country, region)


def is_service_day(
    day: date, country: str, region: str, weekdays: frozenset[int] = WEEKDAYS
) -> bool:
    return day.weekday() in weekdays and not is_holiday(day, country, region)


@lru_cache(maxsize=200)
def bank_holidays(year: int, country: str) -> frozenset[date]:
    """Days without payments between banks: those of the settlement system,
    and the country's own.
    """
    if country == "CH":
        # As the Swiss system keeps them: the holidays of Zurich, and the second of January.
        return public_holidays(year, "CH", "ZH") | {date(year, 1, 2)}
    settlement = frozenset(holidays.financial_holidays("ECB", years=year))
    return settlement | public_holidays(year, country, "")


def is_bank_day(day: date, country: str) -> bool:
    return day.weekday() < SATURDAY and day not in bank_holidays(day.year, country)


# --- Starts


def bookable_starts(
    day: date, now: datetime, duration_minutes: int, place: Locality, hours: Hours
) -> list[datetime]:
    """The starts of a local day that can be booked now, in order."""
    return list(_starts([day], now, duration_minutes, place, hours))


def bookable_days(
    now: datetime, duration_minutes: int, place: Locality, hours: Hours
) -> list[date]:
    """The local days with at least one bookable start, in order."""
    earliest = earliest_start(now, place, hours)
    days = _days(now, place, hours)
    return [
        day for day in days if any(_starts([day], now, duration_minutes, place, hours, earliest))
    ]


def first_free(
    now: datetime,
    duration_minutes: int,
    place: Locality,
    hours: Hours,
    *,
    is_free: Callable[[datetime], bool] = lambda start: True,
) -> datetime | None:
    """The first bookable start that `is_free` takes, or None."""
    starts = _starts(_days(now, place, hours), now, duration_minutes, place, hours)
    return next(filter(is_free, starts), None)


def _starts(
    days: Iterable[date],
    now: datetime,
    duration_minutes: int,
    place: Locality,
    hours: Hours,
    earliest: datetime | None = None,
) -> Iterator[datetime]:
    """The bookable starts of these days; `earliest` where the caller has worked it out already."""
    zone = ZoneInfo(place.timezone)
    earliest, latest = earliest or earliest_start(now, place, hours), now + hours.horizon
    for day in days:
        if is_service_day(day, place.country, place.region, hours.weekdays):
            for wall in _walls(day, duration_minutes, hours):
                if earliest <= (at := instant(wall, place.timezone)) <= latest:
                    yield at.astimezone(zone)


def check_start(
    wall: datetime, now: datetime, duration_minutes: int, place: Locality, hours: Hours
) -> datetime:
    """The instant of a wished start, in UTC, or the refusal that says why.

    Takes just what bookable_starts shows.
    """
    at = instant(wall, place.timezone)
    if (wall - datetime.combine(wall, time())) % hours.step:
        raise NotOnGrid
    if at < earliest_start(now, place, hours):
        raise _too_soon(now, duration_minutes, place, hours)
    if at > now + hours.horizon:
        raise TooFar(
            _("Visits can be booked at most %(days)d days ahead.") % {"days": hours.horizon.days}
        )
    if is_holiday(wall.date(), place.country, place.region):
        raise Holiday
    if wall.weekday() not in hours.weekdays:
        raise Closed
    if wall not in _walls(wall.date(), duration_minutes, hours):
        opens, closes = time_format(hours.opens, "H:i"), time_format(hours.closes, "H:i")
        raise Closed(
            _("The whole visit must lie between %(opens)s and %(closes)s.")
            % {"opens": opens, "closes": closes}
        )
    return at


def earliest_start(now: datetime, place: Locality, hours: Hours) -> datetime:
    """No start before this instant can be booked at `now` (rule B3)."""
    wall = wall_time(now, place.timezone)
    if hours.morning <= wall.time() < hours.evening:
        return now + hours.lead
    day = wall.date() + timedelta(days=wall.time() >= hours.evening)
    while not is_service_day(day, place.country, place.region, hours.weekdays):
        day += timedelta(days=1)
    return max(
        now + hours.lead, instant(datetime.combine(day, hours.first_after_evening), place.timezone)
    )


def _too_soon(now: datetime, duration_minutes: int, place: Locality, hours: Hours) -> TooSoon:
    first = first_free(now, duration_minutes, place, hours)
    if first is None:
        return TooSoon()
    moment = date_format(first, MOMENT)
    return TooSoon(
        _("This start is too soon. The first possible one is %(moment)s.") % {"moment": moment}
    )


def _days(now: datetime, place: Locality, hours: Hours) -> Iterator[date]:
    day = wall_time(now, place.timezone).date()
    last = wall_time(now + hours.horizon, place.timezone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _walls(day: date, duration_minutes: int, hours: Hours) -> Iterator[datetime]:
    """Every wall time on the grid at which a visit of this length lies wholly within the hours of
    the day.
    """
    midnight, duration = datetime.combine(day, time()), timedelta(minutes=duration_minutes)
    opens, closes = datetime.combine(day, hours.opens), datetime.combine(day, hours.closes)
    grid = (midnight + number * hours.step for number in range(timedelta(days=1) // hours.step))
    return (wall for wall in grid if opens <= wall and wall + duration <= closes)


# --- The night


def night(at: datetime, zone: str, night_from: time, night_until: time) -> bool:
    """Is it night there: from night_from on, until just before night_until?"""
    wall = wall_time(at, zone).time()
    return wall >= night_from or wall < night_until


def night_around(
    at: datetime, zone: str, night_from: time, night_until: time
) -> tuple[datetime, datetime] | None:
    """Begin and end of the night that holds `at`, in UTC; None by day. The end itself is day
    again.
    """
    if not night(at, zone, night_from, night_until):
        return None
    return previous_evening(at, zone, night_from), next_morning(at, zone, night_until)


def next_morning(at: datetime, zone: str, night_until: time) -> datetime:
    """The first end of a night after the instant."""
    wall = wall_time(at, zone)
    morning = datetime.combine(wall, night_until)
    return instant(morning if morning > wall else morning + timedelta(days=1), zone)


def previous_evening(at: datetime, zone: str, night_from: time) -> datetime:
    """The last beginning of a night at or before the instant."""
    wall = wall_time(at, zone)
    evening = datetime.combine(wall, night_from)
    return instant(evening if evening <= wall else evening - timedelta(days=1), zone)
