"""Public holidays by canton and department, from the lists in places/data/holidays.toml (rule B3).

A list names its feasts; here stands on which day of a year each of them falls. Pure.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial
from pathlib import Path

from dateutil.easter import easter

TOML = Path(__file__).parent / "data" / "holidays.toml"
EVERYWHERE = "all"
MONDAY, TUESDAY, THURSDAY, SATURDAY, SUNDAY = 0, 1, 3, 5, 6
A_DAY, A_WEEK = timedelta(days=1), timedelta(weeks=1)

Feast = Callable[[int], date | None]


@dataclass(frozen=True)
class HolidayList:
    """What one law says for one region: the feasts without visits, those on which visits go on,
    and the law's name.
    """

    source: str
    none: tuple[str, ...]
    possible: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def lists() -> dict[tuple[str, str], HolidayList]:
    """By country and region; the region "all" holds everywhere in its country."""
    with TOML.open("rb") as file:
        countries = tomllib.load(file)
    return {
        (country, region): HolidayList(
            said["source"], tuple(said["none"]), tuple(said.get("possible", ()))
        )
        for country, regions in countries.items()
        for region, said in regions.items()
    }


@lru_cache(maxsize=2_000)
def public_holidays(year: int, country: str, region: str) -> frozenset[date]:
    """The days of a year on which no visit is made there; those of the whole country where the
    region is not known.
    """
    known = [lists()[country, EVERYWHERE], lists().get((country, region))]
    days = (FEASTS[name](year) for each in known if each for name in each.none)
    return frozenset(day for day in days if day is not None)


# --- The day of a feast


def _fixed(month: int, day: int, year: int) -> date:
    return date(year, month, day)


def _after_easter(days: int, year: int) -> date:
    return easter(year) + timedelta(days=days)


def _first(weekday: int, month: int, year: int) -> date:
    """The first such weekday of a month."""
    begins = date(year, month, 1)
    return begins + timedelta(days=(weekday - begins.weekday()) % 7)


def _only_on(weekdays: frozenset[int], month: int, day: int, year: int) -> date | None:
    """A feast that is none where it falls on another day of the week."""
    found = date(year, month, day)
    return found if found.weekday() in weekdays else None


def _battle_of_naefels(year: int) -> date:
    """The first Thursday of April; a week later where that is the Thursday before Easter."""
    day = _first(THURSDAY, 4, year)
    return day + A_WEEK if easter(year) - A_WEEK < day < easter(year) else day


def _fast_of_geneva(year: int) -> date:
    """The Thursday after the first Sunday of September."""
    return _first(SUNDAY, 9, year) + 4 * A_DAY


def _federal_fast_monday(year: int) -> date:
    """The Monday after the third Sunday of September."""
    return _first(SUNDAY, 9, year) + 2 * A_WEEK + A_DAY


# Beside a Sunday and Christmas it would be the third day of rest in a row, and is none.
UNLESS_THIRD = frozenset(range(7)) - {TUESDAY, SATURDAY}

FEASTS: dict[str, Feast] = {
    "new_year": partial(_fixed, 1, 1),
    "berchtold": partial(_fixed, 1, 2),
    "berchtold_on_monday": partial(_only_on, frozenset({MONDAY}), 1, 2),
    "epiphany": partial(_fixed, 1, 6),
    "neuchatel_republic": partial(_fixed, 3, 1),
    "saint_joseph": partial(_fixed, 3, 19),
    "battle_of_naefels": _battle_of_naefels,
    "good_friday": partial(_after_easter, -2),
    "easter_monday": partial(_after_easter, 1),
    "labour_day": partial(_fixed, 5, 1),
    "victory_1945": partial(_fixed, 5, 8),
    "ascension": partial(_after_easter, 39),
    "whit_monday": partial(_after_easter, 50),
    "corpus_christi": partial(_after_easter, 60),
    "jura_independence": partial(_fixed, 6, 23),
    "saints_peter_and_paul": partial(_fixed, 6, 29),
    "bastille_day": partial(_fixed, 7, 14),
    "swiss_national_day": partial(_fixed, 8, 1),
    "assumption": partial(_fixed, 8, 15),
    "fast_of_geneva": _fast_of_geneva,
    "federal_fast_monday": _federal_fast_monday,
    "saint_maurice": partial(_fixed, 9, 22),
    "brother_nicholas": partial(_fixed, 9, 25),
    "all_saints": partial(_fixed, 11, 1),
    "armistice_1918": partial(_fixed, 11, 11),
    "immaculate_conception": partial(_fixed, 12, 8),
    "christmas": partial(_fixed, 12, 25),
    "saint_stephen": partial(_fixed, 12, 26),
    "saint_stephen_on_monday": partial(_only_on, frozenset({MONDAY}), 12, 26),
    "saint_stephen_unless_third": partial(_only_on, UNLESS_THIRD, 12, 26),
    "restoration": partial(_fixed, 12, 31),
}
