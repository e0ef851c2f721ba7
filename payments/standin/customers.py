"""Customers and their cards."""

from typing import Any

from stripe import params as stripe_params

from payments.standin.cards import BY_NAME, BY_NUMBER, Decline, TestCard, passes_luhn
from payments.standin.problems import Declined, Problem
from payments.standin.routing import Call, listing, merged, new_id, overwrite, route

EXPIRY_YEARS_AHEAD = 5
USED = (
    "The provided PaymentMethod was previously used without being attached to a Customer, or was "
    "detached from one. "
    "It may not be used again."
)


@route("POST", "/v1/customers", stripe_params.CustomerCreateParams)
def create_customer(call: Call) -> dict[str, Any]:
    given = call.params
    body = {
        "id": new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": call.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": given.get("description"),
        "email": given.get("email"),
        "invoice_settings": dict.fromkeys(
            ("custom_fields", "default_payment_method", "footer", "rendering_options")
        ),
        "livemode": False,
        "metadata": merged({}, given.get("metadata")),
        "name": given.get("name"),
        "phone": given.get("phone"),
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    call.add(body)
    call.emit("customer.created", body)
    return body


@route("GET", "/v1/customers/{id}", stripe_params.CustomerRetrieveParams)
def retrieve_customer(call: Call) -> dict[str, Any]:
    return call.find("customer", call.id).body


@route("POST", "/v1/customers/{id}", stripe_params.CustomerUpdateParams)
def update_customer(call: Call) -> dict[str, Any]:
    customer = call.find("customer", call.id, lock=True)
    overwrite(call, customer.body, "description", "email", "name", "phone")
    call.store.save(customer)
    call.emit("customer.updated", customer.body)
    return customer.body


@route("POST", "/v1/payment_methods", stripe_params.PaymentMethodCreateParams, public=True)
def create_card(call: Call) -> dict[str, Any]:
    """Typed in the card frame. Card numbers come from browsers only, never from a server."""
    card = call.params.get("card") or {}
    if not call.publishable:
        raise Problem(
            "Sending credit card numbers directly to the Stripe API is generally unsafe.",
            param="card[number]",
        )
    number = str(card.get("number", "")).replace(" ", "")
    if not (number.isdigit() and passes_luhn(number)):
        raise _typo("incorrect_number", "Your card number is incorrect.", "number")
    test_card = BY_NUMBER.get(number)
    if test_card is None:
        raise _typo(
            "card_declined",
            "Only test cards are taken here.",
            "number",
            decline_code="test_mode_live_card",
        )
    return new_card(
        call, test_card, month=card.get("exp_month", 0), year=card.get("exp_year", 0)
    ).body


def new_card(call: Call, card: TestCard, *, month: int = 12, year: int = 0) -> Any:
    """An unattached card. Raises a decline for an expiry that is over."""
    this_year = 1970 + call.now // 31_556_952
    year = year or this_year + EXPIRY_YEARS_AHEAD
    if not 1 <= month <= 12:
        raise _typo("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    if not this_year <= year <= this_year + 50:
        raise _typo("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
    body = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": None,
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "card": {
            "brand": card.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "pass",
            },
            "country": "FR",
            "display_brand": card.brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": f"fp{card.number[-8:]}",
            "funding": "credit",
            "generated_from": None,
            "last4": card.number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": call.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
    return call.add(body, number=card.number, set_up=False, used=False)


def card_of(method: Any) -> TestCard:
    return BY_NUMBER[method.inner["number"]]


def named_or_known(call: Call, name: str) -> Any:
    """A card by its id, or a fresh one by one of the CLI's names (pm_card_visa ...)."""
    if name in BY_NAME:
        return new_card(call, BY_NAME[name])
    method = call.find("payment_method", name, param="payment_method", lock=True)
    if method.inner["used"]:
        raise Problem(USED, param="payment_method")
    return method


def take_method(call: Call, intent: Any) -> None:
    """A new payment or setup whose card is named at once waits to be confirmed with it."""
    if name := call.params.get("payment_method"):
        intent.body.update(
            payment_method=named_or_known(call, name).body["id"], status="requires_confirmation"
        )
        call.store.save(intent)


def attach(call: Call, method: Any, customer: str) -> None:
    """To the customer, with its event; a card already theirs changes nothing."""
    if method.body["customer"] == customer:
        return
    method.body["customer"] = customer
    call.store.save(method)
    call.emit("payment_method.attached", method.body)


@route("GET", "/v1/payment_methods", stripe_params.PaymentMethodListParams)
def list_methods(call: Call) -> dict[str, Any]:
    if "customer" in call.params:
        call.find("customer", call.params["customer"], param="customer")
    return listing(
        call, "payment_method", customer=call.params.get("customer"), type=call.params.get("type")
    )


@route("GET", "/v1/customers/{id}/payment_methods", stripe_params.CustomerPaymentMethodListParams)
def list_cards(call: Call) -> dict[str, Any]:
    call.find("customer", call.id)
    return listing(call, "payment_method", customer=call.id, type=call.params.get("type"))


@route("GET", "/v1/payment_methods/{id}", stripe_params.PaymentMethodRetrieveParams)
def retrieve_method(call: Call) -> dict[str, Any]:
    return call.find("payment_method", call.id).body


@route("POST", "/v1/payment_methods/{id}/attach", stripe_params.PaymentMethodAttachParams)
def attach_method(call: Call) -> dict[str, Any]:
    customer = call.find("customer", call.params.get("customer", ""), param="customer").body["id"]
    method = named_or_known(call, call.id)
    refused = card_of(method).refused
    if refused:
        raise Declined(refused.error)
    if method.body["customer"] not in (None, customer):
        raise Problem(
            "The payment method you provided has already been attached to a customer.",
            param="payment_method",
        )
    attach(call, method, customer)
    return method.body


@route("POST", "/v1/payment_methods/{id}/detach", stripe_params.PaymentMethodDetachParams)
def detach_method(call: Call) -> dict[str, Any]:
    method = call.find("payment_method", call.id, lock=True)
    if method.body["customer"] is None:
        raise Problem("The payment method you provided is not attached to a customer.")
    method.body["customer"] = None
    method.inner["used"] = True  # for good: it cannot be charged again
    call.store.save(method)
    call.emit("payment_method.detached", method.body)
    return method.body


def renewed(call: Call, method_id: str, *, month: int, year: int) -> None:
    """The same card with another end, as the network tells it."""
    method = call.find("payment_method", method_id, lock=True)
    method.body["card"].update(exp_month=month, exp_year=year)
    call.store.save(method)
    call.emit("payment_method.automatically_updated", method.body)


def _typo(code: str, message: str, field: str, *, decline_code: str = "") -> Declined:
    return Declined(Decline(code, decline_code, "", message).error, param=f"card[{field}]")
