"""Free times: how many eligible technicians are free at each start of a place, by the search's rule
(rule B14, D1).

A number is what is so now; nothing is reserved by it. Counting stops at MOST. Two statements at
most: the first finds the people in reach and asks as many of them as settle most starts, the second
asks all the others, about the starts that are left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

from django.db import connection
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import LANGUAGE_BITS, language_bits
from dispatch import eligibility
from dispatch.facts import OF_CELLS
from mila.errors import Refusal
from mila.formats import moment
from places.calendar import bookable_starts, wall_time
from places.distance import search_cells
from policy.figures import Policy
from requests_app.actions.drafting import check_wish
from requests_app.deadlines import hours_of
from requests_app.models import BEFORE_DEPARTURE, Assignment, Booking

MOST = 9  # "9 or more" says as much as any number
# people who are asked about every start: where a third of them is free, each start has its nine
FIRST = 32
BLOCK = 14  # days that are read at once
NEAREST = 3  # free starts that are named beside one that is refused

WANTED = """
b AS MATERIALIZED (
    SELECT %(booking)s::bigint AS id, %(lat)s::float8 AS lat, %(lon)s::float8 AS lon,
           cos(radians(%(lat)s::float8)) AS width,
           %(languages)s::int AS languages, %(customer)s::bigint AS customer_id,
           CASE WHEN %(precision)s = ANY(%(vague)s) THEN %(vague_m)s ELSE 0 END AS wider_m,
           %(drops)s::int AS drops, %(lost)s::int AS lost, %(held)s::int AS held)"""
IN_REACH = """
    SELECT s.technician_id
      FROM b
      JOIN accounts_skillsearch s ON s.skill_id = %(skill)s
     CROSS JOIN LATERAL (SELECT {metres} AS metres) away
     WHERE {condition} AND {near} AND {speaks} AND ({papers_over}) IS NOT TRUE"""
OF_A_START = eligibility.window("start_at", "%(zone)s", "%(duration)s", "%(buffer)s")
# The calendar of each, once, as one multirange: a start then costs a look into it, however full it
# is.
FREE = """
WITH {wanted},
w AS MATERIALIZED (
    SELECT start_at, {window}
      FROM unnest(%(starts)s::timestamptz[]) start_at
     CROSS JOIN LATERAL ({wall}) wall),
hour AS MATERIALIZED (SELECT DISTINCT weekday, begins, ends FROM w WHERE one_day),
reach AS MATERIALIZED ({people}),
s AS MATERIALIZED (SELECT technician_id FROM reach ORDER BY technician_id LIMIT %(first)s),
works AS MATERIALIZED (
    SELECT s.technician_id, w.weekday, w.begins, w.ends
      FROM s
      JOIN accounts_weeklyhours h ON h.technician_id = s.technician_id
      JOIN hour w ON {works}
     GROUP BY 1, 2, 3, 4),
calendar AS MATERIALIZED (
    SELECT s.technician_id, coalesce(y.during, '{{}}') AS during
      FROM (SELECT DISTINCT technician_id FROM works) s
     CROSS JOIN b
     CROSS JOIN LATERAL (
           SELECT range_agg(y.during) AS during
             FROM accounts_calendarentry y
            WHERE y.technician_id = s.technician_id AND y.id IS DISTINCT FROM %(but)s
              AND y.during && (SELECT range_merge(range_agg(during)) FROM w)) y
     WHERE {may})
SELECT w.start_at, count(*), NULL::bigint[]
  FROM works s
  JOIN w ON w.one_day AND w.weekday = s.weekday AND w.begins = s.begins AND w.ends = s.ends
  JOIN calendar y ON y.technician_id = s.technician_id
 WHERE NOT ({taken})
 GROUP BY w.start_at
 UNION ALL
SELECT NULL, 0, ARRAY(SELECT technician_id FROM reach ORDER BY technician_id OFFSET %(first)s)
"""
THE_OTHERS = "SELECT unnest(%(others)s::bigint[]) AS technician_id"
OF_TECHNICIAN = "s.technician_id = %(technician)s"
ANYBODY = "NOT {had_it} AND NOT {apart} AND NOT {takes_too_many}"
SOMEBODY = """
WITH {wanted}
SELECT EXISTS (
    SELECT 1 FROM ({in_reach}) s
      JOIN accounts_weeklyhours h ON h.technician_id = s.technician_id
        AND h.closes - h.opens >= %(duration)s)
"""


class NobodyFree(Refusal):
    """Raised with the nearest free starts."""

    sentence = _("Nobody is free at that time. Please choose another one.")


@dataclass(frozen=True)
class Visit:
    """What is wanted, of a booking or of a place alone.

    `languages`: bits of those the customer speaks; all of them where nobody was asked. `booking_id`
    leaves out who has had the booking, `customer_id` whom they do not want to meet again, or who
    does not want to meet them.
    """

    skill_id: int
    lat: float | None
    lon: float | None
    precision: str
    timezone: str
    duration_minutes: int
    policy: Policy
    languages: int = language_bits(LANGUAGE_BITS)
    booking_id: int | None = None
    customer_id: int | None = None

    @classmethod
    def of(cls, booking: Booking) -> Self:
        at = booking.contact
        return cls(
            booking.service.skill_id,
            at.lat,
            at.lon,
            at.precision,
            booking.timezone,
            booking.duration_minutes,
            booking.policy,
            language_bits([booking.language, *booking.spoken]),
            booking.pk,
            booking.customer_id,
        )

    def params(self, at: datetime) -> dict[str, Any]:
        assert self.lat is not None
        assert self.lon is not None
        return {
            **eligibility.PARAMS,
            "at": at,
            "booking": self.booking_id,
            "customer": self.customer_id,
            "languages": self.languages,
            "skill": self.skill_id,
            "lat": self.lat,
            "lon": self.lon,
            "precision": self.precision,
            "cells": [cell for cell, _closest in search_cells(self.lat, self.lon)[1]],
            "zone": self.timezone,
            "duration": timedelta(minutes=self.duration_minutes),
            "buffer": self.policy.travel_buffer,
            "drops": self.policy.drops_per_day,
            "lost": self.policy.jobs_lost_per_week,
            "held": self.policy.open_claims_per_day,
        }


def somebody_works(visit: Visit, at: datetime) -> bool:
    """Whether anybody who may be asked comes to this place at all, on whatever day. One query."""
    if visit.lat is None or visit.lon is None:
        return False
    with connection.cursor() as cursor:
        statement = SOMEBODY.format(wanted=WANTED, in_reach=_in_reach(OF_CELLS))
        cursor.execute(statement, visit.params(at))
        return bool(cursor.fetchone()[0])


def free_people(visit: Visit, starts: Iterable[datetime], at: datetime) -> dict[datetime, int]:
    """How many are free for a visit at each of these starts, in UTC: exact below MOST, MOST stands
    for more.

    Who is waiting in line, looks at another offer or has let this one lapse is counted: they may
    still be asked.
    """
    people = {start.astimezone(UTC): 0 for start in starts}
    if visit.lat is None or visit.lon is None:
        return people
    others = _count(visit, people, at, _in_reach(OF_CELLS), ANYBODY, first=FIRST)
    left = {start: 0 for start, count in people.items() if count < MOST}
    if left and others:
        _count(visit, left, at, THE_OTHERS, ANYBODY, others=others)
        for start, more in left.items():
            people[start] += more
    return {start: min(count, MOST) for start, count in people.items()}


def keeper_is_free(booking: Booking, starts: Iterable[datetime], at: datetime) -> set[datetime]:
    """At which of these starts, in UTC, whoever has the job could come then instead (rule B9).

    One query.
    """
    if booking.technician_id is None or booking.state not in BEFORE_DEPARTURE:
        return set()
    own = (
        Assignment.objects.filter(booking=booking, ended_at=None)
        .values_list("calendar_entry_id", flat=True)
        .first()
    )
    free = {start.astimezone(UTC): 0 for start in starts}
    _count(
        Visit.of(booking),
        free,
        at,
        _in_reach(OF_TECHNICIAN),
        "true",
        technician=booking.technician_id,
        but=own,
    )
    return {start for start, count in free.items() if count}


def _count(
    visit: Visit,
    starts: dict[datetime, int],
    at: datetime,
    people: str,
    may: str,
    *,
    first: int | None = None,
    others: list[int] | None = None,
    but: int | None = None,
    technician: int | None = None,
) -> list[int]:
    """Writes the count of each start, of the first of these people, or of all; answers the rest of
    them.
    """
    given: dict[str, Any] = {
        "starts": list(starts),
        "first": first,
        "others": others,
        "but": but,
        "technician": technician,
    }
    rules = {"may": may.format(**eligibility.RULES), **OF_A_START, **eligibility.RULES}
    statement = FREE.format(wanted=WANTED, people=people, **rules)
    with connection.cursor() as cursor:
        cursor.execute(statement, {**visit.params(at), **given})
        rows = cursor.fetchall()
    starts.update((start.astimezone(UTC), count) for start, count, _rest in rows if start)
    (rest,) = (rest for start, _count, rest in rows if start is None)
    return rest


def _in_reach(condition: str) -> str:
    return IN_REACH.format(condition=condition, **eligibility.RULES)


@dataclass(frozen=True)
class FreeTime:
    """A start that can be booked, how many are free for it, and whether the
    one who has the job is.
    """

    start: datetime
    people: int
    keeper: bool = False

    @property
    def is_free(self) -> bool:
        return self.keeper or self.people > 0


class FreeTimes:
    """The free times of a booking, read in blocks of days as they are asked for.

    `keeps`: whoever has the job may come at another time, so their time counts too.
    """

    def __init__(self, booking: Booking, at: datetime, *, keeps: bool = False):
        self.booking, self.at, self.keeps = booking, at, keeps
        self._visit, self._hours = Visit.of(booking), hours_of(booking.policy)
        self._first = wall_time(at, booking.timezone).date()
        self._last = wall_time(at + booking.policy.horizon, booking.timezone).date()
        self._blocks: dict[int, dict[date, list[FreeTime]]] = {}

    def on(self, day: date) -> list[FreeTime]:
        """The starts of a local day that can be booked now, in order."""
        if not self._first <= day <= self._last:
            return []
        number = (day - self._first).days // BLOCK
        if number not in self._blocks:
            self._blocks[number] = self._read(number * BLOCK)
        return self._blocks[number][day]

    def _read(self, begin: int) -> dict[date, list[FreeTime]]:
        b = self.booking
        days = [self._first + timedelta(days=begin + number) for number in range(BLOCK)]
        starts = {
            day: bookable_starts(day, self.at, b.duration_minutes, b, self._hours) for day in days
        }
        every = [start for of_day in starts.values() for start in of_day]
        people = free_people(self._visit, every, self.at) if every else {}
        keeper = keeper_is_free(b, every, self.at) if every and self.keeps else set()
        return {
            day: [
                FreeTime(start, people[(at := start.astimezone(UTC))], at in keeper)
                for start in of_day
            ]
            for day, of_day in starts.items()
        }

    def nearest(self, start: datetime) -> list[datetime]:
        """The free starts nearest to one, in order, within a block of days before and after it."""
        day = wall_time(start, self.booking.timezone).date()
        near = (day + timedelta(days=number) for number in range(1 - BLOCK, BLOCK))
        free = [one.start for each in near for one in self.on(each) if one.is_free]
        return sorted(sorted(free, key=lambda one: (abs(one - start), one))[:NEAREST])

    def check(self, walls: Sequence[datetime]) -> None:
        """Raises NobodyFree where nobody is free at one of these starts, with the nearest ones at
        which somebody is.

        What the calendar forbids is for the verb to say. Nothing is reserved by it: who is free now
        may soon not be.
        """
        for wall in walls:
            try:
                start = check_wish(self.booking, wall, self.at)
            except Refusal:
                continue
            if any(one.start == start and one.is_free for one in self.on(wall.date())):
                continue
            zone = self.booking.timezone
            facts = {
                "moment": moment(start, zone),
                "free": "; ".join(moment(one, zone) for one in self.nearest(start)),
            }
            if not facts["free"]:
                raise NobodyFree(
                    gettext("Nobody is free on %(moment)s, nor on the days around it.") % facts
                )
            raise NobodyFree(gettext("Nobody is free on %(moment)s. Free now: %(free)s.") % facts)
