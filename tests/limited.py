"""Limits switched on, with counters of their own, and a Redis that can be killed between two
requests.
"""

import pytest
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from mila import redis
from mila.web import limits


class Counters:
    def __init__(self, monkeypatch, name: str):
        self.patch = monkeypatch
        pool = redis.cache_redis().connection_pool
        self.kept = RedisStorage("redis://", connection_pool=pool, key_prefix=f"limits:{name}")
        self.near = MemoryStorage()
        self.use(self.kept)
        monkeypatch.setattr(limits, "_near", lambda: FixedWindowRateLimiter(self.near))
        monkeypatch.setattr(limits, "_breaker", redis.redis_breaker())

    def use(self, storage) -> None:
        self.patch.setattr(limits, "_kept", lambda: FixedWindowRateLimiter(storage))

    def kill_redis(self) -> None:
        """From now on nobody listens where it was."""
        gone = redis._client("unix:///nowhere/redis.sock").connection_pool
        self.use(RedisStorage("redis://", connection_pool=gone))

    def restart_process(self) -> None:
        """What one process alone remembers is gone."""
        self.near.reset()


@pytest.fixture
def counters(settings, monkeypatch, request):
    settings.LIMITS = True
    found = Counters(monkeypatch, request.node.name)
    found.kept.reset()
    yield found
    found.kept.reset()
    found.near.reset()
