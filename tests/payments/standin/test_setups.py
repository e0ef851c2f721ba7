"""Saving a card: attached when it works, cleared when it does not."""

import pytest

from payments.standin import user_actions
from payments.standin.cards import CARDS, passes_luhn
from payments.standin.models import Thing
from payments.standin.problems import Problem

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def setup(ask, payer):
    return ask(
        "POST", "/v1/setup_intents", customer=payer, usage="off_session", metadata__booking="b-1"
    )[1]


@pytest.mark.parametrize(
    "number",
    [
        "4242424242424242",
        "5555555555554444",
        "4000000000000341",
        "4000002500003155",
        "4000002760003184",
        "4000003800000446",
        "4000008260003178",
    ],
)
def test_card_is_saved_for_the_customer(ask, payer, setup, number, events):
    done = user_actions.type_card(setup["client_secret"], number)

    assert done["status"] == "succeeded"
    method = ask("GET", f"/v1/payment_methods/{done['payment_method']}")[1]
    assert (method["customer"], method["card"]["last4"]) == (payer, number[-4:])
    assert events()[-2:] == ["payment_method.attached", "setup_intent.succeeded"]
    assert ("setup_intent.requires_action" in events()) == (number[-4:] in ("3155", "3184", "3178"))


@pytest.mark.parametrize(
    ("number", "code", "decline_code", "advice_code"),
    [
        ("4000000000000002", "card_declined", "generic_decline", "try_again_later"),
        ("4000000000009995", "card_declined", "insufficient_funds", "try_again_later"),
        ("4000000000009987", "card_declined", "lost_card", "do_not_try_again"),
        ("4000000000009979", "card_declined", "stolen_card", "do_not_try_again"),
        ("4000000000000069", "expired_card", "expired_card", "confirm_card_data"),
        ("4000000000000127", "incorrect_cvc", "incorrect_cvc", "confirm_card_data"),
        ("4000000000000119", "processing_error", "processing_error", "try_again_later"),
    ],
)
def test_card_refused_at_setup_is_not_saved(
    ask, payer, setup, number, code, decline_code, advice_code, events
):
    error = user_actions.type_card(setup["client_secret"], number)["error"]

    assert (error["type"], error["code"]) == ("card_error", code)
    assert (error["decline_code"], error["advice_code"]) == (decline_code, advice_code)
    now = ask("GET", f"/v1/setup_intents/{setup['id']}")[1]
    assert now == error["setup_intent"]
    assert (now["status"], now["payment_method"]) == ("requires_payment_method", None)
    assert now["last_setup_error"]["code"] == code
    assert ask("GET", f"/v1/customers/{payer}/payment_methods")[1]["data"] == []
    assert events()[-1] == "setup_intent.setup_failed"


def test_customer_refuses_at_their_bank(ask, payer, setup):
    now = user_actions.type_card(setup["client_secret"], "4000002760003184", bank_agrees=False)

    assert now["status"] == "requires_payment_method"
    assert now["last_setup_error"]["code"] == "setup_intent_authentication_failure"
    assert user_actions.type_card(setup["client_secret"])["status"] == "succeeded"


def test_second_answer_to_the_bank_changes_nothing(setup):
    done = user_actions.type_card(setup["client_secret"], "4000002760003184")

    again = user_actions.answer_bank(setup["id"], setup["client_secret"], passed=False)

    assert again == done


def test_saved_setup_cannot_be_confirmed_or_cancelled(ask, setup):
    user_actions.type_card(setup["client_secret"])

    for verb, form in [("confirm", {"payment_method": "pm_card_visa"}), ("cancel", {})]:
        status, answer = ask("POST", f"/v1/setup_intents/{setup['id']}/{verb}", **form)
        assert (status, answer["error"]["code"]) == (400, "setup_intent_unexpected_state")
        assert answer["error"]["setup_intent"]["status"] == "succeeded"


def test_cancelled_setup_takes_no_card(ask, setup, events):
    ask("POST", f"/v1/setup_intents/{setup['id']}/cancel", cancellation_reason="abandoned")

    error = user_actions.type_card(setup["client_secret"])["error"]

    assert error["code"] == "setup_intent_unexpected_state"
    assert events()[-1] == "setup_intent.canceled"


def test_created_and_confirmed_at_once(ask, payer):
    _, bare = ask("POST", "/v1/setup_intents", payment_method="pm_card_visa")
    _, done = ask(
        "POST", "/v1/setup_intents", customer=payer, payment_method="pm_card_visa", confirm="true"
    )
    _, loose = ask("POST", f"/v1/setup_intents/{bare['id']}/confirm")

    assert bare["status"] == "requires_confirmation"
    assert done["status"] == loose["status"] == "succeeded"
    assert [one["id"] for one in ask("GET", "/v1/setup_intents", customer=payer)[1]["data"]] == [
        done["id"]
    ]


def test_setup_needs_a_card(ask, setup):
    status, answer = ask("POST", f"/v1/setup_intents/{setup['id']}/confirm")

    assert (status, answer["error"]["param"]) == (400, "payment_method")


def test_card_of_another_customer_is_refused(ask, save, setup):
    card = save()
    other = ask("POST", "/v1/customers")[1]["id"]
    theirs = ask("POST", "/v1/setup_intents", customer=other)[1]

    status, answer = ask("POST", f"/v1/setup_intents/{theirs['id']}/confirm", payment_method=card)

    assert (status, answer["error"]["param"]) == (400, "payment_method")


def test_browser_needs_the_client_secret(ask, setup):
    pk = {"Authorization": "Bearer pk_test_x"}

    for form in ({}, {"client_secret": "seti_wrong"}):
        assert ask("GET", f"/v1/setup_intents/{setup['id']}", pk, **form)[0] == 404
    assert (
        ask("GET", f"/v1/setup_intents/{setup['id']}", pk, client_secret=setup["client_secret"])[0]
        == 200
    )
    with pytest.raises(Problem):
        user_actions.answer_bank(setup["id"], "wrong", passed=True)


def test_way_to_the_bank_by_script_or_by_redirect(ask, setup):
    by_script = ask(
        "POST",
        f"/v1/setup_intents/{setup['id']}/confirm",
        payment_method="pm_card_authenticationRequired",
    )
    by_redirect = ask(
        "POST",
        f"/v1/setup_intents/{setup['id']}/confirm",
        payment_method="pm_card_authenticationRequired",
        return_url="https://mila.example/back",
    )

    assert (
        f"/_stripe/3ds/{setup['id']}/" in by_script[1]["next_action"]["use_stripe_sdk"]["stripe_js"]
    )
    assert (
        by_redirect[1]["next_action"]["redirect_to_url"]["return_url"]
        == "https://mila.example/back"
    )


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ({"card__number": "4242424242424241"}, "incorrect_number", "card[number]"),
        ({"card__number": "42"}, "incorrect_number", "card[number]"),
        ({"card__number": "letters"}, "incorrect_number", "card[number]"),
        ({"card__number": "4111111111111111"}, "card_declined", "card[number]"),
        ({"card__exp_month": "13"}, "invalid_expiry_month", "card[exp_month]"),
        ({"card__exp_year": "2020"}, "invalid_expiry_year", "card[exp_year]"),
        ({"card__exp_year": "2999"}, "invalid_expiry_year", "card[exp_year]"),
    ],
    ids=str,
)
def test_typing_errors(ask, form, code, param):
    good = {
        "type": "card",
        "card__number": "4242 4242 4242 4242",
        "card__exp_month": "1",
        "card__exp_year": "2040",
    }

    assert (
        ask("POST", "/v1/payment_methods", {"Authorization": "Bearer pk_test_x"}, **good)[0] == 200
    )
    status, answer = ask(
        "POST", "/v1/payment_methods", {"Authorization": "Bearer pk_test_x"}, **{**good, **form}
    )

    assert (status, answer["error"]["code"], answer["error"]["param"]) == (402, code, param)
    assert Thing.objects.filter(kind="payment_method").count() == 1


def test_type_card_answers_a_typing_error(setup):
    assert (
        user_actions.type_card(setup["client_secret"], "1")["error"]["code"] == "incorrect_number"
    )


def test_server_may_not_send_card_numbers(ask):
    card = {"card__number": "4242424242424242", "card__exp_month": "1", "card__exp_year": "2040"}

    assert ask("POST", "/v1/payment_methods", type="card", **card)[0] == 400


def test_card_is_attached_and_detached_by_hand(ask, payer, events):
    status, card = ask("POST", "/v1/payment_methods/pm_card_visa/attach", customer=payer)
    again = ask("POST", f"/v1/payment_methods/{card['id']}/attach", customer=payer)
    other = ask("POST", "/v1/customers")[1]["id"]
    taken = ask("POST", f"/v1/payment_methods/{card['id']}/attach", customer=other)
    listed = ask("GET", "/v1/payment_methods", customer=payer, type="card")[1]["data"]
    detached = ask("POST", f"/v1/payment_methods/{card['id']}/detach")[1]
    twice = ask("POST", f"/v1/payment_methods/{card['id']}/detach")
    back = ask("POST", f"/v1/payment_methods/{card['id']}/attach", customer=payer)

    assert (status, again[0], taken[0], twice[0], back[0]) == (200, 200, 400, 400, 400)
    assert [one["id"] for one in listed] == [card["id"]]
    assert detached["customer"] is None
    assert (
        events().count("payment_method.attached") == events().count("payment_method.detached") == 1
    )
    assert ask("GET", "/v1/payment_methods")[1]["data"][0]["id"] == card["id"]


def test_refused_card_cannot_be_attached(ask, payer):
    status, answer = ask(
        "POST", "/v1/payment_methods/pm_card_chargeDeclined/attach", customer=payer
    )

    assert (status, answer["error"]["type"]) == (402, "card_error")


def test_every_test_card_has_a_valid_number():
    assert all(passes_luhn(card.number) for card in CARDS)
