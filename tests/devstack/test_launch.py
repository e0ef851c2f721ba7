"""What `manage.py run` does, piece by piece; the processes here only sleep or serve a word."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil
import pytest
from django.conf import settings

import embedded
from devstack import addresses, instances, launch, running
from embedded import folders, processes
from mila import message_catalogues


@pytest.fixture
def taken():
    """A port somebody else listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    monkeypatch.setattr(folders, "BASE", tmp_path)
    return tmp_path


# --- Ports


def test_taken_port_is_said_and_the_next_one_used(taken):
    said = []

    ports = addresses.choose_ports(taken, addresses.OURSELVES, said.append)

    assert ports.web > taken
    assert ports.streams > ports.pages > ports.web
    assert said == [f"Port {taken} is taken by another program; using {ports.web} instead."]


def test_free_port_is_used_without_a_word():
    wanted = addresses.any_ports().web
    said = []

    assert addresses.choose_ports(wanted, addresses.OURSELVES, said.append).web == wanted
    assert said == []


def test_port_bound_without_listening_is_taken():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))

        assert not addresses.is_free(bound.getsockname()[1])


def test_no_free_port_is_refused(monkeypatch):
    monkeypatch.setattr(addresses, "is_free", lambda port, host: False)

    with pytest.raises(addresses.LaunchError, match="--port"):
        addresses.free_port(65530)


@pytest.fixture
def unannounced(monkeypatch, settings):
    """Nobody has said where the site is; what is said is forgotten again."""
    settings.SITE_URL = "to be announced"  # so that the fixture puts it back
    for name in ("SITE_URL", "ALLOWED_HOSTS"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_children_learn_where_the_site_is(unannounced, settings):
    addresses.announce(addresses.Ports(8005, 8006, 8007))

    assert (os.environ["SITE_URL"], settings.SITE_URL) == (
        "http://localhost:8005",
        "http://localhost:8005",
    )
    assert "ALLOWED_HOSTS" not in os.environ


def test_address_that_was_set_on_purpose_stays(unannounced, settings, monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://mila.tunnel.example")

    addresses.announce(addresses.Ports(8005, 8006, 8007))

    assert settings.SITE_URL == "https://mila.tunnel.example"


def test_site_open_to_the_network_answers_to_each_of_its_addresses(
    unannounced, settings, monkeypatch
):
    monkeypatch.setattr(addresses, "own_addresses", lambda: ["192.0.2.7", "workbench"])

    addresses.announce(addresses.Ports(8005, 8006, 8007), "0.0.0.0")

    assert settings.SITE_URL == "http://192.0.2.7:8005"
    assert {"localhost", "127.0.0.1", "192.0.2.7", "workbench"} <= set(
        os.environ["ALLOWED_HOSTS"].split(",")
    )


def test_check_meets_nothing_of_the_environment(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://production/mila")
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_1")
    monkeypatch.setenv("MILA_INSTANCE", "demo")

    launch.isolate("check")

    assert os.environ["MILA_INSTANCE"] == "check"
    assert not {"DATABASE_URL", "STRIPE_SECRET_KEY"} & os.environ.keys()


# --- Databases and words


@pytest.fixture
def prepared(monkeypatch, elsewhere):
    """What preparing calls, in order; nothing is really made."""
    calls = []
    monkeypatch.setattr(instances, "outlived", lambda instance: False)
    monkeypatch.setattr(
        instances, "make", lambda instance, fresh: calls.append((instance, fresh)) or fresh
    )
    monkeypatch.setattr(instances, "keep_templates", lambda instance: calls.append("template"))
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)

    monkeypatch.setattr(
        "django.core.management.call_command", lambda name, **options: calls.append(name)
    )
    return calls


def fill(prepared):
    return lambda: prepared.append("people")


def test_prepare_makes_loads_and_fills(prepared):
    said = []

    launch.prepare("demo", fresh=False, say=said.append, fill=fill(prepared))

    assert prepared == [("demo", False), "load_gazetteer", "load_catalogue", "people"]
    assert len(said) == 5


def test_what_was_broken_off_is_made_again_without_its_mails(prepared):
    said = []
    old = embedded.var("demo") / "mail" / "old"
    old.parent.mkdir(parents=True)
    old.touch()

    launch.prepare(
        "demo", fresh=False, say=said.append, fill=fill(prepared), broken_off=lambda: True
    )

    assert prepared[:2] == [("demo", False), ("demo", True)]
    assert prepared[-2:] == ["template", "people"]
    assert "The demo was not finished the last time; it is made again." in said
    assert not old.exists()


def test_new_world_becomes_a_template_before_people_come(prepared):
    launch.prepare("check", fresh=True, say=lambda line: None, fill=fill(prepared))

    assert prepared == [("check", True), "load_gazetteer", "load_catalogue", "template", "people"]


def test_catalogues_are_compiled_once(tmp_path):
    source = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Yes"\nmsgstr '
        '"Oui"\n',
        encoding="utf-8",
    )

    assert message_catalogues.compile_catalogues(tmp_path) == [source.with_suffix(".mo")]
    assert message_catalogues.compile_catalogues(tmp_path) == []
    os.utime(source, (time.time() + 5, time.time() + 5))
    assert message_catalogues.compile_catalogues(tmp_path) == [source.with_suffix(".mo")]
    assert b"Oui" in source.with_suffix(".mo").read_bytes()


# --- One at a time


def test_second_site_of_a_world_is_refused(elsewhere, monkeypatch):
    monkeypatch.setenv("SITE_URL", "http://localhost:8000")

    with (
        running.Claim("demo"),
        pytest.raises(addresses.LaunchError, match=r"http://localhost:8000 \(process \d+\)"),
    ):
        running.Claim("demo").__enter__()

    with running.Claim("demo"):
        pass  # free again


def test_leftovers_of_a_killed_site_are_ended(elsewhere):
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
    )
    record = embedded.var("services") / "run-demo.json"
    record.parent.mkdir(parents=True)
    gone = [sleeper.pid, 1.0]  # a number that somebody else has by now
    record.write_text(
        json.dumps({"site": "", "run": gone, "processes": [gone, running.identity_of(sleeper.pid)]})
    )

    with running.Claim("demo"):
        assert sleeper.wait(timeout=5) == -signal.SIGTERM

    assert not record.exists()


# --- Processes

SITE = """
import os, sys, time
from pathlib import Path
import embedded
from devstack import addresses, launch, running, supervisor
from embedded import folders
folders.BASE = Path(sys.argv[1])
launch.commands = lambda instance, ports, standin: {processes}
launch.wait_until_ready = lambda ports, over: {ailing!r}
launch.LOOK_AFTER = 0.1
supervisor.WAITS = (0.1, 0.1)
embedded.start = lambda keep: None
with running.Claim("demo") as claim:
    ports = addresses.Ports(1, 2, 3)
    code = launch.keep_running(claim, ports, sys.stdout, lambda family: {answer})
    print("CODE", code, flush=True)
"""
SLEEP = "exec sleep 60"


def site(folder, *, processes, answer="print('READY', flush=True)", ailing=""):
    """A program that keeps these processes running, as `manage.py run` would."""
    code = textwrap.dedent(SITE).format(processes=processes, answer=answer, ailing=ailing)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "mila.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_signal_ends_every_process(tmp_path):
    program = site(tmp_path, processes={"web": SLEEP, "worker": "sleep 61 & exec sleep 60"})
    while "READY" not in (line := program.stdout.readline()):
        assert line, "ended before it was ready"
    children = psutil.Process(program.pid).children(recursive=True)

    program.send_signal(signal.SIGINT)
    rest, _ = program.communicate(timeout=20)

    assert "CODE 0" in rest
    assert len(children) >= 5
    assert [child.pid for child in children if processes.runs(child.pid)] == []


def test_process_that_cannot_live_takes_the_site_with_it(tmp_path):
    program = site(
        tmp_path, processes={"web": SLEEP, "worker": "echo no broker; exit 3"}, answer="None"
    )

    said, _ = program.communicate(timeout=30)

    assert said.count("no broker") == 3  # one more than there are waits
    assert "The process worker ends by itself again and again" in said
    assert "CODE 3" in said


def test_killed_process_is_back_and_leaves_no_orphan(tmp_path):
    # Its child would keep the port, if it were a web server.
    answer = "print('PIDS', dict(family.pids), family.restarts, flush=True)"
    program = site(tmp_path, processes={"web": SLEEP, "worker": "sleep 61 & wait"}, answer=answer)
    while "PIDS" not in (line := program.stdout.readline()):
        assert line, "ended before it was ready"
    worker = int(re.search(r"'worker': (\d+)", line)[1])
    sleeper = until(lambda: psutil.Process(worker).children())[0]

    before = until(lambda: recorded(tmp_path))

    os.kill(worker, signal.SIGKILL)

    again = until(lambda: [pid for pid in recorded(tmp_path) if pid not in before])
    until(lambda: not processes.runs(sleeper.pid))
    program.send_signal(signal.SIGINT)
    rest, _ = program.communicate(timeout=20)
    assert "Ended (-9); starts again." in rest
    assert "CODE 0" in rest
    assert not any(processes.runs(pid) for pid in again)


def until(found):
    """Ask again for ten seconds until the answer is yes."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.05)
    raise AssertionError("never")


def recorded(folder):
    """The numbers of the processes, as the next start of the site would read them."""
    try:
        return [
            pid
            for pid, _begun in json.loads((folder / "var/services/run-demo.json").read_text())[
                "processes"
            ]
        ]
    except ValueError:  # half written
        return []


def test_answer_of_the_walk_is_the_code(tmp_path):
    program = site(tmp_path, processes={"web": SLEEP}, answer="7")

    said, _ = program.communicate(timeout=20)

    assert "CODE 7" in said


def test_walk_that_raises_stops_the_site(tmp_path):
    program = site(tmp_path, processes={"web": SLEEP}, answer="1 / 0")

    said, _ = program.communicate(timeout=20)

    assert "ZeroDivisionError" in said
    assert "CODE 1" in said


def test_site_that_never_gets_well_says_why(tmp_path):
    program = site(tmp_path, processes={"web": SLEEP}, ailing="sweeps late: offers")

    said, _ = program.communicate(timeout=20)

    assert "sweeps late: offers" in said
    assert "CODE 1" in said


def test_stand_in_has_a_process_of_its_own():
    with_standin = launch.commands("demo", addresses.Ports(8000, 8001, 8002), standin=True)
    without = launch.commands("demo", addresses.Ports(8000, 8001, 8002), standin=False)

    assert set(with_standin) == {"front", "web", "streams", "worker", "beat", "webhooks"}
    assert set(without) == {"front", "web", "streams", "worker", "beat"}
    assert "127.0.0.1:8001" in with_standin["web"]


# --- Readiness


class Site(BaseHTTPRequestHandler):
    """Answers 503 as often as `ill` says, then 200."""

    ill = 0

    def do_GET(self):
        kind = type(self)
        self.send_response(503 if kind.ill > 0 else 200)
        kind.ill -= 1
        self.end_headers()
        self.wfile.write(b'{"broker": "down"}')

    def log_message(self, *words):
        """Quiet."""


@pytest.fixture
def answering(monkeypatch):
    """A site that answers, and its streams on the same port; the sweeps have been seen."""
    monkeypatch.setattr(launch, "send_sweeps", lambda: None)
    monkeypatch.setattr(launch.heartbeat, "late", list)
    monkeypatch.setattr("django.db.connection.close", lambda: None)
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield addresses.Ports(server.server_port, server.server_port, server.server_port)
        server.shutdown()
        thread.join()


def test_ready_once_all_is_well(answering, monkeypatch):
    monkeypatch.setattr(Site, "ill", 2)

    assert launch.wait_until_ready(answering, threading.Event()) == ""
    assert Site.ill == -1  # asked three times


def test_what_is_not_well_is_told_when_the_time_is_up(answering, monkeypatch):
    monkeypatch.setattr(launch, "READY_WITHIN", 0.5)
    monkeypatch.setattr(Site, "ill", 1000)
    assert launch.wait_until_ready(answering, threading.Event()) == '{"broker": "down"}'

    monkeypatch.setattr(launch.heartbeat, "late", lambda: ["offers", "bookings"])
    assert launch.wait_until_ready(answering, threading.Event()) == "no sign of offers, bookings"


def test_silent_port_is_not_ready(answering):
    port = addresses.any_ports().web

    assert "refused" in launch._ailing(addresses.Ports(port, port, port))


def test_waiting_ends_with_the_site(answering, monkeypatch):
    over = threading.Event()
    over.set()

    assert launch.wait_until_ready(answering, over) == "not asked yet"


def test_every_sweep_is_sent_at_once(monkeypatch):
    sent = []
    monkeypatch.setattr(launch.app, "send_task", lambda name, expires: sent.append(name))

    launch.send_sweeps()

    assert set(sent) == {entry["task"] for entry in launch.app.conf.beat_schedule.values()}
