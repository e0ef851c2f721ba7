"""Answers kept in the process while what they were made from has not changed: under a version that
every change raises.

The version is a row (migration 0003) that triggers write in the transaction of the change: whoever
reads it after the commit sees another one, in whatever process. Read it before what it stands for:
then an answer is never older than its version says.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from django.db import connection

T = TypeVar("T")


class Now(NamedTuple):
    """The product's instant, and with the same statement the versions of the kinds asked for."""

    at: datetime
    versions: tuple[str, ...]


READ = (
    "SELECT mila_now(), (SELECT json_object_agg(name, version) FROM mila_version WHERE name = "
    "ANY(%s))"
)


def read(*names: str) -> Now:
    with connection.cursor() as cursor:
        cursor.execute(READ, [list(names)])
        at, found = cursor.fetchone()
    versions = json.loads(found) if isinstance(found, str) else found or {}
    return Now(at, tuple(versions.get(name, "") for name in names))


class Kept(Generic[T]):
    """The last answer to each question. It holds for its version, from the instant it was made
    until `until`.

    `until`: when it changes by itself, as a price that comes into force; None where it never does.
    """

    def __init__(self, most: int = 100) -> None:
        self.most = most
        self._answers: dict[object, tuple[str, datetime, datetime | None, T]] = {}

    def get(
        self,
        question: object,
        version: str,
        at: datetime,
        make: Callable[[], tuple[T, datetime | None]],
    ) -> T:
        """The answer, made anew where there is none that holds.

        Whoever gets it must not change it.
        """
        kept = self._answers.get(question)
        if kept is not None:
            of, since, until, answer = kept
            if of == version and since <= at and (until is None or at < until):
                return answer
        answer, until = make()
        if len(self._answers) >= self.most:
            self._answers.clear()
        self._answers[question] = (version, at, until, answer)
        return answer
