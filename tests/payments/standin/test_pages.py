"""The browser half: what is shown, who may see it, where it leads."""

import importlib
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import resolve, reverse

from payments.standin import urls

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
KEY = {"HTTP_AUTHORIZATION": "Bearer pk_test_standin", "HTTP_STRIPE_VERSION": "browser"}


@pytest.fixture
def setup(ask, payer):
    return ask("POST", "/v1/setup_intents", customer=payer)[1]


def _ask_bank(ask, setup, **form):
    ask(
        "POST",
        f"/v1/setup_intents/{setup['id']}/confirm",
        payment_method="pm_card_authenticationRequired",
        **form,
    )
    return f"/_stripe/3ds/{setup['id']}/?client_secret={setup['client_secret']}"


def test_card_frame_may_be_framed_by_us_only(client):
    response = client.get("/_stripe/card/")

    assert b'autocomplete="cc-number"' in response.content
    assert b"standin-mark" in response.content
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]
    assert b"<script>" not in response.content


@pytest.mark.parametrize(
    "path",
    ["/_stripe/card/", "/_stripe/v1/customers", "/_stripe/3ds/seti_1/", "/_stripe/connect/link_1/"],
)
def test_only_from_this_machine(path):
    assert Client(REMOTE_ADDR="192.0.2.1").get(path).status_code == 404
    assert Client(REMOTE_ADDR="").get("/_stripe/card/").status_code == 200
    assert Client(REMOTE_ADDR="::1").get("/_stripe/card/").status_code == 200


def test_api_by_http(setup):
    client = Client(enforce_csrf_checks=True)
    path = f"/_stripe/v1/setup_intents/{setup['id']}"

    read = client.get(path, {"client_secret": setup["client_secret"]}, **KEY)
    refused = client.get(path, **KEY)
    typed = client.post(
        "/_stripe/v1/payment_methods",
        "type=card&card[number]=4242424242424242&card[exp_month]=1&card[exp_year]=2040",
        content_type="application/x-www-form-urlencoded",
        **KEY,
    )

    assert read.json()["id"] == setup["id"]
    assert read["Request-Id"].startswith("req_")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "resource_missing")
    assert typed.json()["card"]["last4"] == "4242"


def test_api_with_a_broken_line_or_broken_text(client, setup):
    lost = client.get(
        f"/_stripe/v1/setup_intents/{setup['id']}", HTTP_STANDIN_FAULT="unreachable", **KEY
    )
    broken = client.post("/_stripe/v1/payment_methods", b"\xff", content_type="text/plain", **KEY)

    assert (lost.status_code, lost.content) == (502, b"")
    assert broken.status_code == 400


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("agree", "succeeded"),
        ("refuse", "requires_payment_method"),
        ("", "requires_payment_method"),
    ],
)
def test_bank_in_a_frame(ask, client, setup, answer, status):
    address = _ask_bank(ask, setup)

    question = client.get(address)
    done = client.post(address, {"answer": answer})

    assert b'value="agree"' in question.content
    assert "frame-ancestors 'self'" in question["Content-Security-Policy"]
    assert b"data-bank-done" in done.content
    assert ask("GET", f"/v1/setup_intents/{setup['id']}")[1]["status"] == status
    assert b'value="agree"' not in client.get(address).content


@pytest.mark.parametrize(
    ("answer", "back", "status"),
    [
        ("agree", "https://mila.example/back?a=1", "succeeded"),
        ("refuse", "https://mila.example/back", "failed"),
    ],
)
def test_bank_by_redirect(ask, client, setup, answer, back, status):
    address = _ask_bank(ask, setup, return_url=back)

    response = client.post(address, {"answer": answer})

    assert response["Location"].startswith(back)
    query = parse_qs(urlsplit(response["Location"]).query)
    assert query["redirect_status"] == [status]
    assert query["setup_intent"] == [setup["id"]]


def test_bank_asks_about_a_payment(ask, client):
    intent = ask("POST", "/v1/payment_intents", amount="1000", currency="eur")[1]
    ask(
        "POST",
        f"/v1/payment_intents/{intent['id']}/confirm",
        payment_method="pm_card_authenticationRequired",
    )
    address = (
        f"{reverse('standin:bank', args=[intent['id']])}?client_secret={intent['client_secret']}"
    )

    client.post(address, {"answer": "agree"})

    assert ask("GET", f"/v1/payment_intents/{intent['id']}")[1]["status"] == "succeeded"


def test_bank_without_the_secret_is_not_there(ask, client, setup):
    _ask_bank(ask, setup)

    assert client.get(f"/_stripe/3ds/{setup['id']}/").status_code == 404
    assert (
        client.post(f"/_stripe/3ds/{setup['id']}/?client_secret=x", {"answer": "agree"}).status_code
        == 404
    )
    assert ask("GET", f"/v1/setup_intents/{setup['id']}")[1]["status"] == "requires_action"


def test_bank_wants_a_token_with_the_answer(ask, setup):
    address = _ask_bank(ask, setup)

    assert Client(enforce_csrf_checks=True).post(address, {"answer": "agree"}).status_code == 403


@pytest.mark.parametrize(
    ("outcome", "transfers", "payouts"),
    [
        ("complete", "active", True),
        ("no_bank", "active", False),
        ("refused", "inactive", False),
        ("later", "active", True),
        ("", "active", True),
    ],
)
def test_onboarding(ask, client, account, outcome, transfers, payouts):
    form = {
        "type": "account_onboarding",
        "return_url": "https://x.example/back",
        "refresh_url": "https://x.example/again",
    }
    url = ask("POST", "/v1/account_links", account=account, **form)[1]["url"]
    path = urlsplit(url).path

    page = client.get(path)
    again = client.get(path)
    left = client.post(path, {"outcome": outcome})

    assert b'value="no_bank"' in page.content
    assert again["Location"] == "https://x.example/again"
    assert left["Location"] == "https://x.example/back"
    now = ask("GET", f"/v1/accounts/{account}")[1]
    assert (now["capabilities"]["transfers"], now["payouts_enabled"]) == (transfers, payouts)


def test_onboarding_link_that_never_was(client):
    assert client.get("/_stripe/connect/link_none/").status_code == 404
    assert client.post("/_stripe/connect/link_none/").status_code == 404


def test_addresses_are_gone_with_a_real_key(settings):
    assert resolve("/_stripe/card/")
    settings.STANDIN = False
    try:
        importlib.reload(urls)
        assert urls.urlpatterns == []
    finally:
        settings.STANDIN = True
        importlib.reload(urls)
