"""Near the start, or after five windows, all eligible see it at once (rule D6)."""

from datetime import timedelta

import pytest

from accounts.models import Notification
from dispatch import offers
from dispatch.models import Search, Trace
from mila.clock import mila_now
from policy.figures import Policy
from requests_app.models import Booking
from tests import factories
from tests.dispatch.steps import at, lapse, later, pooled, states, technician

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("lead", "is_pool"), [(0, False), (1, True)])
def test_it_opens_six_hours_before_the_start(lead, is_pool, still, customer, partner):
    booking = factories.placed_booking(customer=customer, wishes=[still + timedelta(hours=6.5)])
    now = at(booking.last_start_at - timedelta(hours=6, seconds=-lead))

    offer = offers.open_next(booking.pk)

    assert (offer is None) == is_pool
    assert Search.objects.get().pool_at == (now if is_pool else None)


def test_the_latest_wish_counts(still, customer, partner):
    starts = [still + timedelta(hours=4), factories.service_day_at(14)]
    booking = factories.placed_booking(customer=customer, wishes=starts)

    assert offers.open_next(booking.pk) is not None


def test_after_five_windows_without_a_claim(wanted):
    for _ in range(6):
        technician()
    for _ in range(5):
        lapse(offers.open_next(wanted.pk))

    assert offers.open_next(wanted.pk) is None

    run = Search.objects.get()
    assert (run.windows_ended, run.pool_at) == (5, mila_now())
    assert run.next_at == mila_now() + timedelta(minutes=5)


def test_they_are_told_once_and_without_an_end(wanted, partner, rival_partner):
    run = pooled(wanted)
    Notification.objects.filter(kind="offer").delete()
    Search.objects.filter(pk=run.pk).update(pool_at=None)

    for _ in range(2):
        offers.open_next(wanted.pk)
        later(minutes=5)

    told = Notification.objects.filter(kind="offer")
    assert {notice.user_id for notice in told} == {partner.user_id, rival_partner.user_id}
    assert all("until_at" not in notice.context for notice in told)


def test_a_pool_leaves_one_trace(wanted, partner):
    pooled(wanted)
    traces = Trace.objects.count()
    later(minutes=5)

    offers.open_next(wanted.pk)

    assert Trace.objects.count() == traces


def test_everybody_may_tap_there(wanted, partner, rival_partner):
    pooled(wanted)

    assert offers.tap(wanted.pk, rival_partner.pk).technician_id == rival_partner.pk


def test_after_a_tap_the_pool_goes_on(wanted, partner, rival_partner):
    pooled(wanted)
    lapse(offers.tap(wanted.pk, partner.pk))

    assert offers.open_next(wanted.pk) is None

    assert states(wanted) == ["lapsed"]
    assert Search.objects.get().next_at == mila_now() + timedelta(minutes=5)


def test_it_ends_when_everybody_let_two_of_their_own_windows_lapse(wanted, partner, rival_partner):
    pooled(wanted)
    for who in (partner, rival_partner):
        for _ in range(Policy().own_windows_max):
            lapse(offers.tap(wanted.pk, who.pk))

    assert offers.open_next(wanted.pk) is None

    assert Search.objects.get().end == "nobody"
    assert Booking.objects.get(pk=wanted.pk).state == "unfilled"
