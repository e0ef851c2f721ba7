"""Where the worlds and the servers of this checkout live."""

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import ServiceError

BASE = Path(__file__).resolve().parent.parent
SOCKET_LIMIT = 103  # macOS; Linux takes 107 bytes
LONGEST_SOCKET = ".s.PGSQL.5432"


@dataclass(frozen=True)
class Place:
    """Where the servers live: their files, and the (shorter, if need be)
    folder of their sockets.
    """

    data: Path
    run: Path

    @property
    def postgres_sockets(self) -> Path:
        return self.run / "pg"

    def redis_socket(self, role: str) -> Path:
        return self.run / f"{role}.sock"


def var(instance: str) -> Path:
    """The folder of a instance: files, mail, logins. "services" is the servers' own."""
    return BASE / "var" / instance


def place() -> Place:
    """The recorded place, if this checkout has one; else where the servers would go."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        record = json.loads(_record().read_text())
        # A copied checkout brings the record of the one it was copied from: not ours.
        if record["base"] == str(BASE) and record["uid"] == os.getuid():
            return Place(Path(record["data"]), Path(record["run"]))
    return _choose_place()


def prepare() -> Place:
    """Make the folders, check that they are ours, and record where they are."""
    where = place()
    for folder in {where.data, where.run}:
        folder.mkdir(parents=True, exist_ok=True)
        found = folder.lstat()
        if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
            raise ServiceError(
                f"{folder} belongs to another user. Remove it, or set TMPDIR to a folder of your "
                f"own."
            )
        # Root's servers: the system user must walk through; nobody may list. Everyone else:
        # private.
        folder.chmod(0o711 if os.getuid() == 0 else 0o700)
    _record().write_text(
        json.dumps(
            {"base": str(BASE), "uid": os.getuid(), "data": str(where.data), "run": str(where.run)}
        )
        + "\n"
    )
    return where


def open_to_all(folder: Path) -> bool:
    """Whether a system user can walk there."""
    return all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents))


def _record() -> Path:
    return var("services") / "place.json"


def _choose_place() -> Place:
    own = var("services")
    mark = hashlib.sha256(f"{BASE}:{os.getuid()}".encode()).hexdigest()[:12]
    if os.getuid() == 0 and not open_to_all(BASE):
        # The server's system user could not walk into a private folder, and its modes are not ours
        # to widen.
        apart = Path("/var/lib") / f"mila-{mark}"
        return Place(apart, apart)
    if _fits(own):
        return Place(own, own)
    # Owner and mode are checked before use.
    for folder in (tempfile.gettempdir(), "/tmp"):  # noqa: S108
        short = Path(folder) / f"mila-{mark}"
        if _fits(short):
            return Place(own, short)
    raise ServiceError("No folder is short enough for a Unix socket. Set TMPDIR to a shorter one.")


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / "pg" / LONGEST_SOCKET)) <= SOCKET_LIMIT
