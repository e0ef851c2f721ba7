"""Choosing a day and up to three starts in order (rule B2, B3): what was sent, and the page that answers it.

The whole choice travels in the form: `wish` are the starts kept so far, `current` the one being chosen, `slot` a click
on another hour of the day that is `shown`. So the page works without script, and the back button shows what was there.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from customer.forms.days import read_day
from mila.errors import Refusal
from places.calendar import Closed, TooFar, TooSoon, bookable_starts, check_start, earliest_start, wall_time
from requests_app.deadlines import hours_of
from requests_app.models import Booking

WALL = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CARDS = 3
PARTS = (
    (time(12), _("In the morning")),
    (time(17), _("In the afternoon")),
    (time.max, _("In the evening")),
)


class NothingChosen(Refusal):
    sentence = _("Please choose an hour.")


@dataclass(frozen=True)
class DayCard:
    day: date
    count: int
    chosen: bool


@dataclass(frozen=True)
class Slot:
    """One hour of the day that is shown; `rank` is its place among the wishes, 0 for none."""

    value: str
    start: datetime
    rank: int
    chosen: bool


@dataclass(frozen=True)
class Chosen:
    """One line of the list of wishes."""

    rank: int
    value: str
    wall: datetime
    start: datetime


@dataclass
class StartChoice:
    """The state of the choice, and everything the page shows of it."""

    booking: Booking
    at: datetime
    kept: list[datetime] = field(default_factory=list)  # wall times, in order
    current: datetime | None = None
    day: date | None = None
    error: str = ""
    day_error: str = ""
    other_day: str = ""  # as written in the calendar field
    turns: bool = False  # another day was asked for: its hours are to be seen before anything is saved

    @property
    def walls(self) -> list[datetime]:
        """All wishes in order, each once."""
        return list(dict.fromkeys([*self.kept, *([self.current] if self.current else [])]))

    @property
    def wishes(self) -> list[Chosen]:
        zone = ZoneInfo(self.booking.timezone)
        return [Chosen(n, value_of(wall), wall, wall.replace(tzinfo=zone)) for n, wall in enumerate(self.walls, 1)]

    @property
    def kept_values(self) -> list[str]:
        return [value_of(wall) for wall in self.kept]

    @property
    def current_value(self) -> str:
        return value_of(self.current) if self.current else ""

    @property
    def may_add(self) -> bool:
        return self.current is not None and len(self.walls) < self.booking.policy.wishes_max

    @property
    def next_rank(self) -> int:
        return len(self.walls) + 1

    @property
    def first_day(self) -> date:
        earliest = earliest_start(self.at, self.booking, hours_of(self.booking.policy))
        return wall_time(earliest, self.booking.timezone).date()

    @property
    def last_day(self) -> date:
        return wall_time(self.at + self.booking.policy.horizon, self.booking.timezone).date()

    @property
    def cards(self) -> list[DayCard]:
        """The next three days with a free hour; a day from the calendar takes the last place."""
        near = self._near()
        if self.day and self.day not in near:
            near[-1:] = [self.day]
        return [DayCard(day, len(self._starts(day)), day == self.day) for day in sorted(near)]

    @property
    def parts(self) -> list[tuple[str, list[Slot]]]:
        """The hours of the day by morning, afternoon, evening."""
        walls = self.walls
        slots = []
        for start in self._starts(self.day):
            wall = start.replace(tzinfo=None, fold=0)
            rank = walls.index(wall) + 1 if wall in walls else 0
            slots.append(Slot(value_of(wall), start, rank, wall == self.current))
        parts, before = [], time.min
        for until, label in PARTS:
            inside = [slot for slot in slots if before <= slot.start.time() < until]
            if inside:
                parts.append((str(label), inside))
            before = until
        return parts

    def query(self) -> str:
        """The choice as it stands, for an address that shows it."""
        query = QueryDict(mutable=True)
        query.setlist("wish", self.kept_values)
        query["current"] = self.current_value
        if self.day:
            query["shown"] = self.day.isoformat()
        if self.other_day:
            query["other_day"] = self.other_day
        if not self.day_error:
            query["asked"] = self.other_day
        return query.urlencode()

    def add(self) -> None:
        """Keep the start that was being chosen and choose a further one."""
        if self.may_add:
            self.kept, self.current = self.walls, None

    def drop(self, rank: str) -> None:
        """Take one wish out of the list."""
        left = [wish.wall for wish in self.wishes if str(wish.rank) != rank]
        self.kept, self.current = left[:-1], left[-1] if left else None

    def show_a_day(self) -> None:
        """A day with free hours is shown, and on a fresh page the first free hour is chosen."""
        if self.day is None or not self._starts(self.day):
            wanted = self.current.date() if self.current else None
            near = self._near()
            self.day = wanted if wanted and self._starts(wanted) else near[0] if near else None
        if not self.walls and self.day:
            self.current = self._starts(self.day)[0].replace(tzinfo=None, fold=0)

    def follow_the_day(self) -> None:
        """Who turns to another day means it: the hour being chosen becomes that day's first free one."""
        if not self.turns or self.day_error or self.current is None or self.current.date() == self.day:
            return
        walls = [start.replace(tzinfo=None, fold=0) for start in self._starts(self.day)]
        self.current = next((wall for wall in walls if wall not in self.kept), self.current)

    def ask_for(self, text: str) -> None:
        """Another day from the calendar; one on which nobody comes is refused with the sentence that says why."""
        day = read_day(text, wall_time(self.at, self.booking.timezone).date())
        if day is None:
            self.day_error = str(_("Please give the day as day, month, year."))
        elif refusal := self._why_not(day):
            self.day_error = refusal
        else:
            self.day = day

    def _why_not(self, day: date) -> str:
        if self._inside(day) and self._starts(day):
            return ""
        if day > self.last_day:
            return str(TooFar(_("Visits can be booked at most %(days)d days ahead.")
                              % {"days": self.booking.policy.horizon.days}))  # fmt: skip
        if day < self.first_day - timedelta(days=1):
            return str(TooSoon.sentence)
        try:
            opens = datetime.combine(day, self.booking.policy.day_opens)
            check_start(opens, self.at, self.booking.duration_minutes, self.booking, hours_of(self.booking.policy))
        except Refusal as refusal:
            return str(refusal)
        return str(Closed.sentence)

    def _inside(self, day: date) -> bool:
        return self.first_day - timedelta(days=1) <= day <= self.last_day

    def _starts(self, day: date | None) -> list[datetime]:
        if day is None or not self._inside(day):
            return []
        b = self.booking
        return bookable_starts(day, self.at, b.duration_minutes, b, hours_of(b.policy))

    def _near(self) -> list[date]:
        days = (self.first_day + timedelta(days=number) for number in range((self.last_day - self.first_day).days + 1))
        return list(_first(CARDS, (day for day in days if self._starts(day))))


def fresh_choice(booking: Booking, at: datetime, walls: Sequence[datetime] = ()) -> StartChoice:
    """The choice as a page opens: the saved wishes, or the first free hour."""
    choice = StartChoice(booking, at, kept=list(walls[:-1]), current=walls[-1] if walls else None)
    choice.show_a_day()
    return choice


def read_choice(data: QueryDict, booking: Booking, at: datetime) -> StartChoice:
    """The choice as it was sent. What cannot be read is passed over, as if it had not been sent."""
    most = booking.policy.wishes_max
    kept = [wall for text in data.getlist("wish")[:most] if (wall := parse_wall(text))]
    current = parse_wall(data.get("slot", "")) or parse_wall(data.get("current", ""))
    if current in kept:
        current = None
    choice = StartChoice(booking, at, kept=kept[: most - 1] if current else kept, current=current)
    shown, card, other = parse_day(data.get("shown", "")), parse_day(data.get("day", "")), data.get("other_day", "")
    other, asked = other.strip()[:20], data.get("asked", "")
    choice.day, choice.other_day = shown, other
    # A click on a card is the younger wish where the calendar field still holds what was answered before.
    if card and shown and card != shown:
        choice.day, choice.turns = card, True
    elif other and other != asked:
        choice.turns = True
        choice.ask_for(other)
    elif card:
        choice.day = card
    choice.show_a_day()
    choice.follow_the_day()
    return choice


def value_of(wall: datetime) -> str:
    return wall.isoformat(timespec="minutes")


def parse_wall(text: str) -> datetime | None:
    """A local time as 2026-11-26T17:30, nothing else."""
    if not WALL.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def parse_day(text: str) -> date | None:
    """A day as 2026-11-26, as date fields send it, nothing else."""
    if not DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _first(count: int, days: Iterator[date]) -> Iterator[date]:
    for _number, day in zip(range(count), days, strict=False):
        yield day
