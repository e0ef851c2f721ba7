"""The ledger of faults: which moves are somebody's fault, whose, and what it costs them (rule L17).

`judge` says it before the move changes anything, `write` keeps it in the same transaction. The
points that count are in the technician's figures, and so in the search, by that commit (rule D2).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.utils import translation

from accounts.models import Technician
from accounts.search import count_faults, lock_technician
from policy.queries import policy_at
from requests_app import deadlines, notices
from requests_app.lost_time import lay_in_an_outage
from requests_app.models import (
    Assignment,
    Booking,
    DoorMove,
    Fault,
    FaultEntry,
    FaultKind,
    State,
    VoidReason,
    have_met,
    last_made_at,
)
from requests_app.models.visit import DoorPlace
from requests_app.moves import AGREES_ON_A_START, BRAND, CUSTOMER, PARTNER, Role

K = FaultKind
# They wait for somebody who has not come, as far as anybody can prove (rule L9).
AWAITED = frozenset(
    {State.CALLED, State.UNCONFIRMED, State.CONFIRMED, State.EN_ROUTE, State.ARRIVED}
)
# Of one visit, the worse one alone counts.
WORSE_THAN_LATE = frozenset({K.LATE_RELEASE, K.NO_SHOW, K.FAILED_VISIT})
# The message of these moves says already that it counts, and how to appeal.
TELLS = frozenset({"miss_call", "miss_confirm", "no_show"})


@dataclass(frozen=True)
class Charge:
    """What a move says of whom. `evidence` holds instants and facts, nothing
    that a person wrote.
    """

    kind: FaultKind
    who: Fault
    assignment: Assignment
    evidence: dict[str, Any] = field(default_factory=dict)
    told: bool = False

    @property
    def is_partners(self) -> bool:
        return self.who == Fault.PARTNER


Judge = Callable[
    [Booking, Assignment, Role, datetime, dict[str, Any]], tuple[FaultKind, Fault] | None
]


def judge(
    booking: Booking,
    move: str,
    role: Role,
    at: datetime,
    changes: dict[str, Any],
    data: dict[str, Any],
) -> Charge | None:
    """What this move would say of whom; None of most moves.

    Asked before the assignment ends, under the lock. Of what was given back on one day of illness
    only the first is a fault (actions.illness).
    """
    rule = JUDGES.get(move)
    if rule is None or booking.technician_id is None:
        return None
    assignment = Assignment.objects.filter(booking=booking, ended_at=None).first()
    found = rule(booking, assignment, role, at, changes) if assignment else None
    if assignment is None or found is None:
        return None
    kind, who = found
    ill = {"ill": data["ill"]} if "ill" in data else {}
    if (
        ill
        and FaultEntry.objects.filter(
            kind=kind, technician=assignment.technician_id, evidence__contains=ill
        ).exists()
    ):
        return None
    evidence = _evidence(booking, assignment, move, role, at) | ill
    return Charge(kind, who, assignment, evidence, told=move in TELLS)


def _evidence(
    booking: Booking, assignment: Assignment, move: str, role: Role, at: datetime
) -> dict[str, Any]:
    arrived_at = last_made_at(booking, "arrive")
    instants = {
        "claimed_at": assignment.claimed_at,
        "start_at": booking.start_at,
        "due_at": booking.due_at if move in ("miss_call", "miss_confirm") else None,
        "arrived_at": arrived_at,
        "code_typed_at": assignment.code_typed_at,
        "said_at": assignment.late_said_at,
        "at": at,
    }
    return {
        "move": move,
        "role": str(role),
        **{name: instant.isoformat() for name, instant in instants.items() if instant},
        "tries": assignment.calls.count(),
    }


def _missed_call(*_facts: Any) -> tuple[FaultKind, Fault]:
    return K.MISSED_CALL, Fault.PARTNER


def _missed_confirmation(*_facts: Any) -> tuple[FaultKind, Fault]:
    return K.MISSED_CONFIRMATION, Fault.PARTNER


def _no_show(booking: Booking, assignment: Assignment, *_facts: Any) -> tuple[FaultKind, Fault]:
    """Nobody's where no one could tell in time that the visit began, or where their phone stood at
    the door in time.
    """
    excused = lay_in_an_outage(booking, assignment.start_at) or _stood_there(booking, assignment)
    return K.NO_SHOW, Fault.NOBODY if excused else Fault.PARTNER


def _stood_there(booking: Booking, assignment: Assignment) -> bool:
    """More than their word says that they were at the door before they were late."""
    arrived_at = last_made_at(booking, "arrive")
    if arrived_at is None or arrived_at >= deadlines.late_at(assignment.start_at, booking.policy):
        return False
    places = DoorPlace.objects.filter(assignment=assignment, move=DoorMove.ARRIVE, at=arrived_at)
    return any(place.is_near(booking.policy) for place in places)


def _release(
    booking: Booking, assignment: Assignment, role: Role, at: datetime, _changes: dict[str, Any]
) -> tuple[FaultKind, Fault] | None:
    """By their own hand and shortly before; what staff take from them is no fault."""
    policy = policy_at(at, assignment.partner.country)
    late = role == PARTNER and assignment.start_at - at < policy.late_release_lead
    return (K.LATE_RELEASE, Fault.PARTNER) if late else None


def _failed(
    booking: Booking, assignment: Assignment, role: Role, at: datetime, changes: dict[str, Any]
) -> tuple[FaultKind, Fault]:
    """As it was said; but who says so from the way, when nobody need wait
    any longer, has not come.
    """
    if role == PARTNER and booking.state == State.EN_ROUTE and nobody_came(booking, at):
        return _no_show(booking, assignment)
    return K.FAILED_VISIT, Fault(changes.get("end_fault") or Fault.NOBODY)


def _cancel(
    booking: Booking, assignment: Assignment, role: Role, at: datetime, _changes: dict[str, Any]
) -> tuple[FaultKind, Fault]:
    """Who cancels because nobody has come cancels nothing of their own: it is a no-show."""
    if nobody_came(booking, at):
        return _no_show(booking, assignment)
    return K.CANCELLATION, {CUSTOMER: Fault.CUSTOMER, BRAND: Fault.BRAND}.get(role, Fault.MILA)


def _withdraw(
    booking: Booking, assignment: Assignment, _role: Role, at: datetime, _changes: dict[str, Any]
) -> tuple[FaultKind, Fault] | None:
    """A right is no fault of who uses it."""
    return _no_show(booking, assignment) if nobody_came(booking, at) else None


def nobody_came(booking: Booking, at: datetime) -> bool:
    """So long after the start that nobody need wait any more, and no code says that they met
    (rule L9).
    """
    over = booking.start_at is not None and at >= deadlines.lateness_cancel_at(
        booking.start_at, booking.policy
    )
    return over and booking.state in AWAITED and not have_met(booking)


JUDGES: dict[str, Judge] = {
    "miss_call": _missed_call,
    "miss_confirm": _missed_confirmation,
    "release": _release,
    "no_show": _no_show,
    "fail_visit": _failed,
    "decide_none": _failed,
    "decide_fee": _failed,
    "cancel": _cancel,
    "withdraw": _withdraw,
}
# People have decided: what was said of the end of this visit before is said anew, or no longer.
DECIDES = frozenset({"decide", "decide_none", "decide_fee"})


def note_late(
    booking: Booking, at: datetime, *, arrived_at: datetime | None = None
) -> FaultEntry | None:
    """Not there in time: once for each agreed start, whoever finds it first (rule L9).

    None where nobody is late.
    """
    assignment = Assignment.objects.filter(booking=booking, ended_at=None).first()
    if assignment is None or at < deadlines.late_at(assignment.start_at, booking.policy):
        return None
    if lay_in_an_outage(booking, assignment.start_at):
        return None
    instants = {
        "start_at": assignment.start_at,
        "arrived_at": arrived_at,
        "said_at": assignment.late_said_at,
        "at": at,
    }
    evidence = {"move": "late", **{name: one.isoformat() for name, one in instants.items() if one}}
    agreed = booking.events.filter(move__in=AGREES_ON_A_START).order_by("-sequence")
    occurrence = agreed.values_list("sequence", flat=True).first() or 0
    return write(
        booking, Charge(K.LATE, Fault.PARTNER, assignment, evidence), occurrence=occurrence, at=at
    )


def write(booking: Booking, charge: Charge, *, occurrence: int, at: datetime) -> FaultEntry:
    """One row for each occurrence; a repeat returns it.

    The booking's lock is held, the technician's is taken.
    """
    about = {"booking": booking, "kind": charge.kind, "occurrence": occurrence}
    there = FaultEntry.objects.filter(**about).first()
    if there is not None:
        return there
    if not charge.is_partners:
        return FaultEntry.objects.create(
            **about, assignment=charge.assignment, who=charge.who, at=at, evidence=charge.evidence
        )
    technician = lock_technician(charge.assignment.technician_id)
    policy = policy_at(at, technician.partner.country)
    if charge.kind in WORSE_THAN_LATE:
        late = FaultEntry.objects.filter(assignment=charge.assignment, kind=K.LATE, void_at=None)
        late.update(counts=False, void_at=at, void_reason=VoidReason.WORSE)
    points = policy.fault_points[charge.kind]
    row = FaultEntry.objects.create(
        **about,
        assignment=charge.assignment,
        technician=technician,
        who=charge.who,
        at=at,
        evidence=charge.evidence,
        points=points,
        until_at=at + timedelta(days=policy.fault_days[charge.kind]),
        appeal_until_at=at + policy.appeal_window,
        counts=True,
    )
    recount(technician)
    if not charge.told:
        _tell(row, technician)
    return row


def _tell(row: FaultEntry, technician: Technician) -> None:
    with translation.override(technician.user.language):
        words = str(row.get_kind_display())
    notices.queue(
        row.booking,
        "fault_noted",
        round=row.pk,
        technician=technician,
        fault=words,
        counts_until_at=row.until_at,
        appeal_until_at=row.appeal_until_at,
    )


def void(row: FaultEntry, reason: VoidReason, at: datetime) -> None:
    """It says nothing any more, and its points are gone from the figures.

    Its booking's lock is held.
    """
    if row.void_at is not None:
        return
    technician = lock_technician(row.technician_id) if row.technician_id else None
    row.counts, row.void_at, row.void_reason = False, at, reason
    row.save(update_fields=["counts", "void_at", "void_reason"])
    if technician is not None:
        recount(technician)


def void_decided(booking: Booking, at: datetime) -> None:
    """Staff decide about a visit that had failed: the first word about it falls."""
    for row in FaultEntry.objects.filter(booking=booking, kind=K.FAILED_VISIT, void_at=None):
        void(row, VoidReason.DECISION, at)


def recount(technician: Technician) -> None:
    """The points that count now, written into their figures and their search rows.

    Their row lock is held.
    """
    counting = FaultEntry.objects.filter(technician=technician, counts=True)
    count_faults(technician, counting.aggregate(points=Sum("points"))["points"] or 0)
