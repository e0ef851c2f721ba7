"""The gateway against the stand-in: what product code may rely on."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import stripe
from stripe.params import AccountCreateParams, PaymentIntentCreateParams

from payments import gateway
from payments.gateway import client as gateway_client
from payments.gateway.params import checked
from payments.standin import user_actions
from payments.standin.models import Event, Thing
from payments.standin.store import ledger_gaps, ledger_sums

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
UUID = "5b1f6c1e-0c55-4d0e-9a53-7a7f7a2f0001"
FUNDS, LATER_DECLINE, ASKS_ALWAYS, ASKS_ONCE = (
    "4000008260003178",
    "4000000000000341",
    "4000002760003184",
    "4000002500003155",
)


@pytest.fixture
def payer():
    return gateway.create_customer(user_id=7, email="anna@example.org", key="user-7-customer")


@pytest.fixture
def account():
    opened = gateway.open_account(
        partner_id=3,
        kind="individual",
        country="FR",
        email="paul@example.org",
        key="partner-3-account",
    )
    user_actions.onboard(opened)
    return opened


@pytest.fixture
def save_card(payer):
    def save(number="4242424242424242", key="setup-1"):
        setup = gateway.create_setup_intent(customer=payer, booking_uuid=UUID, key=key)
        user_actions.type_card(setup.client_secret, number)
        return gateway.retrieve_setup_intent(setup.id).payment_method

    return save


@pytest.fixture
def plan(payer, account):
    return gateway.PaymentPlan(
        booking_uuid=UUID,
        kind="job",
        customer=payer,
        amount_cents=10290,
        currency="EUR",
        fee_cents=2290,
        destination=account,
        description="Wi-Fi",
        statement_suffix="WIFI",
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
    assert paid.transfer.startswith("tr_")
    assert paid.application_fee.startswith("fee_")
    assert paid.failure is None
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

    assert second == first
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


# --- Events


SECRETS = ["whsec_new", "whsec_old"]
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "created": 1_790_000_000,
    "livemode": False,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}


def _signed(body, secret="whsec_new", age=0):
    return stripe.WebhookSignature.generate_signature_header(body, secret, int(time.time()) - age)


@pytest.mark.parametrize("secret", SECRETS)
def test_event_signed_by_any_active_secret(secret):
    body = json.dumps({**EVENT, "account": "acct_1"})

    event = gateway.construct_event(body.encode(), _signed(body, secret), SECRETS)

    assert (event.id, event.type, event.account, event.object_id, event.livemode) == (
        "evt_1",
        "payment_intent.succeeded",
        "acct_1",
        "pi_1",
        False,
    )
    assert event.created == datetime.fromtimestamp(1_790_000_000, UTC)
    assert event.payload["data"]["object"]["id"] == "pi_1"


def test_event_without_an_object_id():
    body = json.dumps({**EVENT, "data": {"object": {"object": "balance"}}})

    event = gateway.construct_event(body.encode(), _signed(body), SECRETS)

    assert (event.account, event.object_id) == (None, None)


BODY = json.dumps(EVENT)


@pytest.mark.parametrize(
    ("body", "header", "secrets"),
    [
        pytest.param(BODY + " ", _signed(BODY), SECRETS, id="one byte more"),
        pytest.param(BODY, _signed(BODY, "whsec_other"), SECRETS, id="other secret"),
        pytest.param(BODY, None, SECRETS, id="no header"),
        pytest.param(BODY, "", SECRETS, id="empty header"),
        pytest.param(BODY, "t=x,v1=y", SECRETS, id="no time"),
        pytest.param(BODY, "t=1,v1=é", SECRETS, id="no ascii"),
        pytest.param(BODY, _signed(BODY), [], id="no secret"),
        pytest.param(BODY, _signed(BODY, ""), [""], id="empty secret"),
        pytest.param("[]", _signed("[]"), SECRETS, id="no event"),
        pytest.param("{}", _signed("{}"), SECRETS, id="empty event"),
        pytest.param("no json", _signed("no json"), SECRETS, id="no json"),
    ],
)
def test_event_that_is_not_stripes_is_refused(body, header, secrets):
    with pytest.raises(gateway.BadSignature):
        gateway.construct_event(body.encode(), header, secrets)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(gateway.BadSignature):
        gateway.construct_event(b"\xff\xfe", _signed("x"), SECRETS)


def test_event_older_than_five_minutes_is_refused():
    gateway.construct_event(BODY.encode(), _signed(BODY, age=298), SECRETS)

    with pytest.raises(gateway.BadSignature):
        gateway.construct_event(BODY.encode(), _signed(BODY, age=301), SECRETS)


def test_events_since_by_scope_oldest_first(plan, account, save_card):
    intent = gateway.create_payment_intent(plan, key="a-pi")
    gateway.confirm_payment_intent(intent.id, payment_method=save_card(), key="a-confirm-1")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    names = ["payment_intent.succeeded", "payment_intent.created"]

    ours = gateway.list_events(long_ago, names)
    theirs = gateway.list_events(long_ago, ["account.updated", "payment.created"], account=account)

    assert [event.type for event in ours] == ["payment_intent.created", "payment_intent.succeeded"]
    assert ours[0].object_id == intent.id
    assert {event.account for event in theirs} == {account}
    assert [event.type for event in theirs][-1] == "payment.created"
    assert gateway.list_events(datetime(2100, 1, 1, tzinfo=UTC), names) == []


def test_many_events_come_over_several_pages(witnessed):
    Event.objects.bulk_create(
        Event(
            id=f"evt_{n}",
            type="customer.updated",
            created=n,
            body={**EVENT, "id": f"evt_{n}", "created": n},
        )
        for n in range(1, 251)
    )

    events = gateway.list_events(datetime.fromtimestamp(1, UTC), ["customer.updated"])

    assert [event.id for event in events] == [f"evt_{n}" for n in range(1, 251)]
    witnessed.clear()  # written by this test, and shorter than Stripe's


# --- Parameters


GOOD = {"amount": 100, "currency": "eur", "transfer_data": {"destination": "acct_1"}}


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal(100)},
        {"amount": 100.0},
        {"amount": "100"},
        {"amount": True},
        {"currency": None},
        {"unknown": 1},
        {"transfer_data": {"destination": "acct_1", "amout": 1}},
        {"transfer_data": {}},
        {"metadata": {"job": 1}},
        {"setup_future_usage": "sometimes"},
        {"payment_method_types": ["card"]},
        {"allowed_payment_method_types": ["cards"]},
        {"idempotency_key": "k"},
        {"api_key": "sk"},
    ],
    ids=str,
)
def test_parameters_stripe_would_not_know_are_refused_here(change):
    checked(PaymentIntentCreateParams, GOOD)

    with pytest.raises(gateway.GatewayRefused) as refused:
        checked(PaymentIntentCreateParams, {**GOOD, **change})

    assert refused.value.code == "refused_here"


def test_account_parameters_are_closed_to_the_bottom():
    with pytest.raises(gateway.GatewayRefused, match="controller"):
        checked(AccountCreateParams, {"controller": {"losses": {"payments": "nobody"}}})


# --- The client


def test_real_key_makes_a_plain_client_with_retries_and_short_time_outs(settings):
    settings.STANDIN, settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLISHABLE_KEY = (
        False,
        "sk_test_x",
        "pk_test_x",
    )

    client = gateway_client.stripe_client()

    requestor = client._requestor
    assert requestor.api_key == "sk_test_x"
    assert requestor._options.max_network_retries == 2
    assert requestor._client._timeout == (3.0, 30.0)
    assert client is gateway_client.stripe_client()
    assert gateway.browser_script() == gateway.BrowserScript(
        "https://js.stripe.com/endive/stripe.js", "pk_test_x"
    )


def test_stand_in_script_without_a_key():
    script = gateway.browser_script()

    assert script.url.endswith("standin/stripe.js")
    assert script.publishable_key == "pk_test_standin"


@pytest.mark.parametrize(
    ("error", "expected", "code"),
    [
        (stripe.AuthenticationError("No such key", http_status=401), gateway.GatewayRefused, ""),
        (
            stripe.InvalidRequestError("Bad", "amount", json_body={"error": None}),
            gateway.GatewayRefused,
            "",
        ),
        (stripe.StripeError(), gateway.GatewayRefused, ""),
        (
            stripe.CardError("Declined", None, "x", json_body={}),
            gateway.CardDeclined,
            "card_declined",
        ),
    ],
)
def test_odd_errors_become_ours(error, expected, code):
    with pytest.raises(expected) as ours, gateway_client.our_errors():
        raise error

    assert ours.value.code == code
