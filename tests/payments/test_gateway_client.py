"""What never reaches Stripe, and the client that asks it."""

from decimal import Decimal

import pytest
import stripe
from stripe.params import AccountCreateParams, PaymentIntentCreateParams

from payments import gateway
from payments.gateway import client as gateway_client
from payments.gateway.params import checked

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


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
