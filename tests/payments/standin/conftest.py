"""The stand-in spoken to as a tool would: raw requests, raw answers."""

from urllib.parse import urlencode

import pytest

from payments.standin import user_actions
from payments.standin.client import the_standin
from payments.standin.models import Event


@pytest.fixture
def ask(db):
    """A request to the API: the status, and the answer."""

    def ask(method, path, headers=None, **form):
        sent = {
            "Authorization": "Bearer sk_test_x",
            "Stripe-Version": "2026-10-28.endive",
            **(headers or {}),
        }
        text = urlencode(
            [
                (name.replace("__", "[") + "]" if "__" in name else name, value)
                for name, value in form.items()
            ]
        )
        if method == "GET" and text:
            path, text = f"{path}?{text}", ""
        status, answer_headers, answer = the_standin().handle(method, path, sent, text)
        ask.headers = answer_headers
        return status, answer

    return ask


@pytest.fixture
def payer(ask):
    return ask("POST", "/v1/customers", email="anna@example.org")[1]["id"]


@pytest.fixture
def account(ask):
    """A connected account that may receive money."""
    opened = ask("POST", "/v1/accounts", country="FR")[1]["id"]
    user_actions.onboard(opened)
    return opened


@pytest.fixture
def save(ask, payer):
    """A card of this number, saved for the payer; its id, or what went wrong."""

    def save(number="4242424242424242", **answers):
        setup = ask("POST", "/v1/setup_intents", customer=payer)[1]
        answer = user_actions.type_card(setup["client_secret"], number, **answers)
        return answer.get("payment_method") or answer

    return save


@pytest.fixture
def events():
    """The types of all events so far, in order."""
    return lambda **match: list(
        Event.objects.filter(**match).order_by("serial").values_list("type", flat=True)
    )
