"""The witness would say so: each kind of difference from Stripe's own classes is found (decision
0032).
"""

import pytest
from django.conf import settings

from payments.standin.core import StandIn
from tests.payments.standin import witness

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
NOTE = settings.BASE_DIR / "docs" / "decisions" / "0032-reviews-cards-and-promises.md"


@pytest.fixture
def intent(ask, payer):
    return ask("POST", "/v1/setup_intents", customer=payer)[1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"colour": "red"}, ["setup_intent.colour: unknown to the SDK"]),
        ({"status": "finished"}, ["setup_intent.status: no word 'finished'"]),
        ({"status": None}, ["setup_intent.status: null"]),
        ({"created": "1"}, ["setup_intent.created: '1' is no <class 'int'>"]),
        ({"livemode": 0}, ["setup_intent.livemode: 0 is no <class 'bool'>"]),
        (
            {"payment_method_types": "card"},
            ["setup_intent.payment_method_types: 'card' is no typing.List[str]"],
        ),
        (
            {"payment_method_types": [1]},
            ["setup_intent.payment_method_types.0: 1 is no <class 'str'>"],
        ),
        ({"last_setup_error": {"type": "a"}}, ["setup_intent.last_setup_error.type: no word 'a'"]),
        (
            {"next_action": {"type": "x", "a": 1}},
            ["setup_intent.next_action.a: unknown to the SDK"],
        ),
        ({"object": "thing"}, ["thing: no such object"]),
    ],
)
def test_difference_in_an_object_is_told(intent, change, told):
    assert witness.of_object(intent) == []

    assert witness.of_object({**intent, **change}) == told


def test_field_that_is_missing_is_told(intent):
    del intent["usage"]

    assert witness.of_object(intent) == ["setup_intent.usage: missing"]


def test_object_within_another_is_looked_at(ask, payer, account, save):
    card = save()
    plan = {
        "amount": "100",
        "currency": "eur",
        "customer": payer,
        "transfer_data__destination": account,
    }
    paid = ask(
        "POST",
        "/v1/payment_intents",
        payment_method=card,
        confirm="true",
        expand__0="latest_charge",
        **plan,
    )[1]
    assert witness.of_object(paid) == []

    paid["latest_charge"]["paid"] = "yes"

    assert witness.of_object(paid) == ["charge.paid: 'yes' is no <class 'bool'>"]


def test_event_of_no_known_type_is_told(intent):
    assert witness.of_event("setup_intent.succeeded", intent) == []
    assert witness.of_event("setup_intent.finished", intent) == [
        "event: no type setup_intent.finished"
    ]


def test_error_of_no_known_type_is_told():
    assert (
        witness.differences(400, {"error": {"type": "invalid_request_error", "message": "No."}})
        == []
    )
    assert witness.differences(400, {"error": {"type": "sad", "message": "No."}}) != []
    assert (
        witness.differences(
            402,
            {"error": {"type": "card_error", "message": "No.", "setup_intent": {"object": "x"}}},
        )
        != []
    )


def test_list_is_looked_at(ask, payer):
    page = ask("GET", "/v1/customers/" + payer + "/payment_methods")[1]
    assert witness.of_object(page) == []

    assert witness.of_object({**page, "data": [{"object": "x"}]}) == ["x: no such object"]


def test_every_test_of_money_is_under_its_eyes(ask, payer, witnessed, monkeypatch):
    assert StandIn.handle.__name__ == "judged"
    assert witnessed == []


def test_differences_that_stay_are_few_and_explained():
    note = NOTE.read_text()

    assert len(witness.KNOWN) <= 10
    assert [name for _kind, name in witness.KNOWN if f"`{name}`" not in note] == []
