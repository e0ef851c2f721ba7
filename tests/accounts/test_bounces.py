"""A mail that comes back is known to staff and to its person, whoever delivers our mails
(rule N1, fault F10).
"""

import base64

import pytest

from accounts import delivery, notifications, receipts
from accounts.models import DeadAddress
from accounts.notice_rows import Channel
from tests.accounts.ladders import PHONE, fates, queue

MAIL = "/webhooks/mail/"
ODILE = "odile@example.com"


@pytest.fixture
def provider(settings):
    """Postmark, as django-anymail reads it."""
    pytest.importorskip("anymail")
    settings.MAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "mila:word", "POSTMARK_SERVER_TOKEN": "x"}


def told(client, event, secret="mila:word"):
    basic = base64.b64encode(secret.encode()).decode()
    return client.post(
        MAIL, event, content_type="application/json", headers={"authorization": f"Basic {basic}"}
    )


def bounce(**others):
    return {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "MessageID": "m-1",
        "Email": ODILE,
        "ID": 1,
        "BouncedAt": "2026-11-24T10:00:00Z",
        "Description": "No such mailbox",
        "Details": "smtp;550",
        **others,
    }


@pytest.fixture
def sent(morning):
    row = queue(urgency="calm", email=ODILE)
    delivery.sweep()
    row.attempts.update(provider_key="m-1")
    return row


def test_bounce_fails_the_notice_and_marks_the_address(client, provider, sent):
    for _again in range(2):
        assert told(client, bounce()).status_code == 200
    delivery.sweep()

    sent.refresh_from_db()
    assert (sent.state, fates(sent)) == ("failed", {"email": "failed"})
    assert DeadAddress.objects.get().email == ODILE
    assert sent in notifications.needing_staff(sent.queued_at)


def test_a_ladder_passes_a_dead_address_over(client, provider, sent, morning):
    told(client, bounce())
    row = queue(
        urgency="soon", round=2, email=ODILE, sealed={"link": "x", "page": "y", "phone": PHONE}
    )
    delivery.sweep()

    assert fates(row) == {"sms": "reached"}


def test_a_mail_that_arrives_says_that_the_address_lives(client, provider, sent):
    told(client, bounce())
    told(
        client,
        {
            "RecordType": "Delivery",
            "MessageID": "m-2",
            "Recipient": ODILE,
            "DeliveredAt": "2026-11-24T11:00Z",
        },
    )

    assert not DeadAddress.objects.exists()


@pytest.mark.parametrize("secret", ["mila:wrong", "", ":"])
def test_nobody_else_says_that_mails_came_back(client, provider, sent, secret):
    assert told(client, bounce(), secret=secret).status_code == 400

    sent.refresh_from_db()
    assert (sent.state, DeadAddress.objects.count()) == ("sent", 0)


def test_without_a_provider_nobody_is_heard(client, sent):
    assert told(client, bounce()).status_code == 403
    assert not DeadAddress.objects.exists()


def test_what_was_known_to_have_arrived_does_not_come_back(sent):
    attempt = sent.attempts.get()
    receipts.arrived(attempt.pk)
    receipts.mail_bounced(ODILE, "m-1", reason="bounced", error="")

    sent.refresh_from_db()
    assert sent.state == "reached"
    assert receipts.by_provider(Channel.EMAIL, "") is None
