"""The real process of the event streams, for tests that listen to it."""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from urllib.request import urlopen


@contextmanager
def server(**environment):
    """It runs, and takes streams on a port of its own: the process and the port."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "mila.streams:application", "--port", str(port), "--no-access-log"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "mila.settings"} | environment
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process, port
    finally:
        process.kill()
        process.wait()
