"""What carries the news is killed: an open page is true again within ten seconds of its being back
(fault C5).
"""

import subprocess
import time
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from embedded import redis_servers
from mila import redis
from mila.clock import reset_clock, set_clock
from mila.streams import publish
from requests_app.actions import notes
from requests_app.models import State
from tests import chromium, factories, streaming
from tests.cast import MORNING, walk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
AGAIN = 10_000  # milliseconds
SAID = "The router stands in the cellar"


class OwnRedis:
    """A server of this test alone."""

    def __init__(self, folder):
        self.socket, self.process = folder / "own.sock", None
        self.url = f"unix://{self.socket}?db=0"

    def start(self):
        command = [redis_servers.program(), "--port", "0", "--unixsocket", str(self.socket)]
        self.process = subprocess.Popen(
            [*command, "--save", ""], stdout=subprocess.DEVNULL, cwd=self.socket.parent
        )
        until = time.monotonic() + 20
        while not redis.answers(self.url) and time.monotonic() < until:
            self.process.poll()

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def own_redis(tmp_path, monkeypatch):
    found = OwnRedis(tmp_path)
    found.start()
    client = redis._client(found.url)
    monkeypatch.setattr(publish, "cache_redis", lambda: client)
    yield found
    found.kill()


@pytest.fixture
def watched(own_redis, live_server, settings, open_page, customer, partner):
    """The customer's page while the work is going on, and whose job it is; with the streams'
    process and its Redis, to be killed.
    """
    set_clock(MORNING)
    booking = walk(factories.placed_booking(customer=customer), partner, State.IN_PROGRESS)
    surroundings = {"MILA_INSTANCE": settings.INSTANCE, "REDIS_URL": own_redis.url}
    with (
        streaming.server(**surroundings) as (process, streams),
        streaming.front(live_server.thread.port, streams) as port,
    ):
        page = open_page(base_url=f"http://localhost:{port}")
        heard = []
        page.on("response", lambda answer: "/events/" in answer.url and heard.append(answer.url))
        page.goto(f"/b/{booking.token}/")
        chromium.until(page, lambda: heard)
        yield SimpleNamespace(
            page=page,
            say=lambda text: notes.post_note(booking.pk, partner.pk, key=text, text=text),
            process=process,
            port=streams,
            surroundings=surroundings,
        )
    reset_clock()


def sees(page, text):
    expect(page.locator("main")).to_contain_text(text, timeout=AGAIN)


def test_page_is_true_again_after_the_streams_process_was_killed(watched):
    watched.say("It begins")
    sees(watched.page, "It begins")
    watched.process.kill()
    watched.process.wait()

    watched.say(SAID)  # to nobody
    with streaming.server(watched.port, **watched.surroundings):
        sees(watched.page, SAID)
        watched.say("Nearly done")
        sees(watched.page, "Nearly done")


def test_page_is_true_again_after_redis_was_killed(watched, own_redis):
    watched.say("It begins")
    sees(watched.page, "It begins")
    own_redis.kill()

    watched.say(SAID)  # to nobody
    own_redis.start()

    sees(watched.page, SAID)
