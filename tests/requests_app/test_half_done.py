"""Ended between the first and the second appointment: what was worked is owed, where the visit code
says that it was (rule B10, L11).
"""

from datetime import timedelta

import pytest

from accounts.models import Notification
from mila.clock import mila_now, set_clock
from requests_app import withdrawal
from requests_app.actions import changes, other_times, visit, withdrawing
from requests_app.lifecycle import Role, advance
from requests_app.models import Booking, State, last_made_at
from tests.cast import next_wall, walk
from tests.requests_app.test_cancel import SWISS

MINUTE = timedelta(minutes=1)


@pytest.fixture
def half_done(searching, partner, stopped_clock):
    """A function: twenty minutes of work, then a second appointment in five days."""

    def after(*, code=True, waived=True, country="FR"):
        waived_at = mila_now() if waived else None
        where = SWISS if country == "CH" else {}
        Booking.objects.filter(pk=searching.pk).update(withdrawal_waived_at=waived_at, **where)
        booking = walk(searching, partner, State.IN_PROGRESS if code else State.ARRIVED)
        if not code:
            booking = visit.start(booking.pk, partner.pk, by=partner.user)
        stopped_clock(last_made_at(booking, "start") + 20 * MINUTE)
        proposal = other_times.propose(
            booking.pk, partner.pk, wall=next_wall(5), reason="Le câble manque"
        )
        return other_times.accept(booking.pk, proposal.pk, role=Role.CUSTOMER, by=None)

    return after


def third(booking):
    """Twenty of sixty minutes."""
    return booking.service_cents // 3


def told():
    return Notification.objects.filter(kind="half_done_ops").count()


@pytest.mark.parametrize("country", ["FR", "CH"])
def test_cancelling_costs_the_minutes_worked(country, half_done):
    booking = half_done(country=country)

    assert changes.cancel_cost(booking, mila_now()) == third(booking)
    with pytest.raises(changes.CostChanged):
        changes.cancel(booking.pk, role=Role.CUSTOMER, by=None)
    ended = changes.cancel(
        booking.pk, role=Role.CUSTOMER, by=None, accepted_cost_cents=third(booking)
    )
    assert (ended.state, ended.fee_cents, told()) == (State.CANCELLED, third(booking), 1)


def test_withdrawing_costs_the_same(half_done):
    booking = half_done()

    ended = withdrawing.withdraw(
        booking.pk, role=Role.CUSTOMER, by=None, accepted_cost_cents=third(booking)
    )

    assert (ended.fee_cents, withdrawal.is_proved(ended), told()) == (third(booking), True, 1)


def test_minutes_of_both_appointments_add_up(half_done, partner):
    booking = half_done()
    set_clock(booking.start_at - 10 * MINUTE, speed=0)
    visit.depart(booking.pk, partner.pk, by=partner.user)
    visit.arrive(booking.pk, partner.pk, by=partner.user)
    booking = visit.start(booking.pk, partner.pk, by=partner.user)

    assert withdrawal.cost_cents(booking, mila_now() + 10 * MINUTE) == booking.service_cents // 2


@pytest.mark.parametrize("without", [{"code": False}, {"waived": False}])
def test_without_the_code_or_the_wish_to_begin_early_nothing_is_owed_and_staff_are_told(
    without, half_done
):
    booking = half_done(**without)

    assert changes.cancel_cost(booking, mila_now()) == 0
    ended = changes.cancel(booking.pk, role=Role.CUSTOMER, by=None)
    assert (ended.fee_cents, told()) == (0, 1)


def test_who_is_not_there_the_second_time_is_owed_nothing(half_done):
    booking = half_done()

    assert changes.cancel_cost(booking, booking.start_at + 30 * MINUTE) == 0


def test_given_back_by_the_technician_it_is_free(half_done, partner):
    booking = half_done()
    given_back = advance(booking.pk, "release", role=Role.PARTNER, by=None, reason="Malade")

    assert changes.cancel_cost(given_back, mila_now()) == 0


def test_cancelled_without_a_second_appointment_nobody_is_told(job):
    changes.cancel(job.pk, role=Role.OPS, by=None)

    assert told() == 0
