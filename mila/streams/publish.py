"""Telling open pages that something changed: a kind, never a fact. The page then asks the site,
which checks who asks.

Redis carries it to the stream process (mila/streams/server.py). Nothing depends on its arrival:
pages also look by themselves.
"""

import json
import logging
import re
import time
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.core import signing

from mila.redis import RedisError, cache_redis
from mila.transactions import after_commit

logger = logging.getLogger(__name__)

SALT = "mila.streams.publish"
LONGEST_TICKET = 500
# Pub/sub knows no databases: worlds on one server are told apart by name.
PREFIX = f"mila:{settings.INSTANCE}:"
CHANNEL = re.compile(r"(booking|technician):[0-9a-f-]{1,36}")
WORD = re.compile(r"[a-z0-9_:-]{1,40}")


class BadTicket(Exception):
    """Not one of ours, altered, or too old."""


def publish(channel: str, event: str, **small: int | str | None) -> None:
    """Tell whoever has `channel` ("booking:<uuid>", "technician:<id>") open that `event` happened,
    after the commit.

    `small` takes numbers and plain words (kinds, versions), nothing a person would mind to see
    shared (fault A17). A dead Redis is logged and ignored.
    """
    _check(channel)
    for value in (event, *small.values()):
        if (isinstance(value, str) and not WORD.fullmatch(value)) or not isinstance(
            value, int | str | None
        ):
            raise ValueError(f"Only numbers and plain words go out live, not {value!r}.")
    message = json.dumps({"event": event, **small})
    after_commit(_send, [channel], message)


def publish_to_all(channels: Iterable[str], event: str) -> None:
    """The same to many channels in one breath, after the commit."""
    if not WORD.fullmatch(event):
        raise ValueError(f"Only plain words go out live, not {event!r}.")
    channels = list(channels)
    for channel in channels:
        _check(channel)
    after_commit(_send, channels, json.dumps({"event": event}))


def _send(channels: list[str], message: str) -> None:
    client = cache_redis()
    try:
        with client.breaker:
            pipe = client.pipeline(transaction=False)
            for channel in channels:
                pipe.publish(PREFIX + channel, message)
            pipe.execute()
    except RedisError as error:
        kinds = ", ".join(sorted({channel.partition(":")[0] for channel in channels}))
        logger.warning("Not told live on %s: %s", kinds, error)


def ticket(channel: str, seconds: int = 3600) -> str:
    """A signed right to listen to one channel for `seconds`.

    Hand it only to somebody who may see what it is about.
    """
    _check(channel)
    now = time.time()
    return signing.dumps([channel, int(now) + seconds, round(now, 2)], salt=SALT)


class Ticket(NamedTuple):
    """`made_at`, `ends_at`: Unix seconds."""

    channel: str
    ends_at: int
    made_at: float


def read_ticket(text: str) -> Ticket:
    """Raises BadTicket if it is altered, foreign or over."""
    if len(text) > LONGEST_TICKET:
        raise BadTicket("too long")
    try:
        found = Ticket(*signing.loads(text, salt=SALT))
    except (signing.BadSignature, ValueError) as error:
        raise BadTicket("not ours") from error
    if found.ends_at <= time.time():
        raise BadTicket("over")
    return found


def stream_url(channel: str, seconds: int = 3600) -> str:
    """Where a page listens, on its own origin: `new EventSource(stream_url)`."""
    return f"/events/?ticket={ticket(channel, seconds)}"


def _check(channel: str) -> None:
    if not CHANNEL.fullmatch(channel):
        raise ValueError(f"{channel!r} is no channel.")
