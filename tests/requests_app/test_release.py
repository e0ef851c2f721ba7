"""The job is given back, with a reason; the search begins again (rule D1)."""

from datetime import timedelta

import pytest

from accounts.models import CalendarEntry
from requests_app.actions import visit
from requests_app.lifecycle import IllegalMove, ReasonMissing, Role
from requests_app.models import BEFORE_DEPARTURE, State
from tests.requests_app.booking_states import booking_in, effects, moves, refused, told, unchanged


def release(booking, technician, *, reason="I am ill", **kwargs):
    return visit.release(booking.pk, technician.pk, by=technician.user, reason=reason, **kwargs)


@pytest.mark.parametrize("state", sorted(BEFORE_DEPARTURE))
def test_released_job_searches_again_and_frees_their_time(state, now, partner):
    booking = booking_in(state, partner, now)

    released = release(booking, partner)

    assert (released.state, released.technician, released.partner, released.start_at) == (
        State.SEARCHING,
        None,
        None,
        None,
    )
    assert released.due_at == booking.last_start_at - timedelta(hours=1)
    assignment = released.assignments.get()
    assert (assignment.end, assignment.ended_at, assignment.fault) == ("release", now, False)
    assert not CalendarEntry.objects.exists()
    assert released.events.last().reason == "I am ill"
    assert (effects(), told(released)) == (["dispatch.search"], ["job_released", "partner_lost"])


def test_ops_release_in_their_own_name(now, partner, staff):
    booking = booking_in(State.CLAIMED, partner, now)

    released = visit.release(booking.pk, partner.pk, by=staff, reason="They called", role=Role.OPS)

    assert (released.events.last().role, released.events.last().by) == ("ops", staff)


def test_repeat_changes_nothing(now, partner):
    booking = booking_in(State.CLAIMED, partner, now)
    release(booking, partner)

    with unchanged(booking):
        release(booking, partner)
    assert moves(booking) == ["release"]


def test_without_a_reason_is_refused(now, partner):
    booking = booking_in(State.CLAIMED, partner, now)

    with refused(booking, ReasonMissing):
        release(booking, partner, reason="")


@pytest.mark.parametrize("state", [State.EN_ROUTE, State.ARRIVED, State.FINISHED, State.SIGNED_OFF])
def test_from_the_departure_on_is_refused(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        release(booking, partner)


@pytest.mark.parametrize("state", [State.CLAIMED, State.SEARCHING])
def test_stranger_is_refused(state, now, partner, rival_partner):
    booking = booking_in(state, partner, now)

    with refused(booking, visit.NotYours):
        release(booking, rival_partner)
