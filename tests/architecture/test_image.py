"""What the image holds is enough to start from: no room that stays outside is asked for."""

import os
import shutil
import subprocess
import sys

from tests.architecture.source import APPS, BASE

STAYS_OUTSIDE = {"devstack", "simulation"}
STARTS = (
    "manage.py check",
    "-c 'import mila.wsgi, mila.streams.server, mila.celery, mila.probe, backoffice.admin'",
)


def let_in() -> set[str]:
    """Files and folders at the top that .dockerignore lets into the image."""
    lines = (BASE / ".dockerignore").read_text().split()
    return {line.removeprefix("!") for line in lines if line.startswith("!")}


def test_every_room_is_let_in_but_those_of_a_laptop():
    assert set(APPS) - let_in() == STAYS_OUTSIDE
    assert not STAYS_OUTSIDE & let_in()


def test_site_starts_from_what_is_let_in(tmp_path):
    for name in let_in():
        source, copy = BASE / name, tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
        else:
            shutil.copy(source, copy)

    # nothing of the test run's own
    bare = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "mila.settings"}
    for start in STARTS:
        line = f". bin/build_env && {sys.executable} -W ignore {start}"
        done = subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, env=bare, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
