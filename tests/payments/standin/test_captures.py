"""What Stripe tells only moments after a payment, and finds only after a minute (fault M6, M8)."""

import time
from datetime import UTC, datetime

import pytest

from mila.clock import set_clock
from payments.standin import captures, user_actions
from payments.standin.client import the_standin
from payments.standin.delivery import deliver_pending
from payments.standin.models import Event, Posting, Thing
from payments.standin.store import ledger_gaps, ledger_sums

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
FOUND = "metadata['booking']:'b-1'"


@pytest.fixture
def now(monkeypatch):
    """The clock of the banks, moved by hand."""
    clock = {"at": int(time.time())}
    monkeypatch.setattr(the_standin(), "now", lambda: clock["at"])
    monkeypatch.setattr(the_standin(), "banks", lambda: clock["at"])
    return clock


def test_the_clock_of_the_banks_stands_while_the_sites_does(monkeypatch):
    """One that goes back a second finds the money of a moment ago not available yet."""
    at = datetime(2026, 12, 1, 10, 0, 0, 900_000, tzinfo=UTC)
    set_clock(at, speed=0)
    found = set()
    for own in (1_000_000_000.05, 1_000_000_000.95):
        monkeypatch.setattr(the_standin(), "now", lambda own=own: own)
        found.add(the_standin().call().bank_now)

    assert found == {int(at.timestamp())}


@pytest.fixture
def paid(ask, payer, account, save, now):
    """69.00 and a fee of 13.80, confirmed this second."""
    card = save()
    return ask(
        "POST",
        "/v1/payment_intents",
        amount="6900",
        currency="eur",
        customer=payer,
        application_fee_amount="1380",
        transfer_data__destination=account,
        metadata__booking="b-1",
        payment_method=card,
        confirm="true",
        off_session="true",
        expand__0="latest_charge",
    )[1]


def charge_of(ask, paid):
    return ask("GET", f"/v1/charges/{paid['latest_charge']['id']}")[1]


def named(charge):
    return [bool(charge.get(name)) for name in ("balance_transaction", "transfer")] + [
        bool(charge.get("application_fee"))
    ]


def test_the_answer_and_its_messages_know_neither_transfer_nor_fee(ask, paid, events):
    charge = paid["latest_charge"]

    assert (paid["status"], charge["paid"], charge["captured"]) == ("succeeded", True, True)
    assert charge["application_fee_amount"] == 1380
    assert named(charge) == [False] * 3
    for kind in ("charge.succeeded", "payment_intent.succeeded"):
        assert "transfer.created" not in events()
        assert Event.objects.get(type=kind).body["data"]["object"].get("transfer") is None
    assert not Posting.objects.exists()


def test_a_moment_later_they_are_there_and_told_once(ask, paid, now, account, events):
    before = len(events())
    now["at"] += captures.MOMENT - 1
    assert named(charge_of(ask, paid)) == [False] * 3
    assert events()[before:] == []

    now["at"] += 1
    charge = charge_of(ask, paid)
    now["at"] += 60
    charge_of(ask, paid)

    assert named(charge) == [True] * 3
    assert events()[before:] == [
        "charge.updated",
        "application_fee.created",
        "transfer.created",
        "payment.created",
    ]
    assert Event.objects.get(type="charge.updated").body["data"]["object"] == charge
    assert ledger_sums() == {("", "eur"): 1380, (account, "eur"): 5520, ("world", "eur"): -6900}
    assert ledger_gaps() == {}
    assert not Thing.objects.filter(kind=captures.WAITING).exists()


def test_the_outbox_sends_what_came_meanwhile(paid, now):
    sent = []
    deliver_pending(lambda url, body, headers: sent.append(body) or 200)
    now["at"] += captures.MOMENT
    deliver_pending(lambda url, body, headers: sent.append(body) or 200)

    assert [b"charge.updated" in body for body in sent] == [False] * (len(sent) - 1) + [True]


def test_nothing_can_be_taken_back_from_a_transfer_that_is_not_there(ask, paid, now):
    wish = {"charge": paid["latest_charge"]["id"], "amount": "100", "reverse_transfer": "true"}

    status, answer = ask("POST", "/v1/refunds", **wish)
    assert (status, answer["error"]["param"]) == (400, "reverse_transfer")
    assert not Thing.objects.filter(kind="refund").exists()

    now["at"] += captures.MOMENT
    assert ask("POST", "/v1/refunds", **wish)[0] == 200


def test_what_happened_to_the_charge_meanwhile_is_not_the_partners(ask, paid, account):
    ask("POST", "/v1/refunds", charge=paid["latest_charge"]["id"], amount="100")

    user_actions.let_captures_end()

    payment = Thing.objects.get(kind="charge", account=account).body
    assert (payment["amount"], payment["amount_refunded"]) == (6900, 0)
    assert ledger_sums()[account, "eur"] == 5520
    assert ledger_gaps() == {}


def test_an_intent_is_found_by_its_words_after_a_minute(ask, paid, now):
    def found():
        return [
            one["id"] for one in ask("GET", "/v1/payment_intents/search", query=FOUND)[1]["data"]
        ]

    assert ask("GET", f"/v1/payment_intents/{paid['id']}")[0] == 200
    assert found() == []
    now["at"] += 59
    assert found() == []
    now["at"] += 1
    assert found() == [paid["id"]]
