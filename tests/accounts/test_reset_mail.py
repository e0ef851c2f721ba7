"""Links in the mails of accounts lead to SITE_URL whatever Host was asked for, and live an hour
(fault S4).
"""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.urls import reverse

from accounts import delivery
from accounts.models import Notification

HOSTS = ["testserver", "localhost", "127.0.0.1:9999"]


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = "https://www.mila.test"


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("known", [True, False])
def test_links_of_a_reset_mail_lead_to_the_site(client, customer, host, known):
    email = customer.email if known else "nobody@example.com"

    client.post(reverse("account_reset_password"), {"email": email}, headers={"host": host})

    delivery.deliver(Notification.objects.get().pk)
    (message,) = mail.outbox
    said = "\n".join(
        [
            message.subject,
            message.body,
            *(body for body, _kind in getattr(message, "alternatives", [])),
        ]
    )
    assert host not in said
    links = re.findall(r"https?://\S+", said)
    assert links
    assert all(link.startswith("https://www.mila.test/") for link in links)


def test_link_of_a_reset_mail_opens_the_form(client, customer):
    client.post(reverse("account_reset_password"), {"email": customer.email})
    delivery.deliver(Notification.objects.get().pk)
    path = re.search(r"https://www\.mila\.test(/\S+)", mail.outbox[0].body)[1]

    answer = client.get(path, follow=True)

    assert 'name="password1"' in answer.content.decode()


@pytest.mark.parametrize(
    ("after", "opens"), [(timedelta(minutes=59), True), (timedelta(minutes=61), False)]
)
def test_link_lives_an_hour(customer, after, opens):
    class Later(PasswordResetTokenGenerator):
        def _now(self):
            return datetime(2026, 11, 24, 10) + self.after

    tokens = Later()
    tokens.after = timedelta()
    token = tokens.make_token(customer)
    tokens.after = after

    assert tokens.check_token(customer, token) is opens
