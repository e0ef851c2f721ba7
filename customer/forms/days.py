"""A day as people type it: 10.12.2026, 10/12/2026, 10 décembre 2026, 10.

Dezember, December 10; day before month.
"""

import re
from datetime import date
from functools import lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.dates import MONTHS

from places.folding import fold

# as date fields send it
ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
FIGURES = re.compile(r"(?P<day>\d{1,2}) (?P<month>\d{1,2})(?: (?P<year>\d{4}|\d{2}))?")
WEEKDAY, NAME, YEAR = r"(?:[a-z]+ )?", r"(?P<name>[a-z]{3,})", r"(?: (?P<year>\d{4}))?"
IN_WORDS = re.compile(rf"{WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)? (?:of )?{NAME}{YEAR}")
MONTH_FIRST = re.compile(rf"{WEEKDAY}{NAME} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?{YEAR}")


def read_day(text: str, today: date) -> date | None:
    """The day that was typed, in any of our languages; without a year the next one.

    None where it is no day.
    """
    plain = fold(text)
    found = ISO.fullmatch(text.strip()) or next(
        (match for form in (FIGURES, IN_WORDS, MONTH_FIRST) if (match := form.fullmatch(plain))),
        None,
    )
    if found is None:
        return None
    said = found.groupdict()
    month = int(said["month"]) if said.get("month") else _month(said["name"])
    if month is None:
        return None
    year = int(said["year"]) if said["year"] else None
    if year is not None and year < 100:
        year += 2000
    try:
        if year is not None:
            return date(year, month, int(said["day"]))
        this = date(today.year, month, int(said["day"]))
        return this if this >= today else this.replace(year=today.year + 1)
    except ValueError:
        return None


def _month(name: str) -> int | None:
    """By its name or the beginning of it, from three letters on; "jui" may be two months and is
    none.
    """
    found = {number for whole, number in _names().items() if whole.startswith(name)}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=1)
def _names() -> dict[str, int]:
    names: dict[str, int] = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            names |= {fold(str(name)): number for number, name in MONTHS.items()}
    return names
