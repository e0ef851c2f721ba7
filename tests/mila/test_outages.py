"""The database away, a full disk, a second one of its kind: a calm page with its status, never a
500 (fault F4, F5).
"""

import errno
import socket
import time

import psycopg
import pytest
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.test import Client

from accounts.models import Skill
from mila import breaker, faults
from mila.errors import AlreadyThere, Refusal
from mila.patient_postgres import base
from mila.transactions import verb
from tests.mila import pages

pytestmark = [pytest.mark.urls("tests.mila.pages"), pytest.mark.django_db]

LANGUAGES = {
    "fr": "Nous sommes momentanément indisponibles",
    "de": "Wir sind gerade nicht erreichbar",
    "it": "Al momento non siamo raggiungibili",
    "en": "We cannot be reached for a moment",
}


@pytest.fixture
def browser():
    return Client(raise_request_exception=False)


@pytest.fixture
def view_raises(monkeypatch):
    """The small site's page raises what it is given."""

    def install(error):
        def broken(request, word=""):
            raise error

        monkeypatch.setattr(pages.urlpatterns[0], "callback", broken)

    return install


@pytest.fixture
def database_away(monkeypatch):
    """Every question to the database fails, those of session and middleware too."""

    def away(*args, **kwargs):
        raise OperationalError("server at 10.0.0.7 closed the connection")

    monkeypatch.setattr(connection, "cursor", away)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_without_a_database_is_a_calm_503(browser, database_away, language):
    answer = browser.get("/", headers={"accept-language": language})
    page = answer.content.decode()

    assert answer.status_code == 503
    assert f"<h1>{LANGUAGES[language]}</h1>" in page
    assert f'<html lang="{language}"' in page
    assert "10.0.0.7" not in page
    assert answer["Retry-After"] == "30"
    assert "no-store" in answer["Cache-Control"]


def test_session_that_cannot_be_read_is_a_calm_503(browser, customer, database_away, monkeypatch):
    """The middleware stumbles before any view is asked."""
    browser.cookies["sessionid"] = "x" * 32

    answer = browser.get("/start/", headers={"accept-language": "en"})

    assert answer.status_code == 503
    assert LANGUAGES["en"] in answer.content.decode()


def test_part_of_a_page_gets_a_message_and_no_swap(browser, database_away):
    answer = browser.get("/", headers={"HX-Request": "true", "accept-language": "en"})

    assert answer.status_code == 503
    assert answer["HX-Reswap"] == "none"
    assert answer.content.count(b'hx-swap-oob="true"') == 1
    assert b"<html" not in answer.content


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("away"), 503),
        (InterfaceError("closed"), 503),
        (OSError(errno.ENOSPC, "No space left on device"), 503),
        (OSError(errno.EDQUOT, "Quota exceeded"), 503),
        (Refusal("Not on a Sunday."), 409),
        (OSError(errno.EACCES, "secret"), 500),
        (IntegrityError("secret"), 500),
        (RuntimeError("secret"), 500),
    ],
)
def test_error_that_no_view_has_caught(browser, view_raises, error, status):
    view_raises(error)

    answer = browser.get("/plain/", headers={"accept-language": "en"})

    assert answer.status_code == status
    assert "secret" not in answer.content.decode()
    assert ("Not on a Sunday." in answer.content.decode()) is isinstance(error, Refusal)


def second_of_a_kind():
    with transaction.atomic():
        Skill.objects.create(slug="twice", name="a")
        Skill.objects.create(slug="twice", name="b")


def test_second_of_a_kind_is_refused_in_words_and_nothing_is_left(browser, monkeypatch):
    monkeypatch.setattr(pages.urlpatterns[0], "callback", lambda request: second_of_a_kind())

    answer = browser.get("/plain/", headers={"accept-language": "en"})

    assert answer.status_code == 409
    assert "<h1>That has just been done</h1>" in answer.content.decode()
    assert "twice" not in answer.content.decode()
    assert not Skill.objects.filter(slug="twice").exists()


def test_verb_refuses_a_second_of_a_kind_as_it_refuses_anything(caplog):
    with pytest.raises(AlreadyThere) as refused:
        verb(second_of_a_kind)()

    assert isinstance(refused.value, Refusal)
    assert faults.is_twice(refused.value.__cause__)
    assert "second_of_a_kind" in caplog.text
    assert not Skill.objects.filter(slug="twice").exists()


def test_other_broken_rules_stay_mistakes_of_ours():
    with pytest.raises(IntegrityError):
        verb(lambda: Skill.objects.create(slug="x", name=None))()


# --- Patience of the pages' connections


@pytest.fixture
def patient(monkeypatch):
    """A connection as the pages make them, to this test's database."""
    monkeypatch.setattr(breaker, "REST", 600)
    monkeypatch.setattr(base, "breakers", {})
    made = base.DatabaseWrapper(connection.settings_dict, "default")
    yield made
    made.close()


def test_server_that_hangs_in_a_statement_is_left(patient, monkeypatch):
    patient.ensure_connection()
    patient.connection.patience = 0.1

    with pytest.raises(OperationalError, match="does not answer"), patient.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1)")

    assert patient.connection.closed


def test_after_a_hang_nobody_connects_for_a_moment(patient):
    patient.ensure_connection()
    patient.connection.patience = 0.1
    with pytest.raises(OperationalError), patient.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1)")
    patient.close()

    with pytest.raises(OperationalError, match="a moment ago"):
        patient.ensure_connection()

    base.breaker_of("default").closed_until = 0.001
    patient.ensure_connection()
    assert base.breaker_of("default").closed_until == 0


def test_transaction_that_hangs_ends_without_a_second_wait(patient, monkeypatch):
    monkeypatch.setattr(connections._connections, "patient", patient, raising=False)
    patient.ensure_connection()

    def hangs():
        with transaction.atomic(using="patient"), patient.cursor() as cursor:
            patient.connection.patience = 0.1
            cursor.execute("SELECT pg_sleep(1)")

    with pytest.raises(OperationalError):
        hangs()

    assert not patient.in_atomic_block


def test_kept_connection_is_asked_briefly_whether_it_lives(patient, monkeypatch):
    patient.ensure_connection()
    asked = []
    execute = psycopg.Cursor.execute
    monkeypatch.setattr(
        psycopg.Cursor,
        "execute",
        lambda self, *a, **k: (asked.append(self.connection.patience), execute(self, *a))[1],
    )

    assert patient.is_usable()

    assert asked == [base.ALIVE_WITHIN]
    assert patient.connection.patience == base.ANSWER_WITHIN
    assert base.ALIVE_WITHIN + 2 < 5  # and then at most one try to connect


def test_server_that_takes_connections_and_says_nothing(patient, tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / ".s.PGSQL.5432"))
        server.listen()
        patient.settings_dict = {**patient.settings_dict, "HOST": str(tmp_path), "PORT": "5432"}
        patient.settings_dict["OPTIONS"] = {
            **patient.settings_dict["OPTIONS"],
            "connect_timeout": 2,
        }
        began = time.monotonic()
        with pytest.raises(OperationalError):
            patient.ensure_connection()
        took = time.monotonic() - began
        with pytest.raises(OperationalError, match="a moment ago"):
            patient.ensure_connection()

    assert took < 30  # not for ever; how long exactly is measured by bench/outages.py
