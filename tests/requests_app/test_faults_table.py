"""Fault by who by time: who pays, what the score does, what an appeal restores
(rule L17, B10, L11).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from mila.clock import mila_now
from payments import ways
from payments.models import WayPay
from requests_app.actions import appealing, visit
from requests_app.actions.changes import cancel, report_no_show
from requests_app.lifecycle import Role
from requests_app.models import Booking, Fault, FaultKind, State, Verdict
from tests.evidence import forged
from tests.requests_app.booking_states import booking_in
from tests.requests_app.test_fault_ledger import broken, comes_late, miss, score
from tests.requests_app.test_no_show import MONDAY

K, S, MINUTE, HOUR = FaultKind, State, timedelta(minutes=1), timedelta(hours=1)
FEE = 3_000  # Swiss: no right of withdrawal stands before it


@dataclass(frozen=True)
class Case:
    """What happens so long after the start; the row it leaves, what the
    customer pays, the points.
    """

    happens: str
    state: State
    after: timedelta
    kind: FaultKind | None
    who: Fault | None
    pays: int = 0
    points: int = 0
    by: Any = None


P, C = Fault.PARTNER, Fault.CUSTOMER
CASES = [
    Case("miss", S.CLAIMED, -75 * HOUR, K.MISSED_CALL, P, points=1),
    Case("miss", S.CALLED, -24 * HOUR, K.MISSED_CONFIRMATION, P, points=1),
    Case("late", S.CONFIRMED, 15 * MINUTE, K.LATE, P, points=1),
    Case("late", S.CONFIRMED, 14 * MINUTE, None, None),
    Case("release", S.CONFIRMED, -25 * HOUR, None, None),
    Case("release", S.CONFIRMED, -23 * HOUR, K.LATE_RELEASE, P, points=2),
    Case("release", S.CONFIRMED, -5 * MINUTE, K.LATE_RELEASE, P, points=2),
    Case("no_show", S.CONFIRMED, 30 * MINUTE, K.NO_SHOW, P, points=3),
    Case("cancel", S.CONFIRMED, -25 * HOUR, K.CANCELLATION, C),
    Case("cancel", S.CONFIRMED, -2 * HOUR, K.CANCELLATION, C, pays=FEE),
    Case("cancel", S.CONFIRMED, 29 * MINUTE, K.CANCELLATION, C, pays=FEE),
    Case("cancel", S.CONFIRMED, 45 * MINUTE, K.NO_SHOW, P, points=3),
    Case("cancel", S.CONFIRMED, -2 * HOUR, K.CANCELLATION, Fault.BRAND, by=Role.BRAND),
    Case("fail", S.ARRIVED, 11 * MINUTE, K.FAILED_VISIT, C, pays=FEE),
    Case("fail", S.IN_PROGRESS, 11 * MINUTE, K.FAILED_VISIT, P, points=2),
    *(
        Case("fail", S.IN_PROGRESS, 11 * MINUTE, K.FAILED_VISIT, who)
        for who in (Fault.BRAND, Fault.MILA, Fault.NOBODY)
    ),
]


def happen(case, booking, partner, stopped_clock):
    stopped_clock(booking.start_at + case.after)
    match case.happens:
        case "miss":
            miss(booking, mila_now())
        case "late":
            comes_late(booking, stopped_clock, case.after)
        case "release":
            visit.release(booking.pk, partner.pk, by=partner.user, reason="Ill")
        case "no_show":
            report_no_show(booking.pk, [MONDAY], role=Role.CUSTOMER, by=None)
        case "cancel":
            cancel(booking.pk, role=case.by or Role.CUSTOMER, by=None, accepted_cost_cents=FEE)
        case "fail":
            with forged():
                booking.events.update(move="arrive", at=booking.start_at)
            visit.fail_visit(
                booking.pk, partner.pk, by=partner.user, reason="In vain", fault=case.who
            )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.happens} {case.after} {case.who}")
def test_who_pays_and_what_counts_and_what_an_appeal_restores(
    case, now, partner, staff, stopped_clock
):
    before = (broken(partner), score(partner))
    booking = booking_in(case.state, partner, now, country="CH", currency="CHF")

    happen(case, booking, partner, stopped_clock)

    rows = list(booking.faults.filter(void_at=None))
    assert [(row.kind, row.who) for row in rows] == ([(case.kind, case.who)] if case.kind else [])
    assert Booking.objects.get(pk=booking.pk).fee_cents == case.pays
    assert broken(partner) == case.points
    assert (score(partner) < before[1]) is bool(case.points)
    if not case.points:
        return
    appeal = appealing.appeal_fault(
        partner, rows[0].uuid, words="I was there", picture=None, by=partner.user
    )
    appealing.decide(
        appeal.pk, verdict=Verdict.OVERTURNED, reason="So it was", by=staff, who=Fault.MILA
    )
    ways.pay_on_appeal(booking.pk, partner.partner, by=staff)
    assert (broken(partner), score(partner)) == before
    assert not booking.assignments.get().fault
    assert WayPay.objects.get().cents == FEE
