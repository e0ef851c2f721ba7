"""Charges, transfers, application fees, and the ledger behind every balance."""

from typing import Any

from stripe import params as stripe_params

from payments.standin.cards import Decline
from payments.standin.routing import Call, listing, new_id, route

# Of the card in a charge: what is told, and what this bank says nothing of.
TOLD = (
    "brand",
    "checks",
    "country",
    "exp_month",
    "exp_year",
    "funding",
    "last4",
    "regulated_status",
    "wallet",
)
UNTOLD = (
    "amount_authorized",
    "authorization_code",
    "electronic_commerce_indicator",
    "installments",
    "mandate",
    "network",
    "network_transaction_id",
    "three_d_secure",
    "transaction_link_id",
)
WORLD = "world"  # everybody outside: cards and banks
CATEGORIES = {
    "adjustment": "other_adjustment",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "payment": "charge",
    "payment_refund": "refund",
    "payout_failure": "payout_reversal",
    "transfer_refund": "transfer_reversal",
}


def note_failed_charge(
    call: Call, intent_body: dict[str, Any], method: Any, decline: Decline
) -> None:
    """A charge that the bank refused: it is there to be seen, and moves nothing."""
    charge = charge_body(call, intent_body, method.body, status="failed", decline=decline)
    call.add(charge)
    intent_body["latest_charge"] = charge["id"]
    call.emit("charge.failed", charge)


def charge_body(
    call: Call,
    intent: dict[str, Any],
    method: dict[str, Any],
    *,
    status: str,
    decline: Decline | None = None,
) -> dict[str, Any]:
    paid = status == "succeeded"
    card = method["card"]
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "MILA",
        "captured": paid,
        "created": call.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": intent["on_behalf_of"],
        "outcome": {
            "advice_code": (decline.advice_code or None) if decline else None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network" if paid else "declined_by_network",
            "reason": decline.decline_code if decline else None,
            "risk_level": "normal",
            "seller_message": "Payment complete." if paid else "The bank refused.",
            "type": "authorized" if paid else "issuer_declined",
        },
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {
            "card": {**dict.fromkeys(UNTOLD), **{name: card[name] for name in TOLD}},
            "type": "card",
        },
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": status,
        "transfer_data": {"amount": None, **intent["transfer_data"]}
        if intent["transfer_data"]
        else None,
        "transfer_group": intent["transfer_group"],
    }


def transfer_body(
    call: Call, given: dict[str, Any], destination: str, payment_id: str, *, source: str | None
) -> dict[str, Any]:
    """`given`: the charge it comes from, or what was asked for."""
    return {
        "id": new_id("tr"),
        "object": "transfer",
        "amount": given["amount"],
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": call.now,
        "currency": given["currency"],
        "description": given.get("description") if source is None else None,
        "destination": destination,
        "destination_payment": payment_id,
        "livemode": False,
        "metadata": given.get("metadata", {}) if source is None else {},
        "reversals": {"object": "list", "data": [], "has_more": False, "url": ""},
        "reversed": False,
        "source_transaction": source,
        "source_type": "card",
        "transfer_group": given.get("transfer_group"),
    }


def book(
    call: Call,
    account: str,
    currency: str,
    amount: int,
    type: str,
    source: str,
    at: int,
    *,
    fee: int = 0,
    stripes: bool = False,
) -> str:
    """One line on an account's statement, and the same money in the ledger.

    `stripes`: the fee is Stripe's own.
    """
    transaction = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": at,
        "balance_type": "payments",
        "created": call.now,
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [
            {
                "amount": fee,
                "application": None if stripes else "ca_standin",
                "currency": currency,
                "description": "Dispute fee" if stripes else None,
                "type": "stripe_fee" if stripes else "application_fee",
            }
        ]
        if fee
        else [],
        "net": amount - fee,
        "reporting_category": CATEGORIES.get(type, type),
        "source": source,
        "status": "available" if at <= call.bank_now else "pending",
        "type": type,
    }
    call.add(transaction, account=account)
    call.store.post(
        account, currency, amount - fee, transaction_id=transaction["id"], available_on=at
    )
    return str(transaction["id"])


@route("GET", "/v1/balance", stripe_params.BalanceRetrieveParams)
def balance(call: Call) -> dict[str, Any]:
    sums = call.store.balance(call.account, call.bank_now)
    return {
        "object": "balance",
        "available": [_amount(ready, currency) for currency, (ready, _) in sums.items()],
        "livemode": False,
        "pending": [_amount(waiting, currency) for currency, (_, waiting) in sums.items()],
    }


def _amount(cents: int, currency: str) -> dict[str, Any]:
    return {"amount": cents, "currency": currency, "source_types": {"card": cents}}


@route("GET", "/v1/balance_transactions", stripe_params.BalanceTransactionListParams)
def transactions(call: Call) -> dict[str, Any]:
    wanted = {name: call.params.get(name) for name in ("currency", "source", "type")}
    found = listing(call, "balance_transaction", **wanted)
    return {**found, "data": [_by_now(call, line) for line in found["data"]]}


@route("GET", "/v1/balance_transactions/{id}", stripe_params.BalanceTransactionRetrieveParams)
def transaction(call: Call) -> dict[str, Any]:
    return _by_now(call, call.find("balance_transaction", call.id).body)


def _by_now(call: Call, line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "status": "available" if line["available_on"] <= call.bank_now else "pending"}


@route("GET", "/v1/charges", stripe_params.ChargeListParams)
def charges(call: Call) -> dict[str, Any]:
    wanted = {
        name: call.params.get(name) for name in ("customer", "payment_intent", "transfer_group")
    }
    return listing(call, "charge", **wanted)


@route("GET", "/v1/charges/{id}", stripe_params.ChargeRetrieveParams)
def charge(call: Call) -> dict[str, Any]:
    return call.find("charge", call.id).body


@route("GET", "/v1/transfers", stripe_params.TransferListParams)
def transfers(call: Call) -> dict[str, Any]:
    wanted = {name: call.params.get(name) for name in ("destination", "transfer_group")}
    return listing(call, "transfer", **wanted)


@route("GET", "/v1/transfers/{id}", stripe_params.TransferRetrieveParams)
def transfer(call: Call) -> dict[str, Any]:
    return call.find("transfer", call.id).body


@route("GET", "/v1/application_fees", stripe_params.ApplicationFeeListParams)
def fees(call: Call) -> dict[str, Any]:
    wanted = {"originating_transaction": call.params.get("charge")}
    return listing(call, "application_fee", **wanted)


@route("GET", "/v1/application_fees/{id}", stripe_params.ApplicationFeeRetrieveParams)
def fee(call: Call) -> dict[str, Any]:
    return call.find("application_fee", call.id).body
