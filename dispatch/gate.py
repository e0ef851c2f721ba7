"""The Redis lock in front of a booking's window: a gate that keeps the crowd off its row, never the
judge (rule D3).

Every failure of Redis is ignored: the path works with Redis switched off, and where the two differ
the database wins.
"""

import logging
import secrets
from datetime import timedelta

from django.conf import settings

from mila.redis import RedisError, cache_redis

log = logging.getLogger(__name__)
RELEASE = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
)
EXTEND = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) "
    "end return 0"
)


def _key(booking_id: int) -> str:
    return f"mila:{settings.INSTANCE}:window:{booking_id}"


def _milliseconds(span: timedelta) -> int:
    return max(1, round(span / timedelta(milliseconds=1)))


def new_token() -> str:
    return secrets.token_hex(16)


def take(booking_id: int, token: str, span: timedelta) -> bool:
    """`SET key token NX PX ms`: False when somebody else's token is there; True when Redis does not
    answer.
    """
    try:
        return bool(cache_redis().set(_key(booking_id), token, nx=True, px=_milliseconds(span)))
    except RedisError as error:
        log.warning("gate of booking %s not taken: %s", booking_id, error)
        return True


def put(booking_id: int, token: str, span: timedelta) -> None:
    """The database has decided: the gate shows this token now, whatever was there."""
    try:
        cache_redis().set(_key(booking_id), token, px=_milliseconds(span))
    except RedisError as error:
        log.warning("gate of booking %s not put: %s", booking_id, error)


def extend(booking_id: int, token: str, span: timedelta) -> None:
    """Another end for our own token; a foreign one is left alone (fault C3)."""
    _run(EXTEND, booking_id, token, _milliseconds(span))


def release(booking_id: int, token: str) -> None:
    """Compare and delete: a foreign token is left alone (fault C3)."""
    _run(RELEASE, booking_id, token)


def _run(script: str, booking_id: int, *args: str | int) -> None:
    try:
        cache_redis().eval(script, 1, _key(booking_id), *args)
    except RedisError as error:
        log.warning("gate of booking %s not changed: %s", booking_id, error)
