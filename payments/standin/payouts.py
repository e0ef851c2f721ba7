"""Money that leaves: payouts to a bank, and transfers from the platform to a partner."""

from typing import Any

from stripe import params as stripe_params

from payments.standin.accounts import CLOSED_BANK, bank_refused
from payments.standin.balances import WORLD, book, transfer_body
from payments.standin.problems import Problem
from payments.standin.routing import Call, listing, merged, new_id, route

DAYS_TO_ARRIVE = 1
MOVING = "in_transit"


@route("POST", "/v1/payouts", stripe_params.PayoutCreateParams)
def create(call: Call) -> dict[str, Any]:
    given, account = call.params, call.find("account", call.account, account="", lock=True)
    currency = given["currency"].lower()
    if not account.body["payouts_enabled"]:
        raise Problem("Payouts are not enabled on this account.", code="payouts_not_allowed")
    _must_hold(call, call.account, given["amount"], currency)
    body = {
        "id": new_id("po"),
        "object": "payout",
        "amount": given["amount"],
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": call.bank_now + DAYS_TO_ARRIVE * 86_400,
        "automatic": False,
        "balance_transaction": None,
        "created": call.now,
        "currency": currency,
        "description": given.get("description"),
        "destination": account.body["external_accounts"]["data"][0]["id"],
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": merged({}, given.get("metadata")),
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": given.get("statement_descriptor"),
        "status": MOVING,
        "trace_id": None,
        "type": "bank_account",
    }
    body["balance_transaction"] = _leave(call, body, -given["amount"], "payout")
    call.add(body, bank=account.body["external_accounts"]["data"][0]["last4"])
    call.emit("payout.created", body)
    return body


@route("GET", "/v1/payouts", stripe_params.PayoutListParams)
def page(call: Call) -> dict[str, Any]:
    return listing(call, "payout", status=call.params.get("status"))


@route("GET", "/v1/payouts/{id}", stripe_params.PayoutRetrieveParams)
def retrieve(call: Call) -> dict[str, Any]:
    body: dict[str, Any] = call.find("payout", call.id).body
    return body


def arrive(call: Call, payout_id: str) -> None:
    """Its day has come: the bank takes it, or sends it back, and then the money stands in the
    balance again.
    """
    payout = call.find("payout", payout_id, lock=True)
    body = payout.body
    if body["status"] != MOVING or body["arrival_date"] > call.bank_now:
        return
    if payout.inner["bank"] == CLOSED_BANK:
        message = "The bank account has been closed."
        body.update(status="failed", failure_code="account_closed", failure_message=message)
        body["failure_balance_transaction"] = _leave(call, body, body["amount"], "payout_failure")
        bank_refused(call, call.find("account", call.account, account="", lock=True))
    else:
        body.update(status="paid")
    call.store.save(payout)
    call.emit(f"payout.{body['status']}", body)


def _leave(call: Call, body: dict[str, Any], amount: int, type: str) -> str:
    call.store.post(WORLD, body["currency"], -amount, transaction_id="", available_on=call.bank_now)
    return book(call, call.account, body["currency"], amount, type, body["id"], call.bank_now)


@route("POST", "/v1/transfers", stripe_params.TransferCreateParams)
def transfer(call: Call) -> dict[str, Any]:
    """From the platform's balance, at once there."""
    given = {**call.params, "currency": call.params["currency"].lower()}
    destination, amount = given["destination"], given.get("amount") or 0
    call.find("account", destination, param="destination", account="")
    _must_hold(call, "", amount, given["currency"])
    payment_id = new_id("py")
    body = transfer_body(call, given, destination, payment_id, source=None)
    at = call.bank_now
    body["balance_transaction"] = book(
        call, "", given["currency"], -amount, "transfer", body["id"], at
    )
    book(call, destination, given["currency"], amount, "payment", payment_id, at)
    call.add(body)
    call.emit("transfer.created", body)
    return body


def _must_hold(call: Call, account: str, amount: int, currency: str) -> None:
    ready, _waiting = call.store.balance(account, call.bank_now).get(currency, (0, 0))
    if amount > ready:
        raise Problem(
            "You have insufficient funds in your Stripe account for this transfer.",
            code="balance_insufficient",
        )
