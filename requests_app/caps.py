"""How many jobs a technician may take without doing them: each shows a name, a street and a door
code (fault A4, C15).

Counted by the rows of the assignments, on the product's clock. Beyond a cap the search passes over
the technician and a claim is refused; what they have stays theirs, and ops may still assign.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import connection
from django.utils.translation import gettext_lazy as _

from accounts.models import Technician
from mila.errors import Refusal
from places.calendar import wall_time
from policy.figures import Policy
from requests_app import notices
from requests_app.models import Booking

PAUSES = UUID("b2d3c8f4-5a0e-4a53-9d6b-6a0c5e0f7d11")  # of which a partner's pause has its own name
OPS_ZONE = "Europe/Paris"


class Paused(Refusal):
    sentence = _(
        "You cannot take a new job for now: several of those you took lately were given back or "
        "not done. "
        "Our team knows of it; please call us if that is not right."
    )


# Given back by the technician's own hand, a day; lost without a visit, a week; open, a day. What
# was given back on one day of illness is one (actions.illness). `technician`, `drops`, `lost` and
# `held` are SQL expressions.
REACHED = """
(SELECT count(DISTINCT d.dropped) FILTER (WHERE d.ended_at > %(at)s - interval '1 day') >= {drops}
     OR count(DISTINCT coalesce(d.dropped, d.id::text))
        FILTER (WHERE d.lost AND d.ended_at > %(at)s - interval '7 days') >= {lost}
     OR count(*) FILTER (WHERE d.held AND d.claimed_at > %(at)s - interval '1 day') >= {held}
   FROM (SELECT a.id, a.ended_at, a.claimed_at, released.dropped,
                a.fault OR released.dropped IS NOT NULL OR a.end IN ('claim', 'assign') AS lost,
                a.ended_at IS NULL AND k.state IN ('claimed', 'called', 'unconfirmed',
                  'confirmed') AS held
           FROM requests_app_assignment a
           JOIN requests_app_booking k ON k.id = a.booking_id
           LEFT JOIN LATERAL (
                SELECT coalesce(e.data ->> 'ill', a.id::text) AS dropped
                  FROM requests_app_bookingevent e
                 WHERE a.end = 'release' AND e.booking_id = a.booking_id AND e.move = 'release'
                   AND e.role = 'partner' AND e.at = a.ended_at
                 LIMIT 1) released ON true
          WHERE a.technician_id = {technician} AND (a.ended_at IS NULL
            OR a.ended_at > %(at)s - interval '7 days')) d)
"""


def is_paused(technician_id: int, policy: Policy, at: datetime) -> bool:
    """Whether a cap is reached. One query."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {PAUSED}", paused_params(technician_id, policy, at))
        return bool(cursor.fetchone()[0])


# The same as an expression, for a statement that asks more; it takes `paused_params`.
PAUSED = REACHED.format(
    technician="%(technician)s::bigint",
    drops="%(drops)s::int",
    lost="%(lost)s::int",
    held="%(held)s::int",
)


def paused_params(technician_id: int, policy: Policy, at: datetime) -> dict[str, Any]:
    return {
        "technician": technician_id,
        "at": at,
        "drops": policy.drops_per_day,
        "lost": policy.jobs_lost_per_week,
        "held": policy.open_claims_per_day,
    }


def tell_ops_of_a_pause(booking: Booking, technician: Technician, at: datetime) -> None:
    """A job was just lost: if that reaches a cap, a person looks at it.

    Told once a day for each partner.
    """
    if is_paused(technician.pk, booking.policy, at):
        today = wall_time(at, OPS_ZONE).toordinal()
        notices.queue(
            booking,
            "paused_ops",
            round=today,
            technician=technician,
            about=uuid5(PAUSES, str(technician.partner_id)),
        )
