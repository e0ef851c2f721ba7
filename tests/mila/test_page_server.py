"""The pages' server as gunicorn reads it: limits and time-outs of its own (fault F4, F11)."""

import runpy
import socket
from types import SimpleNamespace

import pytest
from django.conf import settings

FILE = settings.BASE_DIR / "gunicorn.conf.py"


@pytest.fixture
def listener():
    """A listening socket as the server has it after gunicorn.conf.py, but for one second."""
    found = runpy.run_path(str(FILE))
    found["when_ready"].__globals__["SLOWEST"] = 1
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        found["when_ready"](SimpleNamespace(LISTENERS=[SimpleNamespace(sock=server)]))
        yield server


def test_body_that_stops_half_way_frees_its_thread(listener):
    with socket.create_connection(listener.getsockname()) as client:
        client.sendall(b"half of i")
        served, _address = listener.accept()
        with served:
            served.setblocking(True)  # as gunicorn does before a thread reads
            assert served.recv(100) == b"half of i"
            with pytest.raises(BlockingIOError):
                served.recv(100)


def test_image_and_laptop_read_the_same_file():
    command = (settings.BASE_DIR / "Dockerfile").read_text().rpartition("CMD [")[2]
    ignored = (settings.BASE_DIR / ".dockerignore").read_text()

    assert "!gunicorn.conf.py" in ignored
    for overridden in ("--workers", "--threads", "--timeout", "--keep-alive", "--config"):
        assert overridden not in command


def test_everything_that_could_be_held_has_an_end():
    found = runpy.run_path(str(FILE))

    assert 0 < found["SLOWEST"] <= 10
    assert 0 < found["timeout"] <= 30
    assert 0 < found["keepalive"] <= 10
    assert found["worker_connections"] >= 300  # of silent ones, and there is still room


def test_worker_makes_room_for_a_fresh_one_not_all_at_once():
    found = runpy.run_path(str(FILE))

    assert 0 < found["max_requests"] <= 10_000
    assert 0 < found["max_requests_jitter"] < found["max_requests"]
