"""Why somebody was or was not asked, as of the instant of a search (rule D9).

The rule is the same text of SQL (dispatch.facts). The tables it names are shadowed by what they
said then: rows that have changed or gone since stand in accounts.FormerRow, what a verb has stamped
is cut off at the instant.
"""

from datetime import datetime
from typing import NamedTuple

from dispatch import facts
from dispatch.eligibility import RULES
from dispatch.models import Trace
from policy.kept import KEPT

# no search row: not approved, not payable, suspended, or without the skill
NOT_ASKABLE = "not_askable"


class Line(NamedTuple):
    """`rule`: what left them out, None if they stood in the order. `ahead`: how many stood before
    them, at least.

    `first`: they were the first to be asked. `beyond`: so far down that the stored order does not
    name them.
    """

    rule: str | None
    metres: int | None
    ahead: int
    beyond: bool

    @property
    def first(self) -> bool:
        return self.rule is None and not self.ahead


def _then(table: str) -> str:
    """Rows of these technicians as they were."""
    return f"""{table} AS MATERIALIZED (
    SELECT now.* FROM {table} now
     WHERE now.technician_id = ANY(%(people)s::bigint[]) AND now.since_at <= %(at)s
     UNION ALL
    SELECT was.*
      FROM accounts_formerrow f
     CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, f."row") was
     WHERE f.what = '{table}' AND f.technician_id = ANY(%(people)s::bigint[])
       AND f.since_at <= %(at)s AND f.until_at > %(at)s)"""  # noqa: S608  names of tables


THEN = f"""WITH {_then("accounts_skillsearch")},
{_then("accounts_calendarentry")},
{_then("accounts_weeklyhours")},
requests_app_assignment AS MATERIALIZED (
    SELECT a.id, a.booking_id, a.technician_id, a.claimed_at,
           CASE WHEN a.ended_at <= %(at)s THEN a.ended_at END AS ended_at,
           CASE WHEN a.ended_at <= %(at)s THEN a."end" ELSE '' END AS "end",
           coalesce(a.ended_at <= %(at)s, false) AND (a.fault OR EXISTS (
               SELECT 1 FROM requests_app_faultentry e
                WHERE e.assignment_id = a.id AND e.who = 'partner' AND e.at <= %(at)s
                  AND e.void_reason = 'appeal' AND e.void_at > %(at)s)) AS fault
      FROM requests_app_assignment a
     WHERE a.technician_id = ANY(%(people)s::bigint[]) AND a.claimed_at < %(at)s),
requests_app_booking AS NOT MATERIALIZED (
    SELECT b.id, b.timezone, b.service_id, b.policy_data, b.customer_id, b.language, b.spoken,
           CASE WHEN b.id = %(booking)s THEN %(start_at)s::timestamptz
                ELSE b.start_at END AS start_at,
           CASE WHEN b.id = %(booking)s THEN %(due_at)s::timestamptz ELSE b.due_at END AS due_at,
           CASE WHEN b.id = %(booking)s THEN %(last_start_at)s::timestamptz
                ELSE b.last_start_at END AS last_start_at,
           CASE WHEN b.id = %(booking)s THEN %(minutes)s::int
                ELSE b.duration_minutes END AS duration_minutes,
           CASE WHEN b.id = %(booking)s THEN %(state)s::varchar ELSE (
               SELECT e.target FROM requests_app_bookingevent e
                WHERE e.booking_id = b.id AND e.at <= %(at)s
                ORDER BY e.sequence DESC LIMIT 1) END AS state
      FROM requests_app_booking b),
requests_app_wish AS MATERIALIZED (
    SELECT %(booking)s::bigint AS booking_id, w.rank, w.start_at
      FROM unnest(%(ranks)s::int[], %(starts)s::timestamptz[]) w (rank, start_at)),
dispatch_offer AS MATERIALIZED (
    SELECT o.booking_id, o.technician_id, o.search_id, o.silent, o.own_tap,
           NULL::timestamptz AS reserve_at,
           CASE WHEN o.ended_at <= %(at)s THEN o.state ELSE 'open' END AS state
      FROM dispatch_offer o
     WHERE o.technician_id = ANY(%(people)s::bigint[]) AND o.opened_at < %(at)s),
requests_app_avoidance AS MATERIALIZED (
    SELECT v.technician_id, v.customer_id,
           CASE WHEN v.ended_at <= %(at)s THEN v.ended_at END AS ended_at
      FROM requests_app_avoidance v
     WHERE v.technician_id = ANY(%(people)s::bigint[]) AND v.at <= %(at)s),
dispatch_search AS MATERIALIZED (
    SELECT %(search)s::bigint AS id, NULL::timestamptz AS ended_at),
wanted"""  # noqa: S608  names of tables
QUESTION = """
SELECT technician_id, metres,
       CASE WHEN rule IS NOT NULL THEN rule WHEN lapsed >= lapse_limit THEN 'asked_enough'
            WHEN in_window_elsewhere THEN 'window_elsewhere' END
  FROM facts
"""


def is_known(trace: Trace, now: datetime) -> bool:
    """Whether what it rested on is still kept, and was written down."""
    return "asked_at" in trace.inputs and trace.at > now - KEPT["former_rows"]


def line_of(trace: Trace, technician_id: int, now: datetime) -> Line | None:
    """Where they stood in this search; None if that is no longer known. One query, of a trace whose
    booking's contact is at hand.
    """
    contact = getattr(trace.search.booking, "contact", None)
    if not is_known(trace, now) or contact is None or None in (contact.lat, contact.lon):
        return None
    rule, metres = asked_again(trace, [technician_id]).get(technician_id, (NOT_ASKABLE, None))
    order = [one["technician"] for one in trace.best]
    there = technician_id in order
    ahead = order.index(technician_id) if there else len(order)
    if rule == "apart":  # read as a place in the order: nobody is told who avoids them
        return Line(None, metres, max(1, len(order)), beyond=True)
    return Line(rule, metres, 0 if rule else ahead, beyond=rule is None and not there)


def asked_again(trace: Trace, people: list[int]) -> dict[int, tuple[str | None, int]]:
    """Rule and metres of each of these who had a search row then. One query."""
    text = facts.FACTS.format(
        bookings=facts.BOOKINGS, rows=facts.OF_PEOPLE, score=facts.SCORE, **RULES
    )
    found = facts.run(
        text.replace("WITH wanted", THEN, 1) + QUESTION,
        trace.at,
        [trace.search.booking_id],
        people=people,
        booking=trace.search.booking_id,
        search=trace.search_id,
        starts=trace.inputs["wishes"],
        **trace.inputs["asked_at"],
    )
    return {technician_id: (rule, metres) for technician_id, metres, rule in found}
