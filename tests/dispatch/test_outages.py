"""Windows that ended while the search's sweep stood still are nobody's lapse
(fault T2, rule D4).
"""

from datetime import timedelta

import pytest

from dispatch import offers, sweeps
from dispatch.models import Offer, OfferState, Search
from mila.clock import set_clock
from requests_app.models import Assignment, Booking, State
from tests import cast
from tests.outages import heartbeat_ended

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def stopped(morning):
    """A function: both sweeps stood still from an instant on for so long; the clock stands at their
    return.
    """

    def stand_still(since, length, *, jumped=False):
        set_clock(since + length, speed=0)
        for name in ("bookings", "offers"):
            heartbeat_ended(name, since, jumped=jumped)
        return since + length

    return stand_still


@pytest.fixture
def offer(searching, partner):
    return offers.open_next(searching.pk)


def test_window_of_the_gap_is_withdrawn_and_the_search_asks_on(offer, partner, stopped, morning):
    resumed = stopped(morning + MINUTE, 5 * HOUR)

    sweeps.sweep()

    offer.refresh_from_db()
    assert (offer.state, offer.ended_at) == (OfferState.WITHDRAWN, resumed)
    [anew] = Offer.objects.filter(state=OfferState.OPEN)
    assert (anew.technician, anew.booking) == (partner, offer.booking)
    assert Search.objects.get().windows_ended == 0


def test_control_window_over_which_the_clock_was_moved_has_lapsed(offer, stopped, morning):
    stopped(morning + MINUTE, 5 * HOUR, jumped=True)

    sweeps.sweep()

    offer.refresh_from_db()
    assert offer.state == OfferState.NOT_REACHED
    assert Search.objects.get().windows_ended == 1


def test_window_that_is_still_open_stays(searching, partner, rival_partner, stopped, morning):
    stopped(morning + MINUTE, 5 * HOUR)
    held = offers.open_next(searching.pk)  # by a page, a moment before the sweeps came back

    sweeps.sweep()

    held.refresh_from_db()
    assert held.state == OfferState.OPEN


def test_sweep_run_again_withdraws_nothing_more(offer, stopped, morning):
    stopped(morning + MINUTE, 5 * HOUR)
    sweeps.sweep()
    before = list(Offer.objects.order_by("pk").values_list("pk", "state"))

    sweeps.sweep()

    assert list(Offer.objects.order_by("pk").values_list("pk", "state")) == before


def test_nobody_is_asked_at_night_after_it(offer, stopped, morning):
    stopped(morning + MINUTE, 15 * HOUR)  # one in the morning

    sweeps.sweep()

    assert not Offer.objects.filter(state=OfferState.OPEN).exists()
    assert Search.objects.get().next_at == morning + 21 * HOUR + 30 * MINUTE  # half past seven
    assert Booking.objects.get().state == State.SEARCHING


def test_search_whose_limit_lay_in_the_gap_goes_on(searching, partner, stopped):
    start = Booking.objects.get().last_start_at
    resumed = stopped(start - 90 * MINUTE, 40 * MINUTE)  # the rule's limit was ten minutes ago

    sweeps.sweep()

    booking = Booking.objects.get()
    assert (booking.state, booking.due_at) == (State.SEARCHING, resumed + 30 * MINUTE)
    offer = offers.tap(booking.pk, partner.pk)
    assert offer.expires_at <= booking.due_at
    assert (
        offers.claim(booking.pk, partner.pk, rank=offer.wishes[0], by=partner.user).state
        == State.CLAIMED
    )


def test_search_sweep_alone_takes_no_job_from_anybody(searching, partner, stopped, morning):
    job = cast.claimed(searching, partner)
    stopped(morning + MINUTE, 13 * HOUR)

    sweeps.sweep()

    job.refresh_from_db()
    assert (job.state, job.technician) == (State.CLAIMED, partner)
    assert not Assignment.objects.filter(ended_at__isnull=False).exists()
