"""Sends nonsense and says what was wrong with the answer: that it broke, what it changed, what it
did not say.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.cookies import SimpleCookie
from unittest import mock

from django.db import connections, transaction
from django.test import Client

from mila.wsgi import ReadableRequest
from tests.access_matrix.dataset import Dataset
from tests.access_matrix.forms import Page, name_of
from tests.access_matrix.honest import Asked
from tests.signing_in import sign_in

DATABASES = ("default", "standin")
LANGUAGES = ("fr", "de", "it", "en")
WRITES = re.compile(r"\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?(\w+)", re.IGNORECASE)
# What may change although something was refused, with its reason.
LEFT_BEHIND = {
    "django_session": "what the page says next stands there",
    "requests_app_contactaccess": "a page that shows contact data leaves a row that says who saw "
    "it (fault A2)",
    "requests_app_bookingphoto": "photos stay with the draft, whatever else on the page was "
    "refused",
    "payments_cardsetup": "the card step opens its fields at Stripe each time it has none",
    "payments_paymentcustomer": "the same",
    "standin_thing": "the same, on Stripe's side",
    "standin_event": "the same",
    "standin_answer": "the same",
    "standin_delivery": "the same",
}
# Pages that speak the customer's language whoever looks: the phone is turned round (rule L12).
TURNED_ROUND = {"partner:sign", "partner:rate", "partner:answer_price"}
ALARMS = {"readyz"}  # says with 503 that the sweeps do not run, and here they do not
# Answers a script reads, no person.
SILENT = {
    "partner:position",
    "payments:webhook",
    "payments:connect_webhook",
    "accounts:text_receipt",
    "accounts:mail_events",
    "standin:api",
    "customer:photo",
    "admin:autocomplete",
    "admin:jsi18n",
}


class Ear(logging.Handler):
    """What the site itself found worth an error, and what only the database refused."""

    def __init__(self):
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record):
        if record.levelno >= logging.ERROR or "Unstorable" in str(record.msg):
            error = record.exc_info[1] if record.exc_info and record.exc_info is not True else None
            self.heard.append(f"{record.getMessage()} {error!r:.300}")

    @contextmanager
    def listening(self):
        loggers = [
            logging.getLogger(name)
            for name in ("django.request", "mila.web.middleware", "django.security")
        ]
        for one in loggers:
            one.addHandler(self)
        try:
            yield self
        finally:
            for one in loggers:
                one.removeHandler(self)


class Judge:
    """One of each role asks; whatever a request wrote is rolled back, so that each begins in the
    same dataset.
    """

    def __init__(self, dataset: Dataset):
        self.clients = {role: Client(raise_request_exception=False) for role in dataset.people}
        for role, user in dataset.people.items():
            if user is not None:
                sign_in(self.clients[role], user)
        self.cookies = {
            role: client.cookies.output(header="", sep=";") for role, client in self.clients.items()
        }
        self.before: dict[str, dict[str, str]] = {}
        self.asked = self.refused = self.shown = self.broken = 0

    def send(self, asked: Asked, language: str = "fr"):
        client = self.clients[asked.endpoint.role]
        client.cookies = SimpleCookie(self.cookies[asked.endpoint.role])
        client.cookies["django_language"] = language
        headers = {_meta(name): _line(value) for name, value in asked.headers.items()}
        more = {"content_type": _line(asked.kind), "QUERY_STRING": _line(asked.query), **headers}
        # as the server makes it
        with mock.patch("django.test.client.WSGIRequest", ReadableRequest):
            return client.generic(asked.method, asked.path, asked.body, **more)

    def faults(self, asked: Asked, language: str = "fr") -> list[str]:
        """Everything that is wrong with the answer; nothing when all is well."""
        self.asked += 1
        self.before = self.before or {alias: _rows(alias, _tables(alias)) for alias in DATABASES}
        ear, wrote = Ear(), set()
        with ExitStack() as held:
            held.enter_context(ear.listening())
            for alias in DATABASES:
                held.enter_context(_given_up(alias))
                held.enter_context(connections[alias].execute_wrapper(_noting(alias, wrote)))
            answer = self.send(asked, language)
            found = [f"logged: {line}" for line in ear.heard if "/readyz" not in line]
            if name_of(asked.path) in ALARMS and answer.status_code == 503:
                return found
            if answer.status_code >= 500:
                self.broken += 1
                return [f"{asked}: {answer.status_code}", *found]
            page = _page(answer)
            if answer.status_code >= 400 or (page and page.refuses and asked.method == "POST"):
                self.refused += 1
                found += self._changed(wrote)
                found += self._unsaid(asked, answer, page, language)
        return [f"{asked} ({answer.status_code}): {fault}" for fault in found]

    def _changed(self, wrote: set[tuple[str, str]]) -> Iterator[str]:
        """Of the tables that were written to: a savepoint may have taken it back."""
        for alias in DATABASES:
            tables = sorted(
                {table for where, table in wrote if where == alias} - LEFT_BEHIND.keys()
            )
            for table, digest in _rows(alias, tables).items():
                if digest != self.before[alias][table]:
                    yield f"changed {table}"

    def _unsaid(self, asked: Asked, answer, page: Page | None, language: str) -> Iterator[str]:
        """A person who is refused reads why, in their language, beside what they have typed."""
        name = name_of(asked.path)
        if page is None or not answer.content:
            for_a_script = name in SILENT or (
                answer.content and "json" in answer.get("Content-Type", "")
            )
            if asked.method == "POST" and answer.status_code != 405 and not for_a_script:
                yield "refused without a word"
            return
        expected = "fr" if name in TURNED_ROUND and page.forms else language
        if page.language and page.language != expected and asked.what not in SAYS_ITS_LANGUAGE:
            yield f"speaks {page.language}, not {expected}"
        beside_a_form = answer.status_code in (200, 409, 422)  # else it is a page of its own
        if not page.said.strip() and (beside_a_form or not page.headed.strip()):
            yield "says nothing"
        if answer.status_code in (200, 422):
            boxes = page.values()
            for box, text in asked.typed.items():
                if _plain(text) not in map(_plain, boxes.get(box, ())):
                    yield f"{box} was lost: {text!r:.60}, there is {boxes.get(box)}"
            self.shown += len(asked.typed)


SAYS_ITS_LANGUAGE = {"odd header", "many headers"}  # among them cookie and Accept-Language


def _page(answer) -> Page | None:
    if answer.streaming or not answer.get("Content-Type", "").startswith("text/html"):
        return None
    return Page(answer.content.decode())


def _plain(text: str) -> str:
    """As boxes change it: line ends are one, and a text area drops the first."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\n").strip()


def _meta(name: str) -> str:
    name = name.upper().replace("-", "_")
    return name if name == "CONTENT_LENGTH" else f"HTTP_{name}"


def _line(text: str) -> str:
    """A header as WSGI hands it over: bytes as latin-1."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1") if not _is_latin(text) else text


def _is_latin(text: str) -> bool:
    return all(ord(letter) < 256 for letter in text)


@contextmanager
def _given_up(alias: str):
    with transaction.atomic(using=alias):
        yield
        transaction.set_rollback(True, using=alias)


def _noting(alias: str, wrote: set[tuple[str, str]]):
    def wrapper(execute, sql, params, many, context):
        if written := WRITES.match(sql):
            wrote.add((alias, written[1]))
        return execute(sql, params, many, context)

    return wrapper


def _tables(alias: str) -> list[str]:
    return sorted(connections[alias].introspection.table_names())


def _rows(alias: str, tables: list[str]) -> dict[str, str]:
    """A digest of each table."""
    if not tables:
        return {}
    each = [
        f"SELECT '{t}', md5(string_agg(t::text, '' ORDER BY t::text)) FROM \"{t}\" t"
        for t in tables
    ]
    with connections[alias].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return dict(cursor.fetchall())
