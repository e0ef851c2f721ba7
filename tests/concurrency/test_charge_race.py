"""Two workers and a message about the same charge at once: it is charged once (fault M1, M7)."""

import threading

import pytest

from mila.clock import mila_now, reset_clock, set_clock
from payments import charges, gateway, sweeps
from payments.charges import sending
from payments.models import Charge, ChargeState, LedgerEntry, Operation
from requests_app.models import BookingEvent, State
from tests import factories
from tests.cast import MORNING
from tests.concurrency.threads import raised
from tests.payments import cast

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
ROUNDS = 5


@pytest.fixture
def owing():
    set_clock(MORNING)
    customer, technician = factories.UserFactory(), cast.payee()
    card = cast.saved_card(customer)
    yield lambda: cast.signed_booking(customer, card, technician)
    reset_clock()


def test_two_workers_a_sweep_and_a_message(owing):
    for _ in range(ROUNDS):
        booking = owing()

        def message(booking=booking):
            for intent in cast.intents(booking):
                charges.apply_intent(intent["id"])

        def worker(booking=booking):
            sweeps.charge_booking(booking.pk)

        failures = raised(worker, worker, sweeps.sweep, message, message)

        assert failures == []
        charge = Charge.objects.get(booking=booking)
        booking.refresh_from_db()
        assert (charge.state, booking.state) == (ChargeState.SUCCEEDED, State.SETTLED)
        assert len(cast.intents(booking)) == len(cast.at_stripe(booking)) == 1
        assert LedgerEntry.objects.filter(charge=charge, account="stripe").count() == 1
        assert BookingEvent.objects.filter(booking=booking, move="settle").count() == 1
        assert Operation.objects.filter(charge=charge).count() == 2


def test_the_control_without_lock_and_kept_keys_charges_twice(owing):
    """Each worker for itself: no lock, no lease, a key of its own, an intent of its own."""
    booking = owing()
    charge = charges.open_charge(booking.pk)
    both_created = threading.Barrier(2)

    def own_call(charge_id):
        charge = Charge.objects.select_related("booking", "partner").get(pk=charge_id)
        operation = sending._plan(charge, charge.booking)
        operation.key += f"-{threading.get_ident()}-{mila_now().timestamp()}"
        return operation

    def worker():
        created = sending.call(own_call(charge.pk))
        both_created.wait()
        gateway.confirm_payment_intent(
            created.id, payment_method=charge.payment_method, key=f"confirm-{created.id}"
        )

    assert raised(worker, worker) == []
    assert len(cast.at_stripe(booking)) == 2
