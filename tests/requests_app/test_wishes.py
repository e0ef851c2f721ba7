"""One to three starts, in order, as wall times of the place (rule B2-B4)."""

from datetime import datetime

import pytest

from mila.errors import Refusal
from places.calendar import Closed, NotOnGrid, TooSoon, instant
from requests_app.actions import drafting
from requests_app.models import Booking, State
from tests import factories
from tests.requests_app.booking_states import booking_in, refused

FRIDAY = datetime(2026, 11, 27, 14, 0)
SATURDAY = datetime(2026, 11, 28, 9, 30)
THURSDAY = datetime(2026, 11, 26, 19, 0)


def test_wishes_keep_their_order_and_span(now):
    draft = factories.DraftFactory()

    drafting.set_wishes(draft.pk, [FRIDAY, SATURDAY, THURSDAY])

    starts = [instant(wall, "Europe/Paris") for wall in (FRIDAY, SATURDAY, THURSDAY)]
    assert list(draft.wishes.values_list("rank", "wall", "start_at")) == [
        (1, "2026-11-27T14:00", starts[0]),
        (2, "2026-11-28T09:30", starts[1]),
        (3, "2026-11-26T19:00", starts[2]),
    ]
    draft = Booking.objects.get(pk=draft.pk)
    assert (draft.first_start_at, draft.last_start_at) == (starts[2], starts[1])


def test_same_wish_twice_is_one(now):
    draft = factories.DraftFactory()

    drafting.set_wishes(draft.pk, [FRIDAY, FRIDAY])

    assert draft.wishes.count() == 1


@pytest.mark.parametrize("walls", [[], [FRIDAY, SATURDAY, THURSDAY, datetime(2026, 11, 27, 8, 0)]])
def test_none_and_four_are_refused(walls, now):
    draft = factories.DraftFactory()

    with refused(draft, drafting.Incomplete):
        drafting.set_wishes(draft.pk, walls)


@pytest.mark.parametrize(
    ("wall", "refusal"),
    [
        (datetime(2026, 11, 27, 14, 10), NotOnGrid),
        (datetime(2026, 11, 24, 11, 30), TooSoon),
        (datetime(2026, 11, 29, 14, 0), Closed),
        (datetime(2026, 11, 27, 19, 30), Closed),
        (datetime(2026, 12, 25, 14, 0), Refusal),
        (datetime(2027, 3, 28, 2, 30), Refusal),
    ],
)
def test_one_impossible_wish_refuses_all(wall, refusal, now):
    draft = factories.DraftFactory()

    with refused(draft, refusal):
        drafting.set_wishes(draft.pk, [SATURDAY, wall])


def test_placed_booking_keeps_its_wishes(now, partner):
    booking = booking_in(State.SEARCHING, partner, now)

    with refused(booking, drafting.NotADraft):
        drafting.set_wishes(booking.pk, [SATURDAY])
