"""The settings of a test run: the site's own, in a world nobody else tests in."""

import contextlib
import fcntl
import os
from pathlib import Path

import embedded


def _own_world(folder: Path) -> str:
    """Several test runs of one checkout may go on at once; the kernel gives a slot back, also after
    kill -9.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(100):
        slot = os.open(folder / f"slot-{number}.lock", os.O_WRONLY | os.O_CREAT)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return f"test{number or ''}"
        os.close(slot)
    raise RuntimeError("A hundred test runs at once.")


if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["MILA_INSTANCE"] += f"_{worker}"
else:
    os.environ["MILA_INSTANCE"] = _own_world(embedded.var("test"))
    # a test's rows need not outlive a power cut
    os.environ["PGOPTIONS"] = "-c synchronous_commit=off"

from mila.settings import *  # noqa: E402, F403

WHITENOISE_AUTOREFRESH = True  # nothing has been collected in a test run
# Photos of a test are gone with its process.
STORAGES = {**STORAGES, "private": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}  # noqa: F405
# Tests ask more often than people; those of the limits switch them on.
LIMITS = False
PASSWORD_HASHERS = ["tests.hashing.QuickArgon2", *PASSWORD_HASHERS[1:]]  # noqa: F405
