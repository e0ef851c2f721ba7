"""What is taken in a calendar kept elsewhere: a calendar's file (RFC 5545) as spans of time, and
nothing else of it (rule D1). Pure.

Hours without a zone and whole days are those of the wall the technician lives by. What repeats is
counted on the wall of its own zone, so that it stays at its hour over the days the clocks change.
"""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar, Event

from accounts import calendar_cut

MOST_EVENTS = 4_000  # that are read: those of another time are not
MOST_SPANS = 2_000  # of the time ahead, after those that touch are one
SECONDS = 3.0  # of the processor, for a whole calendar
# For all rules of a calendar, in looks: one look is what a day costs, about three microseconds.
MOST_LOOKS = 100_000
OF_A_RULE = 20  # to read it
OF_A_TIME = 3  # to make a span of one that it says
MOST_TIMES = 8  # of one day, and places in a period: each makes a look dearer
# Which rules are read, and the looks of one step of theirs. Those of hours, minutes and seconds are
# nobody's calendar.
RULES = {"DAILY": 1, "WEEKLY": 2, "MONTHLY": 5, "YEARLY": 60}
SHORTEST_MONTH = 28
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
    document = calendar_cut.near(document, begin.date(), end.date())
    if document.upper().count(b"BEGIN:VEVENT") > MOST_EVENTS:  # before it costs to read them
        raise TooMuch
    events = _events(document)
    apart = {(_uid(one), _key(one["RECURRENCE-ID"].dt, zone)) for one in events if _moved(one)}
    found: list[Span] = []
    until, looks = time.thread_time() + SECONDS, Looks(MOST_LOOKS)
    for event in events:
        if time.thread_time() > until:
            raise TooMuch
        if _takes_time(event) and not (own_host and _uid(event).endswith(f"@{own_host}")):
            found += _of_event(event, zone, begin, end, apart, looks)
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


@dataclass
class Looks:
    """How many are left."""

    left: int

    def spend(self, number: int) -> None:
        self.left -= number
        if self.left < 0:
            raise TooMuch


class PastTheEnd(Exception):
    """Nothing that a rule says from here on is asked for."""


class Step(int):
    """From one period of a rule to the next. Each one that is made is paid for, also where nothing
    comes of it, and there are only so many to the end of what is asked for. The library adds it to
    a day, a month or a year, or makes weeks of it first.
    """

    looks: Looks
    cost: int
    left: int

    def __radd__(self, other: int) -> int:
        self._made()
        return int(self) + other

    def __mul__(self, other: int) -> int:
        self._made()
        return int(self) * other

    def _made(self) -> None:
        self.looks.spend(self.cost)
        self.left -= 1
        if self.left < 0:
            raise PastTheEnd


def _of_event(
    event: Event,
    zone: str,
    begin: datetime,
    end: datetime,
    apart: set[tuple[str, datetime]],
    looks: Looks,
) -> Iterator[Span]:
    try:
        start, finish = event.start, event.end
        length = event.DURATION or _length(start, finish, zone)
        starts = _starts(event, start, zone, begin - length, end, looks)
        whole_day = not isinstance(start, datetime)
        for wall in starts:
            first = _instant(wall.date() if whole_day else wall, start, zone)
            if not _moved(event) and (_uid(event), first) in apart:
                continue
            last = _instant(wall.date() + length, start, zone) if whole_day else first + length
            if first < last and first < end and last > begin:
                yield first, last
    except TooMuch:
        raise
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
    event: Event, start: date, zone: str, begin: datetime, end: datetime, looks: Looks
) -> Iterable[datetime]:
    """The starts on its own wall, from a day before `begin` to a day after `end`."""
    first = _wall(start, start, zone)
    rules = [rule for rule in event.rrules if not _moved(event)]
    if not rules and not event.rdates:
        return [first]
    day = timedelta(days=1)
    lower, upper = (_wall(at, start, zone) for at in (begin - day, end + day))
    found = {first, *(_wall(at, start, zone) for at, _until in event.rdates)}
    for rule in rules:
        found.update(_repeated(rule, first, lower, _last(rule, start, zone, upper), looks))
    found -= {_wall(at, start, zone) for at in event.exdates}
    return sorted(at for at in found if lower <= at <= upper)


def _repeated(
    rule: Any, first: datetime, lower: datetime, upper: datetime, looks: Looks
) -> Iterator[datetime]:
    """What the rule says, up to the end: what lies before `lower` may be passed over."""
    looks.spend(OF_A_RULE)
    freq, interval = str(rule["FREQ"][0]), int(rule.get("INTERVAL", [1])[0])
    times = [max(1, len(rule.get(f"BY{unit}", []))) for unit in ("HOUR", "MINUTE", "SECOND")]
    if freq not in RULES or interval < 1:
        raise ValueError("frequency")
    if max(math.prod(times), len(rule.get("BYSETPOS", []))) > MOST_TIMES:
        raise ValueError("times of a day")
    parts = [one for one in rule.to_ical().decode().split(";") if not one.startswith("UNTIL=")]
    begun = first if "COUNT" in rule else _nearer(first, freq, interval, lower)
    step = Step(interval)
    step.looks, step.cost, step.left = looks, RULES[freq], _steps(begun, freq, interval, upper)
    try:
        for at in rrulestr(";".join(parts), dtstart=begun).replace(interval=step):
            if at > upper:
                return
            looks.spend(OF_A_TIME)
            yield at
    except PastTheEnd:
        return


def _steps(begun: datetime, freq: str, interval: int, upper: datetime) -> int:
    """As many as lead past `upper`, from anywhere in the first period."""
    if freq in ("DAILY", "WEEKLY"):
        periods = (upper - begun).days // (7 if freq == "WEEKLY" else 1)
    else:
        periods = (upper.year - begun.year) * 12 + upper.month - begun.month
        periods //= 12 if freq == "YEARLY" else 1
    return max(0, periods) // interval + 2


def _nearer(first: datetime, freq: str, interval: int, lower: datetime) -> datetime:
    """A later start of the same rule, whole steps on and at least one before `lower`: a calendar
    goes back for years.
    """
    if freq in ("DAILY", "WEEKLY"):
        step = timedelta(days=interval * (7 if freq == "WEEKLY" else 1))
        return first + max(0, (lower - first) // step - 1) * step
    if first.day > SHORTEST_MONTH:
        return first
    months = interval * (12 if freq == "YEARLY" else 1)
    apart = (lower.year - first.year) * 12 + lower.month - first.month
    month = first.month - 1 + max(0, apart // months - 1) * months
    return first.replace(year=first.year + month // 12, month=month % 12 + 1)


def _last(rule: Any, start: date, zone: str, upper: datetime) -> datetime:
    """On the wall: the end of the rule, or of what is asked for."""
    named = [
        _wall(at, start, zone)
        if isinstance(at, datetime)
        else datetime(at.year, at.month, at.day, 23, 59, 59)
        for at in rule.get("UNTIL", [])
    ]
    return min([*named, upper])


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found
