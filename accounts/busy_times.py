"""What is taken in a calendar kept elsewhere: a calendar's file (RFC 5545) as spans of time, and
nothing else of it (rule D1). Pure.

Hours without a zone and whole days are those of the wall the technician lives by. What repeats is
counted on the wall of its own zone, so that it stays at its hour over the days the clocks change.
"""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rruleset, rrulestr
from icalendar import Calendar, Event

MOST_EVENTS = 20_000
MOST_SPANS = 2_000  # of the time ahead, after those that touch are one
SECONDS = 10.0  # for a whole calendar: a rule can be written that is counted for ever
# Rules of hours, minutes and seconds are nobody's calendar, and can be counted for ever.
RULES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
FREE = {"FREE", "WORKINGELSEWHERE"}  # Microsoft's words beside TRANSP

Span = tuple[datetime, datetime]


class NotACalendar(ValueError):
    """What came is no calendar that can be read."""


class TooMuch(ValueError):
    """More than is counted."""


def busy_spans(
    document: bytes, zone: str, begin: datetime, end: datetime, *, own_host: str = ""
) -> list[Span]:
    """What is taken between `begin` and `end`, in UTC, in order, none touching another.

    What came out of our own files (`own_host`) is a job already, and is passed over. An event that
    cannot be read takes no time. Raises NotACalendar, TooMuch.
    """
    events = _events(document)
    if len(events) > MOST_EVENTS:
        raise TooMuch
    apart = {(_uid(one), _key(one["RECURRENCE-ID"].dt, zone)) for one in events if _moved(one)}
    found: list[Span] = []
    until = time.monotonic() + SECONDS
    for event in events:
        if time.monotonic() > until:
            raise TooMuch
        if _takes_time(event) and not (own_host and _uid(event).endswith(f"@{own_host}")):
            found += _of_event(event, zone, begin, end, apart)
    spans = _joined(found)
    if len(spans) > MOST_SPANS:
        raise TooMuch
    return spans


def _events(document: bytes) -> list[Any]:
    try:
        found = Calendar.from_ical(document, multiple=True)
        if not found or any(one.name != "VCALENDAR" for one in found):
            raise NotACalendar
        return [event for one in found for event in one.walk("VEVENT")]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise NotACalendar from error


def _uid(event: Event) -> str:
    return str(event.get("UID", ""))


def _moved(event: Event) -> bool:
    """One time of something that repeats, told apart from the others."""
    return isinstance(getattr(event.get("RECURRENCE-ID"), "dt", None), date)


def _takes_time(event: Event) -> bool:
    return (
        str(event.get("STATUS", "")).upper() != "CANCELLED"
        and str(event.get("TRANSP", "")).upper() != "TRANSPARENT"
        and str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() not in FREE
    )


def _of_event(
    event: Event, zone: str, begin: datetime, end: datetime, apart: set[tuple[str, datetime]]
) -> Iterator[Span]:
    try:
        start, finish = event.start, event.end
        length = event.DURATION or _length(start, finish, zone)
        starts = _starts(event, start, zone, begin - length, end)
        whole_day = not isinstance(start, datetime)
        for wall in starts:
            first = _instant(wall.date() if whole_day else wall, start, zone)
            if not _moved(event) and (_uid(event), first) in apart:
                continue
            last = _instant(wall.date() + length, start, zone) if whole_day else first + length
            if first < last and first < end and last > begin:
                yield first, last
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return


def _length(start: date, finish: date, zone: str) -> timedelta:
    """Of whole days in days, else in time that passes."""
    if isinstance(start, datetime):
        return _key(finish, zone) - _key(start, zone)
    return finish - start


def _zone(at: date, zone: str) -> tzinfo:
    return (at.tzinfo if isinstance(at, datetime) else None) or ZoneInfo(zone)


def _key(at: date, zone: str) -> datetime:
    return _instant(at, at, zone)


def _instant(at: date, like: date, zone: str) -> datetime:
    """In UTC, on the wall of what it is like. An hour that the clocks leave out is the next one."""
    wall = at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)
    return wall.replace(tzinfo=_zone(like, zone)).astimezone(UTC)


def _wall(at: date, like: date, zone: str) -> datetime:
    """As the wall of `like` shows it, without a zone."""
    return _key(at, zone).astimezone(_zone(like, zone)).replace(tzinfo=None)


def _starts(
    event: Event, start: date, zone: str, begin: datetime, end: datetime
) -> Iterable[datetime]:
    """The starts on its own wall, from a day before `begin` to a day after `end`."""
    first = _wall(start, start, zone)
    rules = [rule for rule in event.rrules if not _moved(event)]
    if not rules and not event.rdates:
        return [first]
    day = timedelta(days=1)
    lower, upper = (_wall(at, start, zone) for at in (begin - day, end + day))
    found = rruleset()
    found.rdate(first)
    for rule in rules:
        if rule["FREQ"][0] not in RULES:
            raise ValueError("frequency")
        found.rrule(rrulestr(_bounded(rule, start, zone, upper), dtstart=first))
    for at, _until in event.rdates:
        found.rdate(_wall(at, start, zone))
    for at in event.exdates:
        found.exdate(_wall(at, start, zone))
    return found.between(lower, upper, inc=True)


def _bounded(rule: Any, start: date, zone: str, upper: datetime) -> str:
    """The rule on the wall, ending no later than what is asked for."""
    named = [_wall(at, start, zone) for at in rule.get("UNTIL", []) if isinstance(at, datetime)]
    named += [
        datetime(at.year, at.month, at.day, 23, 59, 59)
        for at in rule.get("UNTIL", [])
        if not isinstance(at, datetime)
    ]
    parts = [one for one in rule.to_ical().decode().split(";") if not one.startswith("UNTIL=")]
    if "COUNT" not in rule:  # the two never stand together
        parts.append(f"UNTIL={min([*named, upper]):%Y%m%dT%H%M%S}")
    return ";".join(parts)


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found
