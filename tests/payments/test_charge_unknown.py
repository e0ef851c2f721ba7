"""Stripe does not answer, holds the payment back, or two ask at once: one charge all the same
(rule M4; fault M2-M6).
"""

from dataclasses import replace

import pytest

from mila.clock import mila_now
from payments import charges, gateway, sweeps
from payments.charges import sending
from payments.models import (
    Charge,
    ChargeState,
    LedgerEntry,
    Operation,
    OperationState,
    PaymentCustomer,
)
from payments.standin import user_actions
from payments.standin.client import the_standin
from tests.payments import cast
from tests.payments.charge_steps import (
    CONFIRM,
    CREATE,
    assert_paid_once,
    later,
    sweep_until_quiet,
    told,
)

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


class TestUnknown:
    """No answer, or one that does not tell: same key, and in the end a look (fault M2-M6)."""

    @pytest.mark.parametrize("path", [CREATE, CONFIRM])
    @pytest.mark.parametrize(
        "fault", ["answer_lost", "unreachable", "409", "429", "503", "500", "500_after"]
    )
    def test_a_fault_that_passes(self, owing, fault, path):
        booking = owing()
        user_actions.switch_on(fault, path=path, times=1)

        charge = cast.charged(booking)
        sweep_until_quiet()

        assert charge.state == ChargeState.UNKNOWN
        assert_paid_once(booking)

    @pytest.mark.parametrize("path", [CREATE, CONFIRM])
    @pytest.mark.parametrize("fault", ["500", "500_after"])
    def test_a_kept_500_is_looked_up_and_done_within_a_quarter_of_an_hour(
        self, owing, fault, path, stopped_clock
    ):
        booking = owing()
        user_actions.switch_on(fault, path=path, times=1)  # the key answers 500 from now on
        cast.charged(booking)

        rounds = sweep_until_quiet(rounds=60, seconds=10)

        assert rounds * 10 <= 15 * 60
        assert_paid_once(booking)

    def test_many_charges_with_lost_answers(self, owing, payer, payee):
        card = cast.saved_card(payer)
        bookings = [cast.signed_booking(payer, card, payee) for _ in range(10)]
        user_actions.switch_on("answer_lost", share=0.3)

        sweeps.sweep()
        sweep_until_quiet(rounds=30)

        user_actions.switch_off()
        assert_paid_once(*bookings)

    def test_half_of_all_calls_refused(self, owing, payer, payee):
        card = cast.saved_card(payer)
        bookings = [cast.signed_booking(payer, card, payee) for _ in range(6)]
        for fault in ("409", "429", "503"):
            user_actions.switch_on(fault, share=0.2)

        sweeps.sweep()
        sweep_until_quiet(rounds=30)

        user_actions.switch_off()
        assert_paid_once(*bookings)

    @pytest.mark.parametrize("path", [CREATE, CONFIRM])
    @pytest.mark.parametrize("fault", ["answer_lost", "unreachable"])
    def test_a_key_that_stripe_has_forgotten(self, owing, fault, path, monkeypatch, stopped_clock):
        booking = owing()
        user_actions.switch_on(fault, path=path, times=1)
        cast.charged(booking)
        then = the_standin().now() + 25 * 3600
        monkeypatch.setattr(the_standin(), "now", lambda: then)

        later(hours=25)
        sweeps.sweep()
        later(seconds=1)
        sweeps.sweep()

        assert_paid_once(booking)
        assert len(cast.intents(booking)) == 1

    def test_the_waits_grow(self, owing, stopped_clock):
        booking = owing()
        user_actions.switch_on("unreachable")
        stopped_clock(mila_now())
        charge = cast.charged(booking)
        waits = []

        for _ in range(6):
            waits.append((charge.next_at - mila_now()).total_seconds() - charge.pk % 5)
            later(seconds=(charge.next_at - mila_now()).total_seconds())
            charge = charges.submit(charge.pk)

        assert waits == [5, 15, 60, 240, 240, 240]
        assert Operation.objects.count() == 1

    def test_nothing_is_sent_before_its_time(self, owing):
        booking = owing()
        user_actions.switch_on("unreachable", times=1)
        charge = cast.charged(booking)

        again = charges.submit(charge.pk)

        assert again.state == ChargeState.UNKNOWN
        assert Operation.objects.get().answer["tries"] == 1

    def test_the_bank_still_works(self, owing, monkeypatch, stopped_clock):
        booking = owing()
        confirm = gateway.confirm_payment_intent
        slow = lambda *a, **k: replace(confirm(*a, **k), status="processing", received_cents=0)  # noqa: E731
        monkeypatch.setattr(gateway, "confirm_payment_intent", slow)

        charge = cast.charged(booking)

        assert charge.state == ChargeState.UNKNOWN
        later(minutes=1)
        sweeps.sweep()
        assert_paid_once(booking)
        assert Operation.objects.filter(kind="confirm").count() == 1

    def test_the_bank_still_works_says_a_message(self, owing):
        charge = cast.charged(owing(cast.DECLINES_LATER))
        intent = replace(
            gateway.retrieve_payment_intent(charge.intent_id), status="processing", failure=None
        )

        assert charges.record_intent(charge.pk, intent).state == ChargeState.FAILED


class TestWhatStripeHolds:
    @pytest.fixture
    def open_charge(self, owing):
        """Created at Stripe, not confirmed yet."""
        booking = owing()
        user_actions.switch_on("unreachable", path=CONFIRM, times=1)
        return cast.charged(booking)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"amount_cents": 7191},
            {"currency": "CHF"},
            {"status": "succeeded", "received_cents": 1},
            {"id": "pi_other"},
            {"id": "pi_other", "status": "succeeded", "received_cents": 7190},
        ],
    )
    def test_another_payment_than_ours_changes_nothing(self, open_charge, wrong):
        intent = replace(gateway.retrieve_payment_intent(open_charge.intent_id), **wrong)
        operation = Operation.objects.get(kind="confirm")

        with pytest.raises(charges.Mismatch):
            charges.record_intent(open_charge.pk, intent, operation_id=operation.pk)

        before, now = open_charge, Charge.objects.get()
        assert (now.state, now.intent_id, now.next_at) == (
            before.state,
            before.intent_id,
            before.next_at,
        )
        assert not LedgerEntry.objects.exists()

    def test_cancelled_at_stripe_it_is_ops(self, owing):
        booking = owing(cast.DECLINES_LATER)
        charge = cast.charged(booking)
        user_actions.on_dashboard(f"/v1/payment_intents/{charge.intent_id}/cancel")

        charge = charges.apply_intent(charge.intent_id)

        assert (charge.state, charge.failure_code, charge.next_at) == (
            ChargeState.FAILED,
            "canceled",
            None,
        )
        assert told("unpaid_ops") == 1
        assert charges.retry_with_card(charge.pk, payment_method="pm_x").state == ChargeState.FAILED

    def test_an_unknown_intent_is_not_ours(self, open_charge):
        plan = gateway.PaymentPlan(
            booking_uuid="",
            kind="",
            customer=PaymentCustomer.objects.get().stripe_id,
            amount_cents=500,
            currency="EUR",
        )
        foreign = gateway.create_payment_intent(plan, key="foreign")

        assert charges.apply_intent(foreign.id) is None

    def test_a_message_before_the_answer_was_written_down(self, owing):
        booking = owing()
        user_actions.switch_on("answer_lost", path=CREATE, times=1)
        charge = cast.charged(booking)
        (intent,) = cast.intents(booking)

        found = charges.apply_intent(intent["id"])

        assert (found.pk, found.intent_id) == (charge.pk, intent["id"])
        sweep_until_quiet()
        assert_paid_once(booking)


class TestRivals:
    """What a second worker brings late says nothing."""

    def test_a_late_refusal_after_success(self, owing):
        booking = owing()
        cast.charged(booking)
        operation = Operation.objects.get(kind="confirm")

        charges.record_error(operation.pk, gateway.OutcomeUnknown("late", reason="conflict"))
        charges.record_error(operation.pk, gateway.CardDeclined("late", code="card_declined"))

        operation.refresh_from_db()
        assert operation.state == OperationState.DONE
        assert_paid_once(booking)

    def test_a_late_answer_to_the_first_call(self, owing):
        booking = owing(cast.DECLINES_LATER)
        charge = cast.charged(booking)
        created = replace(gateway.retrieve_payment_intent(charge.intent_id), failure=None)

        charges.record_intent(
            charge.pk, created, operation_id=Operation.objects.get(kind="create").pk
        )

        charge.refresh_from_db()
        assert charge.state == ChargeState.FAILED

    def test_a_message_pays_while_our_call_is_under_way(self, owing):
        booking = owing()
        user_actions.switch_on("answer_lost", path=CONFIRM, times=1)
        charge = cast.charged(booking)

        charges.apply_intent(charge.intent_id)

        operation = Operation.objects.get(kind="confirm")
        charges.record_error(operation.pk, gateway.OutcomeUnknown("late", reason="network"))
        operation.refresh_from_db()
        assert operation.state == OperationState.DONE
        assert_paid_once(booking)

    def test_the_answer_after_the_message(self, owing):
        booking = owing()
        user_actions.switch_on("answer_lost", path=CONFIRM, times=1)
        charge = cast.charged(booking)
        charges.apply_intent(charge.intent_id)
        paid = gateway.retrieve_payment_intent(charge.intent_id)

        charges.record_intent(
            charge.pk, paid, operation_id=Operation.objects.get(kind="confirm").pk
        )

        assert Operation.objects.get(kind="confirm").state == OperationState.DONE
        assert_paid_once(booking)

    def test_somebody_else_has_the_lease(self, owing):
        booking = owing()
        charge = charges.open_charge(booking.pk)
        mine = sending.next_operation(charge.pk)

        assert sending.next_operation(charge.pk) is None
        assert charges.submit(charge.pk).state == ChargeState.SENT
        assert cast.intents(booking) == []
        later(minutes=2)
        assert sending.next_operation(charge.pk) == mine
