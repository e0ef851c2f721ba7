"""No visit is moved beyond the last day of the card that is to pay for it (rule B7, B9)."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from places.calendar import wall_time
from requests_app.actions import changes, drafting, placing
from requests_app.actions.changes import CardEndsBefore
from requests_app.lifecycle import Role
from requests_app.models import Booking, State
from tests import factories
from tests.cast import MORNING
from tests.requests_app.booking_states import booking_in, refused

LAST = date(2026, 11, 30)
WITHIN, AFTER = datetime(2026, 11, 30, 14), datetime(2026, 12, 1, 14)


@pytest.fixture
def paid_by(stopped_clock, partner):
    """A function: a booking in this state, whose card ends with November 2026."""
    stopped_clock(MORNING)

    def make(state):
        booking = booking_in(state, partner, MORNING)
        Booking.objects.filter(pk=booking.pk).update(card_ends_on=LAST)
        return Booking.objects.get(pk=booking.pk)

    return make


def move(booking, *walls, role=Role.CUSTOMER):
    return changes.move(booking.pk, walls, role=role, by=None)


@pytest.mark.parametrize(
    "state", [State.SEARCHING, State.UNFILLED, State.CLAIMED, State.CALLED, State.CONFIRMED]
)
@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.OPS])
def test_a_time_after_its_last_day_is_refused_and_nothing_changes(state, role, paid_by):
    booking = paid_by(state)

    with refused(booking, CardEndsBefore):
        move(booking, AFTER, role=role)


@pytest.mark.parametrize("state", [State.SEARCHING, State.CLAIMED, State.CONFIRMED])
def test_its_last_day_is_inside(state, paid_by):
    booking = move(paid_by(state), WITHIN)

    assert wall_time(booking.first_start_at, booking.timezone).date() == LAST


def test_every_wish_must_lie_within(paid_by):
    booking = paid_by(State.SEARCHING)

    with refused(booking, CardEndsBefore):
        move(booking, WITHIN, AFTER)


def test_control_a_card_that_says_no_day_bounds_nothing(paid_by):
    booking = paid_by(State.SEARCHING)
    Booking.objects.update(card_ends_on=None)

    assert wall_time(move(booking, AFTER).first_start_at, "Europe/Paris").date() == AFTER.date()


def test_nobody_came_and_another_time_after_it_is_refused(paid_by, stopped_clock):
    booking = paid_by(State.CONFIRMED)
    stopped_clock(booking.start_at + timedelta(minutes=31))

    with refused(booking, CardEndsBefore):
        changes.report_no_show(booking.pk, [AFTER], role=Role.CUSTOMER, by=None)


def test_the_page_says_the_day_before_and_refuses_after(client, paid_by):
    booking = paid_by(State.CLAIMED)
    address = reverse("customer:move", args=[booking.token])

    before = client.get(address, headers={"accept-language": "en"}).content.decode()
    answer = client.post(
        address, {"current": "2026-12-01T14:00"}, headers={"accept-language": "en"}
    )

    assert "Your card ends on 30 November 2026. Until then every time can be chosen." in " ".join(
        before.split()
    )
    assert answer.status_code == 422
    assert (
        "Your card ends on 30 November 2026, so please choose a time until then."
        in answer.content.decode()
    )
    assert Booking.objects.get(pk=booking.pk).start_at == booking.start_at


def test_a_card_that_outlasts_all_times_is_no_news(client, paid_by):
    booking = paid_by(State.CLAIMED)
    Booking.objects.update(card_ends_on=date(2040, 12, 31))

    page = client.get(
        reverse("customer:move", args=[booking.token]), headers={"accept-language": "en"}
    )

    assert "Your card ends" not in page.content.decode()


def test_another_person_s_draft_forgets_card_and_day(stopped_clock, customer, stranger):
    stopped_clock(MORNING)
    draft = factories.DraftFactory(customer=customer)
    placing.save_card(draft.pk, card="pm_1", ends_on=LAST)

    drafting.set_contact(
        draft.pk, customer=stranger, name="N", phone="+33639980117", problem="p", at_the_door=""
    )

    assert Booking.objects.values_list("card", "card_ends_on").get(pk=draft.pk) == ("", None)
