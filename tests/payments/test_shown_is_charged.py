"""Withdrawn or cancelled at every step: what the page shows before is what the card is charged with
(rule B10, law R5).
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from mila.clock import mila_now
from payments import sweeps
from payments.models import Charge, ChargeState
from requests_app import withdrawal
from requests_app.models import Booking, State, last_made_at
from tests.cast import walk
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
PRICE, FEE = 6900, 2500


@pytest.fixture
def steps(booked, payee, stopped_clock):
    """By name: a function that brings the booking there, ordered with the wish to begin early."""
    Booking.objects.filter(pk=booked.pk).update(withdrawal_waived_at=mila_now())

    def to(state, *, minutes=0):
        booking = walk(booked, payee, state)
        if minutes:
            stopped_clock(last_made_at(booking, "start") + minutes * MINUTE)
        return booking

    def in_the_last_second():
        """Of the 14th day, two hours before a visit of the 15th."""
        booking = walk(booked, payee, State.CONFIRMED)
        stopped_clock(withdrawal.ends_at(booking) - SECOND)
        return _visit_at(booking, mila_now() + 2 * 60 * MINUTE)

    def on_day_15():
        booking = walk(booked, payee, State.CONFIRMED)
        stopped_clock(withdrawal.ends_at(booking))
        return _visit_at(booking, mila_now() + 2 * 60 * MINUTE)

    return {
        "before departure": lambda: to(State.CONFIRMED),
        "after departure": lambda: to(State.EN_ROUTE),
        "at the door": lambda: to(State.ARRIVED),
        "after start": lambda: to(State.IN_PROGRESS, minutes=20),
        "after the report": lambda: to(State.FINISHED),
        "after sign-off": lambda: to(State.SIGNED_OFF),
        "day 14": in_the_last_second,
        "day 15": on_day_15,
    }


def _visit_at(booking, start_at):
    Booking.objects.filter(pk=booking.pk).update(start_at=start_at, placed_at=mila_now() - 20 * DAY)
    return Booking.objects.get(pk=booking.pk)


def shown(client, name, booking):
    """What the page shows, and its address; None where it leads back."""
    address = reverse(f"customer:{name}", args=[booking.token])
    answer = client.get(address, headers={"accept-language": "en"})
    return (address, answer) if answer.status_code == 200 else None


def charged(booking):
    """What has left the customer's card, in cents, by our books and by Stripe's."""
    sweeps.sweep()
    done = Charge.objects.filter(booking=booking, state=ChargeState.SUCCEEDED)
    ours = sum(done.values_list("amount_cents", flat=True))
    assert ours == sum(
        one["amount"] for one in cast.intents(booking) if one["status"] == "succeeded"
    )
    return ours


@pytest.mark.parametrize(
    ("step", "cents"),
    [
        ("before departure", 0),
        ("after departure", 0),
        ("at the door", 0),
        ("after start", PRICE * 20 // 60),
        ("after the report", PRICE),
        ("day 14", 0),
    ],
)
def test_withdrawing(step, cents, steps, client):
    booking = steps[step]()
    address, page = shown(client, "withdraw", booking)

    assert page.context["page"].cost_cents == cents
    words = f"€{cents / 100:.2f}" if cents else "Withdrawing costs you nothing"
    assert words in page.content.decode()
    client.post(address, {"seen": page.context["seen"]})

    booking.refresh_from_db()
    assert (booking.state, booking.fee_cents) == (State.CANCELLED, cents)
    assert charged(booking) == cents


@pytest.mark.parametrize("step", ["after sign-off", "day 15"])
def test_the_right_is_over_and_nothing_can_be_withdrawn_from(step, steps, client):
    booking = steps[step]()
    before = (booking.state, booking.fee_cents)

    assert shown(client, "withdraw", booking) is None
    client.post(reverse("customer:withdraw", args=[booking.token]), {"seen": "x"})

    booking.refresh_from_db()
    assert (booking.state, booking.fee_cents) == before


@pytest.mark.parametrize(
    ("step", "cents"), [("before departure", 0), ("day 14", 0), ("day 15", FEE)]
)
def test_cancelling(step, cents, steps, client):
    booking = steps[step]()
    address, page = shown(client, "cancel", booking)

    assert page.context["page"].cost_cents == cents
    words = f"€{cents / 100:.2f}" if cents else "Cancelling now costs you nothing."
    assert words in page.content.decode()
    client.post(address, {"seen": page.context["seen"]})

    booking.refresh_from_db()
    assert (booking.state, booking.fee_cents) == (State.CANCELLED, cents)
    assert charged(booking) == cents


def test_signed_it_is_the_signed_total(steps):
    booking = steps["after sign-off"]()

    assert charged(booking) == booking.sign_off.charge_cents
