"""Whatever Stripe answers or does not: one charge of the frozen total, or a visible unpaid one
(rule M4; fault M16).
"""

from datetime import timedelta

import pytest

from mila.clock import mila_now
from payments import charges, gateway, sweeps
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
from requests_app.models import State
from tests.payments import cast
from tests.payments.charge_steps import CONFIRM, assert_paid_once, later, told

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


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
