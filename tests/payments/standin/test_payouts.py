"""Payouts and transfers of the stand-in: only of what is there, and back again when the bank
refuses.
"""

import pytest
import stripe

from payments.standin import user_actions
from payments.standin.accounts import CLOSED_BANK
from payments.standin.balances import WORLD
from payments.standin.client import the_standin
from payments.standin.models import Event, Thing
from payments.standin.store import ledger_gaps, ledger_sums
from tests.payments.standin.test_shapes import _fields, _literals, _needed

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


def fill(account, cents=5000):
    """Money that has arrived there."""
    standin = the_standin()
    with standin.store.transaction():
        call = standin.call()
        for one, net in ((account, cents), (WORLD, -cents)):
            call.store.post(one, "eur", net, transaction_id="", available_on=call.bank_now)


def pay(ask, account, amount=5000, **form):
    return ask(
        "POST",
        "/v1/payouts",
        {"Stripe-Account": account},
        amount=str(amount),
        currency="eur",
        **form,
    )


def shapes(kind, body):
    assert set(body) - _fields(kind) == set()
    assert _needed(kind) - set(body) == set()
    for name, hint in kind.__annotations__.items():
        allowed = _literals(hint)
        if allowed and isinstance(body.get(name), str) and "str]" not in str(hint):
            assert body[name] in allowed, name


def test_payout_takes_what_is_there_and_no_cent_more(ask, account):
    fill(account)

    status, refused = pay(ask, account, 5001)
    assert (status, refused["error"]["code"]) == (400, "balance_insufficient")
    assert pay(ask, account)[0] == 200
    assert pay(ask, account, 1)[0] == 400
    assert (ledger_sums()[account, "eur"], ledger_gaps()) == (0, {})


def test_account_that_may_not_be_paid_is_not(ask, account):
    fill(account)
    user_actions.restrict(account)

    status, refused = pay(ask, account)

    assert (status, refused["error"]["code"]) == (400, "payouts_not_allowed")
    assert not Thing.objects.filter(kind="payout").exists()


def days_later(monkeypatch):
    """Whatever day it is, and however many holidays follow."""
    now = the_standin().banks()
    monkeypatch.setattr(the_standin(), "banks", lambda: now + 10 * 86_400.0)


def test_it_arrives_on_its_day_and_says_so(ask, account, monkeypatch):
    fill(account)
    payout = pay(ask, account, metadata__payout="x")[1]
    assert (payout["status"], user_actions.let_payouts_arrive()) == ("in_transit", 0)

    days_later(monkeypatch)
    user_actions.let_payouts_arrive()

    now = ask("GET", f"/v1/payouts/{payout['id']}", {"Stripe-Account": account})[1]
    assert (now["status"], now["metadata"]) == ("paid", {"payout": "x"})
    assert Event.objects.filter(account=account, type="payout.paid").count() == 1
    assert user_actions.let_payouts_arrive() == 0


def test_closed_bank_account_sends_it_back_and_is_switched_off(ask, account, monkeypatch):
    user_actions.onboard(account, bank=CLOSED_BANK)
    fill(account)
    payout = pay(ask, account)[1]
    days_later(monkeypatch)

    user_actions.let_payouts_arrive()

    now = ask("GET", f"/v1/payouts/{payout['id']}", {"Stripe-Account": account})[1]
    assert (now["status"], now["failure_code"]) == ("failed", "account_closed")
    assert (ledger_sums()[account, "eur"], ledger_gaps()) == (5000, {})
    assert not ask("GET", f"/v1/accounts/{account}")[1]["payouts_enabled"]


def test_transfer_moves_what_the_platform_has(ask, account):
    form = {"currency": "eur", "destination": account, "metadata__booking": "b"}
    assert (
        ask("POST", "/v1/transfers", amount="100", **form)[1]["error"]["code"]
        == "balance_insufficient"
    )
    fill("")

    moved = ask("POST", "/v1/transfers", amount="100", **form)[1]

    assert (moved["amount"], moved["metadata"], moved["source_transaction"]) == (
        100,
        {"booking": "b"},
        None,
    )
    assert (ledger_sums()[account, "eur"], ledger_sums()["", "eur"], ledger_gaps()) == (
        100,
        4900,
        {},
    )
    shapes(stripe.Transfer, moved)


def test_answers_have_the_fields_the_sdk_knows(ask, account):
    fill(account)

    shapes(stripe.Payout, pay(ask, account)[1])
    shapes(
        stripe.BankAccount, ask("GET", f"/v1/accounts/{account}")[1]["external_accounts"]["data"][0]
    )
    capability = Event.objects.get(account=account, type="capability.updated").body["data"][
        "object"
    ]
    shapes(stripe.Capability, capability)


def test_account_that_was_left_answers_nothing(ask, account):
    fill(account)
    user_actions.leave(account)

    for status, answer in (ask("GET", f"/v1/accounts/{account}"), pay(ask, account)):
        assert (status, answer["error"]["code"]) == (403, "account_invalid")
    assert not Thing.objects.filter(kind="payout").exists()
