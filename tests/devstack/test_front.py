"""Pages and their streams come in by one door, the proxy that is shipped, under whatever name it
was opened.
"""

import json
import socket
import time
from contextlib import closing
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings

from devstack import addresses, launch
from mila.streams import publish
from tests import streaming

CHANNEL = "booking:00000000-0000-0000-0000-000000000001"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def streams():
    """The real process, once it follows Redis: the stream that began its
    reader has been told so.
    """
    with streaming.server(MILA_INSTANCE=settings.INSTANCE) as (_process, port):
        with urlopen(f"http://127.0.0.1:{port}{publish.stream_url(CHANNEL)}", timeout=20) as first:
            assert any(b"resync" in first.readline() for _line in range(10))
        yield port


@pytest.fixture
def door(live_server, streams):
    """The port of the front, open to every address of this machine."""
    with streaming.front(live_server.thread.port, streams, host="0.0.0.0") as port:
        yield port


def news(address, host, tell):
    """The first thing a page at this address hears after `tell`, and after how many seconds."""
    ticket = publish.stream_url(CHANNEL)
    request = Request(
        f"http://{address}{ticket}", headers={"Host": host, "Origin": f"http://{host}"}
    )
    with urlopen(request, timeout=20) as stream:
        assert stream.readline().startswith(b"retry: ")
        begun = time.monotonic()
        tell()
        lines = (stream.readline() for _ in range(10))
        said = (json.loads(line[6:])["event"] for line in lines if line.startswith(b"data: "))
        # "resync" is about what the test before has said
        event = next(word for word in said if word != "resync")
    return event, time.monotonic() - begun


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "another address", "mila.behind-a-proxy.example"]
)
def test_page_hears_of_a_change_within_two_seconds_whatever_its_address(door, name):
    others = [address for address in addresses.own_addresses()[:-1] if "." in address]
    if name == "another address":
        if not others:
            pytest.skip("this machine has no other address")
        name = others[0]
    address = f"{name}:{door}" if "example" not in name else f"127.0.0.1:{door}"
    host = f"{name}:{door}" if "example" not in name else name

    event, seconds = news(address, host, lambda: publish.publish(CHANNEL, "moved"))

    assert event == "moved"
    assert seconds < 2


def answer(request):
    """Status, headers and body, also of a refusal."""
    try:
        with urlopen(request, timeout=20) as found:
            return found.status, found.headers, found.read().decode()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read().decode()


def test_stream_of_somebody_else_s_page_is_refused(door):
    request = Request(
        f"http://127.0.0.1:{door}{publish.stream_url(CHANNEL)}",
        headers={"Origin": "https://evil.example"},
    )

    assert answer(request)[0] == 403


def test_page_keeps_the_name_it_was_opened_under(door):
    assert answer(f"http://127.0.0.1:{door}/healthz")[::2] == (200, "ok")
    assert answer(Request(f"http://127.0.0.1:{door}/", headers={"Host": "evil.example"}))[0] == 400


def test_half_sent_body_never_reaches_the_pages(live_server, streams):
    """Whoever sends slowly waits at the front: behind it listens nobody, so anything that got
    through would be seen.
    """
    with closing(socket.socket()) as pages:
        pages.bind(("127.0.0.1", 0))
        pages.listen()
        pages.settimeout(1)
        with (
            streaming.front(pages.getsockname()[1], streams, wait_for="/events/") as port,
            socket.create_connection(("127.0.0.1", port)) as slow,
        ):
            slow.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf")

            with pytest.raises(TimeoutError):
                pages.accept()

            slow.sendall(b"x" * 996)
            connection, _ = pages.accept()
            connection.close()


def test_page_says_calmly_that_the_pages_are_away(streams):
    nobody = addresses.any_ports().pages
    with streaming.front(nobody, streams, wait_for="/events/") as port:
        status, headers, page = answer(f"http://127.0.0.1:{port}/b/secret/")

    assert (status, headers["Retry-After"]) == (503, "10")
    assert all(f'lang="{language}"' in page for language in ("fr", "de", "it", "en"))


def test_front_writes_no_address_down_however_much_it_says(streams, capfd, monkeypatch, tmp_path):
    talkative = (launch.FRONT / "Caddyfile").read_text().replace("level ERROR", "level DEBUG")
    (tmp_path / "Caddyfile").write_text(talkative)
    monkeypatch.setattr(launch, "FRONT", tmp_path)
    nobody = addresses.any_ports().pages

    with streaming.front(nobody, streams, wait_for="/events/", quiet=False) as port:
        answer(f"http://127.0.0.1:{port}/b/secret-of-a-booking/")

    said = "".join(capfd.readouterr())
    assert "connection refused" in said
    assert "secret-of-a-booking" not in said
