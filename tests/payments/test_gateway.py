"""The gateway against the stand-in: what product code may rely on."""

from dataclasses import replace

import pytest

from payments import gateway
from payments.standin import user_actions
from payments.standin.models import Thing
from payments.standin.store import ledger_gaps, ledger_sums
from tests.payments.charge_steps import later
from tests.payments.gateway_steps import UUID, account, payer, plan, save_card

__all__ = ["account", "payer", "plan", "save_card"]  # fixtures


pytestmark = pytest.mark.django_db(databases=["default", "standin"])
FUNDS, LATER_DECLINE, ASKS_ALWAYS, ASKS_ONCE = (
    "4000008260003178",
    "4000000000000341",
    "4000002760003184",
    "4000002500003155",
)


def test_saved_card_is_charged_without_the_customer(plan, account, save_card):
    card = save_card()
    intent = gateway.create_payment_intent(plan, key="a-pi")

    paid = gateway.confirm_payment_intent(intent.id, payment_method=card, key="a-confirm-1")

    assert intent.status == "requires_payment_method"
    assert not intent.paid
    assert paid.paid
    assert (paid.amount_cents, paid.received_cents, paid.currency) == (10290, 10290, "EUR")
    assert (paid.application_fee_cents, paid.destination) == (2290, account)
    assert (paid.booking_uuid, paid.kind, paid.customer) == (UUID, "job", plan.customer)
    assert paid.latest_charge.startswith("ch_")
    assert paid.failure is None
    assert (paid.transfer, paid.application_fee) == (None, None)  # they come moments later
    user_actions.let_captures_end()
    told = gateway.retrieve_payment_intent(intent.id)
    assert told.transfer.startswith("tr_")
    assert told.application_fee.startswith("fee_")
    assert ledger_sums() == {("", "eur"): 2290, (account, "eur"): 8000, ("world", "eur"): -10290}
    assert ledger_gaps() == {}


def test_payment_without_destination_stays_with_the_platform(plan, save_card):
    bare = replace(plan, destination=None, fee_cents=0, description="", statement_suffix="")
    intent = gateway.create_payment_intent(bare, key="a-pi")

    paid = gateway.confirm_payment_intent(intent.id, payment_method=save_card(), key="a-confirm-1")

    assert (paid.transfer, paid.application_fee, paid.application_fee_cents, paid.destination) == (
        None,
        None,
        0,
        None,
    )
    user_actions.let_captures_end()
    assert ledger_sums() == {("", "eur"): 10290, ("world", "eur"): -10290}


def test_fee_without_destination_is_refused_here(plan):
    with pytest.raises(gateway.GatewayRefused) as refused:
        gateway.create_payment_intent(replace(plan, destination=None), key="a-pi")

    assert refused.value.code == "refused_here"
    assert not Thing.objects.filter(kind="payment_intent").exists()


def test_call_without_a_key_is_refused_here():
    with pytest.raises(gateway.GatewayRefused, match="key"):
        gateway.create_customer(user_id=7, email="anna@example.org", key="")


def test_second_confirm_answers_the_paid_intent(plan, save_card):
    card = save_card()
    intent = gateway.create_payment_intent(plan, key="a-pi")
    first = gateway.confirm_payment_intent(intent.id, payment_method=card, key="a-confirm-1")

    second = gateway.confirm_payment_intent(intent.id, payment_method=card, key="a-confirm-2")

    assert (second.id, second.latest_charge, second.paid) == (first.id, first.latest_charge, True)
    assert Thing.objects.filter(kind="charge", account="").count() == 1


def test_same_key_and_parameters_replay(plan, save_card):
    card = save_card()
    intents = [gateway.create_payment_intent(plan, key="a-pi") for _ in range(2)]

    answers = [
        gateway.confirm_payment_intent(intents[0].id, payment_method=card, key="a-1")
        for _ in range(2)
    ]

    assert intents[0] == intents[1]
    assert answers[0] == answers[1]
    assert Thing.objects.filter(kind="charge", account="").count() == 1


def test_same_key_with_another_amount_is_refused(plan):
    gateway.create_payment_intent(plan, key="a-pi")

    with pytest.raises(gateway.GatewayRefused) as refused:
        gateway.create_payment_intent(replace(plan, amount_cents=10291), key="a-pi")

    assert refused.value.code == "idempotency_error"


@pytest.mark.parametrize(
    ("number", "decline_code", "advice"),
    [
        (LATER_DECLINE, "generic_decline", "try_again_later"),
        (FUNDS, "insufficient_funds", "try_again_later"),
    ],
)
def test_declined_at_sign_off(plan, save_card, number, decline_code, advice):
    card = save_card(number)
    intent = gateway.create_payment_intent(plan, key="a-pi")

    with pytest.raises(gateway.CardDeclined) as declined:
        gateway.confirm_payment_intent(intent.id, payment_method=card, key="a-confirm-1")

    error = declined.value
    assert (error.code, error.decline_code, error.advice_code, error.intent_id) == (
        "card_declined",
        decline_code,
        advice,
        intent.id,
    )
    now = gateway.retrieve_payment_intent(intent.id)
    assert now.status == "requires_payment_method"
    assert now.failure == gateway.PaymentFailure("card_declined", decline_code, advice, card)
    assert ledger_sums() == {}


def test_another_card_pays_the_same_intent(plan, save_card):
    bad, good = save_card(LATER_DECLINE), save_card(key="setup-2")
    intent = gateway.create_payment_intent(plan, key="a-pi")
    with pytest.raises(gateway.CardDeclined):
        gateway.confirm_payment_intent(intent.id, payment_method=bad, key="a-confirm-1")

    paid = gateway.confirm_payment_intent(intent.id, payment_method=good, key="a-confirm-2")

    assert paid.paid
    assert paid.failure is None
    assert Thing.objects.filter(kind="charge", account="", body__paid=True).count() == 1


def test_card_that_always_asks_needs_the_customer(plan, save_card):
    card = save_card(ASKS_ALWAYS)
    intent = gateway.create_payment_intent(plan, key="a-pi")

    with pytest.raises(gateway.AuthenticationRequired) as asked:
        gateway.confirm_payment_intent(intent.id, payment_method=card, key="a-confirm-1")

    assert (asked.value.intent_id, asked.value.payment_method) == (intent.id, card)
    assert not Thing.objects.filter(kind="charge").exists()
    user_actions.confirm_on_session(intent.client_secret, card)
    assert gateway.retrieve_payment_intent(intent.id).paid


def test_customer_says_no_to_their_bank(plan, save_card):
    card = save_card(ASKS_ALWAYS)
    intent = gateway.create_payment_intent(plan, key="a-pi")

    user_actions.confirm_on_session(intent.client_secret, card, bank_agrees=False)

    now = gateway.retrieve_payment_intent(intent.id)
    assert now.status == "requires_payment_method"
    assert now.failure.code == "payment_intent_authentication_failure"


def test_cancelled_intent_takes_no_money(plan, save_card):
    intent = gateway.create_payment_intent(plan, key="a-pi")
    user_actions.on_dashboard(f"/v1/payment_intents/{intent.id}/cancel")

    after = gateway.confirm_payment_intent(intent.id, payment_method=save_card(), key="a-confirm-1")

    assert after.status == "canceled"
    assert ledger_sums() == {}


def test_payment_is_found_by_our_own_names(plan, save_card):
    assert gateway.find_payment_intent(UUID, "job") is None
    paid = gateway.create_payment_intent(plan, key="a-pi")
    gateway.confirm_payment_intent(paid.id, payment_method=save_card(), key="a-confirm-1")
    open_one = gateway.create_payment_intent(plan, key="lost")
    fee = gateway.create_payment_intent(replace(plan, kind="fee"), key="b-pi")

    assert gateway.find_payment_intent(UUID, "job") is None  # Stripe's search lags by a minute
    later(minutes=2)
    assert gateway.find_payment_intent(UUID, "job").id == paid.id != open_one.id
    assert gateway.find_payment_intent(UUID, "fee").id == fee.id


def test_destination_without_transfers_is_told_apart(plan, account, save_card):
    intent = gateway.create_payment_intent(plan, key="a-pi")
    user_actions.restrict(account)

    with pytest.raises(gateway.GatewayRefused) as refused:
        gateway.confirm_payment_intent(intent.id, payment_method=save_card(), key="a-confirm-1")

    assert refused.value.destination_cannot_receive
    assert gateway.retrieve_payment_intent(intent.id).status == "requires_payment_method"
    user_actions.onboard(account)
    assert gateway.confirm_payment_intent(
        intent.id, payment_method=save_card(key="s2"), key="a-confirm-1"
    ).paid


def test_unknown_object_is_a_plain_refusal():
    with pytest.raises(gateway.GatewayRefused) as refused:
        gateway.retrieve_payment_intent("pi_none")

    assert (refused.value.status, refused.value.code, refused.value.param) == (
        404,
        "resource_missing",
        "id",
    )
    assert not refused.value.destination_cannot_receive


@pytest.mark.parametrize(
    ("fault", "reason", "done"),
    [
        ("unreachable", "network", False),
        ("answer_lost", "network", True),
        ("409", "conflict", False),
        ("429", "rate_limit", False),
        ("503", "server", False),
        ("500", "server", False),
        ("500_after", "server", True),
    ],
)
def test_unknown_outcome_is_one_error(plan, save_card, fault, reason, done):
    card = save_card()
    intent = gateway.create_payment_intent(plan, key="a-pi")
    user_actions.switch_on(fault, path="/confirm$", times=1)

    with pytest.raises(gateway.OutcomeUnknown) as unknown:
        gateway.confirm_payment_intent(intent.id, payment_method=card, key="a-confirm-1")

    assert unknown.value.reason == reason
    assert gateway.retrieve_payment_intent(intent.id).paid is done


@pytest.mark.parametrize("fault", ["unreachable", "answer_lost", "409", "429", "503"])
def test_repeat_with_the_same_key_learns_the_outcome(plan, save_card, fault):
    card = save_card()
    intent = gateway.create_payment_intent(plan, key="a-pi")
    user_actions.switch_on(fault, path="/confirm$", times=1)
    with pytest.raises(gateway.OutcomeUnknown):
        gateway.confirm_payment_intent(intent.id, payment_method=card, key="a-confirm-1")

    assert gateway.confirm_payment_intent(intent.id, payment_method=card, key="a-confirm-1").paid
    assert Thing.objects.filter(kind="charge", account="").count() == 1


def test_kept_500_is_resolved_by_looking(plan, save_card):
    card = save_card()
    intent = gateway.create_payment_intent(plan, key="a-pi")
    user_actions.switch_on("500_after", path="/confirm$", times=1)
    for _ in range(3):
        with pytest.raises(gateway.OutcomeUnknown):
            gateway.confirm_payment_intent(intent.id, payment_method=card, key="a-confirm-1")

    assert gateway.retrieve_payment_intent(intent.id).paid
    assert Thing.objects.filter(kind="charge", account="").count() == 1


def test_cards_of_a_customer(payer, save_card):
    first, second = save_card(), save_card("5555555555554444", key="setup-2")

    cards = gateway.list_cards(payer)

    assert cards == [
        gateway.Card(second, "mastercard", "4444", 12, 2040),
        gateway.Card(first, "visa", "4242", 12, 2040),
    ]
    assert gateway.retrieve_card(first) == cards[1]
    gateway.detach_card(first, key="detach-1")
    assert [card.id for card in gateway.list_cards(payer)] == [second]


def test_detached_card_cannot_be_charged(plan, save_card):
    card = save_card()
    gateway.detach_card(card, key="detach-1")
    intent = gateway.create_payment_intent(plan, key="a-pi")

    with pytest.raises(gateway.GatewayRefused):
        gateway.confirm_payment_intent(intent.id, payment_method=card, key="a-confirm-1")

    assert ledger_sums() == {}


def test_account_from_opening_to_payouts():
    account = gateway.open_account(
        partner_id=3, kind="company", country="CH", email="p@example.org", key="k"
    )
    fresh = gateway.account_status(account)
    user_actions.onboard(account, payouts=False)
    halfway = gateway.account_status(account)
    user_actions.onboard(account)
    ready = gateway.account_status(account)

    assert (fresh.transfers_active, fresh.payouts_enabled, fresh.details_submitted) == (
        False,
        False,
        False,
    )
    assert fresh.disabled_reason == "requirements.past_due"
    assert "external_account" in fresh.currently_due
    assert (halfway.transfers_active, halfway.payouts_enabled) == (True, False)
    assert (
        ready.transfers_active,
        ready.payouts_enabled,
        ready.currently_due,
        ready.disabled_reason,
    ) == (
        True,
        True,
        (),
        "",
    )
    assert (
        Thing.objects.get(id=account).body["settings"]["payouts"]["schedule"]["interval"]
        == "manual"
    )


def test_onboarding_link_is_new_each_time(account):
    links = {
        gateway.onboarding_url(account, "https://x.example/back", "https://x.example/again")
        for _ in range(2)
    }

    assert len(links) == 2
