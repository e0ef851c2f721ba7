"""Asks one address as one person, and says what came back and what was written meanwhile."""

import re
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass

from django.db import connections, transaction
from django.shortcuts import resolve_url
from django.test import RequestFactory
from django.test.client import ClientHandler

IN, LOGIN, BROKEN = "in", "to the login", "broken"
BAD, NO_KEY, FORBIDDEN, HIDDEN, NOT_ALLOWED = 400, 401, 403, 404, 405
REFUSALS = {BAD, NO_KEY, FORBIDDEN, HIDDEN, NOT_ALLOWED}
BY_HTMX = "GET by htmx"
METHODS = ("GET", BY_HTMX, "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|TRUNCATE|MERGE)\b", re.IGNORECASE)
OF_A_SESSION = '"django_session"'  # a visit may be remembered, whatever became of it


@dataclass(frozen=True)
class Answer:
    said: str | int  # IN, or the refusal
    text: str
    written: tuple[str, ...]


class Asker:
    """The whole site with all its middleware; the tokens of forms have
    tests/architecture/test_urls_csrf.py.
    """

    def __init__(self):
        self.handler = ClientHandler(enforce_csrf_checks=False)
        self.doors = {resolve_url("account_login"), resolve_url("admin:login")}
        self.written: list[str] = []

    @contextmanager
    def watching(self):
        """Within it every statement that writes is seen, whoever sends it."""
        with ExitStack() as stack:
            for name in ("default", "standin"):
                stack.enter_context(connections[name].execute_wrapper(self._note))
            yield self

    def _note(self, execute, sql, params, many, context):
        if WRITES.match(sql) and OF_A_SESSION not in sql:
            self.written.append(sql)
        return execute(sql, params, many, context)

    def ask(
        self, cookies: dict, method: str, address: str, *, undo: bool, says: bytes = b""
    ) -> Answer:
        """`undo`: what it writes is taken back at once, and the next one
        finds the world as it was.
        """
        self.written = []
        factory = RequestFactory(headers={"HX-Request": "true"} if method == BY_HTMX else None)
        factory.cookies.load(cookies)
        sent = {"data": says, "content_type": JSON} if says else {"content_type": FORM}
        request = factory.generic(method.split()[0], address, **sent)
        with transaction.atomic() if undo else nullcontext():
            answer = self.handler(request.environ)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            if undo:
                transaction.set_rollback(True)
        text = f"{answer.get('Location', '')} {body.decode(errors='replace')}"
        return Answer(self._said(answer), text, tuple(self.written))

    def _said(self, answer) -> str | int:
        leads_to = answer.get("Location", answer.get("HX-Redirect", "")).partition("?")[0]
        if answer.status_code >= 500:
            return BROKEN
        if leads_to in self.doors:
            return LOGIN
        if "HX-Refresh" in answer:
            return HIDDEN  # a part of a page that is no longer theirs: the page itself will say so
        if answer.wsgi_request.method == "OPTIONS" and "Allow" in answer and not answer.content:
            return NOT_ALLOWED  # names the methods, and nothing else
        return answer.status_code if answer.status_code in REFUSALS else IN


FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
