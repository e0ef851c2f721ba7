"""An appeal in words and a photo, and what a person decides: figures and money as before
(rule L17, P3).
"""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from accounts import actions
from accounts.models import Notification, Technician
from payments import ways
from payments.models import Earning, LedgerEntry, WayPay
from places.calendar import instant
from requests_app import caps, deadlines, fault_ledger
from requests_app.actions import appealing, visit
from requests_app.actions.appealing import (
    AppealDecided,
    AppealTooLate,
    NothingToAppeal,
    appeal_fault,
    decide,
)
from requests_app.lifecycle import Role
from requests_app.models import Appeal, BookingPhoto, Fault, FaultEntry, State, Verdict, VoidReason
from tests import factories
from tests.pictures import jpeg, redraw
from tests.requests_app.booking_states import booking_in
from tests.requests_app.test_fault_ledger import broken, miss, score

WORDS = "The customer asked me on the phone to come later."


@pytest.fixture
def fault(now, partner):
    """A missed call."""
    booking = booking_in(State.CLAIMED, partner, now)
    miss(booking, now)
    return booking.faults.get()


def appealed(fault, technician, picture=None, words=WORDS):
    return appeal_fault(technician, fault.uuid, words=words, picture=picture, by=technician.user)


def kinds(appeal):
    return sorted(
        Notification.objects.filter(subject_id=appeal.uuid).values_list("kind", flat=True)
    )


def test_appeal_is_kept_with_its_day_and_staff_hear_of_it(fault, partner):
    appeal = appealed(fault, partner)

    assert (appeal.fault, appeal.words, appeal.verdict) == (fault, WORDS, "")
    # a Tuesday, five working days on
    assert appeal.due_at == instant(datetime(2026, 12, 1, 10), "Europe/Paris")
    assert kinds(appeal) == ["appeal_ops"]
    assert FaultEntry.objects.get().counts  # until it is decided


def test_photo_goes_with_it_and_stays(fault, partner, files):
    appeal = appealed(fault, partner, redraw(jpeg("teal")))

    assert appeal.photo.delete_after_at is None
    assert len(files()) == 2


def test_repeat_returns_the_first_and_leaves_no_file(fault, partner, files):
    first = appealed(fault, partner)

    again = appealed(fault, partner, redraw(jpeg("teal")), words="Something else")

    assert (again.pk, again.words) == (first.pk, WORDS)
    assert files() == set()
    assert not BookingPhoto.objects.exists()


@pytest.mark.parametrize(("short", "ok"), [(timedelta(seconds=1), True), (timedelta(0), False)])
def test_fourteen_days_to_the_second(short, ok, fault, partner, stopped_clock, files):
    stopped_clock(fault.at + timedelta(days=14) - short)

    if ok:
        appealed(fault, partner)
    else:
        with pytest.raises(AppealTooLate):
            appealed(fault, partner, redraw(jpeg("teal")))

    assert Appeal.objects.exists() is ok
    assert files() == set()


def test_another_technicians_fault_is_not_found(fault, rival_partner):
    with pytest.raises(FaultEntry.DoesNotExist):
        appealed(fault, rival_partner)

    assert not Appeal.objects.exists()


def test_what_is_void_needs_no_appeal(fault, partner, now):
    fault_ledger.void(fault, VoidReason.DECISION, now)

    with pytest.raises(NothingToAppeal):
        appealed(fault, partner)


# --- The verdict


def test_overturned_the_figures_are_as_before(now, partner, staff):
    before = (broken(partner), score(partner))
    booking = booking_in(State.CLAIMED, partner, now)
    miss(booking, now)
    charged = (broken(partner), score(partner), booking.assignments.get().fault)
    appeal = appealed(booking.faults.get(), partner)

    decide(appeal.pk, verdict=Verdict.OVERTURNED, reason="Heard the call", by=staff)

    assert charged != (*before, False)
    assert (broken(partner), score(partner), booking.assignments.get().fault) == (*before, False)
    row = booking.faults.get()
    assert (row.counts, row.void_reason, row.void_at) == (False, VoidReason.APPEAL, now)
    assert kinds(appeal) == ["appeal_decided", "appeal_ops"]


def test_overturned_the_caps_forget_it_too(now, partner, staff):
    rows = []
    for number in range(5):
        booking = booking_in(State.CLAIMED, partner, now + timedelta(days=number))
        miss(booking, now)
        rows.append(booking.faults.get())
    assert caps.is_paused(partner.pk, rows[0].booking.policy, now)

    decide(appealed(rows[0], partner).pk, verdict=Verdict.OVERTURNED, reason="Heard it", by=staff)

    assert not caps.is_paused(partner.pk, rows[0].booking.policy, now)


def test_upheld_nothing_changes_but_the_answer(fault, partner, staff):
    figures = (broken(partner), score(partner))
    appeal = appealed(fault, partner)

    decide(appeal.pk, verdict=Verdict.UPHELD, reason="No call in the list", by=staff)

    assert (broken(partner), score(partner)) == figures
    decided = Appeal.objects.get()
    assert (decided.verdict, decided.reason, decided.decided_by) == (
        "upheld",
        "No call in the list",
        staff,
    )


def test_same_verdict_again_changes_nothing_and_another_is_refused(fault, partner, staff):
    appeal = appealed(fault, partner)
    decide(appeal.pk, verdict=Verdict.UPHELD, reason="Once", by=staff)

    decide(appeal.pk, verdict=Verdict.UPHELD, reason="Twice", by=staff)
    with pytest.raises(AppealDecided):
        decide(appeal.pk, verdict=Verdict.OVERTURNED, reason="No", by=staff)

    assert Appeal.objects.get().reason == "Once"
    assert broken(partner) == 1


def test_visit_in_vain_that_was_not_theirs_is_paid_by_mila(now, partner, staff):
    booking = booking_in(State.IN_PROGRESS, partner, now)
    visit.fail_visit(
        booking.pk, partner.pk, by=staff, reason="No line", fault=Fault.PARTNER, role=Role.OPS
    )
    appeal = appealed(booking.faults.get(), partner)

    decide(
        appeal.pk,
        verdict=Verdict.OVERTURNED,
        reason="Our catalogue was wrong",
        by=staff,
        who=Fault.MILA,
    )
    ways.pay_on_appeal(booking.pk, partner.partner, by=staff)
    ways.pay_on_appeal(booking.pk, partner.partner, by=staff)

    booking.refresh_from_db()
    assert (booking.end_fault, broken(partner)) == (Fault.MILA, 0)
    assert (WayPay.objects.get().cents, Earning.objects.get().technician) == (2500, partner)
    assert sum(LedgerEntry.objects.values_list("cents", flat=True)) == 0


def test_way_of_a_job_that_others_have_now_is_theirs_who_appealed(
    now, partner, rival_partner, staff
):
    booking = booking_in(State.CONFIRMED, rival_partner, now)
    booking.assignments.create(
        partner=partner.partner,
        technician=partner,
        start_at=booking.start_at,
        claimed_at=now,
        ended_at=now,
    )

    ways.pay_on_appeal(booking.pk, partner.partner, by=staff)

    assert Earning.objects.get().technician == partner


def test_way_that_was_refused_before_stays_so(now, partner, staff):
    booking = booking_in(State.FAILED, partner, now)
    WayPay.objects.create(booking=booking, partner=partner.partner, cents=0, at=now, by=staff)

    with pytest.raises(ways.WayNotOpen):
        ways.pay_on_appeal(booking.pk, partner.partner, by=staff)

    assert not Earning.objects.exists()


# --- Within five working days


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ((2026, 11, 24, 10), (2026, 12, 1, 10)),
        ((2026, 11, 27, 17), (2026, 12, 4, 17)),
        ((2026, 11, 28, 12), (2026, 12, 4, 12)),  # a Saturday
        ((2026, 12, 22, 9), (2026, 12, 30, 9)),  # over Christmas Day
        ((2026, 3, 26, 9), (2026, 4, 2, 9)),  # the clocks change in between
    ],
)
def test_working_days_are_monday_to_friday_without_holidays(at, due):
    zone = "Europe/Paris"

    found = deadlines.working_days_later(instant(datetime(*at), zone), 5, zone, "FR")

    assert found == instant(datetime(*due), zone)


def test_staff_hear_a_working_day_before_and_once(fault, partner, stopped_clock):
    appeal = appealed(fault, partner)

    stopped_clock(appeal.warn_at - timedelta(seconds=1))
    early = appealing.sweep_appeals()
    stopped_clock(appeal.warn_at)

    assert (early, appealing.sweep_appeals(), appealing.sweep_appeals()) == (0, 1, 0)
    assert kinds(appeal) == ["appeal_due_ops", "appeal_ops"]


def test_decided_in_time_nobody_is_reminded(fault, partner, staff, stopped_clock):
    appeal = appealed(fault, partner)
    decide(appeal.pk, verdict=Verdict.UPHELD, reason="Seen", by=staff)
    stopped_clock(appeal.due_at)

    assert appealing.sweep_appeals() == 0


# --- A suspension, on the same desk


@pytest.fixture
def ban(now, partner, staff):
    actions.suspend(partner.partner_id, reason="Complaints", evidence="M000001, M000002", by=staff)
    return partner.partner.suspensions.get()


def test_suspension_overturned_ends(ban, partner, staff):
    appeal = appealing.appeal_suspension(
        partner, ban.uuid, words=WORDS, picture=None, by=partner.user
    )

    decide(appeal.pk, verdict=Verdict.OVERTURNED, reason="Not their jobs", by=staff)

    ban.refresh_from_db()
    assert (ban.ended_by, ban.end_reason, ban.appeal.reason) == (staff, "", "Not their jobs")
    assert Technician.objects.get(pk=partner.pk).partner.suspended_at is None
    assert partner.search_rows.exists()


def test_suspension_upheld_goes_on(ban, partner, staff):
    appeal = appealing.appeal_suspension(
        partner, ban.uuid, words=WORDS, picture=None, by=partner.user
    )

    decide(appeal.pk, verdict=Verdict.UPHELD, reason="They are", by=staff)

    assert not partner.search_rows.exists()


def test_suspended_technicians_hear_of_it_and_of_its_end(ban, partner, staff):
    actions.reinstate(partner.partner_id, reason="Cleared", by=staff)

    told = (
        Notification.objects.filter(subject_id=ban.uuid).order_by("pk").values_list("kind", "email")
    )
    assert list(told) == [("suspended", "yanis@example.com"), ("reinstated", "yanis@example.com")]


def test_suspension_that_is_over_or_another_partners_cannot_be_appealed(
    ban, partner, rival_partner, staff
):
    with pytest.raises(type(ban).DoesNotExist):
        appealing.appeal_suspension(rival_partner, ban.uuid, words=WORDS, picture=None, by=staff)
    with pytest.raises(type(ban).DoesNotExist):
        appealing.appeal_suspension(partner, uuid4(), words=WORDS, picture=None, by=staff)
    actions.reinstate(partner.partner_id, reason="Cleared", by=staff)
    with pytest.raises(NothingToAppeal):
        appealing.appeal_suspension(partner, ban.uuid, words=WORDS, picture=None, by=staff)

    assert not Appeal.objects.exists()


def test_suspension_without_evidence_is_refused(partner):
    with pytest.raises(actions.SuspensionWithoutReason):
        actions.suspend(partner.partner_id, reason="Complaints", evidence=" ")

    assert Technician.objects.get(pk=partner.pk).partner.suspended_at is None
    assert factories.PartnerProfile.objects.get(pk=partner.partner_id).suspensions.count() == 0
