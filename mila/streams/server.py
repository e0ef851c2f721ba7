"""Event streams for open pages: one small ASGI process behind the site's front.

Started as `uvicorn mila.streams.server:application`.

Plain coroutines, no Django handler (it would hold a thread for each stream), no database. A signed
ticket in the address opens one channel; one Redis reader fans out to a bounded queue for each
stream.

GET /events/?ticket=...   text/event-stream. Unnamed messages: data is {"event": "<kind>", ...}.
Also sent: kind
                          "resync" (something may have been missed) and the named event "over" (ask
                          for a new ticket).
GET /healthz              ok
"""

import asyncio
import logging
import os
import random
import signal
import threading
import time
from urllib.parse import parse_qs

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")

from django.conf import settings

from mila.streams import publish

logger = logging.getLogger(__name__)

HEARTBEAT = 15  # seconds between comments on a silent stream
REMEMBERED = 120  # seconds: a page may take as long to open its stream
RENDERED = 0.2  # seconds a page may have been read before its ticket was made
WAITING = 16  # messages a slow reader may leave waiting
RESYNC = b'data: {"event": "resync"}\n\n'
OVER = b"event: over\ndata: {}\n\n"

Body = bytes | None


class Listener:
    """One open stream: what waits for it, and the task that writes it."""

    __slots__ = ("queue", "task")

    def __init__(self):
        self.queue: asyncio.Queue[Body] = asyncio.Queue(WAITING)
        self.task = asyncio.current_task()

    def put(self, body: Body) -> None:
        """Hand over, or give up on a reader who does not read: the browser comes back and looks
        afresh.
        """
        if self.queue.full():
            logger.info("A reader was too slow.")
            self.task.cancel()
        else:
            self.queue.put_nowait(body)


class Hub:
    """Who listens to what, and the one reader of Redis."""

    def __init__(self):
        self.listeners: dict[str, set[Listener]] = {}
        self.last: dict[str, float] = {}  # when a channel was last spoken on, oldest first
        self.reader: asyncio.Task | None = None
        self.closing = False

    def join(self, channel: str, since: float) -> Listener:
        """What was said since then, before there was this stream, is made good by a look."""
        if self.reader is None or self.reader.done():
            self.reader = asyncio.create_task(self._follow())
        listener = Listener()
        self.listeners.setdefault(channel, set()).add(listener)
        if self.last.get(channel, 0) >= since:
            listener.put(RESYNC)
        return listener

    def leave(self, channel: str, listener: Listener) -> None:
        others = self.listeners.get(channel, set())
        others.discard(listener)
        if not others:
            self.listeners.pop(channel, None)

    def deliver(self, channel: str, body: Body) -> None:
        for listener in tuple(self.listeners.get(channel, ())):
            listener.put(body)

    def deliver_all(self, body: Body) -> None:
        for channel in tuple(self.listeners):
            self.deliver(channel, body)

    def close(self) -> None:
        """End every stream; browsers come back by themselves to whichever process is there then."""
        self.closing = True
        self.deliver_all(None)
        if self.reader is not None:
            self.reader.cancel()

    async def _follow(self) -> None:
        """Read Redis for ever. Whoever is there when it begins is told to look again: what was sent
        before is lost.
        """
        while not self.closing:
            try:
                async with _redis() as client, client.pubsub() as pubsub:
                    await pubsub.psubscribe(f"{publish.PREFIX}*")
                    # a cancelled connect of redis-py may swallow the cancelling
                    while not self.closing:
                        message = await pubsub.get_message(timeout=1)
                        if message is not None:
                            self._hear(message)
            except Exception as error:  # whatever it was, open streams need a reader
                logger.warning("Redis is away: %r", error)
                # Spreads the load, hides nothing.
                await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311

    def _hear(self, message: dict) -> None:
        if message["type"] == "pmessage":
            channel = message["channel"].removeprefix(publish.PREFIX)
            self._remember(channel)
            self.deliver(channel, _frame(message["data"]))
        elif message["type"] == "psubscribe":  # from now on nothing is missed
            self.deliver_all(RESYNC)

    def _remember(self, channel: str) -> None:
        now = time.time()
        self.last.pop(channel, None)
        self.last[channel] = now
        while (oldest := next(iter(self.last))) != channel and self.last[oldest] < now - REMEMBERED:
            del self.last[oldest]


def _frame(data: str) -> bytes:
    return b"data: " + data.replace("\n", " ").encode() + b"\n\n"


def _redis():
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        socket_connect_timeout=2,
        health_check_interval=HEARTBEAT,
        retry=Retry(NoBackoff(), 0),
    )


hub = Hub()


async def application(scope, receive, send) -> None:
    if scope["type"] == "lifespan":
        await _live_through(receive, send)
    elif scope["type"] == "http":
        await _answer(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008})


async def _live_through(receive, send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            logging.getLogger("uvicorn.access").disabled = True  # addresses hold tickets
            _end_streams_on(signal.SIGTERM, signal.SIGINT)
            hub.closing = False
            await send({"type": "lifespan.startup.complete"})
        else:
            hub.close()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _end_streams_on(*signals: int) -> None:
    """The server waits for open streams before it says goodbye, so they must end when it is asked
    to.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in signals:
        servers_own = signal.getsignal(number)

        def end(number, frame, servers_own=servers_own):
            loop.call_soon_threadsafe(hub.close)
            if callable(servers_own):
                servers_own(number, frame)

        signal.signal(number, end)


async def _answer(scope, receive, send) -> None:
    if not _from_own_page(dict(scope["headers"])):
        return await _say(send, 403, "This origin may not listen.")
    if scope["method"] not in ("GET", "HEAD"):
        return await _say(send, 405, "Only GET.")
    if scope["path"] == "/healthz":
        return await _say(send, 200, "ok")
    if scope["path"] != "/events/":
        return await _say(send, 404, "Not here.")
    try:
        fields = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=5)
        ticket = publish.read_ticket(fields.get("ticket", [""])[0])
    except (publish.BadTicket, ValueError):
        return await _say(send, 403, "This ticket is not valid.")
    if hub.closing:
        return await _say(send, 503, "Closing.")
    await send(_start(200, b"text/event-stream; charset=utf-8"))
    if scope["method"] == "HEAD":
        return await send({"type": "http.response.body", "body": b""})
    await _stream(ticket, receive, send)
    return None


def _from_own_page(headers: dict[bytes, bytes]) -> bool:
    """A page's stream comes from its own origin, through the front they share: nobody else's page
    may open one.
    """
    origin = headers.get(b"origin")
    return origin is None or origin.partition(b"://")[2] == headers.get(b"host")


async def _stream(ticket: publish.Ticket, receive, send) -> None:
    listener = hub.join(ticket.channel, ticket.made_at - RENDERED)
    watch = asyncio.create_task(_until_gone(receive, listener))
    # Spread out, so that a restart does not bring everybody back in the same instant.
    body: Body = f"retry: {random.randint(2000, 6000)}\n\n".encode()  # noqa: S311
    try:
        while body is not None:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            body = None if body is OVER else await _next(listener.queue, ticket.ends_at)
        await send({"type": "http.response.body", "body": b""})
    except (OSError, asyncio.CancelledError):
        pass  # gone in the middle of a word, or too slow: nothing more to say
    finally:
        hub.leave(ticket.channel, listener)
        watch.cancel()


async def _next(queue: asyncio.Queue[Body], ends_at: int) -> Body:
    """The next thing to send: a message, a heartbeat, or the end of the ticket; None when the
    stream is to close.
    """
    left = ends_at - time.time()
    if left <= 0:
        return OVER
    try:
        async with asyncio.timeout(min(HEARTBEAT, left)):
            return await queue.get()
    except TimeoutError:
        return b":\n\n"


async def _until_gone(receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.put(None)


def _start(status: int, kind: bytes) -> dict:
    headers = [
        (b"content-type", kind),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    ]
    return {"type": "http.response.start", "status": status, "headers": headers}


async def _say(send, status: int, sentence: str) -> None:
    await send(_start(status, b"text/plain; charset=utf-8"))
    await send({"type": "http.response.body", "body": sentence.encode()})
