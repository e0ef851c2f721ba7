"""The real process of the event streams, and the real front before it and the pages, for tests that
listen.
"""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from urllib.error import HTTPError
from urllib.request import urlopen

from devstack import addresses, launch


@contextmanager
def server(port: int = 0, **environment):
    """It runs, and takes streams on a port of its own, or that of one that has ended: the process
    and the port.
    """
    if not port:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "mila.streams.server:application",
        "--port",
        str(port),
        "--no-access-log",
    ]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "mila.settings"} | environment
    with _running(command, environment, f"http://127.0.0.1:{port}/healthz") as process:
        yield process, port


@contextmanager
def front(
    pages: int,
    streams: int,
    *,
    host: str = addresses.OURSELVES,
    wait_for: str = "/",
    quiet: bool = True,
):
    """The proxy that is shipped before these two servers of this machine: the
    port to come in by.
    """
    ports = addresses.Ports(addresses.any_ports().web, pages, streams)
    command = ["sh", "-c", launch.commands("test", ports, standin=False)["front"]]
    with _running(
        command,
        launch.surroundings("test", ports, host),
        f"http://127.0.0.1:{ports.web}{wait_for}",
        quiet,
    ):
        yield ports.web


@contextmanager
def _running(command, environment, address, quiet=True):
    """A process that answers at its address, whatever it answers."""
    output = subprocess.DEVNULL if quiet else None
    process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                urlopen(address, timeout=10).close()
                break
            except HTTPError as answer:
                answer.close()
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()
