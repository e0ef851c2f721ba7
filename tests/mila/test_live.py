"""What goes out live: after the commit, a kind and small numbers only, and never an error."""

import json
from contextlib import nullcontext

import pytest
from django.db import transaction

from mila import redis
from mila.streams import publish as live

CHANNEL = "technician:17"


class Listening:
    """A client, and the pipeline it answers with."""

    breaker = nullcontext()

    def __init__(self, found):
        self.found, self.waiting = found, []

    def pipeline(self, *, transaction):
        return Listening(self.found)

    def publish(self, channel, message):
        self.waiting.append((channel, json.loads(message)))

    def execute(self):
        self.found += self.waiting


@pytest.fixture
def told(monkeypatch):
    found = []
    monkeypatch.setattr(live, "cache_redis", lambda: Listening(found))
    return found


@pytest.mark.django_db
def test_publish_waits_for_the_commit(told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        live.publish(CHANNEL, "offered", round=2)
        before = list(told)

    assert before == []
    assert told == [(f"{live.PREFIX}{CHANNEL}", {"event": "offered", "round": 2})]


@pytest.mark.django_db
def test_many_are_told_the_same_once_it_is_committed(told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        live.publish_to_all([CHANNEL, "technician:18"], "list")
        before = list(told)

    assert before == []
    assert told == [
        (f"{live.PREFIX}{channel}", {"event": "list"}) for channel in (CHANNEL, "technician:18")
    ]


@pytest.mark.django_db
def test_rolled_back_change_is_not_told(told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        live.publish(CHANNEL, "offered")
        transaction.set_rollback(True)

    assert told == []


@pytest.mark.parametrize(
    "value", ["Anne Müller", "+33 6 12 34 56 78", "a" * 41, 1.5, ["x"], "12 rue des Lilas"]
)
def test_what_could_be_personal_is_refused(value):
    with pytest.raises(ValueError, match="plain words"):
        live.publish(CHANNEL, "offered", detail=value)


@pytest.mark.parametrize(
    "channel", ["", "booking:", "booking:*", "user:1", "technician:1\n", "booking:A"]
)
def test_unknown_channel_is_refused(channel):
    with pytest.raises(ValueError, match="no channel"):
        live.publish(channel, "moved")
    with pytest.raises(ValueError, match="no channel"):
        live.ticket(channel)


@pytest.mark.django_db
def test_dead_redis_is_logged_and_ignored(monkeypatch, caplog, django_capture_on_commit_callbacks):
    client = redis._client("unix:///nowhere/redis.sock")
    monkeypatch.setattr(live, "cache_redis", lambda: client)

    with django_capture_on_commit_callbacks(execute=True):
        live.publish(CHANNEL, "offered")

    assert "Not told live on technician" in caplog.text
    assert "17" not in caplog.text


def test_ticket_tells_its_channel_and_end():
    channel, ends_at, _made_at = live.read_ticket(live.ticket(CHANNEL, seconds=60))

    assert channel == CHANNEL
    assert ends_at - live.time.time() <= 60


def test_stream_url_is_of_the_page_s_own_origin():
    url = live.stream_url(CHANNEL)

    assert url.startswith("/events/?ticket=")
