"""Who qualifies for a booking, and in what order: one query over the search rows (PRODUCT D1, D2; docs/decisions/0006).

The same statement answers both questions: who may do this booking, and which bookings may this technician do.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from catalogue.policy import Policy
from places.distance import search_cells
from places.place import VAGUE
from requests_app.models import Booking

REACH_M = 50_000
# Where only the middle of a wide area is known, a technician's circle is taken this much wider.
VAGUE_M = 5_000


@dataclass(frozen=True)
class Candidate:
    """A technician who may be asked: score in ppm, metres to the door, ranks of the wishes he is free for."""

    booking_id: int
    technician_id: int
    score_ppm: int
    quality_ppm: int
    distance_m: int
    wishes: list[int]
    asked: int
    in_window: bool
    newcomer: bool

    @property
    def parts(self) -> dict[str, int]:
        return {"quality": self.quality_ppm, "nearness": self.score_ppm - self.quality_ppm}


ELIGIBLE = """
SELECT b.id, s.technician_id,
       s.q + round(%(nearness)s * greatest(0, 1 - dist.metres / %(reach)s))::int AS score,
       s.q, round(dist.metres)::int, free.ranks, asked.times,
       EXISTS (SELECT 1 FROM dispatch_offer o WHERE o.technician_id = s.technician_id AND o.state = 'open') AS in_window,
       s.newcomer
  FROM requests_app_booking b
  JOIN requests_app_bookingcontact c ON c.booking_id = b.id
  JOIN catalogue_service v ON v.id = b.service_id
  JOIN accounts_skillsearch s ON s.skill_id = v.skill_id
 CROSS JOIN LATERAL (
       SELECT 111195 * sqrt((s.lat - c.lat) ^ 2 + ((s.lon - c.lon) * cos(radians(c.lat))) ^ 2) AS metres) dist
 CROSS JOIN LATERAL (
       SELECT array_agg(w.rank ORDER BY w.rank) AS ranks
         FROM requests_app_wish w
        CROSS JOIN LATERAL (
              SELECT w.start_at AT TIME ZONE b.timezone AS begins,
                     (w.start_at + b.duration_minutes * interval '1 minute') AT TIME ZONE b.timezone AS ends) wall
        WHERE w.booking_id = b.id AND w.start_at > %(at)s AND (b.start_at IS NULL OR w.start_at = b.start_at)
          AND EXISTS (
              SELECT 1 FROM accounts_weeklyhours h
               WHERE h.technician_id = s.technician_id AND h.weekday = extract(isodow FROM wall.begins) - 1
                 AND h.opens <= wall.begins::time AND h.closes >= wall.ends::time)
          AND NOT EXISTS (
              SELECT 1 FROM accounts_busy y
               WHERE y.technician_id = s.technician_id
                 AND y.during && tstzrange(w.start_at,
                         w.start_at + b.duration_minutes * interval '1 minute' + %(buffer)s))) free
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE o.state IN ('lapsed', 'not_reached') AND NOT o.silent AND NOT o.own_tap) AS times,
              count(*) FILTER (WHERE o.state = 'declined') AS declined
         FROM dispatch_offer o JOIN dispatch_search r ON r.id = o.search_id AND r.ended_at IS NULL
        WHERE o.booking_id = b.id AND o.technician_id = s.technician_id) asked
 WHERE dist.metres <= s.radius_m + CASE WHEN c.precision = ANY(%(vague)s) THEN %(vague_m)s ELSE 0 END
   AND (s.valid_until IS NULL OR s.valid_until > %(at)s)
   AND free.ranks IS NOT NULL AND asked.declined = 0
   AND NOT EXISTS (
       SELECT 1 FROM requests_app_assignment a WHERE a.booking_id = b.id AND a.technician_id = s.technician_id)
"""
OF_BOOKING = " AND b.id = %(booking)s AND s.cell = ANY(%(cells)s)"
OF_TECHNICIAN = " AND s.technician_id = %(technician)s AND b.id = ANY(%(bookings)s)"
# Those asked least come first, then the customer's wishes in their order (B2), then the score.
ORDER = " ORDER BY asked.times, {first} free.ranks[1], score DESC, s.technician_id LIMIT %(limit)s"


def candidates(booking: Booking, at: datetime, *, limit: int = 20) -> list[Candidate]:
    """Who may be asked for this booking, the next one first. One query; `at` is the database's now.

    Includes those asked before (`asked`) and those who hold a window elsewhere (`in_window`): the caller decides.
    """
    contact = booking.contact
    if contact.lat is None or contact.lon is None:
        return []
    _near, cells = search_cells(contact.lat, contact.lon)
    first = "s.newcomer DESC," if asks_newcomer_first(booking) else ""
    return _select(
        OF_BOOKING + ORDER.format(first=first),
        booking.policy,
        at,
        booking=booking.pk,
        cells=[cell for cell, _closest in cells],
        limit=limit,
    )


def fitting_bookings(technician_id: int, booking_ids: Sequence[int], at: datetime) -> dict[int, Candidate]:
    """Which of these bookings this technician may do, by booking id. One query."""
    if not booking_ids:
        return {}
    found = _select(OF_TECHNICIAN, Policy(), at, technician=technician_id, bookings=list(booking_ids))
    return {candidate.booking_id: candidate for candidate in found}


def asks_newcomer_first(booking: Booking) -> bool:
    """For a fixed share of bookings, by a hash of the id, the best newcomer is asked first (PRODUCT D2)."""
    digest = hashlib.sha256(booking.uuid.bytes).digest()
    return int.from_bytes(digest[:4]) % 100 < booking.policy.newcomer_share_percent


def _select(condition: str, policy: Policy, at: datetime, **params: object) -> list[Candidate]:
    with connection.cursor() as cursor:
        cursor.execute(
            ELIGIBLE + condition,
            {
                "nearness": policy.score_weights_ppm.nearness,
                "reach": REACH_M,
                "buffer": policy.travel_buffer,
                "vague": sorted(VAGUE),
                "vague_m": VAGUE_M,
                "at": at,
                **params,
            },
        )
        return [Candidate(*row) for row in cursor.fetchall()]
