"""Every job that is named anywhere exists: lower apps set off upper ones by name alone."""

import pytest

from mila.celery import app


@pytest.fixture(scope="module")
def registered():
    app.loader.import_default_modules()
    return set(app.tasks)


def test_every_effect_of_a_move_is_a_registered_job(registered):
    lifecycle = pytest.importorskip("requests_app.lifecycle")

    effects = {effect for move in lifecycle.MOVES.values() for effect in move.effects}

    assert effects
    assert effects <= registered


def test_every_scheduled_job_is_registered(registered):
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= registered


def test_a_tick_that_is_not_taken_in_time_is_dropped():
    for entry in app.conf.beat_schedule.values():
        assert entry["options"]["expires"] <= 2 * entry["schedule"]


def test_every_own_job_has_the_name_of_its_app(registered):
    own = {name for name in registered if not name.startswith("celery.")}

    assert {
        name for name in own if app.tasks[name].__module__.split(".")[0] != name.split(".")[0]
    } == set()
