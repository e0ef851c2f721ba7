"""A suspended partner's running jobs are offered to others or left to them, never silently left
(rule P3).
"""

from datetime import timedelta

import pytest

from accounts import actions
from requests_app.access import may_see_contact
from requests_app.actions import suspending
from requests_app.models import State
from tests.requests_app.booking_states import booking_in, unchanged

OPEN = [
    State.CLAIMED,
    State.CALLED,
    State.UNCONFIRMED,
    State.CONFIRMED,
    State.EN_ROUTE,
    State.IN_PROGRESS,
]


def suspend(technician):
    actions.suspend(technician.partner_id, reason="Complaints", evidence="Letters")


def undecided():
    return list(suspending.undecided_jobs())


@pytest.mark.parametrize("state", OPEN)
def test_each_running_job_waits_for_a_decision(state, now, partner):
    booking = booking_in(state, partner, now)
    before = undecided()

    suspend(partner)

    assert (before, undecided()) == ([], [booking])
    assert not may_see_contact(booking, partner)


@pytest.mark.parametrize("state", [State.FINISHED, State.SETTLED, State.FAILED])
def test_job_that_is_done_needs_none(state, now, partner):
    booking_in(state, partner, now)

    suspend(partner)

    assert undecided() == []


def test_job_that_is_left_to_them_shows_what_it_takes(now, partner):
    booking, other = (
        booking_in(State.CONFIRMED, partner, now + day * timedelta(days=1)) for day in range(2)
    )
    suspend(partner)

    suspending.keep(booking.pk)
    with unchanged(booking):
        suspending.keep(booking.pk)

    assert may_see_contact(booking, partner)
    assert not may_see_contact(other, partner)
    assert undecided() == [other]


def test_job_given_to_others_ends_without_fault(now, partner, staff, stopped_clock):
    booking = booking_in(State.CONFIRMED, partner, now)
    suspend(partner)
    stopped_clock(booking.start_at - timedelta(hours=3))

    suspending.offer_to_others(booking.pk, partner.pk, by=staff, reason="Suspended")

    booking.refresh_from_db()
    assert (booking.state, booking.assignments.get().fault, undecided()) == (
        State.SEARCHING,
        False,
        [],
    )
    assert not booking.faults.exists()


def test_decision_holds_for_its_suspension_alone(now, partner, stopped_clock):
    booking = booking_in(State.CONFIRMED, partner, now)
    suspend(partner)
    suspending.keep(booking.pk)
    actions.reinstate(partner.partner_id)
    stopped_clock(now + timedelta(hours=1))

    suspend(partner)

    assert undecided() == [booking]
    assert not may_see_contact(booking, partner)


def test_nothing_is_left_to_who_is_not_suspended(now, partner):
    booking = booking_in(State.CONFIRMED, partner, now)

    with pytest.raises(suspending.NothingToDecide):
        suspending.keep(booking.pk)

    assert booking.assignments.get().kept_at is None
