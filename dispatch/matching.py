"""Who qualifies for a booking, and in what order (rule D1, D2; docs/decisions/0006).

The same facts answer all questions: who may do this booking, which bookings may this technician do,
and which rule leaves the others out. Whom a search asks them about comes from `dispatch.nearest`,
the best score first, and only as many as decide its list.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from dispatch import facts, nearest
from places.distance import search_cells
from requests_app.models import Booking

# How many of the best by score are looked at, and how many if those were too few.
ROUNDS = (128, 512, 4_096, nearest.EVERYBODY)


@dataclass(frozen=True)
class Candidate:
    """A technician who may be asked: score in ppm, metres to the door, ranks of the wishes they are
    free for.

    `asked` and `lapsed` count in the running search: windows offered to them that ended without an
    answer, and all they have seen and let lapse, those of their own taps too. `reserve`: they are
    in reserve (rule L2).
    """

    booking_id: int
    technician_id: int
    score_ppm: int
    base_score_ppm: int
    distance_m: int
    wishes: list[int]
    asked: int
    lapsed: int
    in_window: bool
    newcomer: bool
    reserve: bool

    @property
    def parts(self) -> dict[str, int]:
        return {"quality": self.base_score_ppm, "nearness": self.score_ppm - self.base_score_ppm}


CANDIDATE = """
SELECT booking_id, technician_id, score, base_score_ppm, metres, free, asked, lapsed, in_window,
  newcomer, reserve
  FROM facts
 WHERE near AND rule IS NULL
"""
COUNTS = """
SELECT rule, count(*)
  FROM (SELECT CASE WHEN rule IS NOT NULL THEN rule WHEN lapsed >= lapse_limit THEN 'asked_enough'
                    WHEN in_window_elsewhere THEN 'window_elsewhere' END AS rule FROM facts) each
 WHERE rule IS NOT NULL
 GROUP BY rule
"""


class Place(NamedTuple):
    """A place in the order; the lower comes first.

    Who has let enough lapse comes last, then who looks at another offer. Of the others the person
    whom the customer wishes again comes first, for one window (rule D2), then those in reserve
    (rule L2), then those asked least, at the first asking of some bookings the newcomers (rule D2),
    then the customer's wishes in their order (rule B2), then the score.
    """

    asked_enough: bool
    in_window: bool
    not_wished: bool
    not_in_reserve: bool
    asked: int
    not_leading: bool
    wish: int
    minus_score: int
    technician_id: int


BEFORE_ALL_OTHERS = Place(
    asked_enough=False,
    in_window=False,
    not_wished=True,
    not_in_reserve=False,
    asked=0,
    not_leading=False,
    wish=0,
    minus_score=0,
    technician_id=0,
)


def candidates(booking: Booking, at: datetime, *, limit: int = 20) -> list[Candidate]:
    """Who may be asked for this booking, the next one first; `at` is the database's now.

    Includes, at the end, who holds a window elsewhere (`in_window`) or has let enough lapse: the
    caller decides. At the very first asking of some bookings the best newcomer leads (rule D2). Two
    queries; more where so many are busy that the best by score do not fill the list.
    """
    enough = booking.policy.lapse_limit
    found: list[tuple[Place, Candidate]] = []
    for look in _looks(booking, at, 3 * limit + 4):
        for row in facts.select(CANDIDATE, at, [booking.pk], people=look.people):
            one = Candidate(*row)
            wished = one.technician_id == booking.wished_technician_id
            found.append(
                (_place(one, enough, newcomers_lead=look.newcomers_lead, wished=wished), one)
            )
        found.sort()
        if len(found) >= limit and found[limit - 1][0] <= look.next_place:
            break
    return [one for _place, one in found[:limit]]


class Look(NamedTuple):
    """Some of the people in the order of their scores.

    `next_place`: nobody who is still to come stands before it.
    """

    people: list[int]
    next_place: Place
    newcomers_lead: bool


def _looks(booking: Booking, at: datetime, size: int) -> Iterator[Look]:
    """First with those whom more than wish and score places; where newcomers lead, all of them
    before the others.
    """
    contact = booking.contact
    if contact.lat is None or contact.lon is None:
        return
    seen: set[int] = set()
    if booking.wished_technician_id is not None:
        seen.add(booking.wished_technician_id)
        yield Look([booking.wished_technician_id], BEFORE_ALL_OTHERS, newcomers_lead=False)
    by_hash = asks_newcomer_first(booking)
    for only_newcomers in (True, False) if by_hash else (False,):
        for count in ROUNDS:
            best = nearest.best(
                booking.pk, contact.lat, contact.lon, at, count, newcomers=only_newcomers
            )
            newcomers_lead = by_hash and not best.asked
            if best.first_rank is None:  # no wish is open: nobody can be asked
                return
            if only_newcomers and not newcomers_lead:
                break
            unseen = (
                (pk, score)
                for pk, score in zip(best.people, best.scores, strict=True)
                if pk not in seen
            )
            while part := list(islice(unseen, size)):
                last, score = part[-1]
                people = {pk for pk, _score in part} | (set(best.apart) - seen)
                next_place = Place(
                    False, False, True, True, 0, not only_newcomers, best.first_rank, -score, last
                )
                yield Look(sorted(people), next_place, newcomers_lead)
                seen |= people
                size *= 2
            if len(best.people) < count:  # that was everybody
                break


def _place(one: Candidate, enough: int, *, newcomers_lead: bool, wished: bool) -> Place:
    return Place(
        one.lapsed >= enough,
        one.in_window,
        not (wished and not one.asked and not one.lapsed),
        not one.reserve,
        one.asked,
        not (newcomers_lead and one.newcomer),
        one.wishes[0],
        -one.score_ppm,
        one.technician_id,
    )


def fitting_bookings(
    technician_id: int, booking_ids: Sequence[int], at: datetime
) -> dict[int, Candidate]:
    """Which of these bookings this technician may do, by booking id. One query."""
    if not booking_ids:
        return {}
    rows = facts.select(CANDIDATE, at, list(booking_ids), people=[technician_id])
    return {row[0]: Candidate(*row) for row in rows}


def exclusions(booking: Booking, at: datetime) -> dict[str, int]:
    """How many technicians of the skill, round about, each rule leaves out; each is counted once
    (rule D9).

    Asks about each of them, so it grows with the town: never while somebody waits for an answer.
    """
    contact = booking.contact
    if contact.lat is None or contact.lon is None:
        return {}
    cells = [cell for cell, _closest in search_cells(contact.lat, contact.lon)[1]]
    return dict(facts.select(COUNTS, at, [booking.pk], rows=facts.OF_CELLS, cells=cells))


def excluding_rule(booking: Booking, technician_id: int, at: datetime) -> str | None:
    """Why this one would not be asked at that instant, None if they would; as far as calendars are
    what they were then.

    "not_askable": no search row, so not approved, not payable, suspended, or without the skill.
    """
    rows = facts.select("SELECT rule FROM facts", at, [booking.pk], people=[technician_id])
    return rows[0][0] if rows else "not_askable"


def asks_newcomer_first(booking: Booking) -> bool:
    """For a fixed share of bookings, by a hash of the id, the best newcomer is asked first
    (rule D2).
    """
    digest = hashlib.sha256(booking.uuid.bytes).digest()
    return int.from_bytes(digest[:4]) % 100 < booking.policy.newcomer_share_percent
