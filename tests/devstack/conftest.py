"""The demo as `bin/run` makes it, in the databases of a test."""

import pytest

from devstack import demo_world
from mila.celery import app
from mila.clock import reset_clock


@pytest.fixture
def in_process(monkeypatch):
    """The build's jobs run in this process, and only for this test."""
    for name in demo_world.LEFT_TO_SWEEPS:
        monkeypatch.setattr(app.tasks[name], "apply_async", lambda *args, **kwargs: None)
    monkeypatch.setattr(demo_world, "run_in_process", lambda without: None)
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False
    reset_clock()
