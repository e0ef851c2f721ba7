"""Payments: one PaymentIntent per charge, made first and confirmed apart, so that it can succeed
once only.

A lost key, two workers or a webhook race cannot charge twice: a second confirm finds the paid
intent and answers it. Never called inside an open transaction.
"""

from collections.abc import Callable
from typing import Any

import stripe
from stripe.params import (
    PaymentIntentCancelParams,
    PaymentIntentConfirmParams,
    PaymentIntentCreateParams,
    PaymentIntentRetrieveParams,
    PaymentIntentSearchParams,
)

from payments.gateway.client import our_errors, stripe_client, with_key
from payments.gateway.errors import GatewayRefused
from payments.gateway.params import checked
from payments.gateway.shapes import PaymentFailure, PaymentIntent, PaymentPlan

CHARGE = ["latest_charge"]  # expanded, because the transfer's id is on the charge


def create_payment_intent(plan: PaymentPlan, *, key: str) -> PaymentIntent:
    """Opens the payment without charging. Store the id before `confirm_payment_intent`."""
    params: dict[str, Any] = {
        "amount": plan.amount_cents,
        "currency": plan.currency.lower(),
        "customer": plan.customer,
        "allowed_payment_method_types": ["card"],
        "metadata": {"booking": str(plan.booking_uuid), "kind": plan.kind},
        "transfer_group": f"booking-{plan.booking_uuid}",
        "expand": CHARGE,
    }
    if plan.destination:
        params["transfer_data"] = {"destination": plan.destination}
    if plan.fee_cents:
        # Without a destination nothing is split: Stripe would refuse this too, later and less
        # clearly.
        if not plan.destination:
            raise GatewayRefused(
                "A fee needs a destination.", code="refused_here", param="application_fee_amount"
            )
        params["application_fee_amount"] = plan.fee_cents
    if plan.description:
        params["description"] = plan.description
    if plan.statement_suffix:
        params["statement_descriptor_suffix"] = plan.statement_suffix
    sent = checked(PaymentIntentCreateParams, params)
    with our_errors():
        return _intent(stripe_client().v1.payment_intents.create(sent, with_key(key)))


def confirm_payment_intent(intent_id: str, *, payment_method: str, key: str) -> PaymentIntent:
    """Charges the saved card without the customer.

    An intent already past confirming is answered as it stands: look at `status`. Raises
    CardDeclined, AuthenticationRequired, OutcomeUnknown (repeat with the same key) or
    GatewayRefused.
    """
    params = checked(
        PaymentIntentConfirmParams,
        {"payment_method": payment_method, "off_session": True, "expand": CHARGE},
    )
    return _or_current(
        intent_id,
        lambda: stripe_client().v1.payment_intents.confirm(intent_id, params, with_key(key)),
    )


def cancel_payment_intent(intent_id: str, *, key: str) -> PaymentIntent:
    """Nobody can pay it any more. One that was paid or cancelled before is answered as it stands:
    look at `status`. Raises OutcomeUnknown (repeat with the same key) or GatewayRefused.
    """
    params = checked(PaymentIntentCancelParams, {"expand": CHARGE})
    return _or_current(
        intent_id,
        lambda: stripe_client().v1.payment_intents.cancel(intent_id, params, with_key(key)),
    )


def retrieve_payment_intent(intent_id: str) -> PaymentIntent:
    """As it is now."""
    params = checked(PaymentIntentRetrieveParams, {"expand": CHARGE})
    with our_errors():
        return _intent(stripe_client().v1.payment_intents.retrieve(intent_id, params))


def find_payment_intent(booking_uuid: str, kind: str) -> PaymentIntent | None:
    """By our own names, for a call whose key Stripe may have forgotten (fault M6); the paid one
    first, then the newest.

    Stripe's search lags by up to a minute: None is an answer only for a call older than that.
    """
    query = f"metadata['booking']:'{booking_uuid}' AND metadata['kind']:'{kind}'"
    params = checked(
        PaymentIntentSearchParams, {"query": query, "limit": 100, "expand": ["data.latest_charge"]}
    )
    with our_errors():
        found = [
            _intent(intent) for intent in stripe_client().v1.payment_intents.search(params).data
        ]
    return next((intent for intent in found if intent.paid), found[0] if found else None)


def _or_current(intent_id: str, call: Callable[[], stripe.PaymentIntent]) -> PaymentIntent:
    try:
        with our_errors():
            return _intent(call())
    except GatewayRefused as refused:
        if refused.code != "payment_intent_unexpected_state":
            raise
    return retrieve_payment_intent(intent_id)


def _intent(intent: stripe.PaymentIntent) -> PaymentIntent:
    values = intent.to_dict()
    charge = values["latest_charge"] or {}
    error = values["last_payment_error"]
    return PaymentIntent(
        id=values["id"],
        status=values["status"],
        client_secret=values["client_secret"],
        amount_cents=values["amount"],
        received_cents=values["amount_received"],
        currency=values["currency"].upper(),
        customer=values["customer"],
        payment_method=values["payment_method"],
        latest_charge=charge.get("id"),
        transfer=charge.get("transfer"),
        application_fee=charge.get("application_fee"),
        application_fee_cents=values["application_fee_amount"] or 0,
        destination=(values["transfer_data"] or {}).get("destination"),
        booking_uuid=values["metadata"].get("booking"),
        kind=values["metadata"].get("kind"),
        failure=_failure(error) if error else None,
    )


def _failure(error: dict[str, Any]) -> PaymentFailure:
    return PaymentFailure(
        code=error.get("code") or "",
        decline_code=error.get("decline_code") or "",
        advice_code=error.get("advice_code") or "",
        payment_method=(error.get("payment_method") or {}).get("id"),
    )
