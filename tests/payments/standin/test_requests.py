"""What every call has in common: keys, parameters, idempotency, faults."""

import base64

import pytest

from payments.standin import user_actions
from payments.standin.client import the_standin
from payments.standin.core import KEPT_SECONDS, StandIn
from payments.standin.models import Answer, Thing
from payments.standin.problems import AnswerLost

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
PAY = {"amount": "10290", "currency": "eur"}


@pytest.mark.parametrize(
    "authorization", ["", "Bearer ", "Bearer whatever", "Basic !", "Basic " + "4pyT", "Basic /w=="]
)
def test_without_a_key_nothing_is_answered(ask, authorization):
    status, answer = ask("POST", "/v1/customers", {"Authorization": authorization})

    assert (status, answer["error"]["type"]) == (401, "invalid_request_error")


def test_key_as_a_user_name_is_accepted(ask):
    basic = base64.b64encode(b"sk_test_x:").decode()

    assert ask("POST", "/v1/customers", {"Authorization": f"Basic {basic}"})[0] == 200


def test_publishable_key_opens_only_what_a_browser_needs(ask):
    status, answer = ask("POST", "/v1/customers", {"Authorization": "Bearer pk_test_x"})

    assert status == 403
    assert "publishable" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nothing"),
        ("POST", "/v1/coupons"),
        ("DELETE", "/v1/charges/ch_1"),
        ("GET", "/v2/x"),
    ],
)
def test_call_that_is_not_there_fails_loudly(ask, method, path):
    status, answer = ask(method, path)

    assert status == 404
    assert answer["error"]["message"].startswith("Unrecognized request URL")


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ({"amout": "1"}, "parameter_unknown", "amout"),
        ({"metadata__a][b": "1"}, "parameter_invalid", "metadata[a]"),
        ({"amount": ""}, "parameter_invalid_integer", "amount"),
        ({"amount": "102.90"}, "parameter_invalid_integer", "amount"),
        ({"currency": None}, "parameter_missing", "currency"),
        ({"transfer_data__amout": "1"}, "parameter_missing", "transfer_data[destination]"),
        ({"setup_future_usage": "sometimes"}, "parameter_invalid", "setup_future_usage"),
        (
            {"payment_method_types__0": "card"},
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        ({"amount": "49"}, "amount_too_small", "amount"),
        ({"application_fee_amount": "10"}, None, "application_fee_amount"),
        ({"customer": "cus_none"}, "resource_missing", "customer"),
        ({"currency": "xyz"}, None, "currency"),
        ({f"metadata__k{number}": "1" for number in range(51)}, None, "metadata"),
        ({f"metadata__{'k' * 41}": "1"}, None, "metadata"),
        ({"metadata__k": "x" * 501}, None, "metadata[k]"),
        ({"statement_descriptor_suffix": "x" * 23}, None, "statement_descriptor_suffix"),
        ({"statement_descriptor_suffix": "1234"}, None, "statement_descriptor_suffix"),
        ({"statement_descriptor_suffix": "A*B"}, None, "statement_descriptor_suffix"),
        (
            {"transfer_data__destination": "acct_none"},
            "resource_missing",
            "transfer_data[destination]",
        ),
        ({"expand__0": "nothing"}, "property_cannot_be_expanded", "expand"),
        ({"a__b][c][d][e][f][g][h][i": "1"}, "parameter_unknown", "a"),
        ({"a": "1", "a__b": "2"}, "parameter_invalid", "a"),
    ],
    ids=str,
)
def test_parameters_are_checked_before_anything_is_done(ask, form, code, param):
    sent = {name: value for name, value in {**PAY, **form}.items() if value is not None}

    status, answer = ask("POST", "/v1/payment_intents", {"Idempotency-Key": "k"}, **sent)

    error = answer["error"]
    assert (status, error["type"], error.get("code"), error["param"]) == (
        400,
        "invalid_request_error",
        code,
        param,
    )
    assert not Thing.objects.exists()
    assert not Answer.objects.exists()


def test_call_without_a_version_may_still_name_payment_method_types(ask):
    standin = the_standin()

    status, _, answer = standin.handle(
        "POST",
        "/v1/payment_intents",
        {"Authorization": "Bearer sk_test_x"},
        "amount=100&currency=eur&payment_method_types[]=card",
    )

    assert (status, answer["status"]) == (200, "requires_payment_method")


def test_missing_object_in_the_path_is_404_elsewhere_400(ask):
    status, answer = ask("GET", "/v1/customers/cus_none")

    assert (status, answer["error"]["code"]) == (404, "resource_missing")


def test_same_key_replays_the_first_answer(ask):
    first = ask("POST", "/v1/payment_intents", {"Idempotency-Key": "k"}, **PAY)
    assert "idempotent-replayed" not in ask.headers

    second = ask("POST", "/v1/payment_intents", {"Idempotency-Key": "k"}, **PAY)

    assert first == second
    assert ask.headers["idempotent-replayed"] == "true"
    assert Thing.objects.count() == 1


def test_same_key_with_other_parameters_is_refused(ask):
    ask("POST", "/v1/payment_intents", {"Idempotency-Key": "k"}, **PAY)

    status, answer = ask(
        "POST", "/v1/payment_intents", {"Idempotency-Key": "k"}, amount="10291", currency="eur"
    )

    assert (status, answer["error"]["type"]) == (400, "idempotency_error")
    assert Thing.objects.count() == 1


def test_key_is_forgotten_after_a_day(ask):
    day = [1_800_000_000]
    standin = StandIn(the_standin().store, now=lambda: day[0])
    call = ("POST", "/v1/customers", {"Authorization": "Bearer sk_x", "Idempotency-Key": "k"}, "")
    first = standin.handle(*call)[2]["id"]

    day[0] += KEPT_SECONDS - 1
    assert standin.handle(*call)[2]["id"] == first
    day[0] += 1
    assert standin.handle(*call)[2]["id"] != first


def test_keys_of_two_accounts_are_apart(ask, account):
    ours = ask("POST", "/v1/customers", {"Idempotency-Key": "k"})[1]["id"]

    theirs = ask("POST", "/v1/customers", {"Idempotency-Key": "k", "Stripe-Account": account})[1][
        "id"
    ]

    assert ours != theirs
    assert ask("GET", f"/v1/customers/{theirs}")[0] == 404
    assert ask("GET", f"/v1/customers/{theirs}", {"Stripe-Account": account})[0] == 200


def test_account_that_is_not_ours_is_refused(ask):
    assert ask("GET", "/v1/balance", {"Stripe-Account": "acct_none"})[0] == 403


@pytest.mark.parametrize(
    ("fault", "status", "done"),
    [("409", 409, 0), ("429", 429, 0), ("503", 503, 0), ("500", 500, 0), ("500_after", 500, 1)],
)
def test_fault_by_header(ask, fault, status, done):
    answered, _ = ask("POST", "/v1/customers", {"Standin-Fault": fault, "Idempotency-Key": "k"})

    assert answered == status
    assert Thing.objects.count() == done


def test_500_is_kept_under_its_key_503_is_not(ask):
    ask("POST", "/v1/customers", {"Standin-Fault": "500", "Idempotency-Key": "sticky"})
    ask("POST", "/v1/customers", {"Standin-Fault": "503", "Idempotency-Key": "free"})

    assert ask("POST", "/v1/customers", {"Idempotency-Key": "sticky"})[0] == 500
    assert ask("POST", "/v1/customers", {"Idempotency-Key": "free"})[0] == 200


def test_lost_answer_was_done_an_unreachable_one_was_not(ask):
    with pytest.raises(AnswerLost):
        ask("POST", "/v1/customers", {"Standin-Fault": "unreachable"})
    assert not Thing.objects.exists()

    with pytest.raises(AnswerLost):
        ask("POST", "/v1/customers", {"Standin-Fault": "answer_lost"})
    assert Thing.objects.count() == 1


def test_slow_answer_takes_its_time(ask, monkeypatch):
    naps = []
    monkeypatch.setattr("payments.standin.core.time.sleep", naps.append)
    user_actions.switch_on("slow", seconds=2.5, times=1)

    assert ask("POST", "/v1/customers", {"Idempotency-Key": "k"})[0] == 200
    assert naps == [2.5]


def test_switch_strikes_where_and_as_often_as_told(ask):
    user_actions.switch_on("429", path="customers", times=2)
    user_actions.switch_on("event_drop")

    answers = [
        ask("POST", path)[0]
        for path in ["/v1/customers", "/v1/accounts", "/v1/customers", "/v1/customers"]
    ]
    user_actions.switch_on("503", share=0.0)
    unlucky = ask("POST", "/v1/customers")[0]
    user_actions.switch_on("503")
    struck = [ask("POST", "/v1/customers")[0] for _ in range(3)]
    user_actions.switch_off()

    assert answers == [429, 200, 429, 200]
    assert unlucky == 200
    assert struck == [503, 503, 503]
    assert ask("POST", "/v1/customers")[0] == 200


def test_expanding_puts_objects_in_the_place_of_ids(ask, payer):
    made = ask(
        "POST",
        "/v1/payment_intents",
        customer=payer,
        expand__0="customer",
        expand__1="latest_charge",
        **PAY,
    )[1]
    listed = ask("GET", "/v1/payment_intents", expand__0="data.customer")[1]["data"][0]

    assert made["customer"]["id"] == listed["customer"]["id"] == payer
    assert made["latest_charge"] is None
    assert Thing.objects.get(id=made["id"]).body["customer"] == payer


def test_pages_follow_each_other_both_ways(ask):
    made = [ask("POST", "/v1/payment_intents", **PAY)[1]["id"] for _ in range(5)][::-1]

    first = ask("GET", "/v1/payment_intents", limit="2")[1]
    second = ask("GET", "/v1/payment_intents", limit="3", starting_after=made[1])[1]
    back = ask("GET", "/v1/payment_intents", limit="2", ending_before=made[3])[1]

    assert ([one["id"] for one in first["data"]], first["has_more"]) == (made[:2], True)
    assert ([one["id"] for one in second["data"]], second["has_more"]) == (made[2:], False)
    assert ([one["id"] for one in back["data"]], back["has_more"]) == (made[1:3], True)


def test_pages_by_time(ask):
    made = ask("POST", "/v1/payment_intents", **PAY)[1]

    for created, found in [
        ({"created": made["created"]}, 1),
        ({"created__gte": made["created"]}, 1),
        ({"created__gt": made["created"]}, 0),
    ]:
        assert len(ask("GET", "/v1/payment_intents", **created)[1]["data"]) == found


def test_metadata_is_merged_and_emptied(ask, payer):
    for form, left in [
        ({"metadata__a": "1", "metadata__b": "2"}, {"a": "1", "b": "2"}),
        ({"metadata__a": "", "name": "Anna"}, {"b": "2"}),
        ({"metadata": ""}, {}),
    ]:
        assert ask("POST", f"/v1/customers/{payer}", **form)[1]["metadata"] == left
    assert ask("GET", f"/v1/customers/{payer}")[1]["name"] == "Anna"


def test_event_of_more_than_a_month_ago_is_told_to_nobody(ask, payer, monkeypatch):
    (event,) = ask("GET", "/v1/events")[1]["data"]
    standin = user_actions.the_standin()
    begun = standin.now()

    monkeypatch.setattr(standin, "now", lambda: begun + 30 * 86_400 - 1)
    assert ask("GET", "/v1/events")[1]["data"] == [event]
    monkeypatch.setattr(standin, "now", lambda: begun + 30 * 86_400 + 1)
    assert ask("GET", "/v1/events")[1]["data"] == []
    assert ask("GET", f"/v1/events/{event['id']}")[0] == 404
