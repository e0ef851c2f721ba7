"""Servers of a test run; the world and its databases are chosen in tests/settings.py."""

import contextlib
import os

from mila import services
from tests.cast import *  # noqa: F403  (the cast: fixtures for every test)

_running = contextlib.ExitStack()


def pytest_configure():
    """Servers up before the first connection; the last test run to end stops them, unless `services up` keeps them."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _running.enter_context(services.hold())


def pytest_unconfigure():
    _running.close()
