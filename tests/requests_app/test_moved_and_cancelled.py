"""A move neither lets somebody out of what cancelling costs, nor makes cost what was free
(rule B9, B10).
"""

from datetime import timedelta

import pytest

from requests_app.actions import assigning, changes, other_times, visit
from requests_app.actions.other_times import ProposalGone, VisitIsLate
from requests_app.lifecycle import CUSTOMER, OPS, Role, advance
from requests_app.models import Clock, ClockKind, State, TimeProposal
from requests_app.sweeps import sweep_clocks
from tests.requests_app.booking_states import LEAD, facts, told
from tests.requests_app.test_cancel import swiss
from tests.requests_app.test_move import MONDAY, TUESDAY, busy

MINUTE, HOUR, FEE = timedelta(minutes=1), timedelta(hours=1), 3000


@pytest.fixture
def near(now, partner, stopped_clock):
    """Two hours before the visit: cancelling costs."""
    booking = swiss(State.CONFIRMED, partner, now, placed_at=now - HOUR)
    stopped_clock(booking.start_at - 2 * HOUR)
    return booking


def moved(booking, wall=MONDAY, role=CUSTOMER):
    return changes.move(booking.pk, [wall], role=role, by=None)


def cost(booking):
    return changes.cancel_cost(booking, changes.mila_now())


class TestMovedToATimeThatDoesNotSuit:
    """The technician is busy then and loses the job: whoever wanted out had a way round the fee."""

    @pytest.fixture
    def lost(self, near, partner):
        busy(partner, MONDAY)
        assert cost(near) == FEE
        return moved(near)

    def test_still_costs_while_somebody_is_sought(self, lost):
        assert (lost.state, cost(lost)) == (State.SEARCHING, FEE)
        with pytest.raises(changes.CostChanged):
            changes.cancel(lost.pk, role=CUSTOMER, by=None)

    def test_still_costs_once_somebody_else_has_it(self, lost, rival_partner, staff):
        claimed = assigning.assign(lost.pk, rival_partner.pk, rank=1, by=staff, reason="so")

        assert (claimed.technician, cost(claimed)) == (rival_partner, FEE)

    def test_still_costs_after_another_move(self, lost):
        assert cost(moved(lost, TUESDAY)) == FEE

    def test_is_free_once_they_are_told_that_it_is(self, lost, stopped_clock):
        warning = Clock.objects.get(booking=lost, kind=ClockKind.SEARCH_WARNING, done_at=None)
        stopped_clock(warning.due_at)
        sweep_clocks()

        lost.refresh_from_db()
        assert "search_warning" in told(lost)
        assert cost(lost) == 0

    def test_is_free_once_nobody_is_found(self, lost):
        assert cost(advance(lost.pk, "exhaust", role=Role.SYSTEM, by=None)) == 0

    def test_is_free_once_the_next_one_gives_it_back(self, lost, rival_partner, staff):
        assigning.assign(lost.pk, rival_partner.pk, rank=1, by=staff, reason="so")

        given_back = visit.release(lost.pk, rival_partner.pk, by=staff, reason="Malade")

        assert cost(given_back) == 0


def test_far_ahead_moving_to_a_busy_time_costs_nothing(now, partner):
    booking = swiss(State.CONFIRMED, partner, now)
    busy(partner, MONDAY)

    assert cost(moved(booking)) == 0


class TestFreeBefore:
    """Whoever could have cancelled without cost does not pay for having moved instead."""

    def test_unconfirmed(self, now, partner, stopped_clock):
        booking = swiss(State.UNCONFIRMED, partner, now)
        stopped_clock(booking.start_at - 2 * HOUR)

        assert cost(moved(booking)) == 0

    def test_within_half_an_hour_of_the_order(self, now, partner, stopped_clock):
        start = now + LEAD
        booking = swiss(State.CONFIRMED, partner, now, placed_at=start - 2 * HOUR)
        stopped_clock(start - 100 * MINUTE)
        kept = moved(booking)
        stopped_clock(start - HOUR)

        assert cost(kept) == 0

    def test_half_an_hour_late(self, now, partner, stopped_clock):
        booking = swiss(State.CONFIRMED, partner, now)
        stopped_clock(booking.start_at + 30 * MINUTE)

        assert cost(moved(booking, TUESDAY)) == 0


class TestLateTechnician:
    """Who is late asks for no other time: the fault would be the customer's bill."""

    def wish(self, booking, partner):
        return other_times.propose(booking.pk, partner.pk, wall=TUESDAY)

    def test_proposes_none(self, near, partner, stopped_clock):
        stopped_clock(near.start_at + 15 * MINUTE)
        before = facts(near)

        with pytest.raises(VisitIsLate):
            self.wish(near, partner)

        assert facts(near) == before
        assert not TimeProposal.objects.exists()

    def test_proposes_one_a_second_before(self, near, partner, stopped_clock):
        stopped_clock(near.start_at + 15 * MINUTE - timedelta(seconds=1))

        assert self.wish(near, partner).start_at > near.start_at

    @pytest.mark.parametrize("role", [CUSTOMER, OPS])
    def test_what_waited_falls(self, role, near, partner, stopped_clock):
        proposal = self.wish(near, partner)
        stopped_clock(near.start_at + 15 * MINUTE)
        before = facts(near)

        with pytest.raises(ProposalGone):
            other_times.accept(near.pk, proposal.pk, role=role, by=None)

        assert facts(near) == before
