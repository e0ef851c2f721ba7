"""The whole site on one machine: servers, databases, data, then its processes under one roof until Ctrl-C.

`manage.py run` is the door to it. Nothing here is used in production, where each process has its own container.
"""

import contextlib
import io
import json
import os
import shlex
import shutil
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mila import heartbeat, services, wording
from mila.celery import app

if TYPE_CHECKING:
    from mila.keeping import Family

    WhenReady = Callable[[Family], int | None]

# What `--check` must never meet: somebody's own stores, or a real Stripe account.
FOREIGN = (
    "DATABASE_URL",
    "STANDIN_DATABASE_URL",
    "REDIS_URL",
    "CELERY_BROKER_URL",
    "STRIPE_SECRET_KEY",
    "STRIPE_PUBLISHABLE_KEY",
    "STRIPE_WEBHOOK_SECRETS",
    "STRIPE_CONNECT_WEBHOOK_SECRETS",
    "EMAIL_URL",
    "GEOCODERS",
    "MEDIA_ROOT",
    "PRIVATE_STORAGE",
    "MILA_ENVIRONMENT",
    "SITE_URL",
    "STREAMS_URL",
)
READY_WITHIN = 90  # seconds
LOOK_AFTER = 5  # seconds between two looks at the servers


class LaunchError(RuntimeError):
    """The site cannot start; the sentence says why and what to do."""


@dataclass(frozen=True)
class Ports:
    web: int
    streams: int


def isolate(world: str) -> None:
    """Before the settings are read: this process and its children live in `world`, whatever the environment says."""
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ["MILA_WORLD"] = world


# --- Ports


def choose_ports(wanted: int, say: Callable[[str], object]) -> Ports:
    """The wanted port and the next one, or the nearest free ones above; says so when they differ."""
    web = free_port(wanted)
    if web != wanted:
        say(f"Port {wanted} is taken by another program; using {web} instead.")
    return Ports(web, free_port(web + 1))


def free_port(first: int) -> int:
    for port in range(first, min(first + 200, 65536)):
        if _is_free(port):
            return port
    raise LaunchError(f"No free port from {first} on. Choose another one with --port.")


def any_ports() -> Ports:
    """Two free ports of the system's choice, for a site nobody needs to find."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return Ports(one.getsockname()[1], other.getsockname()[1])


def _is_free(port: int) -> bool:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        # A browser asked for localhost may try either address first: neither may be somebody else's.
        with contextlib.suppress(OSError), socket.socket(family) as wire:
            wire.settimeout(0.5)
            if wire.connect_ex((host, port)) == 0:
                return False
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            wire.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def announce(ports: Ports) -> None:
    """Tell this process and its children where the site is; an address somebody set on purpose stays."""
    from django.conf import settings

    settings.SITE_URL = os.environ.setdefault("SITE_URL", f"http://localhost:{ports.web}")
    settings.STREAMS_URL = os.environ.setdefault("STREAMS_URL", f"http://localhost:{ports.streams}")


# --- Databases and data


def prepare(world: str, *, fresh: bool, say: Callable[[str], object], fill: Callable[[], object] | None = None) -> None:
    """Databases there, migrated and filled. Each part is quick when there is nothing to do. `fill`: instead of demo."""
    from django.core.management import call_command
    from django.db import connections

    from mila import worlds

    with _timed("words", say):
        wording.compile_catalogues()
    with _timed("databases", say):
        made = worlds.make(world, fresh=fresh)
    for name in worlds.LOADS:
        with _timed(name.replace("_", " "), say):
            call_command(name, verbosity=0, stdout=io.StringIO())
    if made:
        worlds.keep_templates(world)
    with _timed("people", say):
        said = io.StringIO()
        if fill:
            fill()
        else:
            call_command("demo", verbosity=0, stdout=said)
        app.conf.task_always_eager = False  # the demo's own way: from here on there are workers
    if said.getvalue():
        say(said.getvalue().rstrip())  # a password that is shown once
    connections.close_all()


@contextlib.contextmanager
def _timed(what: str, say: Callable[[str], object]) -> Iterator[None]:
    begun = time.monotonic()
    yield
    say(f"  {what:20}{time.monotonic() - begun:6.1f} s")


# --- Processes


def commands(world: str, ports: Ports, *, standin: bool) -> dict[str, str]:
    """Name -> command line of each process of the site, as a Procfile would say it; all run in the project's folder."""
    # Preloaded: the site is imported once for both workers, which is a second of a laptop's start.
    modules = {
        "web": "gunicorn mila.wsgi --preload --worker-class gthread --workers 2 --threads 4 --graceful-timeout 3 "
        f"--bind 127.0.0.1:{ports.web} --no-control-socket --log-level warning "
        "--logger-class mila.web_log.WebLog",
        "streams": f"uvicorn mila.streams:application --host 127.0.0.1 --port {ports.streams} "
        "--timeout-graceful-shutdown 2 --log-level warning",
        "worker": "celery --quiet -A mila worker --concurrency 2 --without-gossip --without-mingle --loglevel WARNING",
        "beat": f"celery --quiet -A mila beat --schedule var/{world}/beat-schedule --pidfile= --loglevel WARNING",
    }
    if standin:
        modules["webhooks"] = "django standin_deliver"
    return {name: f"exec {shlex.quote(sys.executable)} -m {line}" for name, line in modules.items()}


def keep_running(claim: "Claim", ports: Ports, output, when_ready: "WhenReady") -> int:
    """Run the site's processes until they are told to stop, or one of them cannot live; answers the exit code.

    `when_ready` is called once readyz says all is well; if it answers a number, the site stops with it.
    """
    from django.conf import settings

    from mila.keeping import Manager, Printer

    answers: list[int] = []

    def attend():
        over = printer.family.over
        code = _attend(ports, output, partial(when_ready, printer.family), over)
        if code is not None:
            answers.append(code)
            printer.told_to_stop = True
            manager.terminate()
        while not over.wait(LOOK_AFTER):
            # A server that was killed is back before anybody looks for the reason.
            with contextlib.suppress(services.ServiceError):
                services.start(keep=False)

    def begin():
        claim.note(printer.family.pids)
        if not attendant.ident:
            attendant.start()

    attendant = threading.Thread(target=attend, daemon=True)
    lines = commands(claim.world, ports, standin=settings.STANDIN)
    printer = Printer(output, set(lines), begin)
    manager = Manager(printer)
    # No word about root or about static files that were not collected: this is a laptop.
    quiet = {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore::UserWarning"}
    surroundings = {**os.environ, **quiet, "MILA_WORLD": claim.world, **services.site_addresses(claim.world)}
    for name, line in lines.items():
        manager.add_process(name, line, env=surroundings, cwd=str(settings.BASE_DIR))
    manager.loop()
    printer.family.over.set()
    if attendant.ident:
        attendant.join(timeout=30)
    if answers:
        return answers[0]
    if printer.ended:
        output.write(f"The process {printer.ended} ends by itself again and again; its last lines are above.\n")
        return manager.returncode or 1
    return 0


def _attend(ports: Ports, output, when_ready: Callable[[], int | None], over: threading.Event) -> int | None:
    try:
        ailing = wait_until_ready(ports, over)
        if over.is_set():
            return None
        if ailing:
            output.write(f"The site is not well after {READY_WITHIN} s: {ailing}\n")
            return 1
        return when_ready()
    except Exception as error:
        output.write(f"{type(error).__name__}: {error}\n")
        return 1


def wait_until_ready(ports: Ports, over: threading.Event) -> str:
    """Wait for the sweeps, readyz and the event streams; answers what was not well when the time was up, or nothing."""
    from django.db import connection

    send_sweeps()
    until = time.monotonic() + READY_WITHIN
    ailing = "not asked yet"
    try:
        while ailing and time.monotonic() < until and not over.wait(0.2):
            ailing = _ailing(ports)
    finally:
        connection.close()  # this thread's own
    return ailing


def _ailing(ports: Ports) -> str:
    # The sweeps are asked for here first: readyz calls a site whose sweeps have not begun an error, and logs it.
    if late := heartbeat.late():
        return f"no sign of {', '.join(late)}"
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{ports.web}/readyz", timeout=5):
            pass
        with socket.create_connection(("127.0.0.1", ports.streams), timeout=5):
            return ""
    except urllib.error.HTTPError as error:
        return error.read().decode(errors="replace")[:300]
    except OSError as error:
        return str(error)


def send_sweeps() -> None:
    """Each scheduled job once, now: beat would wait a whole period before the first, and readyz with it."""
    for entry in app.conf.beat_schedule.values():
        app.send_task(entry["task"], expires=30)


# --- One at a time


class Claim:
    """One site for each world. Whoever holds it is written down, so that the next one finds what a kill -9 left."""

    def __init__(self, world: str):
        self.world = world
        self._file = services.var("services") / f"run-{world}.json"

    def __enter__(self) -> "Claim":
        with contextlib.suppress(OSError, ValueError, KeyError):
            record = json.loads(self._file.read_text())
            if _is_alive(record["run"]):
                raise LaunchError(
                    f"The site is already running from this folder: {record['site']} (process {record['run'][0]})."
                )
            _end_groups([process[0] for process in record["processes"] if _is_alive(process)])
        self.note({})
        return self

    def note(self, pids: dict[str, int]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        record = {
            "site": os.environ.get("SITE_URL", ""),
            "run": _identity(os.getpid()),
            "processes": [_identity(pid) for pid in pids.values()],
        }
        self._file.write_text(json.dumps(record) + "\n")

    def __exit__(self, *refusal) -> None:
        _end_children()
        self._file.unlink(missing_ok=True)


def _identity(pid: int) -> list:
    """A pid alone may be somebody else's tomorrow; with the time it began it is one process for ever."""
    import psutil

    try:
        return [pid, psutil.Process(pid).create_time()]
    except psutil.NoSuchProcess:
        return [pid, 0]


def _is_alive(identity: list) -> bool:
    return bool(identity[1]) and _identity(identity[0]) == identity


def _end_groups(leaders: list[int]) -> None:
    import psutil

    for how in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + 5
        for leader in leaders:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(leader, how)
        while time.monotonic() < until and any(psutil.pid_exists(leader) for leader in leaders):
            time.sleep(0.1)


def _end_children() -> None:
    """Whatever still runs beneath this process, down to the last grandchild."""
    import psutil

    children = psutil.Process().children(recursive=True)
    for end in (psutil.Process.terminate, psutil.Process.kill):
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                end(child)
        _, children = psutil.wait_procs(children, timeout=3)


# --- The whole of it


def run(
    world: str,
    choose: Callable[[], Ports],
    output,
    when_ready: "WhenReady",
    *,
    fresh: bool = False,
    fill: Callable[[], object] | None = None,
) -> int:
    """Servers, databases, data, processes; everything is stopped again when this returns, however it ends."""

    def say(line: str) -> None:
        output.write(f"{line}\n")
        output.flush()

    def leave(number, frame):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)  # until honcho takes over; Ctrl-C is an exception already
    with Claim(world) as claim:
        ports = choose()
        announce(ports)
        if fresh:
            shutil.rmtree(services.var(world), ignore_errors=True)
        services.var(world).mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as held:
            with _timed("servers", say):
                held.enter_context(services.hold())
            prepare(world, fresh=fresh, say=say, fill=fill)
            try:
                return keep_running(claim, ports, output, when_ready)
            finally:
                say("Stopping.")
                _end_children()
