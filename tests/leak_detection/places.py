"""Where words come to lie without anybody asking a page: mails, logs, messages, Redis, the
database.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from celery.signals import before_task_publish
from django.conf import settings
from django.core import mail
from django.db import connections

from mila.logs import WithoutKeys
from mila.redis import cache_redis
from requests_app.models import photo_storage
from tests.broker import broker_redis
from tests.leak_detection.words import STEM

Finding = tuple[str, str]  # where, what


class Logs(logging.Handler):
    """Every line of every logger as the site would write it, at the lowest level the site lets
    anybody set.
    """

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(WithoutKeys(settings.LOGGING["formatters"]["plain"]["format"]))
        self.lines: list[Finding] = []

    def emit(self, record):
        self.lines.append((f"log of {record.name}", self.format(record)))

    @contextmanager
    def listening(self):
        root = logging.getLogger()
        kept = settings.LOGGING["loggers"]  # levels that are the site's own decision
        others = [
            one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger)
        ]
        before = [(one, one.level) for one in (root, *others) if one.name not in kept]
        handlers = root.handlers
        for one, _level in before:
            one.setLevel(logging.DEBUG)
        root.handlers = [self]
        try:
            yield self
        finally:
            root.handlers = handlers
            for one, level in before:
                one.setLevel(level)


class Jobs:
    """What is handed to Celery: the message and its headers, which repeat the arguments."""

    def __init__(self):
        self.sent: list[Finding] = []

    def _note(self, sender=None, headers=None, body=None, **more):
        self.sent.append((f"job {sender}", repr((headers, body))))

    @contextmanager
    def listening(self):
        before_task_publish.connect(self._note)
        try:
            yield self
        finally:
            before_task_publish.disconnect(self._note)


class Live:
    """What is published for open pages, in whichever dataset: the words are this test's own."""

    END = f"{STEM}:end"  # ours alone: other runs have ends of their own

    def __init__(self):
        self.pubsub = cache_redis().pubsub()
        self.pubsub.psubscribe("*")
        self.close = self.pubsub.close

    def heard(self) -> Iterator[Finding]:
        cache_redis().publish(self.END, "")
        while (message := self.pubsub.get_message(timeout=5)) is None or message[
            "channel"
        ] != self.END:
            if message is not None:
                yield "live message", f"{message['channel']} {message['data']}"


def in_redis() -> Iterator[Finding]:
    """Every key of both databases with what it holds."""
    for name, client in (("cache", cache_redis()), ("broker", broker_redis())):
        options = {**client.connection_pool.connection_kwargs, "decode_responses": False}
        raw = redis.Redis(
            connection_pool=redis.ConnectionPool(
                connection_class=client.connection_pool.connection_class, **options
            )
        )
        for key in raw.scan_iter(count=1000):
            yield f"Redis {name}", f"{key.decode()} {_held(raw, key)!r}"
        raw.close()


def _held(client: redis.Redis, key: bytes):
    match client.type(key):
        case b"string":
            return client.get(key).decode("utf-8", "replace")
        case b"list":
            return [one.decode() for one in client.lrange(key, 0, -1)]
        case b"set":
            return client.smembers(key)
        case b"hash":
            return client.hgetall(key)
        case b"zset":
            return client.zrange(key, 0, -1)
        case kind:
            raise AssertionError(f"Nobody has said how to read a {kind} of Redis.")


def mails(readers: dict[str, str]) -> Iterator[Finding]:
    """What has gone out, by who reads it; `readers` by their addresses."""
    for message in mail.outbox:
        parts = [
            message.subject,
            message.body,
            *(str(part) for part, _kind in message.alternatives),
        ]
        parts += [
            json.dumps(message.extra_headers),
            *message.reply_to,
            *map(repr, message.attachments),
        ]
        for reader in message.recipients():
            yield f"mail to {readers.get(reader, reader)}", "\n".join([reader, *parts])


def columns(*databases: str) -> Iterator[tuple[str, list[str]]]:
    """table.column and all it holds, raw, of every table: read from PostgreSQL's own catalogue,
    past every model.
    """
    for alias in databases:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT c.table_name, c.column_name FROM information_schema.columns c"
                " JOIN information_schema.tables t USING (table_schema, table_name)"
                " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY 1, "
                "c.ordinal_position"
            )
            tables: dict[str, list[str]] = {}
            for table, column in cursor.fetchall():
                tables.setdefault(table, []).append(column)
            for table, names in tables.items():
                quoted = ", ".join(f'array_agg("{name}"::text)' for name in names)
                cursor.execute(f'SELECT count(*), {quoted} FROM "{table}"')
                count, *held = cursor.fetchone()
                if count:
                    for name, values in zip(names, held, strict=True):
                        yield f"{table}.{name}", [value for value in values if value is not None]


def files() -> Iterator[Finding]:
    """What lies in the storage of photos, by name and as it lies there."""
    storage = photo_storage()
    for name in storage.listdir("photos")[1]:
        with storage.open(f"photos/{name}") as file:
            yield "file", f"{file.read()!r}"
