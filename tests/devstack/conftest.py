"""The demo as `bin/run` makes it, in the databases of a test."""

import pytest

from devstack import demo_world, launch, running
from mila.celery import app
from mila.clock import reset_clock


@pytest.fixture(autouse=True)
def _children_of_the_tests_live_on(monkeypatch):
    """A site that ends takes along what runs beneath its process: here the browser of the tests."""
    for module in (launch, running):
        monkeypatch.setattr(module, "end_children", lambda: None)


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
