"""Contact data is seen by whom the job belongs to, while it does, and each look is written down
(fault A2, A3).
"""

from datetime import timedelta

import pytest

from accounts.models import PartnerProfile
from requests_app.access import may_see_contact, reveal_contact
from requests_app.actions import changes, visit
from requests_app.actions.assigning import assign
from requests_app.lifecycle import Role, advance
from requests_app.models import HAS_PARTNER, ContactAccess, State
from requests_app.sweeps import sweep_bookings
from tests.requests_app.booking_states import booking_in

WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)


def look(booking, technician):
    return reveal_contact(booking, technician, reason="job page")


def assert_denied(booking, technician):
    assert look(booking, technician) is None
    assert not ContactAccess.objects.exists()


@pytest.mark.parametrize("state", sorted(HAS_PARTNER - {State.FAILED}))
def test_their_own_job_shows_it_and_leaves_a_trace(state, now, partner):
    booking = booking_in(
        state, partner, now, signed_off_at=now if state in ("signed_off", "settled") else None
    )

    contact = look(booking, partner)

    assert (contact.name, contact.phone, contact.street) == (
        "Odile Perrachon",
        "+33639980117",
        "14 rue de l’Exemple",
    )
    trace = ContactAccess.objects.get()
    assert (trace.booking, trace.partner, trace.user) == (booking, partner.partner, partner.user)
    assert (trace.reason, trace.at) == ("job page", now)


@pytest.mark.parametrize(("later", "rows"), [(timedelta(minutes=59), 1), (timedelta(hours=1), 2)])
def test_a_look_is_written_down_and_again_after_an_hour(later, rows, now, partner, stopped_clock):
    booking = booking_in(State.CLAIMED, partner, now)

    look(booking, partner)
    stopped_clock(now + later)
    look(booking, partner)

    assert ContactAccess.objects.count() == rows


def test_another_page_or_another_person_is_another_look(now, partner, rival_partner):
    booking = booking_in(State.CLAIMED, partner, now)
    reveal_contact(booking, partner, reason="call")
    look(booking, partner)

    assert ContactAccess.objects.count() == 2
    assert reveal_contact(booking, rival_partner, reason="call") is None
    assert ContactAccess.objects.count() == 2


@pytest.mark.parametrize("state", sorted(set(State) - HAS_PARTNER | {State.FAILED}))
def test_without_an_assignment_nobody_sees_it(state, now, partner):
    assert_denied(booking_in(state, partner, now), partner)


@pytest.mark.parametrize(
    "state", [State.SEARCHING, State.CLAIMED, State.UNCONFIRMED, State.FINISHED]
)
def test_rival_sees_nothing(state, now, partner, rival_partner):
    assert_denied(booking_in(state, partner, now), rival_partner)


LOSSES = {
    "missed call": (State.CLAIMED, lambda booking, partner: sweep_bookings()),
    "release": (
        State.CALLED,
        lambda booking, partner: visit.release(
            booking.pk, partner.pk, by=partner.user, reason="ill"
        ),
    ),
    "cancelled": (
        State.CONFIRMED,
        lambda booking, partner: changes.cancel(booking.pk, role=Role.CUSTOMER, by=None),
    ),
    "nobody came": (
        State.EN_ROUTE,
        lambda booking, partner: advance(booking.pk, "no_show", role=Role.CUSTOMER, by=None),
    ),
    "failed visit": (
        State.IN_PROGRESS,
        lambda booking, partner: advance(
            booking.pk, "fail_visit", role=Role.PARTNER, by=None, reason="no line"
        ),
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_lost_job_is_closed_at_once_also_for_a_page_read_before(loss, now, partner):
    state, lose = LOSSES[loss]
    booking = booking_in(state, partner, now, due_at=now)
    assert may_see_contact(booking, partner)

    lose(booking, partner)

    assert_denied(booking, partner)


def test_suspension_closes_it_at_once_also_for_a_technician_read_before(now, partner):
    booking = booking_in(State.CONFIRMED, partner, now)
    assert partner.partner.suspended_at is None

    PartnerProfile.objects.update(suspended_at=now, suspension_reason="Papers forged")

    assert_denied(booking, partner)


@pytest.mark.parametrize("state", [State.SIGNED_OFF, State.SETTLED])
@pytest.mark.parametrize(
    ("after", "seen"), [(WEEK - SECOND, True), (WEEK, False), (WEEK + SECOND, False)]
)
def test_signed_job_shows_it_for_seven_days(state, after, seen, now, partner, stopped_clock):
    booking = booking_in(state, partner, now, signed_off_at=now)
    stopped_clock(now + after)

    assert (look(booking, partner) is not None) is seen
    assert ContactAccess.objects.count() == int(seen)


def test_former_technician_sees_nothing_while_their_successor_does(
    now, partner, rival_partner, staff
):
    booking = booking_in(State.CLAIMED, partner, now)
    visit.release(booking.pk, partner.pk, by=partner.user, reason="ill")
    booking = assign(booking.pk, rival_partner.pk, rank=1, by=staff, reason="Agreed")

    assert not may_see_contact(booking, partner)
    assert may_see_contact(booking, rival_partner)
