"""Choosing a day and up to three starts in order (rule B2, B3, B14): what was sent, and the page
that answers it.

The whole choice travels in the form: `wish` are the starts kept so far, `current` the one being
chosen, `slot` a click on another hour of the day that is `shown`. So the page works without script,
and the back button shows what was there. A start at which nobody is free is shown struck out, and
never chosen for anybody.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from customer.forms.days import read_day
from dispatch.availability import BLOCK, MOST, FreeTime, FreeTimes
from mila.errors import Refusal
from places.calendar import Closed, TooFar, TooSoon, check_start, earliest_start, wall_time
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
    sentence = _("Please choose a time.")


@dataclass(frozen=True)
class DayCard:
    day: date
    count: int
    chosen: bool


@dataclass(frozen=True)
class Slot:
    """One time of the day that is shown; `rank` is its place among the wishes, 0 for none.

    `people`: how many are free then, MOST for more; `keeper`: whoever has the job is.
    """

    value: str
    start: datetime
    rank: int
    chosen: bool
    people: int
    keeper: bool

    @property
    def is_free(self) -> bool:
        return self.keeper or self.people > 0

    @property
    def is_many(self) -> bool:
        return self.people >= MOST


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

    times: FreeTimes
    kept: list[datetime] = field(default_factory=list)  # wall times, in order
    current: datetime | None = None
    day: date | None = None
    error: str = ""
    day_error: str = ""
    other_day: str = ""  # as written in the calendar field
    # another day was asked for: its hours are to be seen before anything is saved
    turns: bool = False

    @property
    def booking(self) -> Booking:
        return self.times.booking

    @property
    def at(self) -> datetime:
        return self.times.at

    @property
    def walls(self) -> list[datetime]:
        """All wishes in order, each once."""
        return list(dict.fromkeys([*self.kept, *([self.current] if self.current else [])]))

    @property
    def wishes(self) -> list[Chosen]:
        zone = ZoneInfo(self.booking.timezone)
        return [
            Chosen(n, value_of(wall), wall, wall.replace(tzinfo=zone))
            for n, wall in enumerate(self.walls, 1)
        ]

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
        """The next three days with a free time; a day from the calendar takes the last place."""
        near = self._near()
        if self.day and self.day not in near:
            near[-1:] = [self.day]
        return [DayCard(day, len(self._free(day)), day == self.day) for day in sorted(near)]

    @property
    def parts(self) -> list[tuple[str, list[Slot]]]:
        """The times of the day by morning, afternoon, evening; where somebody has the job, theirs
        first.
        """
        walls = self.walls
        slots = []
        for one in self._starts(self.day):
            wall = _wall(one)
            rank = walls.index(wall) + 1 if wall in walls else 0
            slots.append(
                Slot(value_of(wall), one.start, rank, wall == self.current, one.people, one.keeper)
            )
        if any(slot.keeper for slot in slots):
            name = self.booking.technician.name
            theirs, others = (
                [slot for slot in slots if slot.keeper is whose] for whose in (True, False)
            )
            groups = [
                (str(_("%(name)s is free") % {"name": name}), theirs),
                (str(_("With somebody else")), others),
            ]
            return [group for group in groups if group[1]]
        parts, before = [], time.min
        for until, label in PARTS:
            inside = [slot for slot in slots if before <= slot.start.time() < until]
            if inside:
                parts.append((str(label), inside))
            before = until
        return parts

    @property
    def shows_numbers(self) -> bool:
        return any(one.people and not one.keeper for one in self._starts(self.day))

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
        """A day with times is shown: the one asked for, that of the time being chosen, or the first
        with a free one.
        """
        if self.day is None or not self._starts(self.day):
            wanted = self.current.date() if self.current else None
            near = self._near()
            self.day = wanted if wanted and self._starts(wanted) else near[0] if near else None

    def propose(self) -> None:
        """On a fresh page the first free time is chosen that is not too near to be found somebody
        for.
        """
        if self.walls:
            return
        after = self.at + self.booking.policy.proposal_lead
        keeper = self.times.keeps and self.booking.technician_id is not None
        days = list(self._days())
        proposed = self._first_from(after, days[:BLOCK], keeper=True) if keeper else None
        proposed = proposed or self._first_from(after, days)
        if proposed is not None:
            self.current = _wall(proposed)
            self.day = self.current.date()

    def _first_from(
        self, after: datetime, days: list[date], *, keeper: bool = False
    ) -> FreeTime | None:
        free = (one for day in days for one in self._free(day) if one.keeper or not keeper)
        return next(
            (one for one in free if one.start >= after and one.start != self.booking.start_at), None
        )

    def follow_the_day(self) -> None:
        """Who turns to another day means it: what is being chosen becomes that day's first free
        time, or nothing.
        """
        if (
            not self.turns
            or self.day_error
            or self.current is None
            or self.current.date() == self.day
        ):
            return
        walls = [_wall(one) for one in self._preferred(self.day)]
        self.current = next((wall for wall in walls if wall not in self.kept), None)

    def ask_for(self, text: str) -> None:
        """Another day from the calendar; one on which nobody comes is refused with the sentence
        that says why.
        """
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
            check_start(
                opens,
                self.at,
                self.booking.duration_minutes,
                self.booking,
                hours_of(self.booking.policy),
            )
        except Refusal as refusal:
            return str(refusal)
        return str(Closed.sentence)

    def _inside(self, day: date) -> bool:
        return self.first_day - timedelta(days=1) <= day <= self.last_day

    def _starts(self, day: date | None) -> list[FreeTime]:
        """What can be booked on a day, whether anybody is free then or not."""
        return self.times.on(day) if day is not None and self._inside(day) else []

    def _free(self, day: date | None) -> list[FreeTime]:
        return [one for one in self._starts(day) if one.is_free]

    def _preferred(self, day: date | None) -> list[FreeTime]:
        """Where somebody has the job and is free on that day, the times at which they are; else all
        free ones.
        """
        free = self._free(day)
        return [one for one in free if one.keeper] or free

    def _days(self) -> Iterator[date]:
        return (
            self.first_day + timedelta(days=number)
            for number in range((self.last_day - self.first_day).days + 1)
        )

    def _near(self) -> list[date]:
        return list(_first(CARDS, (day for day in self._days() if self._free(day))))


def fresh_choice(times: FreeTimes, walls: Sequence[datetime] = ()) -> StartChoice:
    """The choice as a page opens: the saved wishes, or the first free time that is not too near."""
    current = walls[-1] if walls else None
    choice = StartChoice(times, kept=list(walls[:-1]), current=current)
    choice.propose()
    choice.show_a_day()
    return choice


def read_choice(data: QueryDict, times: FreeTimes) -> StartChoice:
    """The choice as it was sent. What cannot be read is passed over, as if it had not been sent."""
    most = times.booking.policy.wishes_max
    kept = [wall for text in data.getlist("wish")[:most] if (wall := parse_wall(text))]
    current = parse_wall(data.get("slot", "")) or parse_wall(data.get("current", ""))
    if current in kept:
        current = None
    kept = kept[: most - 1] if current else kept
    choice = StartChoice(times, kept=kept, current=current)
    shown, card, other = (
        parse_day(data.get("shown", "")),
        parse_day(data.get("day", "")),
        data.get("other_day", ""),
    )
    other, asked = other.strip()[:20], data.get("asked", "")
    choice.day, choice.other_day = shown, other
    # A click on a card is the younger wish where the calendar field still holds what was answered
    # before.
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


def _wall(one: FreeTime) -> datetime:
    return one.start.replace(tzinfo=None, fold=0)


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
