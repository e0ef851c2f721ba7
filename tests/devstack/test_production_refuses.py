"""No piece of the demo exists in production: the settings refuse it, or do not install it."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from mila import clock

PROGRAM = """
import json, django
from django.conf import settings
django.setup()
from django.urls import get_resolver
print(json.dumps({
    "apps": settings.INSTALLED_APPS,
    "middleware": settings.MIDDLEWARE,
    "root": settings.ROOT_URLCONF,
    "movable": settings.MILA_CLOCK_MAY_MOVE,
    "found": bool(get_resolver().namespace_dict.get("desk")),
}))
"""


def test_production_installs_no_piece_of_it():
    command = ["sh", "-c", '. bin/build_env; exec "$0" -c "$1"', sys.executable, PROGRAM]
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "mila.settings"}

    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "devstack" not in found["apps"]
    assert not [name for name in found["middleware"] if name.startswith("devstack")]
    assert found["root"] == "mila.urls"
    assert found["found"] is False
    assert found["movable"] is False


def test_clock_of_production_does_not_move(settings, db):
    settings.MILA_CLOCK_MAY_MOVE = False

    with pytest.raises(RuntimeError, match="may not be moved"):
        clock.set_clock(clock.machine_now())


@pytest.mark.parametrize(
    "words", [[], ["--once"], ["--at", "2026-12-25T02:17"], ["--host", "0.0.0.0"]]
)
def test_production_has_no_bin_run(settings, words):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="development"):
        call_command("run", *words)
