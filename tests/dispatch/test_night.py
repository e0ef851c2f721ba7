"""No window opens between 21:00 and 07:30; a lost booking that starts early opens silently
(rule D7).
"""

from datetime import datetime, timedelta

import pytest

from accounts.models import Notification, Technician
from dispatch import offers
from dispatch.models import Offer, Search
from mila.clock import mila_now
from places.calendar import instant
from requests_app.actions import visit
from tests import factories
from tests.cast import claimed
from tests.dispatch.steps import at, lapse, states, technician

pytestmark = pytest.mark.django_db
FRIDAY_MORNING = instant(datetime(2026, 11, 27, 10), "Europe/Paris")


def wall(day, hour, minute=0, second=0):
    return instant(datetime(2026, 11, day, hour, minute, second), "Europe/Paris")


@pytest.fixture
def early(still, customer):
    """Friday at ten."""
    return factories.placed_booking(customer=customer, wishes=[FRIDAY_MORNING])


@pytest.fixture
def lost(early, partner):
    """Friday at ten; its partner has given it back on Thursday at 22:00."""
    claimed(early, partner)
    at(wall(26, 22))
    visit.release(early.pk, partner.pk, by=partner.user, reason="Ill")
    Notification.objects.all().delete()
    return early


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (wall(24, 20, 59, 59), True),
        (wall(24, 21), False),
        (wall(25, 7, 29, 59), False),
        (wall(25, 7, 30), True),
    ],
)
def test_the_edges_of_the_night(now, opens, wanted, partner):
    at(now)

    assert (offers.open_next(wanted.pk) is not None) == opens

    if not opens:
        assert Search.objects.get().next_at == wall(25, 7, 30)
        assert not Notification.objects.filter(kind="offer").exists()


def test_nobody_taps_at_night(wanted, partner):
    Technician.objects.update(night_pool=True)
    lapse(offers.open_next(wanted.pk))
    at(wall(24, 23))

    with pytest.raises(offers.NotOffered):
        offers.tap(wanted.pk, partner.pk)


def test_a_lost_booking_that_starts_early_opens_without_a_sound(lost):
    awake, asleep = technician(night_pool=True), technician()

    assert offers.open_next(lost.pk) is None

    assert Search.objects.get(ended_at=None).pool_at == mila_now()
    assert not Notification.objects.filter(kind="offer").exists()
    assert not offers.in_quiet_hours(lost, awake, mila_now())
    with pytest.raises(offers.NotOffered):
        offers.tap(lost.pk, asleep.pk)
    assert offers.tap(lost.pk, awake.pk).silent


@pytest.mark.parametrize(("start", "silent"), [((10, 0), True), ((10, 30), False)])
def test_only_one_that_starts_before_half_past_ten(start, silent, still, customer, partner):
    booking = factories.placed_booking(customer=customer, wishes=[wall(27, *start)])
    claimed(booking, partner)
    at(wall(26, 22))
    visit.release(booking.pk, partner.pk, by=partner.user, reason="Ill")
    technician(night_pool=True)

    offers.open_next(booking.pk)

    assert (Search.objects.get(ended_at=None).pool_at is not None) == silent


def test_a_booking_that_never_had_a_partner_waits_for_the_morning(early):
    technician(night_pool=True)
    at(wall(26, 22))

    assert offers.open_next(early.pk) is None

    assert (Search.objects.get().pool_at, Search.objects.get().next_at) == (None, wall(27, 7, 30))


def test_a_lapse_at_night_does_not_count(lost):
    awake = technician(night_pool=True)
    offers.open_next(lost.pk)
    for _ in range(2):
        lapse(offers.tap(lost.pk, awake.pk))

    assert offers.open_next(lost.pk) is None

    # else everybody would have let two windows lapse
    assert Search.objects.latest("pk").ended_at is None
    assert states(lost)[-2:] == ["lapsed", "lapsed"]


def test_the_next_in_line_at_night_is_one_who_is_awake(lost):
    asleep, first, second = technician(), technician(night_pool=True), technician(night_pool=True)
    offers.open_next(lost.pk)
    held = offers.tap(lost.pk, first.pk)
    Offer.objects.create(
        booking=lost,
        search=held.search,
        technician=asleep,
        epoch=0,
        state="queued",
        own_tap=True,
        distance_m=0,
    )
    with pytest.raises(offers.WindowHeld):
        offers.tap(lost.pk, second.pk)
    offers.decline(offers.tap(lost.pk, first.pk).pk, first.pk, reason="far")

    offer = offers.open_next(lost.pk)

    assert offer.technician_id == second.pk
    assert states(lost).count("queued") == 1


def test_in_the_morning_the_others_hear_of_it(lost):
    technician(night_pool=True)
    asleep = technician()
    offers.open_next(lost.pk)
    now = at(wall(27, 7, 30))

    for _ in range(2):
        assert offers.open_next(lost.pk) is None

    assert Search.objects.get(ended_at=None).pool_at == now
    assert Notification.objects.filter(kind="offer", user=asleep.user).count() == 1


def test_the_look_after_a_pool_goes_on_at_night(lost):
    technician(night_pool=True)

    for _ in range(2):
        offers.open_next(lost.pk)

    assert Search.objects.get(ended_at=None).next_at == mila_now() + timedelta(minutes=5)
