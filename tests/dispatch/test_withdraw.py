"""What a later move has fenced ends without fault (fault C10)."""

import pytest

from dispatch import offers
from dispatch.models import Offer, Search
from mila.clock import mila_now
from requests_app.actions import changes
from requests_app.lifecycle import Role
from tests.cast import next_wall
from tests.dispatch.steps import later, moves, pooled, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(wanted, partner):
    return offers.open_next(wanted.pk)


def test_while_nothing_has_moved_nothing_ends(offer, wanted):
    assert offers.withdraw(wanted.pk) == 0
    assert states(wanted) == ["open"]


def test_a_cancelled_booking_needs_nobody(wanted, partner, rival_partner, customer):
    pooled(wanted)
    offers.tap(wanted.pk, partner.pk)
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, rival_partner.pk)
    changes.cancel(wanted.pk, role=Role.CUSTOMER, by=customer)

    assert offers.withdraw(wanted.pk) == 2
    assert offers.withdraw(wanted.pk) == 0

    assert states(wanted) == ["withdrawn", "withdrawn"]
    run = Search.objects.get()
    assert (run.end, run.ended_at, run.next_at, run.windows_ended) == ("over", mila_now(), None, 5)


def test_other_wishes_end_the_window_and_begin_anew(offer, wanted, partner, customer):
    changes.move(wanted.pk, [next_wall(5)], role=Role.CUSTOMER, by=customer)
    later(seconds=1)

    again = offers.open_next(wanted.pk)

    assert states(wanted) == ["withdrawn", "open"]
    assert again.technician_id == partner.pk
    assert Search.objects.get(pk=offer.search_id).end == "superseded"
    assert moves(wanted) == ["place", "move_open"]


def test_who_waits_in_line_goes_on_waiting(wanted, partner, rival_partner, customer):
    pooled(wanted)
    offers.tap(wanted.pk, partner.pk)
    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, rival_partner.pk)
    changes.move(wanted.pk, [next_wall(5)], role=Role.CUSTOMER, by=customer)

    assert offers.withdraw(wanted.pk) == 1

    assert states(wanted) == ["withdrawn", "queued"]
    assert offers.open_next(wanted.pk).technician_id == rival_partner.pk
    assert not Offer.objects.filter(state="queued").exists()
