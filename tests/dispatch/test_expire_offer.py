"""The window is over (rule D4)."""

from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from dispatch import offers
from dispatch.models import OfferState, Search
from mila.clock import mila_now
from requests_app.models import Booking
from tests.dispatch.steps import at, lapse, later, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(wanted, partner):
    return offers.open_next(wanted.pk)


def test_a_second_before_it_is_not(offer):
    at(offer.expires_at - timedelta(seconds=1))

    assert not offers.expire(offer.pk)
    assert states(offer.booking) == ["open"]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1)])
def test_from_its_last_instant_on_it_is(late, offer):
    at(offer.expires_at + late)

    assert offers.expire(offer.pk)

    offer.refresh_from_db()
    assert (offer.state, offer.ended_at) == (OfferState.NOT_REACHED, mila_now())
    run = Search.objects.get()
    assert (run.windows_ended, run.next_at) == (1, mila_now())


def test_seen_and_unanswered_is_a_lapse(offer):
    assert lapse(offer).state == OfferState.LAPSED


def test_a_second_time_there_is_nothing_to_do(offer):
    lapse(offer)
    later(seconds=1)

    assert not offers.expire(offer.pk)
    assert Search.objects.get().windows_ended == 1


def test_a_claimed_one_does_not_expire(offer, partner):
    offers.claim(offer.booking_id, partner.pk, rank=1, by=partner.user)
    at(offer.expires_at)

    assert not offers.expire(offer.pk)
    assert states(offer.booking) == ["claimed"]


def test_a_fenced_one_ends_without_fault(offer):
    Booking.objects.filter(pk=offer.booking_id).update(epoch=offer.epoch + 1)
    offers.acknowledge(offer.pk, offer.technician_id)
    at(offer.expires_at)

    assert offers.expire(offer.pk)

    assert states(offer.booking) == ["withdrawn"]
    assert Search.objects.get().windows_ended == 0


def test_one_that_is_gone_is_no_error(db):
    assert not offers.expire(0)


@pytest.mark.django_db(transaction=True)
def test_while_somebody_holds_the_booking_it_waits_for_the_next_round(offer):
    at(offer.expires_at)
    other = connections.create_connection("default")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM requests_app_booking WHERE id = %s FOR UPDATE", [offer.booking_id]
            )
            mine, connections["default"] = connections["default"], other
            try:
                assert not offers.expire(offer.pk)
            finally:
                connections["default"] = mine
    finally:
        other.close()

    assert offers.expire(offer.pk)
