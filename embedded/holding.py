"""Starting, holding and stopping all servers of this checkout; locks of the kernel's keep two from
doing it at once.
"""

import contextlib
import fcntl
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from embedded import folders, postgres_server, redis_servers
from embedded.addresses import needs_postgres, needs_redis
from embedded.errors import ServiceError


def start(*, keep: bool = True) -> None:
    """Start what is not running and not addressed by the environment; quick when all is up.

    Repeats change nothing.
    """
    try:
        with _starting() as own:
            where = folders.prepare()
            if keep:
                (own / "keep").touch()
            if needs_postgres():
                postgres_server.start(where)
            for role in redis_servers.ROLES:
                if needs_redis(role):
                    redis_servers.start(where, role)
    except PermissionError as error:
        raise ServiceError(
            f"{error.filename} belongs to another user. Start as that user, or remove the folder "
            f"var/ of this checkout."
        ) from error


def stop() -> None:
    """Stop the servers of this checkout, whoever uses them, and remove their sockets.

    Data stays.
    """
    if not folders.var("services").exists():
        return
    with _starting() as own:
        (own / "keep").unlink(missing_ok=True)
        where = folders.place()
        postgres_server.stop(where)
        for role in redis_servers.ROLES:
            redis_servers.stop(where, role)
        if where.run != where.data:
            with contextlib.suppress(OSError):
                where.run.rmdir()


@contextlib.contextmanager
def hold() -> Iterator[None]:
    """Servers up for as long as this block runs.

    The last holder stops them, unless start() was asked to keep them.
    """
    own = _own()
    with (own / "holders.lock").open("a") as holders:
        # waits while somebody is stopping; given back by the kernel on kill -9
        fcntl.flock(holders, fcntl.LOCK_SH)
        try:
            start(keep=False)
            yield
        finally:
            _stop_if_last(holders, own)


def status() -> dict[str, str]:
    """Each server: running, stopped, or elsewhere (addressed by the environment)."""
    where = folders.place()
    found = {"postgres": _word(postgres_server.answers(where)) if needs_postgres() else "elsewhere"}
    for role in redis_servers.ROLES:
        found[f"redis {role}"] = (
            _word(redis_servers.answers(where, role)) if needs_redis(role) else "elsewhere"
        )
    return found


def _word(answers: bool) -> str:
    return "running" if answers else "stopped"


def _stop_if_last(holders: TextIOWrapper, own: Path) -> None:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not (own / "keep").exists():
            stop()


@contextlib.contextmanager
def _starting() -> Iterator[Path]:
    """One process at a time starts or stops; the others wait."""
    own = _own()
    with (own / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield own


def _own() -> Path:
    own = folders.var("services")
    own.mkdir(parents=True, exist_ok=True)
    return own
