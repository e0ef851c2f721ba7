"""A Redis that is away costs one caller 100 ms and the next ones nothing (fault C5)."""

import socket
import time

import pytest
from django.core.cache import cache as site_cache
from redis import UnixDomainSocketConnection

from mila import breaker, redis


@pytest.fixture(autouse=True)
def _patience_of_the_site(monkeypatch):
    """Other tests' Redis may take its time (tests/conftest.py)."""
    monkeypatch.setattr(redis, "PATIENCE", 0.1)


@pytest.fixture
def stuck(tmp_path):
    """A server that takes connections and never answers, as one that is stopped."""
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        yield f"unix://{path}"


@pytest.fixture(params=["stuck", "dead"])
def away(request, tmp_path):
    return (
        f"unix://{tmp_path}/nobody" if request.param == "dead" else request.getfixturevalue("stuck")
    )


@pytest.fixture
def tries(monkeypatch):
    """How often a connection was tried, each with the patience it had."""
    monkeypatch.setattr(breaker, "REST", 60)
    tried = []
    connect = UnixDomainSocketConnection.connect
    monkeypatch.setattr(
        UnixDomainSocketConnection,
        "connect",
        lambda self, *args: (
            tried.append((self.socket_connect_timeout, self.socket_timeout)),
            connect(self, *args),
        ),
    )
    return tried


def fails(call):
    with pytest.raises(redis.RedisError):
        call()


def test_client_gives_up_within_its_patience(away):
    """The best of three: what a busy machine adds is not the client's."""
    spans = []
    for _ in range(3):
        began = time.monotonic()
        fails(redis._client(away).ping)
        spans.append(time.monotonic() - began)

    assert min(spans) < 0.3


def test_client_that_gave_up_rests(away, tries):
    client = redis._client(away)

    fails(client.ping)
    fails(client.ping)

    assert tries == [(0.1, 0.1)]


def test_client_tries_again_after_its_rest(away, tries):
    client = redis._client(away)
    fails(client.ping)

    client.breaker.closed_until = 0
    fails(client.ping)

    assert len(tries) == 2


def test_refused_command_does_not_open_the_breaker():
    client = redis.cache_redis()
    client.set("plain", "word")

    with pytest.raises(redis.RedisError):
        client.incr("plain")

    assert client.ping()


def test_alarm_asks_past_a_breaker_that_rests(settings):
    client = redis.cache_redis()
    client.breaker.trip()
    fails(client.ping)
    try:
        assert redis.answers(settings.REDIS_URL)
    finally:
        client.breaker.closed_until = 0.0


def test_alarm_knows_both_spellings_of_an_address(settings):
    plain = settings.REDIS_URL
    celery = plain.replace("unix://", "redis+socket://").replace("db=", "virtual_host=")

    assert redis.answers(plain)
    assert redis.answers(celery)
    assert redis.answers(settings.CELERY_BROKER_URL)


def test_alarm_hears_of_a_server_that_is_away(away):
    assert not redis.answers(away)


def test_cache_is_empty_and_forgetful_while_redis_is_away(away, tries):
    cache = redis.QuietCache(away, {})

    cache.set("a", 1)
    found = {
        "get": cache.get("a", "otherwise"),
        "add": cache.add("a", 1),
        "touch": cache.touch("a"),
        "delete": cache.delete("a"),
        "get_many": cache.get_many(["a"]),
        "has_key": cache.has_key("a"),
        "incr": cache.incr("a"),
        "set_many": cache.set_many({"a": 1}),
        "delete_many": cache.delete_many(["a"]),
        "clear": cache.clear(),
    }

    assert found == {
        "get": "otherwise",
        "add": True,
        "touch": False,
        "delete": False,
        "get_many": {},
        "has_key": False,
        "incr": 1,
        "set_many": ["a"],
        "delete_many": None,
        "clear": False,
    }
    assert tries == [(0.1, 0.1)]


def test_cache_keeps_what_it_is_given():
    site_cache.set("kept", {"a": [1]}, 30)

    assert site_cache.get("kept") == {"a": [1]}
    assert site_cache.delete("kept")


def test_settings_use_the_quiet_cache(settings):
    assert settings.CACHES["default"]["BACKEND"] == "mila.redis.QuietCache"
