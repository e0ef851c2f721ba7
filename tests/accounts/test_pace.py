"""A refused sign-in is answered after the same time for a known and an
unknown address (fault S3).
"""

import pytest
from django.urls import reverse

from accounts import pace
from tests.limited import counters  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def held_back(monkeypatch):
    """For how long each refusal was held back; nobody waits."""
    seconds = []
    monkeypatch.setattr(pace, "SIGN_IN", 1000.0)
    monkeypatch.setattr(pace.time, "sleep", seconds.append)
    return seconds


def sign_in(client, email):
    return client.post(reverse("account_login"), {"login": email, "password": "wrong-wrong-wrong"})


def test_known_and_unknown_are_held_back_to_the_same_instant(client, customer, held_back):
    for email in (customer.email, "nobody@example.com"):
        sign_in(client, email)

    assert len(held_back) == 2
    assert all(0 < seconds <= 1000 for seconds in held_back)


@pytest.mark.usefixtures("counters")
def test_refusal_by_number_holds_no_thread(client, customer, held_back):
    for _ in range(30):
        sign_in(client, customer.email)

    assert len(held_back) < 30
