"""bin/run as a whole, and its commands."""

import contextlib
import io
import os
import signal

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

import embedded
from devstack import addresses, demo_world, launch, smoke_check
from mila import probe
from tests.devstack.test_launch import elsewhere, taken

__all__ = ["elsewhere", "taken"]  # fixtures


@pytest.fixture
def steps(monkeypatch, elsewhere):
    """What a whole run does, in order; nothing of it really happens."""
    done = []

    @contextlib.contextmanager
    def hold():
        done.append("servers up")
        try:
            yield
        finally:
            done.append("servers down")

    monkeypatch.setattr(embedded, "hold", hold)
    monkeypatch.setattr(launch, "announce", lambda ports, host: done.append((ports, host)))
    monkeypatch.setattr(
        launch, "prepare", lambda instance, fresh, **more: done.append(("prepare", instance, fresh))
    )
    monkeypatch.setattr(
        launch, "keep_running", lambda claim, ports, output, when_ready, **more: when_ready(None)
    )
    monkeypatch.setattr(demo_world, "greeting", lambda site: f"Begin here: {site}/_demo/\n")
    monkeypatch.setenv("MILA_DEMO", "")
    monkeypatch.setenv("MILA_AT", "")
    before = signal.getsignal(signal.SIGTERM)
    yield done
    signal.signal(signal.SIGTERM, before)


def test_check_runs_in_a_fresh_world_and_answers_with_the_walk(
    steps, elsewhere, monkeypatch, settings
):
    settings.INSTANCE = "check"
    old = embedded.var("check") / "mail" / "old"
    old.parent.mkdir(parents=True)
    old.touch()
    monkeypatch.setattr(smoke_check, "walk", lambda site: 3)

    with pytest.raises(SystemExit) as end:
        call_command("run", check=True)

    assert end.value.code == 3
    assert steps[1:] == ["servers up", ("prepare", "check", True), "servers down"]
    assert not old.exists()


def run(*words):
    with pytest.raises(SystemExit) as end:
        call_command("run", *words)
    return end.value.code


def test_run_greets_with_the_demo(steps, settings, capsys):
    settings.INSTANCE = "demo"
    settings.SITE_URL = "http://localhost:8123"

    run()

    said = capsys.readouterr().out
    assert "Begin here: http://localhost:8123/_demo/" in said
    assert "Ctrl-C stops everything." in said
    assert "sign in as anybody" not in said
    assert ("prepare", "demo", False) in steps
    assert os.environ["MILA_DEMO"] == "true"


def test_run_once_comes_up_and_stops(steps, capsys):
    assert run("--once") == 0

    said = capsys.readouterr().out
    assert "Begin here:" in said
    assert "Ctrl-C" not in said
    assert steps[-1] == "servers down"


def test_run_for_others_says_that_the_desk_asks_nobody_who_they_are(steps, capsys):
    run("--host", "0.0.0.0")

    assert "can sign in as anybody" in capsys.readouterr().out
    assert steps[0][1] == "0.0.0.0"


def test_run_at_another_hour(steps, settings):
    settings.MILA_AT = ""

    run("--at", "2026-12-25T02:17")

    assert settings.MILA_AT == os.environ["MILA_AT"] == "2026-12-25T01:17:00+00:00"


@pytest.mark.parametrize("text", ["2027-03-28T02:30", "tomorrow", "2026-13-01T10:00"])
def test_run_at_an_hour_that_is_none_is_a_sentence(steps, text):
    with pytest.raises(CommandError, match=text):
        call_command("run", "--at", text)

    assert steps == []


def test_wish_to_begin_again_makes_the_world_anew_at_the_same_address(
    steps, monkeypatch, elsewhere
):
    answers = [launch.BEGIN_AGAIN, 0]
    monkeypatch.setattr(launch, "keep_running", lambda *args, **more: answers.pop(0))
    old = embedded.var("demo") / "mail" / "old"
    old.parent.mkdir(parents=True)
    old.touch()

    code = launch.run("demo", lambda: "ports", io.StringIO(), None, fill=None)

    assert code == 0
    assert [step for step in steps if step[0] in ("ports", "prepare")] == [
        ("ports", addresses.OURSELVES), ("prepare", "demo", False), ("prepare", "demo", True),
    ]  # fmt: skip
    assert not old.exists()


@pytest.mark.parametrize("end", [SystemExit(143), KeyboardInterrupt()])
def test_servers_are_stopped_when_preparing_is_broken_off(steps, monkeypatch, end):
    def prepare(instance, **more):
        raise end

    monkeypatch.setattr(launch, "prepare", prepare)

    with pytest.raises(SystemExit):
        call_command("run")

    assert steps[-1] == "servers down"


def test_terminate_before_the_processes_run_is_an_exit(steps, monkeypatch):
    monkeypatch.setattr(
        launch, "prepare", lambda instance, **more: os.kill(os.getpid(), signal.SIGTERM)
    )

    with pytest.raises(SystemExit) as end:
        call_command("run")

    assert end.value.code == 128 + signal.SIGTERM
    assert steps[-1] == "servers down"


def test_trouble_with_servers_is_a_sentence(monkeypatch, steps):
    def hold():
        raise embedded.ServiceError("No Redis: install one.")

    monkeypatch.setattr(embedded, "hold", hold)

    with pytest.raises(CommandError, match="No Redis"):
        call_command("run")
    monkeypatch.setattr(embedded, "start", hold)
    with pytest.raises(CommandError, match="No Redis"):
        call_command("embedded", "up")


@pytest.mark.parametrize("action", ["up", "down"])
def test_services_command_starts_and_stops(action, monkeypatch, capsys):
    done = []
    monkeypatch.setattr(embedded, "start", lambda: done.append("up"))
    monkeypatch.setattr(embedded, "stop", lambda: done.append("down"))

    call_command("embedded", action)

    assert done == [action]


def test_services_command_shows_each_server(capsys):
    call_command("embedded", "status")

    assert capsys.readouterr().out.split() == [
        "postgres",
        "running",
        "redis",
        "cache",
        "running",
        "redis",
        "broker",
        "running",
    ]


def test_run_refuses_production(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="development"):
        call_command("run")


def test_pulse(taken, monkeypatch):
    assert probe.answers(f"127.0.0.1:{taken}")
    assert not probe.answers(f"127.0.0.1:{addresses.any_ports().web}")
    assert not probe.answers(f"http://127.0.0.1:{addresses.any_ports().web}/healthz")


def test_step_that_raises_is_shown_as_failed(capsys):
    with pytest.raises(smoke_check.CheckError, match="no"), smoke_check.step("a door"):
        smoke_check.expect(False, "no")

    assert "FAILED" in capsys.readouterr().out


def test_until_gives_up():
    assert smoke_check.until(lambda: 5, "never") == 5
    with pytest.raises(smoke_check.CheckError, match="never"):
        smoke_check.until(lambda: 0, "never", within=0.15)


@pytest.mark.parametrize(
    ("host", "site", "said"),
    [
        ("0.0.0.0", "http://192.0.2.7:8000", True),
        ("0.0.0.0", "https://mila.example", False),
        (addresses.OURSELVES, "http://localhost:8000", False),
    ],
)
def test_whoever_listens_for_others_by_http_reads_what_wants_https(
    steps, settings, capsys, host, site, said
):
    settings.SITE_URL = site

    with pytest.raises(SystemExit):
        call_command("run", once=True, host=host)

    assert ("wakes no phone" in capsys.readouterr().out) is said
