"""Money that goes back at the stand-in, as at Stripe (docs/decisions/0004, 0027)."""

import pytest

from payments.standin import user_actions
from payments.standin.models import Thing
from payments.standin.store import ledger_gaps, ledger_sums

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def pay(ask, payer, account, save):
    """A function: 102.90 were charged with a card of this number, of which 22.90 are the
    platform's; the charge.
    """

    def pay(number="4242424242424242"):
        intent = ask(
            "POST",
            "/v1/payment_intents",
            amount="10290",
            currency="eur",
            customer=payer,
            application_fee_amount="2290",
            transfer_data__destination=account,
        )[1]
        path = f"/v1/payment_intents/{intent['id']}/confirm"
        paid = ask("POST", path, payment_method=save(number), off_session="true")[1]
        user_actions.let_captures_end()
        return ask("GET", f"/v1/charges/{paid['latest_charge']}")[1]

    return pay


def sums(account):
    found = ledger_sums()
    return found.get(("", "eur"), 0), found.get((account, "eur"), 0)


def test_the_flags_are_proportional_to_the_whole_charge(ask, pay, account):
    """Which is why Mila never uses the second one: 11.13 of the fee instead of 10.00."""
    charge = pay()

    ask(
        "POST",
        "/v1/refunds",
        charge=charge["id"],
        amount="5000",
        reverse_transfer="true",
        refund_application_fee="true",
    )

    assert sums(account) == (2290 - 1112, 8000 - 5000 + 1112)
    assert ledger_gaps() == {}


def test_exact_shares_in_two_calls(ask, pay, account):
    charge = pay()

    status, refund = ask(
        "POST", "/v1/refunds", charge=charge["id"], amount="5000", reverse_transfer="true"
    )
    fee_status, _back = ask(
        "POST", f"/v1/application_fees/{charge['application_fee']}/refunds", amount="1000"
    )

    assert (status, fee_status, refund["status"]) == (200, 200, "succeeded")
    assert sums(account) == (1290, 4000)
    assert ask("GET", f"/v1/charges/{charge['id']}")[1]["amount_refunded"] == 5000
    assert ledger_gaps() == {}


def test_above_the_rest_and_already_refunded_are_two_errors(ask, pay):
    charge = pay()

    above = ask("POST", "/v1/refunds", charge=charge["id"], amount="10291")
    ask("POST", "/v1/refunds", charge=charge["id"])
    again = ask("POST", "/v1/refunds", charge=charge["id"], amount="1")

    assert (above[0], above[1]["error"].get("code"), above[1]["error"]["param"]) == (
        400,
        None,
        "amount",
    )
    assert (again[0], again[1]["error"]["code"]) == (400, "charge_already_refunded")
    assert Thing.objects.filter(kind="refund").count() == 1


def test_what_is_disputed_is_not_refunded(ask, pay):
    charge = pay()
    user_actions.dispute(charge["id"])

    status, answer = ask("POST", "/v1/refunds", charge=charge["id"], amount="1")

    assert (status, answer["error"]["code"]) == (400, "charge_disputed")
    assert not Thing.objects.filter(kind="refund").exists()


def test_a_refund_that_comes_back_leaves_transfer_and_fee_as_they_are(ask, pay, account, events):
    charge = pay("4000000000005126")
    refund = ask(
        "POST", "/v1/refunds", charge=charge["id"], amount="5000", reverse_transfer="true"
    )[1]
    before = sums(account)

    user_actions.let_refunds_settle()

    found = ask("GET", f"/v1/refunds/{refund['id']}")[1]
    assert (found["status"], found["failure_reason"]) == ("failed", "expired_or_canceled_card")
    assert sums(account) == (before[0] + 5000, before[1])
    assert events()[-2:] == ["refund.updated", "refund.failed"]
    assert (user_actions.let_refunds_settle(), ledger_gaps()) == (0, {})


def test_a_late_refund_waits_for_the_bank(ask, pay):
    charge = pay("4000000000007726")
    refund = ask("POST", "/v1/refunds", charge=charge["id"], amount="5000")[1]
    assert refund["status"] == "pending"

    user_actions.let_refunds_settle()

    assert ask("GET", f"/v1/refunds/{refund['id']}")[1]["status"] == "succeeded"


def test_a_transfer_is_reversed_up_to_what_is_left_of_it(ask, pay, account):
    charge = pay()
    path = f"/v1/transfers/{charge['transfer']}/reversals"

    assert ask("POST", path, amount="8000")[0] == 200
    status, answer = ask("POST", path, amount="2291")

    assert (status, answer["error"]["param"]) == (400, "amount")
    assert sums(account) == (2290 + 8000, 0)


def test_a_dispute_card_opens_it_between_charge_and_payment(pay, events):
    pay("4000000000000259")

    inside = [one for one in events() if one.startswith(("charge.", "payment_intent.s"))]
    assert inside == [
        "charge.succeeded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "payment_intent.succeeded",
        "charge.updated",
    ]


@pytest.mark.parametrize(
    ("words", "status", "left"),
    [("winning_evidence", "won", 790), ("losing_evidence", "lost", -9500)],
)
def test_evidence_decides(ask, pay, account, words, status, left):
    """The cost is kept either way."""
    dispute = user_actions.dispute(pay()["id"])

    answer = ask(
        "POST", f"/v1/disputes/{dispute}", evidence__uncategorized_text=words, submit="true"
    )[1]

    assert (answer["status"], sums(account)[0], ledger_gaps()) == (status, left, {})
    assert ask("POST", f"/v1/disputes/{dispute}", evidence__uncategorized_text="more")[0] == 400


def test_staged_evidence_is_not_submitted(ask, pay):
    dispute = user_actions.dispute(pay()["id"])

    staged = ask("POST", f"/v1/disputes/{dispute}", evidence__service_date="1 May", submit="false")[
        1
    ]
    submitted = ask("POST", f"/v1/disputes/{dispute}", submit="true")[1]

    assert (staged["status"], submitted["status"]) == ("needs_response", "under_review")


def test_an_inquiry_takes_no_money_unless_it_becomes_a_dispute(ask, pay, account):
    dispute = user_actions.dispute(pay("4242424242424242")["id"], inquiry=True)
    assert sums(account) == (2290, 8000)

    user_actions.decide_dispute(dispute, won=False)

    assert ask("GET", f"/v1/disputes/{dispute}")[1]["status"] == "needs_response"
    assert (sums(account), ledger_gaps()) == ((2290 - 10290 - 1500, 8000), {})
