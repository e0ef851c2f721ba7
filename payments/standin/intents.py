"""PaymentIntents: one charge each, declines that leave their traces, and the question from the
bank.
"""

import re
from typing import Any

from stripe import params as stripe_params

from payments.standin import disputes
from payments.standin.balances import note_failed_charge
from payments.standin.captures import collect
from payments.standin.cards import NOT_AUTHENTICATED, Decline
from payments.standin.customers import card_of, named_or_known, take_method
from payments.standin.problems import Declined, Problem, unexpected
from payments.standin.routing import Call, listing, merged, new_id, overwrite, route
from payments.standin.setups import next_action

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
SMALLEST = 50
SEARCH_LAG = 60  # seconds until an intent is found by its words
NOT_CONFIRMED = Decline(
    "payment_intent_authentication_failure",
    "",
    "",
    "We are unable to authenticate your payment method. Please choose a different payment method "
    "and try again.",
)
CLAUSE = re.compile(
    r"""metadata\[['"](\w+)['"]\]:['"]([^'"]*)['"]|(status|currency|customer):['"]([^'"]*)['"]"""
)


@route("POST", "/v1/payment_intents", stripe_params.PaymentIntentCreateParams)
def create(call: Call) -> dict[str, Any]:
    given = call.params
    if given.get("customer"):
        call.find("customer", given["customer"], param="customer")
    _check_amounts(given["amount"], given.get("application_fee_amount"), given.get("transfer_data"))
    _check_destination(call, (given.get("transfer_data") or {}).get("destination"))
    intent_id = new_id("pi")
    body = {
        "id": intent_id,
        "object": "payment_intent",
        "allowed_payment_method_types": given.get("allowed_payment_method_types"),
        "amount": given["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": given.get("application_fee_amount"),
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": given.get("capture_method", "automatic_async"),
        "client_secret": f"{intent_id}_secret_{new_id('s')[2:]}",
        "confirmation_method": given.get("confirmation_method", "automatic"),
        "created": call.now,
        "currency": given["currency"].lower(),
        "customer": given.get("customer"),
        "customer_account": None,
        "description": given.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": merged({}, given.get("metadata")),
        "next_action": None,
        "on_behalf_of": given.get("on_behalf_of"),
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "payment_record": None,
        "processing": None,
        "receipt_email": given.get("receipt_email"),
        "review": None,
        "setup_future_usage": given.get("setup_future_usage"),
        "shipping": None,
        "source": None,
        "statement_descriptor": given.get("statement_descriptor"),
        "statement_descriptor_suffix": given.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": given.get("transfer_data"),
        "transfer_group": given.get("transfer_group"),
    }
    intent = call.add(body, found_from=call.bank_now + SEARCH_LAG)
    call.emit("payment_intent.created", body)
    take_method(call, intent)
    return _confirm(call, intent) if given.get("confirm") else body


@route("GET", "/v1/payment_intents/search", stripe_params.PaymentIntentSearchParams)
def search(call: Call) -> dict[str, Any]:
    """Clauses joined by AND, over metadata and a few fields. What is younger than its lag is not
    found.
    """
    match: dict[str, Any] = {}
    for clause in call.params["query"].split(" AND "):
        found = CLAUSE.fullmatch(clause.strip())
        if not found:
            raise Problem(f"Your search query did not parse: {clause}", param="query")
        name, value, column, wanted = found.groups()
        if name:
            match.setdefault("metadata", {})[name] = value
        else:
            match[column] = wanted
    page = listing(call, "payment_intent", **match)
    indexed = [body for body in page["data"] if _is_indexed(call, body["id"])]
    return {**page, "data": indexed, "object": "search_result", "next_page": None}


def _is_indexed(call: Call, intent_id: str) -> bool:
    return bool(call.find("payment_intent", intent_id).inner["found_from"] <= call.bank_now)


@route("GET", "/v1/payment_intents", stripe_params.PaymentIntentListParams)
def page(call: Call) -> dict[str, Any]:
    return listing(call, "payment_intent", customer=call.params.get("customer"))


@route("GET", "/v1/payment_intents/{id}", stripe_params.PaymentIntentRetrieveParams, public=True)
def retrieve(call: Call) -> dict[str, Any]:
    return call.opened("payment_intent").body


@route("POST", "/v1/payment_intents/{id}", stripe_params.PaymentIntentUpdateParams)
def update(call: Call) -> dict[str, Any]:
    intent = call.find("payment_intent", call.id, lock=True)
    body, given = intent.body, call.params
    if body["status"] not in OPEN:
        raise unexpected("payment_intent", body, "update")
    amount = given.get("amount", body["amount"])
    fee = given.get("application_fee_amount", body["application_fee_amount"])
    _check_amounts(amount, fee or None, body["transfer_data"])
    body.update(amount=amount, application_fee_amount=fee or None)
    overwrite(
        call, body, "description", "receipt_email", "statement_descriptor_suffix", "transfer_group"
    )
    call.store.save(intent)
    return body


@route(
    "POST",
    "/v1/payment_intents/{id}/confirm",
    stripe_params.PaymentIntentConfirmParams,
    public=True,
)
def confirm(call: Call) -> dict[str, Any]:
    return _confirm(call, call.opened("payment_intent", lock=True))


@route("POST", "/v1/payment_intents/{id}/cancel", stripe_params.PaymentIntentCancelParams)
def cancel(call: Call) -> dict[str, Any]:
    intent = call.find("payment_intent", call.id, lock=True)
    if intent.body["status"] not in OPEN:
        raise unexpected("payment_intent", intent.body, "cancel")
    reason = call.params.get("cancellation_reason")
    intent.body.update(
        status="canceled", canceled_at=call.now, cancellation_reason=reason, next_action=None
    )
    call.store.save(intent)
    call.emit("payment_intent.canceled", intent.body)
    return intent.body


def authenticated(call: Call, intent: Any, *, passed: bool) -> dict[str, Any]:
    """The customer has come back from the bank."""
    method = named_or_known(call, intent.body["payment_method"])
    if not passed:
        _fail(call, intent, method, NOT_CONFIRMED)
        return intent.body
    declined = card_of(method).declined
    if declined:
        note_failed_charge(call, intent.body, method, declined)
        _fail(call, intent, method, declined)
        return intent.body
    return _succeed(call, intent, method)


def _confirm(call: Call, intent: Any) -> dict[str, Any]:
    body = intent.body
    if body["status"] not in OPEN:
        raise unexpected("payment_intent", body, "confirm")
    name = call.params.get("payment_method") or body["payment_method"]
    if not name:
        raise Problem(
            "A payment method is missing.", code="parameter_missing", param="payment_method"
        )
    method = named_or_known(call, name)
    if method.body["customer"] not in (None, body["customer"]):
        raise Problem("The payment method does not belong to the customer.", param="payment_method")
    _check_destination(call, (body["transfer_data"] or {}).get("destination"))
    body["payment_method"] = method.body["id"]
    card = card_of(method)
    off_session = bool(call.params.get("off_session"))
    asks = card.asks == "always" or (
        card.asks == "once" and not (off_session and method.inner["set_up"])
    )
    if asks and off_session:
        # No charge is made: the bank was never reached.
        raise Declined(_fail(call, intent, method, NOT_AUTHENTICATED))
    if asks:
        body.update(
            status="requires_action", last_payment_error=None, next_action=next_action(call, body)
        )
        call.store.save(intent)
        call.emit("payment_intent.requires_action", body)
        return body
    refused = card.refused or card.declined
    if refused:
        note_failed_charge(call, body, method, refused)
        raise Declined(_fail(call, intent, method, refused))
    return _succeed(call, intent, method)


def _succeed(call: Call, intent: Any, method: Any) -> dict[str, Any]:
    body = intent.body
    if method.body["customer"] is None:
        method.inner["used"] = True  # an unattached card serves once
        call.store.save(method)
    body.update(
        status="succeeded",
        amount_received=body["amount"],
        last_payment_error=None,
        next_action=None,
    )
    collect(
        call,
        intent,
        method,
        inside=lambda call, charge: disputes.inside(call, charge, method.inner["number"]),
    )
    return body


def _fail(call: Call, intent: Any, method: Any, decline: Decline) -> dict[str, Any]:
    error = {**decline.error, "payment_method": method.body}
    if intent.body["latest_charge"]:
        error["charge"] = intent.body["latest_charge"]
    intent.body.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        last_payment_error={**error, "type": "card_error"},
    )
    call.store.save(intent)
    call.emit("payment_intent.payment_failed", intent.body)
    return {**error, "payment_intent": intent.body}


def _check_amounts(amount: int, fee: int | None, transfer_data: dict[str, Any] | None) -> None:
    if amount < SMALLEST:
        raise Problem(
            "Amount must convert to at least 50 cents.", code="amount_too_small", param="amount"
        )
    if fee is None:
        return
    if not transfer_data:
        raise Problem(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a "
            "direct payment or "
            "destination payment.",
            param="application_fee_amount",
        )
    if not 0 < fee <= amount:
        raise Problem(
            "The application fee must be between 1 and the amount.", param="application_fee_amount"
        )


def _check_destination(call: Call, destination: str | None) -> None:
    if destination is None:
        return
    account = call.find("account", destination, param="transfer_data[destination]", account="")
    if account.body["capabilities"].get("transfers") != "active":
        raise Problem(
            "Your destination account needs to have at least one of the following capabilities "
            "enabled: transfers.",
            code="insufficient_capabilities_for_transfer",
            param="transfer_data[destination]",
        )
