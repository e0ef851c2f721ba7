"""The rule of who may do what, as one text of SQL (rule D1, D2; docs/decisions/0006).

The search, the list, the tap, the trace and "why not me" all ask `FACTS`; they differ only in whose
search rows it is asked about (`rows`). What the two rounds of `dispatch.nearest` measure, it
measures by the same expressions.
"""

import json
from datetime import datetime
from typing import Any

from django.db import connection

from dispatch.eligibility import LANGUAGES, PARAMS, RULES, window
from policy.figures import Policy
from policy.values import encode

# What a policy younger than a booking adds to it.
FIGURES = json.dumps(
    {
        key: encode(getattr(Policy(), key))
        for key in (
            "travel_buffer",
            "search_ends_lead",
            "lapse_limit",
            "drops_per_day",
            "jobs_lost_per_week",
            "open_claims_per_day",
        )
    }
)

# Of a search row `s` that is `away` from what is wanted.
SCORE = "s.base_score_ppm + round(s.nearness_ppm * greatest(0, 1 - away.metres / %(reach)s))::int"

# Each booking is judged by the policy it was made under; figures younger than it have their
# default. A wish is open as long as a search for it would be (rule D10): nobody is asked to be
# there in five minutes. An outage may have moved the search's end on, and the offer says how soon
# the visit is (requests_app.lost_time.search_ends_at). `past` are those asked in the running
# search.
_BOOKINGS = """
WITH wanted AS MATERIALIZED (
    SELECT b.id, b.start_at, b.timezone, b.customer_id, {languages} AS languages,
           v.skill_id, c.lat, c.lon, cos(radians(c.lat)) AS width,
           CASE WHEN c.precision = ANY(%(vague)s) THEN %(vague_m)s ELSE 0 END AS wider_m,
           b.duration_minutes * interval '1 minute' AS duration,
           (p.policy ->> 'travel_buffer')::int * interval '1 second' AS buffer,
           least((p.policy ->> 'search_ends_lead')::int * interval '1 second',
                 CASE WHEN b.state = 'searching' THEN greatest(b.last_start_at - b.due_at,
                   interval '0') END) AS lead,
           (p.policy ->> 'lapse_limit')::int AS lapse_limit,
           (p.policy ->> 'drops_per_day')::int AS drops,
             (p.policy ->> 'jobs_lost_per_week')::int AS lost,
           (p.policy ->> 'open_claims_per_day')::int AS held
      FROM requests_app_booking b
      JOIN requests_app_bookingcontact c ON c.booking_id = b.id
      JOIN catalogue_service v ON v.id = b.service_id
     CROSS JOIN LATERAL (SELECT %(policy)s::jsonb || b.policy_data AS policy OFFSET 0) p
     WHERE b.id = ANY((SELECT %(bookings)s::bigint[])::bigint[]) AND c.lat IS NOT NULL
       AND c.lon IS NOT NULL),
wish AS MATERIALIZED (
    SELECT w.booking_id, w.rank, {window}
      FROM requests_app_wish w
      JOIN wanted b ON b.id = w.booking_id
     CROSS JOIN LATERAL ({wall}) wall
     WHERE w.start_at > %(at)s + b.lead AND (b.start_at IS NULL OR w.start_at = b.start_at)),
past AS MATERIALIZED (
    SELECT o.booking_id, o.technician_id,
           count(*) FILTER (WHERE o.state IN ('lapsed', 'not_reached') AND NOT o.silent
             AND NOT o.own_tap) AS asked,
           count(*) FILTER (WHERE o.state = 'lapsed' AND NOT o.silent) AS lapsed,
           bool_or(o.state = 'declined') AS declined
      FROM dispatch_offer o
      JOIN dispatch_search r ON r.id = o.search_id AND r.ended_at IS NULL
     WHERE o.booking_id = ANY((SELECT %(bookings)s::bigint[])::bigint[]) AND o.state <> 'queued'
     GROUP BY o.booking_id, o.technician_id),
reserve AS MATERIALIZED (
    SELECT o.booking_id, o.technician_id
      FROM dispatch_offer o
     WHERE o.booking_id = ANY((SELECT %(bookings)s::bigint[])::bigint[])
       AND o.reserve_at IS NOT NULL)
"""
BOOKINGS = _BOOKINGS.format(
    languages=LANGUAGES, **window("w.start_at", "b.timezone", "b.duration", "b.buffer")
)
FACTS = """
{bookings},
facts AS (
    SELECT b.id AS booking_id, s.technician_id, {score} AS score, s.base_score_ppm,
           round(place.metres)::int AS metres, time.free,
           coalesce(past.asked, 0) AS asked, coalesce(past.lapsed, 0) AS lapsed,
           EXISTS (
               SELECT 1 FROM dispatch_offer o
                WHERE o.technician_id = s.technician_id AND o.state = 'open') AS in_window,
           EXISTS (
               SELECT 1 FROM dispatch_offer o
                WHERE o.technician_id = s.technician_id AND o.state = 'open'
                  AND o.booking_id <> b.id) AS in_window_elsewhere,
           s.newcomer, reserve.technician_id IS NOT NULL AS reserve, b.lapse_limit, place.near,
           CASE WHEN NOT place.near THEN 'too_far'
                WHEN NOT {speaks} THEN 'language'
                WHEN {papers_over} THEN 'papers'
                WHEN {apart} THEN 'apart'
                WHEN {had_it} THEN 'had_it'
                WHEN past.declined THEN 'declined'
                WHEN time.works IS NULL THEN 'hours'
                WHEN time.free IS NULL THEN 'busy'
                WHEN {takes_too_many} THEN 'takes_too_many' END AS rule
      FROM wanted b
      JOIN accounts_skillsearch s ON s.skill_id = b.skill_id
     CROSS JOIN LATERAL (SELECT {metres} AS metres) away
     CROSS JOIN LATERAL (SELECT away.metres, {near} AS near) place
     CROSS JOIN LATERAL (
           SELECT array_agg(w.rank ORDER BY w.rank) AS works,
                  array_agg(w.rank ORDER BY w.rank) FILTER (WHERE NOT EXISTS (
                      SELECT 1 FROM accounts_calendarentry y
                       WHERE {taken})) AS free
             FROM wish w
            WHERE place.near AND w.booking_id = b.id AND w.one_day AND EXISTS (
                  SELECT 1 FROM accounts_weeklyhours h
                   WHERE {works})) time
      LEFT JOIN past ON past.booking_id = b.id AND past.technician_id = s.technician_id
      LEFT JOIN reserve ON reserve.booking_id = b.id AND reserve.technician_id = s.technician_id
     WHERE {rows})
"""
OF_PEOPLE = "s.technician_id = ANY(%(people)s::bigint[])"
OF_CELLS = "s.h3_cell = ANY(%(cells)s)"


def select(
    question: str, at: datetime, booking_ids: list[int], *, rows: str = OF_PEOPLE, **params: Any
) -> list[tuple]:
    """What `question` asks of the facts about these search rows and these bookings. One query."""
    text = FACTS.format(bookings=BOOKINGS, rows=rows, score=SCORE, **RULES)
    return run(text + question, at, booking_ids, **params)


def run(statement: str, at: datetime, booking_ids: list[int], **params: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "policy": FIGURES,
                **PARAMS,
                "at": at,
                "bookings": booking_ids,
                **params,
            },
        )
        return cursor.fetchall()
