"""Every address refuses an unsafe request without its token (fault S10), but
for signed webhooks.
"""

import pytest
from django.test import Client

from tests.architecture.addresses import addresses

# Whose sender is proved otherwise: Stripe and other providers by their signatures, the stand-in's
# clients by their keys, a device by a token that was sent to it alone.
SIGNED = {
    "payments:webhook",
    "payments:connect_webhook",
    "accounts:text_receipt",
    "accounts:mail_events",
    "standin:api",
    "customer:device_heard",
    "customer:device_not_for_me",
}


ALL = list(addresses())


def test_walk_finds_the_site():
    names = {name for _, name, _ in ALL}

    assert {"customer:home", "start", "set_language", "account_login", "admin:index"} <= names


@pytest.mark.django_db(databases=["default", "standin"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_unsafe_request_without_a_token_is_refused(method):
    client = Client(enforce_csrf_checks=True, headers={"HX-Request": "true"})
    wanted = [
        (a, n)
        for a, n, view in ALL
        if n not in SIGNED and (method == "post" or not a.startswith("/admin/"))
    ]

    answers = {
        f"{address} ({name})": getattr(client, method)(address).status_code
        for address, name in wanted
    }

    assert {address: status for address, status in answers.items() if status != 403} == {}


def test_only_signed_messages_do_without_a_token():
    exempt = {name for _, name, view in ALL if getattr(view, "csrf_exempt", False)}

    assert exempt <= SIGNED


@pytest.mark.django_db(databases=["default", "standin"])
def test_signed_addresses_refuse_a_message_without_a_signature():
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    signed = [(address, name) for address, name, _ in ALL if name in SIGNED]

    found = {
        name: client.post(address, "{}", content_type="application/json").status_code
        for address, name in signed
    }

    assert {name: status for name, status in found.items() if status not in (400, 401, 403)} == {}
