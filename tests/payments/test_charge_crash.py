"""Killed between charge and commit: nothing lost, nothing charged twice (fault M1), against the
stand-in's own list.
"""

import os

import pytest

from backoffice.invariants import violations
from mila.clock import mila_now, set_clock
from payments import charges, ledger, sweeps
from payments.charges import outcomes, sending
from payments.charges.sending import LEASE
from payments.models import Charge, ChargeState
from requests_app.models import State
from tests.killing import Killed, dies
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
# for each point and call; the figure of fault M1 asks for 1,000
RUNS = int(os.environ.get("FAULT_RUNS", "5"))


# Which function dies, and whether its work is done by then.
POINTS = {
    "before the send": (sending, "call", False),
    "after the send": (sending, "call", True),
    "after the answer": (sending, "record_intent", False),
    "before the commit": (outcomes, "answer", True),
    "in the ledger": (ledger, "book_charge", True),
    "after the commit": (sending, "record_intent", True),
}


@pytest.mark.parametrize("on", ["create", "confirm"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_and_found_by_the_sweep(point, on, payer, payee, monkeypatch):
    card = cast.saved_card(payer)
    bookings = [cast.signed_booking(payer, card, payee) for _ in range(RUNS)]
    place, name, after = POINTS[point]
    with monkeypatch.context() as patch:
        for booking in bookings:
            charge = charges.open_charge(booking.pk)
            if on == "confirm" and name != "call":
                created = sending.next_operation(charge.pk)
                outcomes.record_intent(charge.pk, sending.call(created), operation_id=created.pk)
        dies(patch, place, name, after=after, on=on)
        for booking in bookings:
            with pytest.raises(Killed):
                sweeps.charge_booking(booking.pk)

    for _ in range(3):
        set_clock(mila_now() + LEASE, speed=0)
        sweeps.sweep()

    assert [len(cast.at_stripe(booking)) for booking in bookings] == [1] * len(bookings)
    assert [len(cast.intents(booking)) for booking in bookings] == [1] * len(bookings)
    assert set(Charge.objects.values_list("state", flat=True)) == {ChargeState.SUCCEEDED}
    for booking in bookings:
        booking.refresh_from_db()
        assert booking.state == State.SETTLED
    found = violations([booking.pk for booking in bookings])
    assert {name: rows for name, rows in found.items() if name in ("I2", "I3", "I4", "I9")} == {}


def test_with_new_keys_and_no_record_the_same_crash_charges_twice(payer, payee, monkeypatch):
    """The control: were the call not written down first, or its key another one, the sweep would
    charge again.
    """
    booking = cast.signed_booking(payer, cast.saved_card(payer), payee)
    charge = charges.open_charge(booking.pk)

    def forgetful(charge_id):
        charge = Charge.objects.get(pk=charge_id)
        operation = sending._plan(charge, charge.booking)
        operation.key += f"-{mila_now().timestamp()}"
        return operation

    def without_a_record(charge_id, intent, *, operation_id=None):
        Charge.objects.filter(pk=charge_id).update(intent_id="" if intent.paid else intent.id)
        if intent.paid:
            raise Killed

    monkeypatch.setattr(sending, "next_operation", forgetful)
    monkeypatch.setattr(sending, "record_intent", without_a_record)
    for _ in range(2):
        with pytest.raises(Killed):
            charges.submit(charge.pk)

    assert len(cast.at_stripe(booking)) == 2
