"""Every required line of .env.example, missing and wrong: production says so by name before it
starts.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from mila import production

EXAMPLE = (settings.BASE_DIR / ".env.example").read_text()
REQUIRED = re.findall(r"^# required\b.*\n(?:#.*\n)*([A-Z_]+)=", EXAMPLE, re.M)
WRONG = {
    "SECRET_KEY": ["short", "x" * 80, "django-insecure-" + "abcdefgh" * 8],
    "FIELD_KEYS": ["build", "bWlsYQ==", "b25seS10by1idWlsZC0wMDAwMDAwMDAwMDAwMDAwMDA=,other", "é"],
    "VAPID_PRIVATE_KEY": ["key", "ZGV2ZWxvcG1lbnQtb25seS12YXBpZC1rZXktMDAwMDE", "A" * 43, "_" * 43],
    "SITE_URL": [
        "http://www.mila.eu",
        "https://www.mila.eu/",
        "https://www.mila.eu/de",
        "www.mila.eu",
        "https://",
        "https://www.mila.example",
        "https://[broken",
        "https://www.mila.eu:port",
    ],
    "TRUSTED_PROXIES": ["many", "-1", "10", "1.5"],
    "ALLOWED_HOSTS": ["*", "www.mila.eu,*", "https://www.mila.eu", "localhost", ","],
    "DATABASE_URL": ["mila", "mysql://mila@db/mila", "postgres://", "postgres://db:port/mila"],
    "REDIS_URL": ["redis", "http://cache:6379", "redis://"],
    "CELERY_BROKER_URL": ["memory://", "redis", "amqp://broker"],
    "MEDIA_ROOT": ["media", "./media", "/nowhere/at/all"],
    "EMAIL_URL": ["smtp", "smtp+tls://user:word@smtp.mila.example:587"],
    "DEFAULT_FROM_EMAIL": ["Mila", "Mila <bonjour@mila.example>", "bonjour@localhost"],
    "OPS_EMAIL": ["ops", "ops@mila.example"],
    "SUPPORT_EMAIL_FR": ["bonjour@mila.example", "@"],
    "SUPPORT_EMAIL_CH": ["bonjour@mila.example", "@"],
    "SUPPORT_PHONE_FR": ["0199001235", "+33199001234"],
    "SUPPORT_PHONE_CH": ["044 555 01 23", "+41445550123"],
    "SECURITY_EMAIL": ["security", "security@mila.example"],
    **{name: re.findall(rf'^{name}="?([^"\n]+)', EXAMPLE, re.M) for name in production.OPERATOR},
}
# Judged by the compose file itself, and by payments.checks (tests/payments/test_checks.py).
COMPOSE = {"POSTGRES_PASSWORD", "POSTGRES_APP_PASSWORD"}
ELSEWHERE = {*COMPOSE, *production.STRIPE}


@pytest.fixture(scope="module")
def good():
    """What the image is built with: nothing is missing, nothing is odd."""
    text = (settings.BASE_DIR / "bin/build_env").read_text()
    found = dict(re.findall(r"\b([A-Z_]+)=(\S+)", text))
    assert production.faults(found) == []
    return found


def test_every_value_that_is_asked_for_is_marked_in_the_example_and_the_reverse():
    assert set(REQUIRED) - COMPOSE == set(production.NEEDED)
    assert len(REQUIRED) == len(set(REQUIRED))


@pytest.mark.parametrize("name", [name for name in REQUIRED if name not in COMPOSE])
@pytest.mark.parametrize("how", ["away", "empty", "blank"])
def test_required_line_that_is_missing_is_named(good, name, how):
    given = {**good, name: {"away": "", "empty": "", "blank": "  "}[how]}
    if how == "away":
        del given[name]

    assert production.faults(given) == [f"{name} is missing."]


@pytest.mark.parametrize("name", [name for name in REQUIRED if name not in ELSEWHERE])
def test_required_line_that_is_wrong_is_named(good, name):
    for value in WRONG[name]:  # a line without wrong values fails here
        said = production.faults({**good, name: value})
        assert any(name in sentence for sentence in said), value


def test_media_root_that_cannot_be_written_to_is_named(good, monkeypatch):
    monkeypatch.setattr(production.os, "access", lambda *args: False)

    assert production.faults(good) == ["MEDIA_ROOT cannot be written to by this user: /tmp."]


def test_debug_is_refused(good):
    assert "DEBUG must be off" in production.faults({**good, "DEBUG": "True"})[0]
    assert production.faults({**good, "DEBUG": "off"}) == []


@pytest.mark.parametrize("more", [{"MILA_DEMO": "true"}, {"MILA_AT": "2026-12-25T01:17:00+00:00"}])
def test_demo_and_its_clock_are_refused(good, more):
    (sentence,) = production.faults({**good, **more})

    assert (
        sentence == f"{next(iter(more))} is for development: production has one clock and no demo."
    )


def test_nothing_at_all_is_told_in_one_go():
    assert production.faults({}) == [f"{name} is missing." for name in production.NEEDED]


def test_secrets_are_not_repeated(good):
    said = production.faults(
        {**good, "SECRET_KEY": "hush-hush", "FIELD_KEYS": "hush-hush", "DATABASE_URL": "hush-hush"}
    )

    assert len(said) == 3
    assert "hush" not in " ".join(said)


def start(environment):
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "import mila.settings"],
        cwd=Path(settings.BASE_DIR),
        env={**keep, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_settings_start_with_what_is_good_and_stop_with_all_that_is_not(good):
    assert start(good).returncode == 0

    stopped = start(
        {
            **good,
            "FIELD_KEYS": "build",
            "SITE_URL": "http://build.mila.invalid-host.eu",
            "REDIS_URL": "",
        }
    )

    assert stopped.returncode != 0
    last = stopped.stderr.rpartition("Production cannot start:")[2]
    assert [line.split()[0] for line in last.split("\n") if line] == [
        "REDIS_URL",
        "FIELD_KEYS",
        "SITE_URL",
    ]


def test_development_needs_nothing():
    assert start({}).returncode == 0


TEXTS = {
    "SMS_URL": "https://sms.mila.eu/send",
    "SMS_KEY": "k" * 32,
    "SMS_RECEIPT_KEYS": "n" * 32 + "," + "o" * 40,
}
MAILS = {"MAIL_PROVIDER": "postmark", "MAIL_PROVIDER_OPTIONS": '{"WEBHOOK_SECRET": "mila:word"}'}


@pytest.mark.parametrize("whole", [TEXTS, MAILS, {}])
def test_what_is_optional_may_be_whole_or_missing(good, whole):
    assert production.faults({**good, **whole}) == []


@pytest.mark.parametrize(
    ("whole", "name", "wrong"),
    [
        (TEXTS, "SMS_URL", "http://sms.mila.eu/send"), (TEXTS, "SMS_URL", "https://"),
        (TEXTS, "SMS_KEY", "k" * 31),
        (TEXTS, "SMS_KEY", ""), (TEXTS, "SMS_RECEIPT_KEYS", ""),
        (TEXTS, "SMS_RECEIPT_KEYS", "n" * 32 + ",short"),
        (TEXTS, "SMS_SENDER", "Mila for everybody"), (MAILS, "MAIL_PROVIDER", "Post/mark"),
        (MAILS, "MAIL_PROVIDER_OPTIONS", "{"), (MAILS, "MAIL_PROVIDER_OPTIONS", "{}"),
        (MAILS, "MAIL_PROVIDER_OPTIONS", "[]"),
    ],
)  # fmt: skip
def test_what_is_optional_is_not_half(good, whole, name, wrong):
    [fault] = production.faults({**good, **whole, name: wrong})

    assert fault.startswith(name)
