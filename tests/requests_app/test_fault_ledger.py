"""Whose fault it was, told once, by the move that causes it; what it costs and until when
(rule L17).
"""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import SkillSearch, Technician
from policy.figures import Policy
from policy.models import PolicyRow
from requests_app import fault_ledger, lifecycle, lost_time
from requests_app.actions import changes, signing, visit, withdrawing
from requests_app.actions.changes import cancel, report_no_show
from requests_app.lifecycle import Role
from requests_app.models import Clock, ClockKind, Fault, FaultEntry, FaultKind, State, VoidReason
from requests_app.sweeps import let_fault_run_out, sweep_bookings, sweep_clocks, sweep_faults
from tests import cast
from tests.evidence import forged
from tests.outages import heartbeat_ended
from tests.requests_app.booking_states import booking_in, told
from tests.requests_app.test_no_show import MONDAY

K, S = FaultKind, State
MINUTE = timedelta(minutes=1)
WHO_COMES = [S.UNCONFIRMED, S.CONFIRMED, S.EN_ROUTE, S.ARRIVED]


def rows(booking):
    return [(row.kind, row.who) for row in booking.faults.order_by("pk")]


def broken(technician):
    return Technician.objects.get(pk=technician.pk).promises_broken


def score(technician):
    return SkillSearch.objects.get(technician=technician).base_score_ppm


def miss(booking, now):
    """Its own clock has fallen due."""
    type(booking).objects.filter(pk=booking.pk).update(due_at=now)
    sweep_bookings()
    return type(booking).objects.get(pk=booking.pk)


def comes_late(booking, stopped_clock, after=15 * MINUTE):
    """So long after the start the sweep has been by."""
    with forged():
        booking.events.update(move="claim")
    Clock.objects.filter(booking=booking).delete()
    Clock.objects.create(
        booking=booking, kind=ClockKind.LATENESS, epoch=9, due_at=booking.start_at + 15 * MINUTE
    )
    stopped_clock(booking.start_at + after)
    sweep_clocks()


# --- Each move that causes one


@pytest.mark.parametrize(
    ("state", "kind", "points"),
    [(S.CLAIMED, K.MISSED_CALL, 1), (S.CALLED, K.MISSED_CONFIRMATION, 1)],
)
def test_missed_promise_is_a_row_in_the_score(state, kind, points, now, partner):
    booking, before = booking_in(state, partner, now), score(partner)

    miss(booking, now)

    row = booking.faults.get()
    assert (row.kind, row.who, row.technician, row.points, row.counts) == (
        kind,
        "partner",
        partner,
        points,
        True,
    )
    assert (row.at, row.until_at, row.appeal_until_at) == (
        now,
        now + timedelta(days=90),
        now + timedelta(days=14),
    )
    assert row.evidence["due_at"] == now.isoformat()
    assert broken(partner) == points
    assert score(partner) < before


def test_late_from_a_quarter_of_an_hour_on_and_not_before(now, partner, stopped_clock):
    booking = booking_in(S.CONFIRMED, partner, now)

    comes_late(booking, stopped_clock, 15 * MINUTE - timedelta(seconds=1))
    early = rows(booking)
    comes_late(booking, stopped_clock)

    assert (early, rows(booking)) == ([], [(K.LATE, Fault.PARTNER)])


def test_late_is_noted_once_by_sweep_and_arrival(now, partner, stopped_clock):
    booking = booking_in(S.EN_ROUTE, partner, now)
    comes_late(booking, stopped_clock)

    visit.arrive(booking.pk, partner.pk, by=partner.user)

    assert rows(booking) == [(K.LATE, Fault.PARTNER)]
    assert broken(partner) == 1


def test_arrival_notes_it_where_the_sweep_has_not_been_by(now, partner, stopped_clock):
    booking = booking_in(S.EN_ROUTE, partner, now)
    stopped_clock(booking.start_at + 15 * MINUTE)

    visit.arrive(booking.pk, partner.pk, by=partner.user)

    row = booking.faults.get()
    assert (row.kind, row.evidence["arrived_at"]) == (
        K.LATE,
        (booking.start_at + 15 * MINUTE).isoformat(),
    )


def test_arrival_a_second_before_is_in_time(now, partner, stopped_clock):
    booking = booking_in(S.EN_ROUTE, partner, now)
    stopped_clock(booking.start_at + 15 * MINUTE - timedelta(seconds=1))

    visit.arrive(booking.pk, partner.pk, by=partner.user)

    assert rows(booking) == []


@pytest.mark.parametrize("state", WHO_COMES)
def test_no_show_is_one_row_and_takes_the_lateness_in(state, now, partner, stopped_clock):
    booking = booking_in(state, partner, now)
    comes_late(booking, stopped_clock, 30 * MINUTE)

    report_no_show(booking.pk, [MONDAY], role=Role.CUSTOMER, by=None)

    counting = booking.faults.get(void_at=None)
    assert (counting.kind, counting.points) == (K.NO_SHOW, 3)
    assert [row.void_reason for row in booking.faults.exclude(void_at=None)] == [VoidReason.WORSE]
    assert broken(partner) == 3
    assert booking.assignments.get().fault


@pytest.mark.parametrize("state", WHO_COMES)
@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.OPS])
def test_who_cancels_after_45_minutes_without_anybody_cancels_for_a_no_show(
    state, role, now, partner, stopped_clock
):
    booking = booking_in(state, partner, now)
    stopped_clock(booking.start_at + 45 * MINUTE)

    ended = cancel(booking.pk, role=role, by=None)
    cancel(booking.pk, role=role, by=None)

    assert ended.fee_cents == 0
    assert rows(ended) == [(K.NO_SHOW, Fault.PARTNER)]
    assert (broken(partner), ended.assignments.get().fault) == (3, True)


def test_who_withdraws_after_45_minutes_without_anybody_says_the_same(now, partner, stopped_clock):
    booking = booking_in(S.CONFIRMED, partner, now)
    stopped_clock(booking.start_at + 45 * MINUTE)

    withdrawing.withdraw(booking.pk, role=Role.CUSTOMER, by=None)

    assert rows(booking) == [(K.NO_SHOW, Fault.PARTNER)]


def test_withdrawal_before_is_a_right_and_nobodys_fault(now, partner):
    booking = booking_in(S.CONFIRMED, partner, now)

    withdrawing.withdraw(booking.pk, role=Role.CUSTOMER, by=None)

    assert rows(booking) == []


@pytest.mark.parametrize(
    ("role", "who"),
    [(Role.CUSTOMER, Fault.CUSTOMER), (Role.BRAND, Fault.BRAND), (Role.OPS, Fault.MILA)],
)
def test_cancellation_names_who_cancelled_and_costs_the_technician_nothing(role, who, now, partner):
    booking = booking_in(S.CONFIRMED, partner, now)

    cancel(booking.pk, role=role, by=None)

    assert rows(booking) == [(K.CANCELLATION, who)]
    assert (broken(partner), booking.assignments.get().fault) == (0, False)


@pytest.mark.parametrize(
    ("before", "noted"),
    [
        (timedelta(hours=24), []),
        (timedelta(hours=24) - timedelta(seconds=1), [(K.LATE_RELEASE, Fault.PARTNER)]),
        (5 * MINUTE, [(K.LATE_RELEASE, Fault.PARTNER)]),
        (-20 * MINUTE, [(K.LATE_RELEASE, Fault.PARTNER)]),
    ],
)
def test_job_given_back_under_24_hours_is_a_fault(before, noted, now, partner, stopped_clock):
    booking = booking_in(S.CONFIRMED, partner, now)
    stopped_clock(booking.start_at - before)

    visit.release(booking.pk, partner.pk, by=partner.user, reason="ill")
    visit.release(booking.pk, partner.pk, by=partner.user, reason="ill")

    assert rows(booking) == noted
    assert broken(partner) == 2 * len(noted)


def test_job_that_staff_take_away_is_no_fault(now, partner, stopped_clock):
    booking = booking_in(S.CONFIRMED, partner, now)
    stopped_clock(booking.start_at - 5 * MINUTE)

    visit.release(booking.pk, partner.pk, by=partner.user, reason="ill", role=Role.OPS)

    assert rows(booking) == []


@pytest.mark.parametrize("who", [who for who in Fault if who != Fault.CUSTOMER])
def test_visit_in_vain_names_who_caused_it(who, now, partner):
    booking = booking_in(S.IN_PROGRESS, partner, now)

    visit.fail_visit(booking.pk, partner.pk, by=partner.user, reason="No line", fault=who)

    assert rows(booking) == [(K.FAILED_VISIT, who)]
    assert broken(partner) == (2 if who == Fault.PARTNER else 0)


def test_who_gives_up_on_the_way_half_an_hour_late_has_not_come(now, partner, stopped_clock):
    """Whatever they say of whose fault it was."""
    booking = booking_in(S.EN_ROUTE, partner, now)
    stopped_clock(booking.start_at + 30 * MINUTE)

    visit.fail_visit(booking.pk, partner.pk, by=partner.user, reason="No line", fault=Fault.NOBODY)

    assert rows(booking) == [(K.NO_SHOW, Fault.PARTNER)]


def test_what_staff_decide_about_it_takes_the_place_of_the_first_word(now, partner):
    booking = booking_in(S.IN_PROGRESS, partner, now)
    visit.fail_visit(booking.pk, partner.pk, by=partner.user, reason="No line", fault=Fault.PARTNER)
    type(booking).objects.filter(pk=booking.pk).update(state=S.CONTESTED)

    signing.decide_none(booking.pk, by=None, reason="No line in the house", fault=Fault.NOBODY)

    voided, standing = booking.faults.order_by("pk")
    assert (voided.void_reason, standing.who, standing.void_at) == (
        VoidReason.DECISION,
        Fault.NOBODY,
        None,
    )
    assert broken(partner) == 0


# --- Nobody's fault


def test_visit_that_lay_in_an_outage_is_nobodys_fault(now, partner, stopped_clock):
    booking = booking_in(S.CONFIRMED, partner, now)
    Clock.objects.filter(booking=booking).delete()
    stopped_clock(booking.start_at + 45 * MINUTE)
    heartbeat_ended(lost_time.SWEEP, booking.start_at - MINUTE)
    sweep_bookings()

    cancel(booking.pk, role=Role.CUSTOMER, by=None)

    assert rows(booking) == [(K.NO_SHOW, Fault.NOBODY)]
    assert (broken(partner), booking.assignments.get().fault) == (0, False)


@pytest.mark.parametrize(("metres", "who"), [(50, Fault.NOBODY), (900, Fault.PARTNER)])
def test_phone_at_the_door_in_time_speaks_for_the_technician(
    metres, who, searching, partner, stopped_clock
):
    booking = cast.walk(searching, partner, S.EN_ROUTE)
    visit.arrive(booking.pk, partner.pk, by=partner.user, place=cast.at_the_door(metres))
    stopped_clock(booking.start_at + 45 * MINUTE)

    cancel(booking.pk, role=Role.CUSTOMER, by=None)

    assert rows(booking) == [(K.NO_SHOW, who)]


@pytest.mark.parametrize("state", [S.SEARCHING, S.UNFILLED])
def test_without_a_technician_nobody_has_lost_a_job(state, now, partner):
    booking = booking_in(state, partner, now)

    cancel(booking.pk, role=Role.CUSTOMER, by=None)

    assert rows(booking) == []


# --- Once


def test_database_refuses_a_second_row_of_one_occurrence(now, partner):
    booking = booking_in(S.CLAIMED, partner, now)
    miss(booking, now)
    row = booking.faults.get()

    row.pk, row.uuid = None, "0b0c0d0e-0000-4000-8000-000000000000"
    with pytest.raises(IntegrityError, match="one_fault_of_an_occurrence"), transaction.atomic():
        row.save(force_insert=True)

    assert booking.faults.count() == 1


def test_move_that_is_refused_notes_nothing(now, partner):
    booking = booking_in(S.CONFIRMED, partner, now)

    with pytest.raises(changes.NotLateYet):
        report_no_show(booking.pk, [MONDAY], role=Role.CUSTOMER, by=None)

    assert rows(booking) == []


def test_what_cannot_be_noted_does_not_happen(now, partner, monkeypatch):
    """The row and the move are one commit."""
    booking = booking_in(S.CLAIMED, partner, now)

    def broken_ledger(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr(fault_ledger, "write", broken_ledger)
    with pytest.raises(RuntimeError):
        lifecycle.advance(booking.pk, "miss_call", role=Role.SYSTEM, by=None)

    assert type(booking).objects.get(pk=booking.pk).state == S.CLAIMED


# --- What it costs, by the policy of the instant


@pytest.mark.parametrize("kind", [kind for kind in K if kind != K.CANCELLATION])
def test_each_kind_has_its_points_and_days(kind):
    assert Policy().fault_points[kind] > 0
    assert Policy().fault_days[kind] > 0


def test_dated_row_decides_the_points_from_its_instant_on(now, partner, stopped_clock):
    first, second = (
        booking_in(S.CLAIMED, partner, now + day * timedelta(days=1)) for day in range(2)
    )
    points = {**{kind: 1 for kind in K if kind != K.CANCELLATION}, "missed_call": 7}
    PolicyRow.objects.create(
        key="fault_points", value=points, starts_at=now + MINUTE, note="stricter"
    )

    miss(first, now)
    stopped_clock(now + MINUTE)
    miss(second, now)

    assert (first.faults.get().points, second.faults.get().points, broken(partner)) == (1, 7, 8)


def test_points_run_out_at_their_instant(now, partner, stopped_clock):
    booking, before = booking_in(S.CLAIMED, partner, now), score(partner)
    miss(booking, now)
    row = booking.faults.get()

    stopped_clock(row.until_at - timedelta(seconds=1))
    early = (sweep_faults(), broken(partner))
    stopped_clock(row.until_at)
    in_time = (sweep_faults(), broken(partner))

    assert (early, in_time, sweep_faults()) == ((0, 1), (1, 0), 0)
    assert not let_fault_run_out(row.pk)
    assert score(partner) == before
    assert FaultEntry.objects.get(pk=row.pk).void_at is None


def test_told_by_the_move_or_by_a_message_of_its_own(now, partner, stopped_clock):
    missed, given_back = (
        booking_in(S.CLAIMED, partner, now),
        booking_in(S.CALLED, partner, now + timedelta(days=1)),
    )
    miss(missed, now)
    stopped_clock(given_back.start_at - 5 * MINUTE)
    visit.release(given_back.pk, partner.pk, by=partner.user, reason="ill")

    assert "fault_noted" not in told(missed)
    assert "call_missed" in told(missed)
    assert told(given_back).count("fault_noted") == 1
