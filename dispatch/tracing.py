"""What one asking saw and chose, kept as a row (rule D9)."""

import hashlib
import json
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import TechnicianSkill
from accounts.search import policies, quality_parts
from dispatch import matching
from dispatch.matching import Candidate
from dispatch.models import Search, Trace
from mila.transactions import verb
from policy.values import encode
from requests_app.models import Booking


def record(booking: Booking, search: Search, found: list[Candidate], at: datetime) -> Trace:
    """Inputs, policy, the best with the parts of their score. Three queries.

    The place is rounded. Scores are those of the policy in force in the country of each
    technician's partner. How many each rule left out is counted later: that grows with the town,
    and somebody waits for the offer.
    """
    contact, wishes = booking.contact, list(booking.wishes.all())
    skill_id = booking.service.skill_id
    skilled = TechnicianSkill.objects.filter(
        skill=skill_id, technician__in=[c.technician_id for c in found]
    )
    skilled = skilled.select_related("technician__partner")
    in_force = policies([booking.country, *(row.technician.partner.country for row in skilled)], at)
    parts = {
        row.technician_id: quality_parts(
            row.technician, row.level, in_force[row.technician.partner.country]
        )
        for row in skilled
    }
    return Trace.objects.create(
        search=search,
        at=at,
        inputs={
            "skill": skill_id,
            "near": [round(contact.lat or 0, 2), round(contact.lon or 0, 2)],
            "wishes": [wish.start_at.isoformat() for wish in wishes],
            "wished": booking.wished_technician_id,
            "newcomer_first": matching.asks_newcomer_first(booking),
            "policy": policy_version(booking),
            "asked_at": {  # as the booking stood then: dispatch.as_of asks once more by it
                "state": booking.state,
                "start_at": booking.start_at and booking.start_at.isoformat(),
                "due_at": booking.due_at and booking.due_at.isoformat(),
                "last_start_at": booking.last_start_at and booking.last_start_at.isoformat(),
                "minutes": booking.duration_minutes,
                "ranks": [wish.rank for wish in wishes],
            },
            "weights_ppm": encode(in_force[booking.country].score_weights_ppm),
        },
        best=[
            {
                "technician": c.technician_id,
                "score": c.score_ppm,
                **parts.get(c.technician_id, {}),
                "nearness": c.score_ppm - c.base_score_ppm,
                "metres": c.distance_m,
                "wishes": c.wishes,
                "asked": c.asked,
                "newcomer": c.newcomer,
                "in_window": c.in_window,
                "reserve": c.reserve,
            }
            for c in found
        ],
    )


def uncounted() -> QuerySet[Trace]:
    return Trace.objects.filter(excluded__isnull=True).order_by("pk")


@verb
def count_exclusions(trace_id: int) -> bool:
    """How many each rule left out at that asking, as far as calendars and offers are what they were
    then (rule D9).

    A repeat changes nothing, and neither does one beside another that is at it.
    """
    free = uncounted().select_for_update(of=("self",), skip_locked=True)
    trace = (
        free.select_related("search__booking__service", "search__booking__contact")
        .filter(pk=trace_id)
        .first()
    )
    if trace is None:
        return False
    trace.excluded = matching.exclusions(trace.search.booking, trace.at)
    trace.save(update_fields=["excluded"])
    return True


def policy_version(booking: Booking) -> str:
    """The figures the booking was made under, as twelve letters: equal letters, equal figures."""
    return hashlib.sha256(json.dumps(booking.policy_data, sort_keys=True).encode()).hexdigest()[:12]
