"""The day to object to a held charge is a whole day, also when the sweeps stood still in it
(fault T2, rule L9b).
"""

from datetime import timedelta

import pytest

from mila.clock import mila_now, set_clock
from payments import charges, sweeps
from payments.models import Charge, ChargeState
from requests_app.actions import visit
from requests_app.models import State
from tests import cast as people
from tests.outages import heartbeat_ended
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def held(searching, payer, payee, stopped_clock):
    """Signed without the code; the payer has read of it just now."""
    searching.card = cast.saved_card(payer)
    searching.customer = payer
    searching.save(update_fields=["card", "customer"])
    booking = people.walk(searching, payee, State.ARRIVED)
    visit.start(booking.pk, payee.pk, by=payee.user)
    report = {"done": "Canal changé", "explained": True, "tidied": True}
    people.sign(visit.finish(booking.pk, payee.pk, by=payee.user, report=report))
    stopped_clock(mila_now())
    sweeps.sweep()
    return charges.read(Charge.objects.get(booking=booking).pk)


def stand_still(since, length, *, jumped=False):
    """The sweep of the charges stood still from then on; the clock stands at its return."""
    set_clock(since + length, speed=0)
    heartbeat_ended("charges", since, jumped=jumped)
    sweeps.sweep()


def test_time_in_which_nothing_was_swept_is_given_back(held):
    stand_still(held.opened_at + HOUR, 30 * HOUR)

    charge = Charge.objects.get(pk=held.pk)
    assert charge.state == ChargeState.HELD
    assert charge.held_until == charge.next_at == held.held_until + 30 * HOUR


def test_control_time_over_which_the_clock_was_moved_has_passed(held):
    stand_still(held.opened_at + HOUR, 30 * HOUR, jumped=True)

    assert Charge.objects.get(pk=held.pk).state != ChargeState.HELD


def test_it_is_given_back_once(held):
    stand_still(held.opened_at + HOUR, 30 * HOUR)
    sweeps.sweep()

    assert Charge.objects.get(pk=held.pk).held_until == held.held_until + 30 * HOUR
