"""Signing up with an address that has an account: the page of a new one, and a mail with the way in
(rule B12).
"""

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client
from django.urls import reverse

from accounts.models import Notification, User
from tests import factories

OWN, TYPED = "chouette-hulotte-9-own", "chouette-hulotte-9"


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def owner(db):
    account = factories.UserFactory(email="odile@example.com")
    account.set_password(OWN)
    account.save()
    return account


def sign_up(email):
    return Client().post(reverse("account_signup"), {"email": email, "password1": TYPED})


def test_the_owner_gets_the_way_in_and_the_account_stays_as_it_is(owner):
    known, new = sign_up(owner.email), sign_up("new@example.com")

    assert (known.status_code, known.url) == (new.status_code, new.url)
    mails = Notification.objects.filter(email=owner.email)
    assert [(one.kind, one.user) for one in mails] == [("account_way_in", owner)]
    owner.refresh_from_db()
    assert check_password(OWN, owner.password)
    assert not check_password(TYPED, owner.password)


@pytest.mark.parametrize(
    "typed", ["ODILE@Example.com", "odile@example.com\u200b", " odile@example.com "]
)
def test_another_spelling_of_it_is_the_same_person(typed, owner):
    sign_up(typed)

    assert User.objects.count() == 1
    assert [one.kind for one in Notification.objects.filter(email=owner.email)] == [
        "account_way_in"
    ]


@pytest.mark.parametrize("email", ["odile@example.com", "new@example.com"])
def test_the_page_of_the_code_lets_one_sign_in_instead(owner, client, email):
    """Whoever has an account waits there for a code that never comes; it looks the same for all."""
    client.post(reverse("account_signup"), {"email": email, "password1": TYPED})
    waiting = client.get(reverse("account_email_verification_sent")).content.decode()
    assert f'name="next" value="{reverse("account_login")}"' in waiting
    assert client.get(reverse("account_login")).status_code == 302  # control: led back to the code

    answer = client.post(reverse("account_logout"), {"next": reverse("account_login")})

    assert answer["Location"] == reverse("account_login")
    assert client.get(reverse("account_login")).status_code == 200
