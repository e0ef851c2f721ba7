"""Stripe's events at the gateway: whose they are, and which have come since."""

import json
import time
from datetime import UTC, datetime

import pytest
import stripe

from payments import gateway
from payments.standin import user_actions
from payments.standin.models import Event
from tests.payments.gateway_steps import account, payer, plan, save_card

__all__ = ["account", "payer", "plan", "save_card"]  # fixtures
pytestmark = pytest.mark.django_db(databases=["default", "standin"])


SECRETS = ["whsec_new", "whsec_old"]
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "created": 1_790_000_000,
    "livemode": False,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}


def _signed(body, secret="whsec_new", age=0):
    return stripe.WebhookSignature.generate_signature_header(body, secret, int(time.time()) - age)


@pytest.mark.parametrize("secret", SECRETS)
def test_event_signed_by_any_active_secret(secret):
    body = json.dumps({**EVENT, "account": "acct_1"})

    event = gateway.construct_event(body.encode(), _signed(body, secret), SECRETS)

    assert (event.id, event.type, event.account, event.object_id, event.livemode) == (
        "evt_1",
        "payment_intent.succeeded",
        "acct_1",
        "pi_1",
        False,
    )
    assert event.created == datetime.fromtimestamp(1_790_000_000, UTC)
    assert event.payload["data"]["object"]["id"] == "pi_1"


def test_event_without_an_object_id():
    body = json.dumps({**EVENT, "data": {"object": {"object": "balance"}}})

    event = gateway.construct_event(body.encode(), _signed(body), SECRETS)

    assert (event.account, event.object_id) == (None, None)


BODY = json.dumps(EVENT)


@pytest.mark.parametrize(
    ("body", "header", "secrets"),
    [
        pytest.param(BODY + " ", _signed(BODY), SECRETS, id="one byte more"),
        pytest.param(BODY, _signed(BODY, "whsec_other"), SECRETS, id="other secret"),
        pytest.param(BODY, None, SECRETS, id="no header"),
        pytest.param(BODY, "", SECRETS, id="empty header"),
        pytest.param(BODY, "t=x,v1=y", SECRETS, id="no time"),
        pytest.param(BODY, "t=1,v1=é", SECRETS, id="no ascii"),
        pytest.param(BODY, _signed(BODY), [], id="no secret"),
        pytest.param(BODY, _signed(BODY, ""), [""], id="empty secret"),
        pytest.param("[]", _signed("[]"), SECRETS, id="no event"),
        pytest.param("{}", _signed("{}"), SECRETS, id="empty event"),
        pytest.param("no json", _signed("no json"), SECRETS, id="no json"),
    ],
)
def test_event_that_is_not_stripes_is_refused(body, header, secrets):
    with pytest.raises(gateway.BadSignature):
        gateway.construct_event(body.encode(), header, secrets)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(gateway.BadSignature):
        gateway.construct_event(b"\xff\xfe", _signed("x"), SECRETS)


def test_event_older_than_five_minutes_is_refused():
    gateway.construct_event(BODY.encode(), _signed(BODY, age=298), SECRETS)

    with pytest.raises(gateway.BadSignature):
        gateway.construct_event(BODY.encode(), _signed(BODY, age=301), SECRETS)


def test_events_since_by_scope_oldest_first(plan, account, save_card):
    intent = gateway.create_payment_intent(plan, key="a-pi")
    gateway.confirm_payment_intent(intent.id, payment_method=save_card(), key="a-confirm-1")
    user_actions.let_captures_end()
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    names = ["payment_intent.succeeded", "payment_intent.created"]

    ours = gateway.list_events(long_ago, names)
    theirs = gateway.list_events(long_ago, ["account.updated", "payment.created"], account=account)

    assert [event.type for event in ours] == ["payment_intent.created", "payment_intent.succeeded"]
    assert ours[0].object_id == intent.id
    assert {event.account for event in theirs} == {account}
    assert [event.type for event in theirs][-1] == "payment.created"
    assert gateway.list_events(datetime(2100, 1, 1, tzinfo=UTC), names) == []


def test_many_events_come_over_several_pages(witnessed):
    began = int(time.time()) - 1_000  # Stripe forgets older ones
    Event.objects.bulk_create(
        Event(
            id=f"evt_{n}",
            type="customer.updated",
            created=began + n,
            body={**EVENT, "id": f"evt_{n}", "created": began + n},
        )
        for n in range(1, 251)
    )

    events = gateway.list_events(datetime.fromtimestamp(began, UTC), ["customer.updated"])

    assert [event.id for event in events] == [f"evt_{n}" for n in range(1, 251)]
    witnessed.clear()  # written by this test, and shorter than Stripe's
