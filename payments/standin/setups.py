"""SetupIntents: saving a card at booking, with strong authentication, for a charge without the
customer.
"""

from typing import Any

from stripe import params as stripe_params

from payments.standin.cards import Decline
from payments.standin.customers import attach, card_of, named_or_known, take_method
from payments.standin.problems import Declined, Problem, unexpected
from payments.standin.routing import Call, listing, merged, new_id, route

FAILED = Decline(
    "setup_intent_authentication_failure",
    "",
    "",
    "We are unable to authenticate your payment method. Please choose a different payment method "
    "and try again.",
)


@route("POST", "/v1/setup_intents", stripe_params.SetupIntentCreateParams)
def create(call: Call) -> dict[str, Any]:
    given = call.params
    if given.get("customer"):
        call.find("customer", given["customer"], param="customer")
    setup_id = new_id("seti")
    body = {
        "id": setup_id,
        "object": "setup_intent",
        "allowed_payment_method_types": given.get("allowed_payment_method_types"),
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{setup_id}_secret_{new_id('s')[2:]}",
        "created": call.now,
        "customer": given.get("customer"),
        "description": given.get("description"),
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": merged({}, given.get("metadata")),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
            | (given.get("payment_method_options") or {}).get("card", {})
        },
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": given.get("usage", "off_session"),
    }
    setup = call.add(body)
    call.emit("setup_intent.created", body)
    take_method(call, setup)
    return _confirm(call, setup) if given.get("confirm") else body


@route("GET", "/v1/setup_intents", stripe_params.SetupIntentListParams)
def page(call: Call) -> dict[str, Any]:
    return listing(call, "setup_intent", customer=call.params.get("customer"))


@route("GET", "/v1/setup_intents/{id}", stripe_params.SetupIntentRetrieveParams, public=True)
def retrieve(call: Call) -> dict[str, Any]:
    return call.opened("setup_intent").body


@route(
    "POST", "/v1/setup_intents/{id}/confirm", stripe_params.SetupIntentConfirmParams, public=True
)
def confirm(call: Call) -> dict[str, Any]:
    return _confirm(call, call.opened("setup_intent", lock=True))


@route("POST", "/v1/setup_intents/{id}/cancel", stripe_params.SetupIntentCancelParams)
def cancel(call: Call) -> dict[str, Any]:
    setup = call.find("setup_intent", call.id, lock=True)
    if setup.body["status"] in ("succeeded", "canceled"):
        raise unexpected("setup_intent", setup.body, "cancel")
    setup.body.update(
        status="canceled",
        next_action=None,
        cancellation_reason=call.params.get("cancellation_reason"),
    )
    call.store.save(setup)
    call.emit("setup_intent.canceled", setup.body)
    return setup.body


def _confirm(call: Call, setup: Any) -> dict[str, Any]:
    body = setup.body
    if body["status"] in ("succeeded", "canceled"):
        raise unexpected("setup_intent", body, "confirm")
    name = call.params.get("payment_method") or body["payment_method"]
    if not name:
        raise Problem(
            "A payment method is missing.", code="parameter_missing", param="payment_method"
        )
    method = named_or_known(call, name)
    if method.body["customer"] not in (None, body["customer"]):
        raise Problem("The payment method belongs to another customer.", param="payment_method")
    body["payment_method"] = method.body["id"]
    card = card_of(method)
    if card.refused:
        raise Declined(*_fail(call, setup, method, card.refused))
    if card.asks != "never":
        body.update(
            status="requires_action", last_setup_error=None, next_action=next_action(call, body)
        )
        call.store.save(setup)
        call.emit("setup_intent.requires_action", body)
        return body
    return _succeed(call, setup, method)


def authenticated(call: Call, setup: Any, *, passed: bool) -> dict[str, Any]:
    """The customer has come back from the bank."""
    method = call.find("payment_method", setup.body["payment_method"], lock=True)
    if passed:
        return _succeed(call, setup, method)
    _fail(call, setup, method, FAILED)
    return setup.body


def _succeed(call: Call, setup: Any, method: Any) -> dict[str, Any]:
    method.inner["set_up"] = True
    call.store.save(method)
    if setup.body["customer"]:
        attach(call, method, setup.body["customer"])
    setup.body.update(status="succeeded", next_action=None, last_setup_error=None)
    call.store.save(setup)
    call.emit("setup_intent.succeeded", setup.body)
    return setup.body


def _fail(call: Call, setup: Any, method: Any, decline: Decline) -> tuple[dict[str, Any]]:
    error = {**decline.error, "payment_method": method.body}
    setup.body.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        last_setup_error={**error, "type": "card_error"},
    )
    call.store.save(setup)
    call.emit("setup_intent.setup_failed", setup.body)
    return ({**error, "setup_intent": setup.body},)


def next_action(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Where the bank asks: a page of ours, opened by the script, or by a redirect when there is a
    way back.
    """
    url = f"{call.site}/_stripe/3ds/{body['id']}/?client_secret={body['client_secret']}"
    if call.params.get("return_url") and not call.params.get("use_stripe_sdk"):
        return {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": call.params["return_url"], "url": url},
        }
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url},
    }
