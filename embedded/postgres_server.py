"""The PostgreSQL server: its cluster made once, started, recovered after kill -9, stopped."""

import os
import shlex
import shutil
import signal
import time
from pathlib import Path

from embedded import postgres_programs, processes
from embedded.errors import ServiceError
from embedded.folders import LONGEST_SOCKET, Place

CLUSTER = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)


def start(where: Place) -> None:
    """Start the server unless it answers, on a new cluster if there is none.

    ServiceError if it does not come up.
    """
    if answers(where):
        return
    user = postgres_programs.system_user()
    binaries = postgres_programs.binaries(where, user)
    data = where.data / "postgres"
    for folder in (data, where.postgres_sockets):
        folder.mkdir(exist_ok=True)
        postgres_programs.give(folder, user)
    if not (data / "PG_VERSION").exists():
        _make_cluster(data, binaries, user)
    clear_postmaster(data)
    log = where.data / "postgres.log"
    log.touch()
    if user is not None:
        os.chown(log, user, -1)
    command = [
        binaries / "pg_ctl",
        "-D",
        data,
        "-l",
        log,
        "-o",
        _options(where),
        "-w",
        "-t",
        str(processes.PATIENCE),
    ]
    for attempt in (1, 2, 3):
        try:
            postgres_programs.run([*command, "start"], user)
            break
        except ServiceError as error:
            # After kill -9 the old server's children take a moment to notice and give the shared
            # memory back.
            if attempt == 3:
                tail = log.read_text(errors="replace")[-2000:]
                raise ServiceError(f"PostgreSQL does not start.\n{error}\n{tail}") from error
            time.sleep(1)


def stop(where: Place) -> None:
    """End the server, rolling back what is open, and remove its sockets. Data stays."""
    data = where.data / "postgres"
    if (server := postmaster(data)) is not None:
        processes.end(server, gently=signal.SIGINT)  # "fast": open transactions are rolled back
    clear_postmaster(data)
    shutil.rmtree(where.postgres_sockets, ignore_errors=True)


def answers(where: Place) -> bool:
    """Whether somebody listens on its socket."""
    return processes.accepts(where.postgres_sockets / LONGEST_SOCKET)


def postmaster(data: Path) -> int | None:
    """The pid of the running server of this data folder, by its pid file; None if that is stale."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, folder = int(lines[0]), lines[1]
    except (OSError, ValueError, IndexError):
        return None
    return pid if folder == str(data) and processes.runs(pid, str(data)) else None


def clear_postmaster(data: Path) -> None:
    """Remove a pid file left by kill -9 or a copy: PostgreSQL would take any process of that number
    for its own.
    """
    if postmaster(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)


def _make_cluster(data: Path, binaries: Path, user: int | None) -> None:
    for leftover in data.iterdir():  # of an initdb that was killed
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    postgres_programs.run(
        [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", *CLUSTER], user
    )


def _options(where: Place) -> str:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{where.postgres_sockets}"',
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "fsync": "on",
        "log_min_messages": "warning",
    }
    return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
