"""Stripe answers nobody for an hour: pages say so, nothing is lost, and what has piled up is paid
within minutes of its return (fault M22).
"""

import pytest
from django.urls import reverse

from payments import sweeps
from payments.models import Charge, ChargeState
from payments.standin import user_actions
from tests.payments import cast
from tests.payments.charge_steps import assert_paid_once, later, sweep_until_quiet

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
BOOKINGS = 3


def test_an_hour_without_stripe(owing, payer, payee, client):
    declined = owing(cast.DECLINES_LATER)
    cast.charged(declined)
    card = cast.saved_card(payer)
    bookings = [cast.signed_booking(payer, card, payee) for _ in range(BOOKINGS)]
    pay = reverse("customer:pay", args=[declined.token])
    user_actions.switch_on("503")

    answers = set()
    for _round in range(30):
        sweeps.sweep()
        answers.add(client.get(pay).status_code)
        later(minutes=2)

    waiting = Charge.objects.filter(booking__in=bookings)
    assert answers == {503}
    assert {one.state for one in waiting} == {ChargeState.UNKNOWN}
    assert cast.at_stripe(bookings[0]) == []
    user_actions.switch_off()
    assert sweep_until_quiet(rounds=5, minutes=1) <= 5
    assert_paid_once(*bookings)
    assert client.get(pay).status_code == 200
