"""Whatever Stripe answers or does not: one charge of the frozen total, or a visible unpaid one
(rule M4).
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.models import Notification
from backoffice.invariants import violations
from mila.clock import mila_now, set_clock
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
from requests_app.models import BookingEvent, State
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
CREATE, CONFIRM = "payment_intents$", "payment_intents/.*/confirm"


def told(kind):
    return Notification.objects.filter(kind=kind).count()


def later(**span):
    """The clock stands there until it is moved again."""
    set_clock(mila_now() + timedelta(**span), speed=0)


def sweep_until_quiet(rounds=8, **span):
    """Sweeps at growing distances; how many rounds it took until nothing was left open."""
    for done in range(1, rounds + 1):
        later(**(span or {"minutes": 5}))
        sweeps.sweep()
        if not Charge.objects.filter(state__in=charges.OPEN_STATES).exists():
            return done
    raise AssertionError("Something stays open.")


def assert_paid_once(*bookings):
    for booking in bookings:
        assert [paid["amount"] for paid in cast.at_stripe(booking)] == [7190]
        booking.refresh_from_db()
        assert booking.state == State.SETTLED
        assert BookingEvent.objects.filter(booking=booking, move="settle").count() == 1
        assert LedgerEntry.objects.filter(booking=booking, account="stripe").count() == 1
    found = violations([booking.pk for booking in bookings])
    assert {name: rows for name, rows in found.items() if name in ("I2", "I3", "I4", "I9")} == {}


class TestDeclined:
    def test_the_customer_is_told_at_once_and_the_booking_stays_signed_off(self, owing):
        booking = owing(cast.DECLINES_LATER)

        charge = cast.charged(booking)

        booking.refresh_from_db()
        assert (charge.state, charge.failure_code) == (ChargeState.FAILED, "generic_decline")
        assert booking.state == State.SIGNED_OFF
        assert told("unpaid") == 1
        assert not LedgerEntry.objects.exists()
        assert Operation.objects.get(kind="confirm").state == OperationState.FAILED

    def test_it_is_not_tried_again_by_itself(self, owing):
        booking = owing(cast.DECLINES_LATER)
        cast.charged(booking)

        for _ in range(3):
            later(hours=1)
            sweeps.sweep()
            sweeps.charge_booking(booking.pk)

        assert Operation.objects.filter(kind="confirm").count() == 1

    def test_reminders_on_days_0_1_3_7_then_ops(self, owing, stopped_clock):
        charge = cast.charged(owing(cast.DECLINES_LATER))
        days = []

        for day in range(1, 12):
            later(days=1)
            sweeps.sweep()
            days.append((day, told("unpaid"), told("unpaid_ops")))

        assert days[:7] == [
            (1, 2, 0),
            (2, 2, 0),
            (3, 3, 0),
            (4, 3, 0),
            (5, 3, 0),
            (6, 3, 0),
            (7, 4, 0),
        ]
        assert days[7:] == [(8, 4, 1), (9, 4, 1), (10, 4, 1), (11, 4, 1)]
        charge.refresh_from_db()
        assert charge.next_at is None

    def test_a_reminder_waits_for_its_second(self, owing, stopped_clock):
        charge = cast.charged(owing(cast.DECLINES_LATER))

        stopped_clock(charge.next_at - timedelta(seconds=1))
        assert not charges.remind(charge.pk)
        stopped_clock(charge.next_at)
        assert charges.remind(charge.pk)
        assert not charges.remind(charge.pk)
        assert told("unpaid") == 2

    def test_a_paid_one_is_not_reminded(self, owing):
        charge = cast.charged(owing())

        assert not charges.remind(charge.pk)

    def test_a_card_that_is_gone_is_the_customers(self, owing):
        booking = owing()
        gateway.detach_card(booking.card, key="gone")

        charge = cast.charged(booking)

        assert (charge.state, charge.failure_code) == (ChargeState.FAILED, "card_is_gone")
        assert told("unpaid") == 1

    def test_another_card_pays_the_same_intent(self, owing, payer):
        booking = owing(cast.DECLINES_LATER)
        charge = cast.charged(booking)

        charges.retry_with_card(charge.pk, payment_method=cast.saved_card(payer))
        charges.submit(charge.pk)

        assert_paid_once(booking)
        assert len(cast.intents(booking)) == 1
        assert Operation.objects.filter(key=f"{booking.uuid}-confirm-2").exists()

    def test_another_card_that_declines_too_begins_the_wait_anew(self, owing, payer, stopped_clock):
        charge = cast.charged(owing(cast.DECLINES_LATER))
        later(hours=20)

        charges.retry_with_card(
            charge.pk, payment_method=cast.saved_card(payer, cast.DECLINES_LATER)
        )
        charge = charges.submit(charge.pk)

        assert charge.state == ChargeState.FAILED
        assert charge.next_at == mila_now() + timedelta(days=1)
        assert told("unpaid") == 1

    def test_a_paid_charge_takes_no_other_card(self, owing):
        charge = cast.charged(owing())

        assert (
            charges.retry_with_card(charge.pk, payment_method="pm_x").state == ChargeState.SUCCEEDED
        )

    def test_a_late_message_does_not_undo_a_new_try(self, owing, payer):
        booking = owing(cast.DECLINES_LATER)
        charge = cast.charged(booking)
        charges.retry_with_card(charge.pk, payment_method=cast.saved_card(payer))

        waiting = charges.apply_intent(charge.intent_id)  # "payment_failed" of the first try

        assert waiting.state == ChargeState.PLANNED
        charges.submit(charge.pk)
        assert_paid_once(booking)


class TestBankAsks:
    def test_the_customer_is_asked_to_confirm(self, owing):
        charge = cast.charged(owing(cast.ASKS_ALWAYS))

        assert (charge.state, charge.failure_code) == (
            ChargeState.ACTION_REQUIRED,
            "authentication_required",
        )
        assert told("action_required") == 1
        assert told("unpaid") == 0

    def test_confirmed_on_their_page(self, owing):
        booking = owing(cast.ASKS_ALWAYS)
        charge = cast.charged(booking)
        user_actions.confirm_on_session(cast.secret_of(charge), charge.payment_method)

        charges.apply_intent(charge.intent_id)

        assert_paid_once(booking)

    def test_not_confirmed_they_may_try_again(self, owing):
        booking = owing(cast.ASKS_ALWAYS)
        charge = cast.charged(booking)
        user_actions.confirm_on_session(
            cast.secret_of(charge), charge.payment_method, bank_agrees=False
        )

        charge = charges.apply_intent(charge.intent_id)

        assert charge.state == ChargeState.ACTION_REQUIRED
        assert charge.failure_code == "payment_intent_authentication_failure"
        user_actions.confirm_on_session(cast.secret_of(charge), charge.payment_method)
        charges.apply_intent(charge.intent_id)
        assert_paid_once(booking)

    def test_left_in_the_middle_the_card_that_was_tried_is_kept(self, owing, payer):
        charge = cast.charged(owing(cast.DECLINES_LATER))
        other = cast.saved_card(payer, cast.ASKS_ALWAYS)
        form = f"client_secret={cast.secret_of(charge)}&payment_method={other}&use_stripe_sdk=true"
        the_standin().handle(
            "POST",
            f"/v1/payment_intents/{charge.intent_id}/confirm",
            user_actions.PUBLISHABLE,
            form,
        )

        charge = charges.apply_intent(charge.intent_id)

        assert (charge.state, charge.payment_method) == (ChargeState.ACTION_REQUIRED, other)

    def test_confirmed_and_then_refused(self, owing):
        booking = owing(cast.ASKS_THEN_DECLINES)

        charge = cast.charged(booking)

        assert (charge.state, charge.failure_code) == (ChargeState.FAILED, "insufficient_funds")


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


class TestRefused:
    """Nothing was done at Stripe: the charge waits as planned, ops look (law R14)."""

    def test_a_destination_that_cannot_receive(self, owing, payee):
        booking = owing()
        user_actions.restrict(payee.partner.stripe_account)

        charge = cast.charged(booking)

        assert charge.state == ChargeState.PLANNED
        assert charge.next_at > mila_now() + timedelta(minutes=59)
        assert told("charge_waits_ops") == 1
        assert told("unpaid") == 0
        later(hours=1)
        sweeps.sweep()
        assert told("charge_waits_ops") == 1
        user_actions.onboard(payee.partner.stripe_account)
        later(hours=1)
        sweeps.sweep()
        assert_paid_once(booking)

    def test_a_destination_lost_between_the_two_calls(self, owing, payee):
        booking = owing()
        user_actions.switch_on("unreachable", path=CONFIRM, times=1)
        charge = cast.charged(booking)
        user_actions.restrict(payee.partner.stripe_account)

        later(minutes=5)
        charge = charges.submit(charge.pk)

        assert charge.state == ChargeState.PLANNED
        user_actions.onboard(payee.partner.stripe_account)
        later(hours=1)
        sweeps.sweep()
        assert_paid_once(booking)

    def test_an_account_opened_later_is_taken(self, owing, payee):
        booking = owing()
        account, payee.partner.stripe_account = payee.partner.stripe_account, ""
        payee.partner.save(update_fields=["stripe_account"])
        assert cast.charged(booking).state == ChargeState.PLANNED
        payee.partner.stripe_account = account
        payee.partner.save(update_fields=["stripe_account"])

        later(hours=1)
        sweeps.sweep()

        assert_paid_once(booking)
        assert cast.at_stripe(booking)[0]["transfer_data"]["destination"] == account

    def test_a_bug_of_ours_is_set_aside_and_seen(self, owing):
        booking = owing()
        PaymentCustomer.objects.all().delete()

        sweeps.sweep()
        sweeps.sweep()

        charge = Charge.objects.get(booking=booking)
        assert charge.next_at > mila_now() + timedelta(minutes=55)
        assert told("charge_waits_ops") == 1

    def test_a_paid_charge_is_not_set_aside(self, owing):
        charge = cast.charged(owing())

        charges.set_aside(charge.pk)

        charge.refresh_from_db()
        assert charge.next_at is None
        assert told("charge_waits_ops") == 0


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
