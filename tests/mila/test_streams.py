"""Event streams (fault A17): the right ticket hears its own channel, soon; everybody else hears
nothing.
"""

import asyncio
import json
import signal
import time
import uuid
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from django.core import signing

from mila.redis import cache_redis
from mila.streams import publish
from mila.streams import server as streams
from tests import streaming

CHANNEL = f"booking:{uuid.UUID(int=1)}"
OTHER = f"booking:{uuid.UUID(int=2)}"
OUR_HOST = "mila.example:8000"
OUR_ORIGIN = f"http://{OUR_HOST}"
LONG = 20  # seconds a test waits for what must come, on the slowest machine


class Visit:
    """One request to the application, in this process."""

    def __init__(self, path="/events/", ticket="", origin=OUR_ORIGIN, method="GET"):
        headers = [(b"host", OUR_HOST.encode())]
        headers += [] if origin is None else [(b"origin", origin.encode())]
        query = f"ticket={quote(ticket)}".encode()
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query,
            "headers": headers,
        }
        self.sent = asyncio.Queue()
        self.left = asyncio.Event()
        self.stuck = asyncio.Event()
        self.stuck.set()

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        await self.stuck.wait()
        self.sent.put_nowait(message)

    def begin(self):
        self.task = asyncio.create_task(streams.application(self.scope, self.receive, self.send))
        return self

    async def next(self):
        return await asyncio.wait_for(self.sent.get(), LONG)

    async def heard(self):
        """The next message that is no heartbeat, no hint and no wish to look afresh."""
        while True:
            body = (await self.next())["body"]
            if not body.startswith((b":", b"retry")) and body != streams.RESYNC:
                return body

    async def leave(self):
        self.left.set()
        await self.ended()

    async def ended(self):
        await asyncio.wait_for(self.task, LONG)


def answer(**kwargs):
    """Status and headers of the answer, and the body of a refusal."""

    async def run():
        visit = Visit(**kwargs).begin()
        start = await visit.next()
        body = await visit.next()
        await visit.leave()
        return start["status"], dict(start["headers"]), body["body"]

    return in_loop(run())


def in_loop(coroutine):
    async def run():
        streams.hub.__init__()
        try:
            return await coroutine
        finally:
            streams.hub.close()
            if streams.hub.reader:
                await asyncio.gather(streams.hub.reader, return_exceptions=True)

    return asyncio.run(run())


async def joined(channel=CHANNEL, **kwargs):
    """A stream that has begun, and hears what is delivered."""
    visit = Visit(ticket=publish.ticket(channel, **kwargs)).begin()
    assert (await visit.next())["status"] == 200
    assert (await visit.next())["body"].startswith(b"retry: ")
    return visit


async def opened(**kwargs):
    """The first stream of its process, whose reader is heard by Redis."""
    visit = await joined(**kwargs)
    while (await visit.next())["body"] != streams.RESYNC:
        pass
    return visit


async def tell(channel, event="moved", prefix=publish.PREFIX):
    await asyncio.to_thread(cache_redis().publish, prefix + channel, json.dumps({"event": event}))


def news(event):
    return b'data: {"event": "%s"}\n\n' % event.encode()


def test_valid_ticket_opens_a_stream_for_a_page_of_the_same_origin():
    status, headers, body = answer(ticket=publish.ticket(CHANNEL))

    assert status == 200
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert headers[b"cache-control"] == b"no-store"
    assert body.startswith(b"retry: ")


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", OUR_ORIGIN + ".evil.example", "http://mila.example", ""],
)
def test_other_origin_is_refused_with_a_valid_ticket(origin):
    status, headers, body = answer(ticket=publish.ticket(CHANNEL), origin=origin)

    assert status == 403
    assert b"access-control-allow-origin" not in headers
    assert b"event" not in body


def test_same_origin_request_without_the_header_is_served():
    assert answer(ticket=publish.ticket(CHANNEL), origin=None)[0] == 200


@pytest.mark.parametrize("position", range(0, 60, 7))
def test_altered_ticket_is_refused(position):
    good = publish.ticket(CHANNEL)
    altered = good[:position] + ("A" if good[position] != "A" else "B") + good[position + 1 :]

    assert answer(ticket=altered)[0] == 403


@pytest.mark.parametrize(
    "ticket", ["", "x", "a:b:c", "A" * 600, "\udcff".encode("utf-8", "surrogatepass").hex()]
)
def test_no_ticket_is_refused(ticket):
    assert answer(ticket=ticket)[0] == 403


def test_ticket_that_is_over_is_refused():
    assert answer(ticket=publish.ticket(CHANNEL, seconds=0))[0] == 403
    assert answer(ticket=publish.ticket(CHANNEL, seconds=-1))[0] == 403


def test_session_value_signed_for_another_purpose_is_no_ticket():
    assert (
        answer(ticket=signing.dumps([CHANNEL, int(time.time()) + 60], salt="something.else"))[0]
        == 403
    )


def test_message_reaches_its_own_channel_and_no_other():
    async def run():
        mine, foreign = await opened(), await joined(OTHER)

        await tell(CHANNEL)
        await tell(OTHER, "last")

        assert await mine.heard() == news("moved")
        assert await foreign.heard() == news("last")
        await mine.leave(), await foreign.leave()
        assert streams.hub.listeners == {}

    in_loop(run())


def test_message_of_another_world_is_not_heard():
    async def run():
        visit = await opened()

        await tell(CHANNEL, "first", prefix="mila:elsewhere:")
        await tell(CHANNEL, "second")

        assert await visit.heard() == news("second")
        await visit.leave()

    in_loop(run())


def test_page_opened_before_redis_is_followed_is_told_to_look_afresh():
    async def run():
        visit = Visit(ticket=publish.ticket(CHANNEL)).begin()

        said = [(await visit.next()).get("body") for _ in range(3)]

        assert said[2] == streams.RESYNC
        await visit.leave()

    in_loop(run())


@pytest.mark.parametrize(("made_later_s", "looks"), [(0, True), (5, False)])
def test_what_was_said_between_a_page_and_its_stream_is_made_good(made_later_s, looks):
    """A page is read, its booking moves, and only then its stream is open."""

    async def run():
        first = await opened()
        made_at = time.time() + made_later_s
        await tell(CHANNEL)
        assert await first.heard() == news("moved")

        ticket = signing.dumps([CHANNEL, int(made_at) + 60, made_at], salt=publish.SALT)
        late = Visit(ticket=ticket).begin()
        await late.next(), await late.next()  # its head, and when to come back
        await tell(CHANNEL, "last")
        said = [(await late.next())["body"] for _ in range(2 if looks else 1)]

        assert said == [*([streams.RESYNC] if looks else []), news("last")]
        await late.leave(), await first.leave()

    in_loop(run())


def test_only_what_was_said_lately_is_remembered(monkeypatch):
    hub, now = streams.Hub(), iter([0, 50, streams.REMEMBERED + 1])
    monkeypatch.setattr(streams.time, "time", lambda: next(now))
    for channel in "abc":
        hub._remember(channel)

    assert list(hub.last) == ["b", "c"]


def test_stream_ends_with_its_ticket():
    async def run():
        visit = await opened(seconds=2)

        heard = await visit.heard()
        last = await visit.next()

        assert heard == streams.OVER
        assert last == {"type": "http.response.body", "body": b""}
        await visit.ended()

    in_loop(run())


def test_busy_channel_ends_with_its_ticket_too():
    async def run():
        queue = asyncio.Queue()
        queue.put_nowait(b"data: {}\n\n")

        assert await streams._next(queue, time.time() - 1) is streams.OVER

    asyncio.run(run())


def test_silent_stream_is_kept_alive(monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT", 0.05)

    async def run():
        visit = await opened()

        beats = 0
        while beats < 2:
            beats += (await visit.next())["body"] == b":\n\n"
        await visit.leave()

    in_loop(run())


def test_slow_reader_is_let_go_and_others_hear_on():
    async def run():
        slow, quick = await opened(), await joined()
        slow.stuck.clear()

        for number in range(streams.WAITING + 3):
            streams.hub.deliver(CHANNEL, b"data: %d\n\n" % number)
            await quick.heard()

        await slow.ended()
        assert len(streams.hub.listeners[CHANNEL]) == 1
        await quick.leave()

    in_loop(run())


def test_closing_ends_open_streams_and_refuses_new_ones():
    async def run():
        visit = await opened()

        streams.hub.close()

        assert await visit.heard() == b""
        await visit.ended()
        late = Visit(ticket=publish.ticket(CHANNEL)).begin()
        assert (await late.next())["status"] == 503
        await late.ended()

    in_loop(run())


def test_lost_redis_is_followed_again_and_pages_look_afresh(monkeypatch):
    async def run():
        good, calls = streams._redis, []

        def sometimes():
            calls.append(1)
            if len(calls) == 1:
                raise OSError("away")
            return good()

        monkeypatch.setattr(streams, "_redis", sometimes)
        visit = Visit(ticket=publish.ticket(CHANNEL)).begin()

        said = [(await visit.next()).get("body") for _ in range(3)]

        assert said[2] == streams.RESYNC
        assert len(calls) == 2
        await visit.leave()

    in_loop(run())


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/healthz", "GET", 200),
        ("/", "GET", 404),
        ("/events", "GET", 404),
        ("/events/", "POST", 405),
        ("/events/", "OPTIONS", 405),
    ],
)
def test_other_addresses_and_methods(path, method, status):
    assert answer(path=path, method=method, ticket=publish.ticket(CHANNEL))[0] == status


def test_head_says_what_a_get_would_open():
    assert answer(method="HEAD", ticket=publish.ticket(CHANNEL))[2] == b""


def test_websocket_is_turned_away():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(streams.application({"type": "websocket"}, None, send))

    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_lifespan_starts_and_stops():
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent = []
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message["type"])

    try:
        asyncio.run(streams.application({"type": "lifespan"}, receive, send))
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.django_db
def test_published_message_arrives_within_two_seconds_from_a_real_server_that_stops_when_asked(
    django_capture_on_commit_callbacks,
):
    with streaming.server() as (server, port):
        url = f"http://127.0.0.1:{port}/events/?ticket={publish.ticket(CHANNEL)}"
        with urlopen(
            Request(url, headers={"Origin": f"http://127.0.0.1:{port}"}), timeout=LONG
        ) as stream:
            assert stream.readline().startswith(b"retry: ")
            assert stream.readline() == b"\n"
            assert stream.readline() + stream.readline() == streams.RESYNC  # Redis is followed

            told = time.monotonic()
            with django_capture_on_commit_callbacks(execute=True):
                publish.publish(CHANNEL, "moved", version=3)
            line = stream.readline()

            assert json.loads(line.removeprefix(b"data: ")) == {"event": "moved", "version": 3}
            assert time.monotonic() - told < 2

            server.send_signal(signal.SIGTERM)
            assert stream.readline() == b"\n"
            assert stream.readline() == b""  # the stream was ended, not cut
            server.wait(LONG)
