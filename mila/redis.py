"""One place for Redis clients. The cache's answers within 100 ms or is left alone: Redis is a gate,
never the judge.

Fault C5: a dead or stuck Redis costs one request 100 ms and the others nothing. Callers catch
RedisError and go on.
"""

from functools import cache
from typing import cast

import redis
from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from mila.breaker import Breaker

__all__ = ["QuietCache", "RedisError", "answers", "cache_redis", "plain", "redis_breaker"]

PATIENCE = 0.1  # seconds


def redis_breaker() -> Breaker:
    return Breaker((redis.ConnectionError, redis.TimeoutError), redis.ConnectionError)


class BriskRedis(redis.Redis):
    """A client that gives up at once and then rests.

    A pipeline does not go through `execute_command`: whoever runs one does it under `breaker`.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.breaker = redis_breaker()

    def execute_command(self, *args, **options):
        with self.breaker:
            return super().execute_command(*args, **options)


def _client(url: str) -> BriskRedis:
    client = BriskRedis.from_url(
        url,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    return cast(BriskRedis, client)


@cache
def cache_redis() -> BriskRedis:
    """Locks and live messages; answers are str.

    Raises RedisError within 100 ms, or at once while it rests.
    """
    return _client(settings.REDIS_URL)


def plain(url: str) -> str:
    """An address in Celery's spelling, as every client reads it."""
    if url.startswith("redis+socket://"):
        url = url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=", 1)
    return url


def answers(url: str) -> bool:
    """Whether the server at this address is there. For alarms: asked afresh, past the breaker, with
    more patience than a page may have, so that one slow moment is no alarm.
    """
    try:
        with redis.Redis.from_url(plain(url), socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except RedisError:
        return False


class QuietCache(RedisCache):
    """Django's cache, empty and forgetful while Redis is away, instead of an error on the page."""

    def __init__(self, server, params):
        options = params.setdefault("OPTIONS", {})
        options.update(
            socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
        )
        super().__init__(server, params)
        self.breaker = redis_breaker()

    def _quietly(self, method, otherwise, *args, **kwargs):
        try:
            with self.breaker:
                return method(*args, **kwargs)
        except RedisError:
            return otherwise

    def add(self, *args, **kwargs):
        return self._quietly(super().add, True, *args, **kwargs)

    def get(self, key, default=None, version=None):
        return self._quietly(super().get, default, key, default, version)

    def set(self, *args, **kwargs):
        return self._quietly(super().set, None, *args, **kwargs)

    def touch(self, *args, **kwargs):
        return self._quietly(super().touch, False, *args, **kwargs)

    def delete(self, *args, **kwargs):
        return self._quietly(super().delete, False, *args, **kwargs)

    def get_many(self, *args, **kwargs):
        return self._quietly(super().get_many, {}, *args, **kwargs)

    def has_key(self, *args, **kwargs):
        return self._quietly(super().has_key, False, *args, **kwargs)

    def incr(self, key, delta=1, version=None):
        return self._quietly(super().incr, delta, key, delta, version)

    def set_many(self, data, *args, **kwargs):
        return self._quietly(super().set_many, list(data), data, *args, **kwargs)

    def delete_many(self, *args, **kwargs):
        return self._quietly(super().delete_many, None, *args, **kwargs)

    def clear(self):
        return self._quietly(super().clear, False)
