"""What is held against a technician, what it rests on and costs, and what became of their appeal
(rule L17, P3).
"""

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions import appeal_until
from accounts.models import Suspension, Technician
from accounts.search import quality_parts
from mila.formats import percent
from places.place import TIME_ZONES
from policy.figures import Policy
from policy.queries import policy_at
from requests_app.models import Appeal, BookingEvent, FaultEntry, Verdict

SHOWN = 50
# What the evidence of a fault holds, in the order of a job.
EVIDENCE = (
    ("claimed_at", gettext_lazy("Taken by you")),
    ("start_at", gettext_lazy("Agreed start")),
    ("due_at", gettext_lazy("Promised by")),
    ("arrived_at", gettext_lazy("Your arrival")),
    ("code_typed_at", gettext_lazy("Visit code typed")),
    ("said_at", gettext_lazy("The customer said that nobody was there")),
    ("at", gettext_lazy("Noted")),
)
# Moves whose reason was written by somebody, for both sides to read.
GIVES_A_REASON = frozenset({"fail_visit", "decide_none", "decide_fee"})


@dataclass(frozen=True)
class AppealState:
    """What they have said, and the answer."""

    appeal: Appeal | None
    until_at: datetime | None
    may: bool

    @property
    def kind(self) -> str:
        """Of the notice that tells the verdict."""
        return "done" if self.appeal and self.appeal.verdict == Verdict.OVERTURNED else "danger"

    @property
    def words(self) -> str:
        if self.appeal and self.appeal.verdict == Verdict.OVERTURNED:
            return _("You were right: it is taken back.")
        return _("It stays. The reason:")


@dataclass(frozen=True)
class FaultCard:
    row: FaultEntry
    evidence: list[tuple[Any, datetime]]
    reason: str
    cost: str
    state: AppealState


@dataclass(frozen=True)
class SuspensionCard:
    row: Suspension
    state: AppealState


@dataclass(frozen=True)
class FaultsPage:
    faults: list[FaultCard]
    suspensions: list[SuspensionCard]
    points: int
    share_percent: str
    policy: Policy
    zone: str


def faults_page(technician: Technician, at: datetime) -> FaultsPage:
    """A fixed number of queries, however many faults there are."""
    policy = policy_at(at, technician.partner.country)
    rows = list(
        FaultEntry.objects.filter(technician=technician).select_related(
            "booking__service", "appeal__photo"
        )[:SHOWN]
    )
    reasons = _reasons(rows)
    suspensions = Suspension.objects.filter(partner=technician.partner_id).select_related(
        "partner", "appeal__photo"
    )
    return FaultsPage(
        faults=[_card(row, reasons, technician, policy, at) for row in rows],
        suspensions=[
            SuspensionCard(row, _state(row, appeal_until(row), row.ended_at is None, at))
            for row in suspensions
        ],
        points=technician.promises_broken,
        share_percent=_percent(quality_parts(technician, 1, policy)["reliability"]),
        policy=policy,
        zone=TIME_ZONES[technician.partner.country],
    )


def _card(
    row: FaultEntry,
    reasons: dict[tuple[int, int], str],
    technician: Technician,
    policy: Policy,
    at: datetime,
) -> FaultCard:
    evidence = [
        (label, datetime.fromisoformat(row.evidence[name]))
        for name, label in EVIDENCE
        if name in row.evidence
    ]
    state = _state(row, row.appeal_until_at, row.void_at is None, at)
    reason = reasons.get((row.booking_id, row.occurrence), "")
    return FaultCard(row, evidence, reason, _cost(row, technician, policy), state)


def _state(
    row: FaultEntry | Suspension, until_at: datetime | None, stands: bool, at: datetime
) -> AppealState:
    appeal = getattr(row, "appeal", None)
    may = appeal is None and stands and until_at is not None and at < until_at
    return AppealState(appeal, until_at, may)


def _reasons(rows: list[FaultEntry]) -> dict[tuple[int, int], str]:
    """What was written with the move, where it is for them to read."""
    wanted = {
        (row.booking_id, row.occurrence)
        for row in rows
        if row.evidence.get("move") in GIVES_A_REASON
    }
    events = BookingEvent.objects.filter(
        booking__in={booking for booking, _sequence in wanted},
        sequence__in={sequence for _booking, sequence in wanted},
    )
    found = {(event.booking_id, event.sequence): event.reason for event in events}
    return {key: found[key] for key in wanted if key in found}


def _cost(row: FaultEntry, technician: Technician, policy: Policy) -> str:
    """In hundredths of the whole score, as it stands now: with it, and without."""
    if not row.counts:
        return ""
    without = copy(technician)
    without.promises_broken = max(0, technician.promises_broken - row.points)
    now, then = (quality_parts(one, 1, policy)["reliability"] for one in (technician, without))
    return _("%(percent)s of your score") % {"percent": _percent(then - now)}


def _percent(ppm: int) -> str:
    return percent(round(ppm / 10_000, 1))
