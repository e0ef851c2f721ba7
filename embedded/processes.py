"""Processes and sockets of the servers: alive, answering, ended."""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from embedded.errors import ServiceError

PATIENCE = 30  # seconds for a server to start or stop


def end(pid: int, gently: int = signal.SIGTERM) -> None:
    """End a process, by force if it does not end within PATIENCE.

    ServiceError if even that does not help.
    """
    for how in (gently, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        if wait(lambda: not runs(pid)):
            return
    raise ServiceError(f"Process {pid} does not end.")


def runs(pid: int, *words: str) -> bool:
    """Whether the process lives (a zombie does not) and, if words are given, has one of them in its
    command line.
    """
    import psutil  # not in production, whose settings import this too

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        line = " ".join(process.cmdline()) if words else ""
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
    return not words or any(word in line for word in words)


def stands_in(pid: int, folder: Path) -> bool:
    """Whether the process works in that folder."""
    import psutil

    try:
        return Path(psutil.Process(pid).cwd()).resolve() == folder.resolve()
    except psutil.Error:
        return False


def accepts(path: Path) -> bool:
    """Whether somebody listens on that socket."""
    with contextlib.suppress(OSError), connected(path):
        return True
    return False


@contextlib.contextmanager
def connected(path: Path) -> Iterator[socket.socket]:
    """An open connection to a Unix socket; OSError where nobody listens within 2 seconds."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(2)
        wire.connect(str(path))
        yield wire


def wait(ready: Callable[[], bool]) -> bool:
    """Ask until it is so; False when it is not within PATIENCE."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if ready():
            return True
        time.sleep(0.05)
    return False
