"""Refunds that meet what was done at Stripe meanwhile: one of its own pages, a dispute, a message
before our own answer (rule M6, fault M13).
"""

from datetime import timedelta
from uuid import uuid4

import pytest

from mila.clock import mila_now, set_clock
from payments import comparing, disputes, gateway, refunds, sweeps, webhooks
from payments.models import (
    Account,
    Difference,
    Earning,
    Operation,
    Refund,
    RefundOrigin,
    RefundState,
    StripeEvent,
)
from payments.standin import user_actions
from payments.standin.models import Thing
from tests.payments import cast
from tests.payments.refunding import (
    COMES_BACK,
    all_is_well,
    balances,
    borne,
    give,
    ops,
    paid,
    payee,
)

__all__ = ["give", "ops", "paid", "payee"]  # fixtures

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


def hear(type, object_id):
    event = StripeEvent.objects.create(
        stripe_id=f"evt_{type}{object_id}",
        type=type,
        object_id=object_id,
        livemode=False,
        payload={},
    )
    webhooks.handle(event.pk)
    event.refresh_from_db()
    return event


@pytest.mark.parametrize(
    ("flags", "parts"),
    [
        ({"reverse_transfer": "true"}, (3450, 0, 0, 0)),
        ({}, (0, 1380, 290, 1780)),
        ({"reverse_transfer": "true", "refund_application_fee": "true"}, (3450 - 801, 801, 0, 0)),
    ],
)
def test_one_of_the_dashboard_reaches_the_ledger_as_it_was_made(paid, flags, parts):
    made = user_actions.on_dashboard("/v1/refunds", charge=paid.stripe_charge, amount=3450, **flags)

    assert hear("refund.created", made["id"]).done_at
    hear("refund.updated", made["id"])

    refund = Refund.objects.get()
    assert (refund.origin, refund.state, borne(refund)) == (
        RefundOrigin.DASHBOARD,
        RefundState.DONE,
        parts,
    )
    paid.refresh_from_db()
    assert paid.refunded_cents == 3450
    all_is_well()


def test_one_of_the_dashboard_whose_message_was_lost_is_found_at_night(paid):
    user_actions.on_dashboard(
        "/v1/refunds", charge=paid.stripe_charge, amount=3450, reverse_transfer="true"
    )

    all_is_well()

    assert Refund.objects.get().origin == RefundOrigin.DASHBOARD


def test_one_of_the_dashboard_that_takes_what_came_back_a_second_time_is_for_a_person(owing, give):
    paid = cast.charged(owing(COMES_BACK))
    refund = give(paid, 3450)
    user_actions.let_refunds_settle()
    refunds.apply_refund(refund.stripe_id)
    made = user_actions.on_dashboard(
        "/v1/refunds", charge=paid.stripe_charge, amount=3450, reverse_transfer="true"
    )

    event = hear("refund.created", made["id"])
    comparing.compare()

    assert (event.done_at, "came back" in event.error) == (None, True)
    assert Refund.objects.count() == 1
    assert {one.type for one in Difference.objects.filter(closed_at=None)} >= {
        "refund",
        "transfer_refund",
    }


def test_one_of_the_dashboard_as_large_as_what_came_back_is_that_one(owing, give):
    paid = cast.charged(owing(COMES_BACK))
    refund = give(paid, 3450)
    user_actions.let_refunds_settle()
    refunds.apply_refund(refund.stripe_id)
    made = user_actions.on_dashboard("/v1/refunds", charge=paid.stripe_charge, amount=3450)

    hear("refund.created", made["id"])

    again = Refund.objects.get(stripe_id=made["id"])
    assert (again.origin, again.again_of) == (RefundOrigin.AGAIN, refund)
    assert "customer" not in balances(paid.booking)
    all_is_well()


def test_one_whose_key_is_forgotten_is_found_by_our_own_name(paid, give):
    refund = give(paid, service=1000)

    found = gateway.find_refund(paid.stripe_charge or refund.charge.stripe_charge, str(refund.uuid))

    assert found is not None
    assert found.id == refund.stripe_id
    assert gateway.find_refund(paid.stripe_charge, str(uuid4())) is None


def test_the_message_before_our_own_answer_books_it_once(paid, ops, monkeypatch):
    row = refunds.refund(
        paid.pk, key=uuid4(), service_cents=3450, booking_fee_cents=0, by=ops, reason="x"
    )
    user_actions.switch_on("answer_lost", path="POST /v1/refunds", times=1)
    refunds.submit(row.pk)
    made = Thing.objects.get(kind="refund").id

    hear("refund.created", made)
    for _ in range(4):
        set_clock(mila_now() + timedelta(minutes=5), speed=0)
        sweeps.sweep_returns()

    row.refresh_from_db()
    assert (row.state, row.stripe_id, row.fee_refund_ids != []) == (RefundState.DONE, made, True)
    assert Operation.objects.filter(refund=row).count() == 2
    all_is_well()


def test_staff_are_refused_while_the_bank_contests(paid, give):
    disputes.apply_dispute(user_actions.dispute(paid.stripe_charge))

    with pytest.raises(refunds.Contested):
        give(paid, 100)

    assert not Thing.objects.filter(kind="refund").exists()


def test_a_dispute_that_overtakes_it_ends_it(paid, ops):
    """Fault M13: it was opened at Stripe, and nobody has told us."""
    row = refunds.refund(
        paid.pk, key=uuid4(), service_cents=3450, booking_fee_cents=0, by=ops, reason="x"
    )
    user_actions.dispute(paid.stripe_charge)

    refund = refunds.submit(row.pk)

    assert (refund.state, refund.failure_code) == (RefundState.REFUSED, "charge_disputed")
    paid.refresh_from_db()
    assert (paid.refunded_cents, Earning.objects.filter(cents__lt=0).exists()) == (0, False)
    assert Account.CUSTOMER not in balances(paid.booking)
    all_is_well()
