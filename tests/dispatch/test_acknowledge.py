"""The window starts when the device has it, at latest 30 seconds after sending (rule D4)."""

from datetime import timedelta

import pytest

from dispatch import offers
from dispatch.models import OfferState
from tests.dispatch.steps import at, lapse, later, technician

pytestmark = pytest.mark.django_db
TWO_MINUTES = timedelta(minutes=2)


@pytest.fixture
def offer(wanted, partner):
    return offers.open_next(wanted.pk)


@pytest.mark.parametrize(
    ("after", "length"),
    [
        (timedelta(seconds=0), TWO_MINUTES),
        (timedelta(seconds=29), TWO_MINUTES),
        (timedelta(seconds=30), TWO_MINUTES),
        (timedelta(seconds=31), TWO_MINUTES - timedelta(seconds=1)),
    ],
)
def test_their_two_minutes_run_from_then(after, length, offer, partner):
    now = at(offer.opened_at + after)

    seen = offers.acknowledge(offer.pk, partner.pk)

    assert (seen.viewed_at, seen.acknowledged_at, seen.expires_at) == (now, now, now + length)


def test_a_longer_window_stays_longer(wanted):
    slow = technician(window_extra=timedelta(minutes=3))
    offer = offers.open_next(wanted.pk)

    seen = offers.acknowledge(offer.pk, slow.pk)

    assert seen.expires_at == offer.opened_at + TWO_MINUTES + timedelta(minutes=3)


def test_a_repeat_changes_nothing(offer, partner):
    first = offers.acknowledge(offer.pk, partner.pk)
    later(seconds=60)

    second = offers.acknowledge(offer.pk, partner.pk)

    assert (second.viewed_at, second.expires_at) == (first.viewed_at, first.expires_at)


def test_after_the_end_it_is_too_late_to_have_seen_it(offer, partner):
    at(offer.expires_at)

    seen = offers.acknowledge(offer.pk, partner.pk)

    assert seen.viewed_at is None
    assert offers.expire(offer.pk)
    seen.refresh_from_db()
    assert seen.state == OfferState.NOT_REACHED


def test_one_that_is_over_stays_as_it_ended(offer, partner):
    lapse(offer, seen=False)

    assert offers.acknowledge(offer.pk, partner.pk).viewed_at is None


def test_somebody_elses_is_not_theirs(offer, rival_partner):
    with pytest.raises(offers.NotOffered):
        offers.acknowledge(offer.pk, rival_partner.pk)

    offer.refresh_from_db()
    assert offer.viewed_at is None
