"""Who qualifies for a booking, and in what order: one query over the search rows (rule D1, D2; docs/decisions/0006).

The same statement answers all questions: who may do this booking, which bookings may this technician do, and which
rule leaves the others out.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import Technician
from accounts.search import askable
from dispatch import eligibility
from places.distance import search_cells
from policy.figures import Policy
from requests_app.models import Booking


@dataclass(frozen=True)
class Candidate:
    """A technician who may be asked: score in ppm, metres to the door, ranks of the wishes they are free for.

    `asked` and `lapsed` count in the running search: windows offered to them that ended without an answer, and all
    they have seen and let lapse, those of their own taps too. `reserve`: they are in reserve (rule L2).
    """

    booking_id: int
    technician_id: int
    score_ppm: int
    quality_ppm: int
    distance_m: int
    wishes: list[int]
    asked: int
    lapsed: int
    in_window: bool
    newcomer: bool
    reserve: bool

    @property
    def parts(self) -> dict[str, int]:
        return {"quality": self.quality_ppm, "nearness": self.score_ppm - self.quality_ppm}


OF_A_WISH = eligibility.window("w.start_at", "b.timezone", "b.duration", "b.buffer")
# Each booking is judged by the policy it was made under; figures younger than it have their default.
# A wish is open as long as a search for it would be (rule D10): nobody is asked to be there in five minutes. An outage
# may have moved the search's end on, and the offer says how soon the visit is (requests_app.lost_time.search_ends_at).
FACTS = """
WITH wanted AS MATERIALIZED (
    SELECT b.id, b.start_at, b.timezone, v.skill_id, c.lat, c.lon, cos(radians(c.lat)) AS width,
           CASE WHEN c.precision = ANY(%(vague)s) THEN %(vague_m)s ELSE 0 END AS wider_m,
           b.duration_minutes * interval '1 minute' AS duration,
           (p.policy ->> 'travel_buffer')::int * interval '1 second' AS buffer,
           least((p.policy ->> 'search_ends_lead')::int * interval '1 second',
                 CASE WHEN b.state = 'searching' THEN greatest(b.last_start_at - b.due_at, interval '0') END) AS lead,
           (p.policy ->> 'lapse_limit')::int AS lapse_limit,
           (p.policy ->> 'drops_per_day')::int AS drops, (p.policy ->> 'jobs_lost_per_week')::int AS lost,
           (p.policy ->> 'open_claims_per_day')::int AS held
      FROM requests_app_booking b
      JOIN requests_app_bookingcontact c ON c.booking_id = b.id
      JOIN catalogue_service v ON v.id = b.service_id
     CROSS JOIN LATERAL (SELECT %(policy)s::jsonb || b.policy_data AS policy) p
     WHERE b.id = ANY(%(bookings)s) AND c.lat IS NOT NULL AND c.lon IS NOT NULL),
wish AS MATERIALIZED (
    SELECT w.booking_id, w.rank, {window}
      FROM requests_app_wish w
      JOIN wanted b ON b.id = w.booking_id
     CROSS JOIN LATERAL ({wall}) wall
     WHERE w.start_at > %(at)s + b.lead AND (b.start_at IS NULL OR w.start_at = b.start_at)),
past AS MATERIALIZED (
    SELECT o.booking_id, o.technician_id,
           count(*) FILTER (WHERE o.state IN ('lapsed', 'not_reached') AND NOT o.silent AND NOT o.own_tap) AS asked,
           count(*) FILTER (WHERE o.state = 'lapsed' AND NOT o.silent) AS lapsed,
           bool_or(o.state = 'declined') AS declined
      FROM dispatch_offer o
      JOIN dispatch_search r ON r.id = o.search_id AND r.ended_at IS NULL
     WHERE o.booking_id = ANY(%(bookings)s) AND o.state <> 'queued'
     GROUP BY o.booking_id, o.technician_id),
reserve AS MATERIALIZED (
    SELECT o.booking_id, o.technician_id
      FROM dispatch_offer o
     WHERE o.booking_id = ANY(%(bookings)s) AND o.reserve_at IS NOT NULL),
facts AS (
    SELECT b.id AS booking_id, s.technician_id, s.cell,
           s.q + round(s.nearness_ppm * greatest(0, 1 - place.metres / %(reach)s))::int AS score,
           s.q, round(place.metres)::int AS metres, time.free,
           coalesce(past.asked, 0) AS asked, coalesce(past.lapsed, 0) AS lapsed,
           EXISTS (
               SELECT 1 FROM dispatch_offer o
                WHERE o.technician_id = s.technician_id AND o.state = 'open') AS in_window,
           s.newcomer, reserve.technician_id IS NOT NULL AS reserve, b.lapse_limit, place.near,
           CASE WHEN NOT place.near THEN 'too_far'
                WHEN {papers_over} THEN 'papers'
                WHEN {had_it} THEN 'had_it'
                WHEN past.declined THEN 'declined'
                WHEN time.works IS NULL THEN 'hours'
                WHEN time.free IS NULL THEN 'busy'
                WHEN {takes_too_many} THEN 'takes_too_many' END AS rule
      FROM wanted b
      JOIN accounts_skillsearch s ON s.skill_id = b.skill_id
     CROSS JOIN LATERAL (
           SELECT {metres} AS metres) away
     CROSS JOIN LATERAL (
           SELECT away.metres, {near} AS near) place
     CROSS JOIN LATERAL (
           SELECT array_agg(w.rank ORDER BY w.rank) AS works,
                  array_agg(w.rank ORDER BY w.rank) FILTER (WHERE NOT EXISTS (
                      SELECT 1 FROM accounts_busy y
                       WHERE {taken})) AS free
             FROM wish w
            WHERE place.near AND w.booking_id = b.id AND w.one_day AND EXISTS (
                  SELECT 1 FROM accounts_weeklyhours h
                   WHERE {works})) time
      LEFT JOIN past ON past.booking_id = b.id AND past.technician_id = s.technician_id
      LEFT JOIN reserve ON reserve.booking_id = b.id AND reserve.technician_id = s.technician_id
     WHERE {condition})
"""
OF_BOOKING = "s.cell = ANY(%(cells)s)"
OF_TECHNICIAN = "s.technician_id = %(technician)s"
CANDIDATE = """
SELECT booking_id, technician_id, score, q, metres, free, asked, lapsed, in_window, newcomer, reserve
  FROM facts
 WHERE near AND rule IS NULL
"""
# Who has let enough lapse comes last, then who looks at another offer. Of the others those in reserve come first (rule
# L2), then those asked least, then the customer's wishes in their order (rule B2), then the score. `past` is empty at
# the first asking only.
ORDER = """
 ORDER BY lapsed >= lapse_limit, in_window, reserve DESC, asked, {first} free[1], score DESC, technician_id
 LIMIT %(limit)s
"""
NEWCOMER_FIRST = "newcomer AND NOT EXISTS (SELECT 1 FROM past) DESC,"
COUNTS = """
SELECT rule, count(*)
  FROM (SELECT CASE WHEN rule IS NOT NULL THEN rule WHEN lapsed >= lapse_limit THEN 'asked_enough'
                    WHEN in_window THEN 'window_elsewhere' END AS rule FROM facts) each
 WHERE rule IS NOT NULL
 GROUP BY rule
"""


def candidates(booking: Booking, at: datetime, *, limit: int = 20) -> list[Candidate]:
    """Who may be asked for this booking, the next one first. One query; `at` is the database's now.

    Includes, at the end, who holds a window elsewhere (`in_window`) or has let enough lapse: the caller decides. At the
    very first asking of some bookings the best newcomer leads (rule D2).
    """
    cells = _cells(booking)
    if not cells:
        return []
    order = ORDER.format(first=NEWCOMER_FIRST if asks_newcomer_first(booking) else "")
    rows = _select(OF_BOOKING, CANDIDATE + order, at, [booking.pk], cells=cells, limit=limit)
    return [Candidate(*row) for row in rows]


def fitting_bookings(technician_id: int, booking_ids: Sequence[int], at: datetime) -> dict[int, Candidate]:
    """Which of these bookings this technician may do, by booking id. One query."""
    if not booking_ids:
        return {}
    rows = _select(OF_TECHNICIAN, CANDIDATE, at, list(booking_ids), technician=technician_id)
    return {row[0]: Candidate(*row) for row in rows}


def exclusions(booking: Booking, at: datetime) -> dict[str, int]:
    """How many technicians of the skill, round about, each rule leaves out; each is counted once (rule D9)."""
    cells = _cells(booking)
    return dict(_select(OF_BOOKING, COUNTS, at, [booking.pk], cells=cells)) if cells else {}


def excluding_rule(booking: Booking, technician_id: int, at: datetime) -> str | None:
    """Why this one would not be asked at that instant, None if they would; as far as calendars are what they were then.

    "not_askable": no search row, so not approved, not payable, suspended, or without the skill.
    """
    rows = _select(OF_TECHNICIAN, "SELECT rule FROM facts", at, [booking.pk], technician=technician_id)
    return rows[0][0] if rows else "not_askable"


def may_be_asked(technician: Technician, skill_id: int, at: datetime) -> bool:
    """Approved, payable, not suspended, papers and skill valid: from the sources themselves, not from a search row."""
    skills = [one for one in askable(technician) if one.skill_id == skill_id]
    return any(one.valid_until is None or one.valid_until > at for one in skills)


def asks_newcomer_first(booking: Booking) -> bool:
    """For a fixed share of bookings, by a hash of the id, the best newcomer is asked first (rule D2)."""
    digest = hashlib.sha256(booking.uuid.bytes).digest()
    return int.from_bytes(digest[:4]) % 100 < booking.policy.newcomer_share_percent


def _cells(booking: Booking) -> list[int]:
    contact = booking.contact
    if contact.lat is None or contact.lon is None:
        return []
    return [cell for cell, _closest in search_cells(contact.lat, contact.lon)[1]]


def _select(condition: str, question: str, at: datetime, booking_ids: list[int], **params: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            FACTS.format(condition=condition, **eligibility.RULES, **OF_A_WISH) + question,
            {
                "policy": json.dumps(Policy().to_json()),
                **eligibility.PARAMS,
                "at": at,
                "bookings": booking_ids,
                **params,
            },
        )
        return cursor.fetchall()
