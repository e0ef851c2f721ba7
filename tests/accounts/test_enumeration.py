"""Whether an address is known is told by no answer: status, headers, bytes, and the work it makes
(rule B12).
"""

import re

import pytest
from django.contrib.auth import hashers
from django.test import Client
from django.urls import reverse

from accounts import pace
from accounts.models import Notification
from tests import factories

N = 6
PASSWORD = "chouette-hulotte-9"
BLANKED = (
    re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")\w+'),
    re.compile(rb'(?<=X-CSRFToken": ")\w+'),
    re.compile(rb'(?<=nonce[=-]")?nonce-[\w+/=-]+'),
    re.compile(rb'nonce="[^"]*"'),
    re.compile(rb"Expires: [^\n]+"),
    re.compile(rb"sessionid=\w+|csrftoken=\w+|expires=[^;]+"),
)
FORMS = {
    "account_signup": lambda email: {"email": email, "password1": PASSWORD},
    "account_login": lambda email: {"login": email, "password": "not-the-password"},
    "account_reset_password": lambda email: {"email": email},
}


@pytest.fixture(autouse=True)
def _no_limits(settings, monkeypatch):
    settings.ACCOUNT_RATE_LIMITS = False
    monkeypatch.setattr(pace, "SIGN_UP", 0)
    monkeypatch.setattr(pace, "SIGN_IN", 0)
    monkeypatch.setattr(pace, "RESET", 0)


@pytest.fixture
def known(db):
    """Addresses of each kind that is known: with an account, as a guest, begun and never proved."""
    made = []
    for number in range(N):
        account = factories.UserFactory(
            email=f"known-{number:03}@example.com", proved=number % 3 != 0
        )
        if number % 3 != 1:
            account.set_password(PASSWORD + "-own")
        else:
            account.set_unusable_password()
        account.save()
        made.append(account.email)
    return made


def answers(name, email) -> list[bytes]:
    """The answer to the form and the page it leads to, as bytes with their headers, what may differ
    blanked.
    """
    client = Client()
    answer = client.post(reverse(name), FORMS[name](email))
    seen = [answer]
    if answer.status_code == 302:
        seen.append(client.get(answer.url))
        if name == "account_signup":
            seen.append(client.post(answer.url, {"code": "1", "action": "verify"}))
            seen.append(client.get(answer.url))
    return [blanked(one, email) for one in seen]


def blanked(answer, email) -> bytes:
    cookies = answer.cookies.output()
    head = "\n".join(f"{name}: {value}" for name, value in sorted(answer.headers.items()))
    whole = f"{answer.status_code}\n{head}\n{cookies}\n\n".encode() + answer.content
    for pattern in BLANKED:
        whole = pattern.sub(b"", whole)
    return whole.replace(email.encode(), b"@")


@pytest.mark.parametrize("name", FORMS)
def test_known_and_unknown_are_answered_byte_for_byte_alike(name, known):
    unknown = [f"stray-{number:03}@example.com" for number in range(N)]

    seen = {
        tuple(answers(name, email)) for pair in zip(known, unknown, strict=True) for email in pair
    }

    assert len(seen) == 1


@pytest.mark.parametrize("name", FORMS)
def test_control_the_comparison_sees_one_other_letter(name, known):
    """What is compared still holds words of the page."""
    assert max(len(one) for one in answers(name, known[0])) > 2_000


@pytest.mark.parametrize("name", FORMS)
def test_known_and_unknown_cost_the_same_hashes_and_mails(name, known, monkeypatch):
    """Time goes into hashing a password; what is left are a few rows, and no
    mail server is called.
    """
    work = []
    encode = hashers.Argon2PasswordHasher.encode

    def counted(self, password, salt):
        work.append("hash")
        return encode(self, password, salt)

    verify = hashers.Argon2PasswordHasher.verify
    monkeypatch.setattr(hashers.Argon2PasswordHasher, "encode", counted)
    monkeypatch.setattr(
        hashers.Argon2PasswordHasher, "verify", lambda *args: work.append("hash") or verify(*args)
    )

    def cost(email):
        work.clear()
        before = Notification.objects.count()
        answers(name, email)
        return len(work), Notification.objects.count() - before

    assert {cost(email) for email in (*known, "stray@example.com")} == {cost("other@example.com")}


def test_signing_up_and_then_in_does_not_tell_either(known):
    """Who has just made an account with an unknown address, and who could not, are refused alike
    until the code.
    """

    def signed_up_then_in(email):
        client = Client()
        client.post(reverse("account_signup"), FORMS["account_signup"](email))
        again = Client()
        return blanked(
            again.post(reverse("account_login"), {"login": email, "password": PASSWORD}), email
        )

    assert {signed_up_then_in(email) for email in known[:3]} == {
        signed_up_then_in("stray-000@example.com")
    }


@pytest.mark.parametrize("name", FORMS)
def test_no_answer_comes_before_the_floor(name, known, monkeypatch):
    """What is left of the difference is slept away: the rest of the floor, counted and not waited
    for.
    """
    slept = []
    monkeypatch.setattr(pace, "SIGN_UP", 5_000)
    monkeypatch.setattr(pace, "SIGN_IN", 5_000)
    monkeypatch.setattr(pace, "RESET", 5_000)
    monkeypatch.setattr(pace.time, "sleep", slept.append)

    for email in (*known[:3], "stray@example.com"):
        Client().post(reverse(name), FORMS[name](email))

    assert len(slept) == 4
    assert min(slept) > 4_000
