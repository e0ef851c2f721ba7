"""Two of our staff, the sweep, a message at once: never more goes back than
was paid (fault M13).
"""

import threading
from uuid import uuid4

import pytest

from mila.clock import reset_clock, set_clock
from mila.errors import Refusal
from payments import comparing, disputes, refunds, sweeps
from payments.models import Charge, Difference, Refund, RefundState
from payments.refunds import planning
from payments.standin import user_actions
from payments.standin.models import Thing
from tests import factories
from tests.cast import MORNING
from tests.concurrency.threads import raised
from tests.payments import cast

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
ROUNDS = 4


@pytest.fixture
def paid():
    set_clock(MORNING)
    customer, technician = factories.UserFactory(), cast.payee()
    card = cast.saved_card(customer)
    yield lambda: cast.charged(cast.signed_booking(customer, card, technician))
    reset_clock()


def give(charge, ops, cents=4000):
    return refunds.refund(
        charge.pk, key=uuid4(), service_cents=cents, booking_fee_cents=0, by=ops, reason="x"
    )


def back_at_stripe(charge):
    return Thing.objects.get(kind="charge", id=charge.stripe_charge).body["amount_refunded"]


def test_two_refunds_a_dispute_and_the_dashboard(paid):
    ops = factories.UserFactory(is_staff=True)
    for _ in range(ROUNDS):
        charge = paid()

        def decides(charge=charge):
            give(charge, ops)

        def contests(charge=charge):
            disputes.apply_dispute(user_actions.dispute(charge.stripe_charge))

        failures = raised(decides, decides, sweeps.sweep_returns, sweeps.sweep_returns, contests)
        sweeps.sweep_returns()

        assert all(isinstance(error, Refusal) for error in failures)
        charge.refresh_from_db()
        made = Refund.objects.filter(charge=charge).exclude(state=RefundState.REFUSED)
        assert (
            sum(made.values_list("amount_cents", flat=True))
            == charge.refunded_cents
            == back_at_stripe(charge)
        )
        assert charge.refunded_cents in (0, 4000)
    assert cast.money_faults() == {}
    comparing.compare()
    assert not Difference.objects.exists()


def test_without_the_lock_both_are_written_down(paid, monkeypatch):
    """The control: each reads what is left before the other has written."""
    charge, ops = paid(), factories.UserFactory(is_staff=True)
    both_looked = threading.Barrier(2)
    real = planning.must_be_refundable

    def lock_nothing(charge_id):
        row = Charge.objects.select_related("booking").get(pk=charge_id)
        return row.booking, row

    def wait_for_the_other(row):
        real(row)
        both_looked.wait()

    monkeypatch.setattr(planning, "lock_charge", lock_nothing)
    monkeypatch.setattr(planning, "must_be_refundable", wait_for_the_other)
    monkeypatch.setattr(planning.freezing, "hold", lambda booking_id: False)

    failures = raised(lambda: give(charge, ops), lambda: give(charge, ops))

    assert failures == []
    assert sum(Refund.objects.values_list("amount_cents", flat=True)) == 8000 > charge.amount_cents
