"""Payments: what a card does at sign-off and before the customer's eyes,
with the traces it leaves.
"""

import pytest

from payments.standin import user_actions
from payments.standin.models import Thing
from payments.standin.store import ledger_gaps, ledger_sums
from tests.payments.charge_steps import later

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def pay(ask, payer, account):
    """A payment of 102.90 with 22.90 for the platform, opened."""

    def pay(**form):
        values = {
            "amount": "10290",
            "currency": "EUR",
            "customer": payer,
            "application_fee_amount": "2290",
            "transfer_data__destination": account,
            "metadata__booking": "b-1",
            **form,
        }
        sent = {name: value for name, value in values.items() if value is not None}
        return ask("POST", "/v1/payment_intents", **sent)[1]

    return pay


def _confirm(ask, intent, card, **form):
    """What is answered at once; what comes moments later has come too."""
    path = f"/v1/payment_intents/{intent['id']}/confirm"
    answer = ask("POST", path, payment_method=card, **form)
    user_actions.let_captures_end()
    return answer


def test_success_moves_the_money_and_tells_in_order(ask, pay, save, account, events):
    intent = pay()
    card = save()
    before = len(events())

    status, paid = _confirm(ask, intent, card, off_session="true", expand__0="latest_charge")

    assert (status, paid["status"], paid["amount_received"]) == (200, "succeeded", 10290)
    charge = paid["latest_charge"]
    assert (charge["status"], charge["application_fee_amount"], charge["destination"]) == (
        "succeeded",
        2290,
        account,
    )
    line = ask("GET", f"/v1/charges/{charge['id']}", expand__0="balance_transaction")[1]
    assert line["balance_transaction"]["net"] == 10290
    assert events()[before:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "application_fee.created",
        "transfer.created",
        "payment.created",
    ]
    assert events(account=account)[-1] == "payment.created"
    assert ledger_sums() == {("", "eur"): 2290, (account, "eur"): 8000, ("world", "eur"): -10290}
    assert ledger_gaps() == {}


def test_objects_of_a_payment_know_each_other(ask, pay, save, account):
    paid = _confirm(ask, pay(), save(), off_session="true")[1]
    charge = ask("GET", f"/v1/charges/{paid['latest_charge']}")[1]
    transfer = ask("GET", f"/v1/transfers/{charge['transfer']}")[1]
    fee = ask("GET", f"/v1/application_fees/{charge['application_fee']}")[1]
    scope = {"Stripe-Account": account}
    payment = ask("GET", f"/v1/charges/{transfer['destination_payment']}", scope)[1]

    assert (transfer["amount"], transfer["destination"], transfer["source_transaction"]) == (
        10290,
        account,
        charge["id"],
    )
    assert (fee["amount"], fee["charge"], fee["originating_transaction"]) == (
        2290,
        payment["id"],
        charge["id"],
    )
    assert (payment["source_transfer"], payment["application_fee"]) == (transfer["id"], fee["id"])
    assert [
        one["id"] for one in ask("GET", "/v1/charges", payment_intent=paid["id"])[1]["data"]
    ] == [charge["id"]]
    assert [one["id"] for one in ask("GET", "/v1/transfers", destination=account)[1]["data"]] == [
        transfer["id"]
    ]
    assert [one["id"] for one in ask("GET", "/v1/application_fees")[1]["data"]] == [fee["id"]]


def test_statement_of_each_account(ask, pay, save, account):
    _confirm(ask, pay(), save(), off_session="true")

    ours = ask("GET", "/v1/balance_transactions")[1]["data"]
    theirs = ask("GET", "/v1/balance_transactions", {"Stripe-Account": account})[1]["data"]

    assert {line["type"]: line["net"] for line in ours} == {
        "charge": 10290,
        "transfer": -10290,
        "application_fee": 2290,
    }
    assert [
        (line["type"], line["amount"], line["fee"], line["net"], line["status"]) for line in theirs
    ] == [("payment", 10290, 2290, 8000, "pending")]
    assert ask("GET", f"/v1/balance_transactions/{ours[0]['id']}")[1] == ours[0]
    balance = ask("GET", "/v1/balance", {"Stripe-Account": account})[1]
    assert (balance["available"][0]["amount"], balance["pending"][0]["amount"]) == (0, 8000)


def test_card_that_skips_the_waiting_is_available_at_once(ask, pay, account):
    _confirm(ask, pay(), "pm_card_bypassPending")

    balance = ask("GET", "/v1/balance", {"Stripe-Account": account})[1]

    assert (balance["available"][0]["amount"], balance["pending"][0]["amount"]) == (8000, 0)


@pytest.mark.parametrize(
    ("number", "decline_code"),
    [("4000000000000341", "generic_decline"), ("4000008260003178", "insufficient_funds")],
)
def test_decline_leaves_its_traces(ask, pay, save, events, number, decline_code):
    intent, card = pay(), save(number)

    status, answer = _confirm(ask, intent, card, off_session="true")

    error = answer["error"]
    assert (status, error["type"], error["decline_code"]) == (402, "card_error", decline_code)
    now = ask("GET", f"/v1/payment_intents/{intent['id']}")[1]
    assert error["payment_intent"] == now
    assert (now["status"], now["payment_method"], now["amount_received"]) == (
        "requires_payment_method",
        None,
        0,
    )
    assert now["last_payment_error"]["payment_method"]["id"] == card
    failed = ask("GET", f"/v1/charges/{now['latest_charge']}")[1]
    assert (failed["status"], failed["paid"], failed["failure_code"]) == (
        "failed",
        False,
        "card_declined",
    )
    assert failed["id"] == error["charge"]
    assert events()[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    assert ledger_sums() == {}


def test_decline_replays_under_its_key(ask, pay, save):
    intent, card = pay(), save("4000000000000341")
    key = {"Idempotency-Key": "k"}
    path = f"/v1/payment_intents/{intent['id']}/confirm"

    first = ask("POST", path, key, payment_method=card, off_session="true")
    second = ask("POST", path, key, payment_method=card, off_session="true")

    assert first == second
    assert first[0] == 402
    assert Thing.objects.filter(kind="charge").count() == 1


def test_card_that_asks_declines_off_session_without_a_charge(ask, pay, save, events):
    intent, card = pay(), save("4000002760003184")

    status, answer = _confirm(ask, intent, card, off_session="true")

    error = answer["error"]
    assert (status, error["code"], error["decline_code"]) == (
        402,
        "authentication_required",
        "authentication_required",
    )
    assert error["payment_intent"]["last_payment_error"]["payment_method"]["id"] == card
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert not Thing.objects.filter(kind="charge").exists()
    assert events()[-1] == "payment_intent.payment_failed"


def test_card_that_asks_waits_on_session(ask, pay, save, events):
    intent, card = pay(), save("4000002760003184")

    waiting = _confirm(ask, intent, card)[1]
    assert (waiting["status"], waiting["latest_charge"]) == ("requires_action", None)
    assert events()[-1] == "payment_intent.requires_action"
    paid = user_actions.answer_bank(intent["id"], intent["client_secret"], passed=True)

    assert (paid["status"], paid["next_action"]) == ("succeeded", None)
    assert ledger_gaps() == {}


def test_bank_refused_on_session(ask, pay, save, events):
    intent = pay()

    now = user_actions.confirm_on_session(
        intent["client_secret"], save("4000002760003184"), bank_agrees=False
    )

    assert now["status"] == "requires_payment_method"
    assert now["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert events()[-1] == "payment_intent.payment_failed"
    assert user_actions.confirm_on_session(intent["client_secret"], save())["status"] == "succeeded"


def test_bank_agrees_and_the_account_is_empty(pay, save, events):
    intent = pay()

    now = user_actions.confirm_on_session(intent["client_secret"], save("4000008260003178"))

    assert (now["status"], now["last_payment_error"]["decline_code"]) == (
        "requires_payment_method",
        "insufficient_funds",
    )
    assert events()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


@pytest.mark.parametrize(
    ("number", "works"),
    [("4000002500003155", True), ("4000003800000446", True), ("4000002760003184", False)],
)
def test_what_the_setup_spared(ask, pay, save, number, works):
    status, _ = _confirm(ask, pay(), save(number), off_session="true")

    assert (status == 200) is works


def test_card_never_set_up_is_asked_off_session(ask, pay):
    status, answer = _confirm(
        ask, pay(), "pm_card_authenticationRequiredOnSetup", off_session="true"
    )

    assert (status, answer["error"]["code"]) == (402, "authentication_required")


@pytest.mark.parametrize("verb", ["confirm", "cancel", ""])
def test_paid_payment_stays_paid(ask, pay, save, verb):
    intent, card = pay(), save()
    paid = _confirm(ask, intent, card, off_session="true")[1]

    form = {"payment_method": card} if verb == "confirm" else {}
    status, answer = ask(
        "POST", f"/v1/payment_intents/{intent['id']}{'/' if verb else ''}{verb}", **form
    )

    assert (status, answer["error"]["code"]) == (400, "payment_intent_unexpected_state")
    assert answer["error"]["payment_intent"] == paid
    assert Thing.objects.filter(kind="charge", account="").count() == 1


def test_cancelled_payment_is_over(ask, pay, save, events):
    intent = pay()

    now = ask(
        "POST", f"/v1/payment_intents/{intent['id']}/cancel", cancellation_reason="abandoned"
    )[1]

    assert (now["status"], now["cancellation_reason"]) == ("canceled", "abandoned")
    assert events()[-1] == "payment_intent.canceled"
    assert _confirm(ask, intent, save())[0] == 400


def test_unattached_card_serves_once(ask, pay):
    card = ask(
        "POST",
        "/v1/payment_methods",
        {"Authorization": "Bearer pk_test_x"},
        type="card",
        card__number="4242424242424242",
        card__exp_month="1",
        card__exp_year="2040",
    )[1]["id"]

    assert _confirm(ask, pay(), card)[0] == 200
    assert _confirm(ask, pay(), card)[0] == 400


def test_card_of_somebody_else_is_refused(ask, pay, save):
    other = ask("POST", "/v1/customers")[1]["id"]

    status, answer = _confirm(ask, pay(customer=other), save())

    assert (status, answer["error"]["param"]) == (400, "payment_method")


def test_payment_needs_a_card(ask, pay):
    status, answer = ask("POST", f"/v1/payment_intents/{pay()['id']}/confirm")

    assert (status, answer["error"]["code"]) == (400, "parameter_missing")


def test_created_with_a_card_or_confirmed_at_once(ask, pay, save):
    card = save()
    waiting = pay(payment_method=card)
    done = pay(payment_method=card, confirm="true", off_session="true")
    later = ask("POST", f"/v1/payment_intents/{waiting['id']}/confirm")[1]

    assert waiting["status"] == "requires_confirmation"
    assert done["status"] == later["status"] == "succeeded"


@pytest.mark.parametrize(
    ("amount", "fee", "ok"),
    [("10290", "10290", True), ("10290", "10291", False), ("5000", "0", True)],
)
def test_corrected_before_success(ask, pay, amount, fee, ok):
    status, now = ask(
        "POST",
        f"/v1/payment_intents/{pay()['id']}",
        amount=amount,
        application_fee_amount=fee,
        description="Wi-Fi",
        metadata__kind="job",
    )

    assert (status == 200) is ok
    if ok:
        assert (now["amount"], now["application_fee_amount"] or 0) == (int(amount), int(fee))
        assert (now["description"], now["metadata"]) == ("Wi-Fi", {"booking": "b-1", "kind": "job"})


def test_destination_must_be_able_to_receive(ask, pay, save, account):
    intent, card = pay(), save()
    user_actions.restrict(account, reason="listed")

    at_confirm = _confirm(ask, intent, card)
    at_create = ask(
        "POST",
        "/v1/payment_intents",
        amount="100",
        currency="eur",
        transfer_data__destination=account,
    )

    for status, answer in (at_confirm, at_create):
        assert (status, answer["error"]["code"]) == (400, "insufficient_capabilities_for_transfer")
    assert ledger_sums() == {}


def test_search_by_our_own_names(ask, pay):
    wanted = pay(metadata__booking="b-2", metadata__kind="job")
    pay(metadata__booking="b-2", metadata__kind="fee")
    later(minutes=2)

    def search(query):
        return ask("GET", "/v1/payment_intents/search", query=query)

    assert [
        one["id"]
        for one in search("metadata['booking']:'b-2' AND metadata['kind']:'job'")[1]["data"]
    ] == [wanted["id"]]
    assert (
        len(search("metadata['booking']:'b-2' AND status:'requires_payment_method'")[1]["data"])
        == 2
    )
    assert search("status:'succeeded'")[1] == {
        "object": "search_result",
        "data": [],
        "has_more": False,
        "url": "/v1/payment_intents/search",
        "next_page": None,
    }
    assert search("amount>100")[0] == 400


def test_without_destination_all_stays_with_the_platform(ask, pay, save):
    intent = pay(
        transfer_data__destination=None, application_fee_amount=None, metadata__booking="b-3"
    )

    paid = _confirm(ask, intent, save(), off_session="true", expand__0="latest_charge")[1]

    assert paid["latest_charge"].get("transfer") is None
    assert ledger_sums() == {("", "eur"): 10290, ("world", "eur"): -10290}


def test_destination_without_a_fee_gets_all(ask, pay, save, account):
    _confirm(ask, pay(application_fee_amount=None), save(), off_session="true")

    assert ledger_sums()[(account, "eur")] == 10290


def test_two_currencies_never_mix(ask, pay, save, account):
    card = save()
    _confirm(ask, pay(), card, off_session="true")
    _confirm(ask, pay(currency="chf"), card, off_session="true")

    sums = ledger_sums()

    assert (sums[(account, "eur")], sums[(account, "chf")]) == (8000, 8000)
    assert ledger_gaps() == {}
