"""What a lost message left behind is found: no charge is forgotten (rule M4)."""

from datetime import timedelta

import pytest

from mila.clock import mila_now, set_clock
from payments import charges, sweeps
from payments.models import Charge, ChargeState
from requests_app.models import State
from tests.evidence import forged
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


def test_a_signed_booking_nobody_charged(owing):
    booking = owing()

    handled = sweeps.sweep()

    assert handled == 1
    assert len(cast.at_stripe(booking)) == 1
    assert sweeps.sweep() == 0


def test_an_ended_one_with_a_fee(owing):
    booking = owing()
    type(booking).objects.filter(pk=booking.pk).update(state=State.FAILED, fee_cents=2500)

    sweeps.sweep()

    assert [paid["amount"] for paid in cast.at_stripe(booking, kind="fee")] == [2500]


@pytest.mark.parametrize("fee", [0, 2500])
def test_nothing_else_is_touched(searching, fee):
    type(searching).objects.filter(pk=searching.pk).update(fee_cents=fee)

    assert sweeps.sweep() == 0
    assert not Charge.objects.exists()


def test_a_zero_total_is_settled_and_not_found_again(owing):
    booking = owing(service_cents=0, booking_fee_cents=0)

    sweeps.sweep()

    booking.refresh_from_db()
    assert booking.state == State.SETTLED
    assert sweeps.sweep() == 0


def test_one_poisoned_row_stops_nobody(owing, payer, payee):
    card = cast.saved_card(payer)
    broken = cast.signed_booking(payer, card, payee)
    with forged():
        broken.sign_off.delete()
    well = cast.signed_booking(payer, card, payee)

    assert sweeps.sweep() == 1

    assert len(cast.at_stripe(well)) == 1
    assert not Charge.objects.filter(booking=broken).exists()


def test_a_charge_is_taken_up_when_its_hour_has_come(owing, stopped_clock):
    booking = owing()
    charge = charges.open_charge(booking.pk)
    stopped_clock(mila_now())
    Charge.objects.update(next_at=mila_now() + timedelta(seconds=1))

    sweeps.sweep()
    assert Charge.objects.get().state == ChargeState.PLANNED
    set_clock(mila_now() + timedelta(seconds=1), speed=0)
    sweeps.sweep()

    charge.refresh_from_db()
    assert charge.state == ChargeState.SUCCEEDED


def test_unpaid_ones_are_reminded(owing):
    charge = cast.charged(owing(cast.DECLINES_LATER))
    set_clock(charge.next_at, speed=0)

    assert sweeps.sweep() == 1
    charge.refresh_from_db()
    assert charge.reminders == 2
