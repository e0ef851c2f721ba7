"""The stand-in kept honest: requests in Stripe's own types, answers with no field the SDK does not
know.
"""

import pytest
import stripe

from payments.gateway.params import validator
from payments.standin import user_actions
from payments.standin.models import Thing
from payments.standin.routing import ROUTES

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
CLASSES = {
    "account": stripe.Account,
    "account_link": stripe.AccountLink,
    "application_fee": stripe.ApplicationFee,
    "balance": stripe.Balance,
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "customer": stripe.Customer,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "fee_refund": stripe.ApplicationFeeRefund,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "refund": stripe.Refund,
    "setup_intent": stripe.SetupIntent,
    "transfer": stripe.Transfer,
    "transfer_reversal": stripe.TransferReversal,
    "webhook_endpoint": stripe.WebhookEndpoint,
}
# Removed from the newest API's types, still sent by it; or written by the SDK for lists.
EXTRA = {"charge": {"destination"}, "customer": {"default_source"}}
# Typed as always there, and yet only sent when they apply.
AT_TIMES = {"charge": {"source", "transfer"}}


@pytest.mark.parametrize("kind", {route.params for route in ROUTES}, ids=lambda kind: kind.__name__)
def test_every_type_in_use_can_be_built(kind):
    adapter = validator(kind)

    assert adapter.json_schema()["additionalProperties"] is False


def _fields(cls):
    return {name for name in cls.__annotations__ if not name.startswith("_")}


def _needed(cls):
    hints = cls.__annotations__
    return {
        name
        for name, hint in hints.items()
        if not (
            name.startswith("_")
            or any(word in str(hint) for word in ("Optional", "NoneType", "ClassVar"))
        )
    }


def _answers(ask, payer, account, save):
    card = save()
    intent = ask(
        "POST",
        "/v1/payment_intents",
        amount="10290",
        currency="eur",
        customer=payer,
        application_fee_amount="2290",
        transfer_data__destination=account,
    )[1]
    ask(
        "POST",
        f"/v1/payment_intents/{intent['id']}/confirm",
        payment_method=card,
        off_session="true",
    )
    user_actions.let_captures_end()
    charge = ask("GET", f"/v1/payment_intents/{intent['id']}")[1]["latest_charge"]
    for name in ("reverse_transfer", "refund_application_fee"):
        ask("POST", "/v1/refunds", charge=charge, amount="1000", **{name: "true"})
    user_actions.dispute(charge)
    ask("POST", "/v1/webhook_endpoints", url="https://a.example/", enabled_events__0="*")
    yield from Thing.objects.exclude(kind="account_link").values_list("body", flat=True)
    yield ask("GET", "/v1/balance")[1]
    yield ask("GET", "/v1/events")[1]["data"][0]
    link = {
        "type": "account_onboarding",
        "return_url": "https://x.example/",
        "refresh_url": "https://x.example/",
    }
    yield ask("POST", "/v1/account_links", account=account, **link)[1]


def test_answers_have_the_fields_the_sdk_knows(ask, payer, account, save):
    seen = set()
    for answer in _answers(ask, payer, account, save):
        kind = answer["object"]
        seen.add(kind)
        fields = set(answer)
        assert fields - _fields(CLASSES[kind]) - EXTRA.get(kind, set()) == set(), kind
        assert _needed(CLASSES[kind]) - fields - AT_TIMES.get(kind, set()) == set(), kind

    assert seen == set(CLASSES)


def test_values_of_enums_are_stripes_own(ask, payer, account, save):
    user_actions.restrict(ask("POST", "/v1/accounts")[1]["id"])
    checked = 0
    for answer in _answers(ask, payer, account, save):
        for name, hint in CLASSES[answer["object"]].__annotations__.items():
            allowed = _literals(hint)
            if allowed and isinstance(answer.get(name), str):
                assert answer[name] in allowed, (answer["object"], name)
                checked += 1
    assert checked > 20


def _literals(hint):
    text = str(getattr(hint, "__forward_arg__", hint))
    if "Literal[" not in text:
        return ()
    inside = text.split("Literal[", 1)[1].split("]", 1)[0]
    return {word.strip().strip("'\"") for word in inside.split(",")}
