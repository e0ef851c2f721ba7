"""Ops give a booking to somebody by hand, with a reason (rule O1)."""

import pytest

from accounts.models import CalendarEntry
from requests_app.actions.assigning import NoSuchWish, TechnicianBusy, assign
from requests_app.lifecycle import IllegalMove, ReasonMissing
from requests_app.models import State
from tests.requests_app.booking_states import booking_in, effects, moves, refused, told, unchanged


@pytest.mark.parametrize("state", [State.SEARCHING, State.UNFILLED])
def test_ops_assign_the_wish_with_a_reason(state, now, partner, staff):
    booking = booking_in(state, partner, now)

    assigned = assign(booking.pk, partner.pk, rank=2, by=staff, reason="Agreed by telephone")

    assert (assigned.state, assigned.technician) == (State.CLAIMED, partner)
    assert assigned.start_at == booking.wishes.get(rank=2).start_at
    event = assigned.events.last()
    assert (event.move, event.role, event.by, event.reason) == (
        "assign",
        "ops",
        staff,
        "Agreed by telephone",
    )
    assert effects() == ["dispatch.withdraw"]
    assert told(assigned) == ["claimed", "job_assigned"]


def test_unconfirmed_partner_is_replaced_and_told(now, partner, rival_partner, staff):
    booking = booking_in(State.UNCONFIRMED, partner, now)

    assigned = assign(booking.pk, rival_partner.pk, rank=1, by=staff, reason="Does not answer")

    assert assigned.technician == rival_partner
    assert list(assigned.assignments.values_list("technician", "ended_at")) == [
        (partner.pk, now),
        (rival_partner.pk, None),
    ]
    assert "job_taken" in told(assigned)


def test_repeat_changes_nothing(now, partner, staff):
    booking = booking_in(State.SEARCHING, partner, now)
    assign(booking.pk, partner.pk, rank=1, by=staff, reason="Agreed")

    with unchanged(booking):
        assign(booking.pk, partner.pk, rank=1, by=staff, reason="Agreed")
    assert moves(booking) == ["assign"]


def test_without_a_reason_is_refused(now, partner, staff):
    booking = booking_in(State.SEARCHING, partner, now)

    with refused(booking, ReasonMissing):
        assign(booking.pk, partner.pk, rank=1, by=staff, reason=" ")
    assert not CalendarEntry.objects.exists()


def test_busy_technician_is_refused(now, partner, staff):
    first, second = (
        booking_in(State.SEARCHING, partner, now),
        booking_in(State.SEARCHING, partner, now),
    )
    assign(first.pk, partner.pk, rank=1, by=staff, reason="Agreed")

    with refused(second, TechnicianBusy):
        assign(second.pk, partner.pk, rank=1, by=staff, reason="Agreed")


def test_unknown_wish_is_refused(now, partner, staff):
    booking = booking_in(State.SEARCHING, partner, now)

    with refused(booking, NoSuchWish):
        assign(booking.pk, partner.pk, rank=7, by=staff, reason="Agreed")


@pytest.mark.parametrize(
    "state", [State.DRAFT, State.CLAIMED, State.CONFIRMED, State.SIGNED_OFF, State.CANCELLED]
)
def test_booking_that_is_not_open_is_refused(state, now, partner, rival_partner, staff):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        assign(booking.pk, rival_partner.pk, rank=1, by=staff, reason="Agreed")
