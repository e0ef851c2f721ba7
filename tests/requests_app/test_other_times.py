"""Another start counts once the customer says yes: their own wish (rule B9), a second appointment
(rule L11).
"""

from datetime import timedelta

import pytest

from accounts.actions import add_absence
from accounts.models import Notification
from mila.clock import mila_now, set_clock
from mila.errors import Refusal
from requests_app.actions import changes, other_times, visit
from requests_app.actions.assigning import TechnicianBusy
from requests_app.actions.other_times import ProposalGone, SameTime, WhatIsMissing
from requests_app.lifecycle import IllegalMove, Role
from requests_app.models import Booking, State, TimeProposal
from tests.cast import agree, begin, code_of, next_wall, propose, walk
from tests.requests_app import booking_states


def facts(booking):
    """Everything about it but who was told."""
    return {name: rows for name, rows in booking_states.facts(booking).items() if name != "notices"}


def later(booking, partner, *, days=5, **more):
    return other_times.propose(booking.pk, partner.pk, wall=next_wall(days), **more)


def accept(proposal, role=Role.CUSTOMER):
    return other_times.accept(proposal.booking_id, proposal.pk, role=role, by=None)


def told(kind):
    return Notification.objects.filter(kind=kind).count()


def test_proposal_moves_nothing_and_tells_the_customer(job, partner):
    before = facts(job)

    proposal = later(job, partner)

    job.refresh_from_db()
    assert facts(job) == before
    assert (proposal.kind, proposal.instead_of_at) == ("wish", job.start_at)
    assert told("time_proposed") == 1


def test_yes_moves_the_visit_and_keeps_the_technician(job, partner):
    proposal = later(job, partner)

    moved = accept(proposal)

    assert (moved.state, moved.technician, moved.start_at) == (
        State.CLAIMED,
        partner,
        proposal.start_at,
    )
    assert told("job_moved") == 1


def test_busy_then_yes_means_somebody_else_without_fault(job, partner):
    proposal = later(job, partner)
    add_absence(
        partner.pk, starts_at=proposal.start_at, ends_at=proposal.start_at + timedelta(hours=1)
    )

    moved = accept(proposal)

    assert (moved.state, moved.technician) == (State.SEARCHING, None)
    assert not job.assignments.get().fault


def test_no_leaves_it_and_tells_the_technician(job, partner):
    proposal = later(job, partner)
    before = facts(job)

    other_times.decline(job.pk, proposal.pk)
    other_times.decline(job.pk, proposal.pk)

    job.refresh_from_db()
    assert facts(job) == before
    assert told("job_time_declined") == 1
    with pytest.raises(ProposalGone):
        accept(proposal)


def test_a_second_yes_moves_nothing_more(job, partner):
    proposal = later(job, partner)
    accept(proposal)
    events = job.events.count()

    accept(proposal)

    assert job.events.count() == events


def test_repeat_is_one_proposal_and_a_later_one_takes_its_place(job, partner):
    first = later(job, partner)
    assert later(job, partner) == first

    second = later(job, partner, days=7)

    first.refresh_from_db()
    assert first.withdrawn_at
    assert other_times.open_proposal(job, mila_now()) == second
    with pytest.raises(ProposalGone):
        accept(first)


@pytest.mark.parametrize("how", ["moved", "released", "hour past"])
def test_what_no_longer_holds_is_not_accepted(job, partner, how):
    proposal = later(job, partner)
    if how == "moved":
        changes.move(job.pk, [next_wall(8)], role=Role.CUSTOMER, by=None)
    elif how == "released":
        visit.release(job.pk, partner.pk, by=partner.user, reason="Malade")
    else:
        set_clock(proposal.start_at, speed=0)
    events = job.events.count()

    with pytest.raises(ProposalGone):
        accept(proposal)

    assert job.events.count() == events
    assert TimeProposal.objects.get().accepted_at is None


def test_what_cannot_be_booked_or_is_agreed_already_is_refused(job, partner):
    for wall, refusal in ((next_wall(5, hour=3), Refusal), (next_wall(3), SameTime)):
        with pytest.raises(refusal):
            other_times.propose(job.pk, partner.pk, wall=wall)

    assert not TimeProposal.objects.exists()


def test_stranger_proposes_nothing(job, rival_partner):
    with pytest.raises(visit.NotYours):
        later(job, rival_partner)

    assert not TimeProposal.objects.exists()


# --- A second appointment


@pytest.fixture
def work(searching, partner):
    return walk(searching, partner, State.IN_PROGRESS)


def test_second_appointment_keeps_technician_and_price(work, partner):
    agree(work, partner, 8000)
    code = code_of(work)
    proposal = later(work, partner, reason="Le câble manque")
    work.refresh_from_db()
    assert work.state == State.IN_PROGRESS

    booking = accept(proposal)

    assert (booking.state, booking.technician, booking.start_at) == (
        State.CONFIRMED,
        partner,
        proposal.start_at,
    )
    assert booking.quotes.agreed().latest("version").service_cents == 8000
    running = booking.assignments.get(ended_at=None)
    assert running.start_at == proposal.start_at
    assert running.calendar_entry.during.lower == proposal.start_at
    assert running.code != code
    assert running.code_typed_at is None
    assert (told("second_visit"), told("job_second_visit")) == (1, 1)


def test_second_visit_goes_its_whole_way(work, partner):
    booking = accept(later(work, partner, reason="Le câble manque"))
    set_clock(booking.start_at - timedelta(minutes=20))

    visit.depart(booking.pk, partner.pk, by=partner.user)
    visit.arrive(booking.pk, partner.pk, by=partner.user)
    begin(booking, partner)
    done = visit.finish(booking.pk, partner.pk, by=partner.user, report={"done": "Câble"})

    assert done.state == State.FINISHED


def test_open_price_falls_with_the_first_visit(work, partner):
    quote = propose(work, partner, 9000)

    accept(later(work, partner, reason="Le câble manque"))

    quote.refresh_from_db()
    assert quote.withdrawn_at


def test_second_appointment_says_what_is_missing_and_is_free(work, partner):
    with pytest.raises(WhatIsMissing):
        later(work, partner)
    at = next_wall(5)
    busy = later(work, partner, reason="Le câble manque").start_at
    TimeProposal.objects.all().delete()
    add_absence(partner.pk, starts_at=busy, ends_at=busy + timedelta(hours=1))
    with pytest.raises(TechnicianBusy):
        other_times.propose(work.pk, partner.pk, wall=at, reason="Le câble manque")

    assert not TimeProposal.objects.exists()


def test_busy_since_then_the_work_stays_where_it_is(work, partner):
    proposal = later(work, partner, reason="Le câble manque")
    add_absence(
        partner.pk, starts_at=proposal.start_at, ends_at=proposal.start_at + timedelta(hours=1)
    )

    with pytest.raises(TechnicianBusy):
        accept(proposal)

    work.refresh_from_db()
    assert work.state == State.IN_PROGRESS
    proposal.refresh_from_db()
    assert proposal.accepted_at is None


def test_ops_accept_for_a_caller(work, partner, staff):
    proposal = later(work, partner, reason="Le câble manque")

    booking = other_times.accept(work.pk, proposal.pk, role=Role.OPS, by=staff)

    assert booking.state == State.CONFIRMED


def test_after_the_work_nothing_is_proposed(searching, partner):
    booking = walk(searching, partner, State.FINISHED)

    with pytest.raises(IllegalMove):
        later(booking, partner, reason="Le câble manque")

    assert not TimeProposal.objects.exists()
    assert Booking.objects.get(pk=booking.pk).state == State.FINISHED
    assert mila_now() > booking.start_at - timedelta(hours=1)
