"""No piece of the demo exists in production: the settings refuse it, or do not install it."""

import os
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from mila import clock

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "mila.settings",
    "MILA_ENVIRONMENT": "production",
    "SECRET_KEY": "s" * 60,
    "FIELD_KEYS": Fernet.generate_key().decode(),
}
PROGRAM = """
import json, django
from django.conf import settings
django.setup()
from django.urls import get_resolver
print(json.dumps({
    "apps": settings.INSTALLED_APPS, "middleware": settings.MIDDLEWARE, "root": settings.ROOT_URLCONF,
    "movable": settings.MILA_CLOCK_MAY_MOVE, "found": bool(get_resolver().namespace_dict.get("desk")),
}))
"""


def started(**more):
    """A process in production's settings, as .env.example fills them."""
    example = {}
    for line in (settings.BASE_DIR / ".env.example").read_text().splitlines():
        name, given, value = line.partition("=")
        if given and not line.startswith("#"):
            example[name] = value.strip('"')
    stripe = {
        "STRIPE_SECRET_KEY": "sk_live_none", "STRIPE_PUBLISHABLE_KEY": "pk_live_none",
        "STRIPE_WEBHOOK_SECRETS": "whsec_none", "STRIPE_CONNECT_WEBHOOK_SECRETS": "whsec_none",
    }  # fmt: skip
    environment = {"PATH": os.environ["PATH"], **example, **stripe, **PRODUCTION, **more}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)


def test_production_installs_no_piece_of_it():
    import json

    done = started()

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "devstack" not in found["apps"]
    assert not [name for name in found["middleware"] if name.startswith("devstack")]
    assert found["root"] == "mila.urls"
    assert found["found"] is False
    assert found["movable"] is False


@pytest.mark.parametrize("more", [{"MILA_DEMO": "true"}, {"MILA_AT": "2026-12-25T01:17:00+00:00"}])
def test_production_does_not_start_with_it(more):
    done = started(**more)

    assert done.returncode != 0
    assert "MILA_AT and MILA_DEMO are for development" in done.stderr


def test_clock_of_production_does_not_move(settings, db):
    settings.MILA_CLOCK_MAY_MOVE = False

    with pytest.raises(RuntimeError, match="may not be moved"):
        clock.set_clock(clock.machine_now())


@pytest.mark.parametrize("words", [[], ["--once"], ["--at", "2026-12-25T02:17"], ["--host", "0.0.0.0"]])
def test_production_has_no_bin_run(settings, words):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="development"):
        call_command("run", *words)
