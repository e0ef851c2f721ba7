"""Transfer and fee of a charge come moments after it: what goes back waits for them, and the
nightly comparison takes nothing that is still to come for a difference (fault M8, M19; rule M6).
"""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import Notification
from mila.clock import mila_now, set_clock
from payments import charges, comparing, disputes, sweeps, webhooks
from payments.models import (
    Charge,
    Difference,
    DifferenceKind,
    DisputeState,
    LedgerEntry,
    Operation,
    RefundState,
    StripeEvent,
)
from payments.standin import user_actions
from payments.standin.delivery import deliver_pending
from payments.standin.models import Thing
from tests.payments import cast
from tests.payments.refunding import give, ops, payee

__all__ = ["give", "ops", "payee"]  # fixtures
pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def young(owing, stopped_clock):
    """Paid this second, by a clock that stands: nothing more comes by itself."""
    booking = owing()
    stopped_clock(mila_now())
    return charges.submit(charges.open_charge(booking.pk).pk)


def names(charge):
    charge.refresh_from_db()
    return [bool(charge.stripe_charge), bool(charge.stripe_transfer), bool(charge.stripe_fee)]


def open_():
    return list(Difference.objects.filter(closed_at=None))


def later(**span):
    set_clock(mila_now() + timedelta(**span), speed=0)


def hear(charge):
    event = StripeEvent.objects.create(
        stripe_id=f"evt_{uuid4()}",
        type="charge.updated",
        object_id=charge.stripe_charge,
        livemode=False,
        payload={},
    )
    webhooks.handle(event.pk)
    event.refresh_from_db()
    return event


def test_it_is_paid_and_shared_at_once_and_whole_by_the_message(young, client):
    assert young.state == "succeeded"
    assert LedgerEntry.objects.filter(charge=young, account="partner").get().cents == -5520
    assert names(young) == [True, False, False]
    user_actions.let_captures_end()

    def post(url, body, headers):
        more = {"Stripe-Signature": headers["Stripe-Signature"]}
        return client.post(url, body, content_type="application/json", headers=more).status_code

    deliver_pending(post)
    for event in StripeEvent.objects.filter(type="charge.updated"):
        webhooks.handle(event.pk)

    assert StripeEvent.objects.get(type="charge.updated").done_at
    assert names(young) == [True, True, True]


def test_a_message_before_its_time_changes_nothing_and_the_next_one_does(young):
    assert hear(young).done_at
    assert names(young) == [True, False, False]

    user_actions.let_captures_end()
    hear(young)

    assert names(young) == [True, True, True]


def test_a_message_about_another_charge_waits(young):
    assert hear(Charge(stripe_charge="ch_somebody_elses")).done_at is None
    assert names(young) == [True, False, False]


def test_a_lost_message_is_made_up_for_at_night(young):
    user_actions.let_captures_end()

    comparing.compare()

    assert names(young) == [True, True, True]
    assert open_() == []


# --- What goes back


def test_a_refund_waits_for_the_transfer_and_takes_the_exact_shares(young, give):
    refund = give(young, 3450)

    assert (refund.state, refund.stripe_id) == (RefundState.PLANNED, "")
    assert not Operation.objects.filter(refund=refund).exists()
    assert not Thing.objects.filter(kind="refund").exists()
    user_actions.let_captures_end()
    later(minutes=5)
    sweeps.sweep_returns()
    refund.refresh_from_db()
    assert (refund.state, refund.reversal_cents, refund.fee_cents) == (RefundState.DONE, 3450, 690)
    assert cast.money_faults() == {}
    assert not Notification.objects.filter(kind="refund_ops").exists()


def test_control_sent_at_once_it_is_refused(young, give, monkeypatch):
    monkeypatch.setattr(charges, "learn_whole", lambda charge: True)

    refund = give(young, 3450)

    assert Operation.objects.get(refund=refund).answer["no"] == "GatewayRefused"
    assert Notification.objects.filter(kind="refund_ops").count() == 1


def test_one_that_waits_longer_than_stripe_says_is_told_to_staff_once(young, give):
    refund = give(young, 3450)
    for _round in range(3):
        later(minutes=31)
        Thing.objects.filter(kind="capture").update(inner={"due": 1e12, "available_on": 0})
        sweeps.sweep_returns()

    refund.refresh_from_db()
    assert (refund.state, refund.stripe_id) == (RefundState.PLANNED, "")
    assert Notification.objects.filter(kind="refund_ops").count() == 1


def test_a_lost_dispute_waits_for_the_transfer_it_is_fetched_back_from(young):
    dispute = disputes.apply_dispute(user_actions.dispute(young.stripe_charge))
    user_actions.decide_dispute(dispute.stripe_id, won=False)
    disputes.apply_dispute(dispute.stripe_id)
    sweeps.sweep_returns()

    dispute.refresh_from_db()
    assert (dispute.state, dispute.reversal_id) == (DisputeState.LOST, "")
    assert not Operation.objects.filter(dispute=dispute).exists()
    user_actions.let_captures_end()
    later(minutes=5)
    sweeps.sweep_returns()
    dispute.refresh_from_db()
    assert dispute.reversal_id
    assert Thing.objects.get(kind="transfer_reversal").body["amount"] == 5520
    assert cast.money_faults() == {}


# --- The comparison


def test_what_stripe_has_an_hour_for_is_no_difference(young):
    comparing.compare()
    assert open_() == []

    user_actions.let_captures_end()
    comparing.compare()
    assert open_() == []

    later(hours=2)
    comparing.compare()
    assert open_() == []
    assert cast.money_faults() == {}


def test_what_has_not_come_after_the_hour_is_one(young):
    """The control: without the line the charge is missing, and the balances differ."""
    Thing.objects.filter(kind="capture").update(inner={"due": 1e12, "available_on": 0})
    later(hours=1, minutes=1)

    comparing.compare()

    kinds = {one.kind for one in open_()}
    assert kinds == {DifferenceKind.MISSING, DifferenceKind.BALANCE}
    missing = {one.source for one in open_() if one.kind == DifferenceKind.MISSING}
    assert missing == {young.stripe_charge}


def test_a_balance_of_somebody_else_is_compared_meanwhile(young, owing, payee):
    other = cast.payee(user__name="Reto Ammann", lat=46.95, lon=7.44)
    other_charge = cast.signed_booking(
        young.booking.customer, young.payment_method, other, service_cents=5000
    )
    told = charges.submit(charges.open_charge(other_charge.pk).pk)
    user_actions.let_captures_end()
    comparing.compare()
    again = charges.submit(charges.open_charge(owing().pk).pk)
    account = other.partner.stripe_account
    user_actions.on_dashboard(
        f"/v1/transfers/{Charge.objects.get(pk=told.pk).stripe_transfer}/reversals", amount="1"
    )

    comparing.compare()

    assert account in {one.source for one in open_() if one.kind == DifferenceKind.BALANCE}
    assert again.partner.stripe_account not in {one.source for one in open_()}
