"""The whole site on one machine: servers, databases, data, then its processes under one roof until
Ctrl-C.

`manage.py run` is the door to it. Nothing here is used in production, where each process has its
own container.
"""

import contextlib
import io
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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import embedded
from devstack.addresses import OURSELVES, Ports, announce
from devstack.running import Claim, end_children
from mila import heartbeat, message_catalogues
from mila.celery import app

if TYPE_CHECKING:
    from devstack.supervisor import Family

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
    "MILA_DEMO",
)
READY_WITHIN = 90  # seconds
# seconds between two looks at the servers, and at whether somebody asked to begin again
LOOK_AFTER = 1
BEGIN_AGAIN = -1  # what keep_running answers instead of an exit code
FRONT = Path(__file__).resolve().parent.parent / "deploy"


def isolate(instance: str) -> None:
    """Before the settings are read: this process and its children live in `instance`, whatever the
    environment says.
    """
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ["MILA_INSTANCE"] = instance


# --- Databases and data


def prepare(
    instance: str,
    *,
    fresh: bool,
    say: Callable[[str], object],
    fill: Callable[[], object],
    broken_off: Callable[[], bool] = lambda: False,
) -> None:
    """Databases there, migrated and filled. Each part is quick when there is nothing to do.

    A instance whose filling was broken off (killed, power cut) is thrown away and made again: half
    of one is none.
    """
    from django.core.management import call_command
    from django.db import connections

    from devstack import instances

    with _timed("words", say):
        message_catalogues.compile_catalogues()
    with _timed("databases", say):
        if instances.outlived(instance):
            say("The demo was made by another version; it is made again.")
            _forget_files(instance)
            fresh = True
        made = instances.make(instance, fresh=fresh)
        if not made and broken_off():
            say("The demo was not finished the last time; it is made again.")
            _forget_files(instance)
            made = instances.make(instance, fresh=True)
    for name in instances.LOADS:
        with _timed(name.replace("_", " "), say):
            call_command(name, verbosity=0, stdout=io.StringIO())
    if made:
        instances.keep_templates(instance)
    with _timed("people", say):
        fill()
        app.conf.task_always_eager = False  # the demo's own way: from here on there are workers
    connections.close_all()


def _forget_files(instance: str) -> None:
    """Mails and photos of a instance that is thrown away."""
    shutil.rmtree(embedded.var(instance), ignore_errors=True)
    embedded.var(instance).mkdir(parents=True)


@contextlib.contextmanager
def _timed(what: str, say: Callable[[str], object]) -> Iterator[None]:
    begun = time.monotonic()
    yield
    say(f"  {what:20}{time.monotonic() - begun:6.1f} s")


# --- Processes


def commands(instance: str, ports: Ports, *, standin: bool) -> dict[str, str]:
    """Name -> command line of each process of the site, as a Procfile would say it; all run in the
    project's folder.

    One front stands before pages and event streams, the proxy that production has: whatever name or
    address a page was opened under, its stream comes from there too.
    """
    # Preloaded: the site is imported once for both workers, which is a second of a laptop's start.
    modules = {
        "web": "gunicorn mila.wsgi --preload --worker-class gthread --workers 2 --threads 4 "
        "--graceful-timeout 3 "
        f"--bind {OURSELVES}:{ports.pages} --no-control-socket --log-level warning "
        "--logger-class mila.web.access_log.WebLog",
        "streams": f"uvicorn mila.streams.server:application --host {OURSELVES} --port "
        f"{ports.streams} "
        "--timeout-graceful-shutdown 2 --log-level warning",
        "worker": "celery --quiet -A mila worker --concurrency 2 --without-gossip --without-mingle "
        "--loglevel WARNING",
        "beat": f"celery --quiet -A mila beat --schedule var/{instance}/beat-schedule --pidfile= "
        f"--loglevel WARNING",
    }
    if standin:
        modules["webhooks"] = "django standin_deliver"
    caddy = shlex.quote(str(Path(sys.executable).parent / "caddy"))
    front = f"exec {caddy} run --config {shlex.quote(str(FRONT / 'Caddyfile'))} --adapter caddyfile"
    return {
        "front": front,
        **{name: f"exec {shlex.quote(sys.executable)} -m {line}" for name, line in modules.items()},
    }


def surroundings(instance: str, ports: Ports, host: str) -> dict[str, str]:
    """The environment of the site's processes."""
    # No word about root or about static files that were not collected: this is a laptop.
    quiet = {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore::UserWarning"}
    front = {
        "MILA_ADDRESS": f"http://:{ports.web}",
        "MILA_BIND": host,
        "MILA_PAGES": f"{OURSELVES}:{ports.pages}",
        "MILA_STREAMS": f"{OURSELVES}:{ports.streams}",
        "MILA_AWAY": str(FRONT / "away"),
        "TRUSTED_PROXIES": "1",
        "XDG_DATA_HOME": str(embedded.var(instance) / "front"),
    }
    return {
        **os.environ,
        **quiet,
        **front,
        "MILA_INSTANCE": instance,
        **embedded.site_addresses(instance),
    }


def keep_running(
    claim: Claim,
    ports: Ports,
    output,
    when_ready: "WhenReady",
    *,
    host: str = OURSELVES,
    begin_again: Callable[[], bool] = lambda: False,
) -> int:
    """Run the site's processes until they are told to stop, or one of them cannot live; answers the
    exit code.

    `when_ready` is called once readyz says all is well; if it answers a number, the site stops with
    it. It also stops, and BEGIN_AGAIN is answered, when `begin_again` says that somebody wishes so.
    """
    from django.conf import settings

    from devstack.supervisor import Manager, Printer

    answers: list[int] = []

    def attend():
        over = printer.family.over
        code = _attend(ports, output, partial(when_ready, printer.family), over)
        if code is not None:
            stop(code)
        while not over.wait(LOOK_AFTER):
            if begin_again():
                stop(BEGIN_AGAIN)
                break
            # A server that was killed is back before anybody looks for the reason.
            with contextlib.suppress(embedded.ServiceError):
                embedded.start(keep=False)

    def stop(code):
        answers.append(code)
        printer.told_to_stop = True
        manager.terminate()

    def begin():
        claim.note(printer.family.pids)
        if not attendant.ident:
            attendant.start()

    attendant = threading.Thread(target=attend, daemon=True)
    lines = commands(claim.instance, ports, standin=settings.STANDIN)
    printer = Printer(output, set(lines), begin)
    manager = Manager(printer)
    environment = surroundings(claim.instance, ports, host)
    for name, line in lines.items():
        manager.add_process(name, line, env=environment, cwd=str(settings.BASE_DIR))
    manager.loop()
    printer.family.over.set()
    if attendant.ident:
        attendant.join(timeout=30)
    if answers:
        return answers[0]
    if printer.ended:
        output.write(
            f"The process {printer.ended} ends by itself again and again; its last lines are "
            f"above.\n"
        )
        return manager.returncode or 1
    return 0


def _attend(
    ports: Ports, output, when_ready: Callable[[], int | None], over: threading.Event
) -> int | None:
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
    """Wait for the sweeps, readyz and the event streams; answers what was not well when the time
    was up, or nothing.
    """
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
    # The sweeps are asked for here first: readyz calls a site whose sweeps have not begun an error,
    # and logs it.
    if late := heartbeat.late():
        return f"no sign of {', '.join(late)}"
    try:
        with urllib.request.urlopen(f"http://{OURSELVES}:{ports.pages}/readyz", timeout=5):
            pass
        for port in (ports.web, ports.streams):
            with socket.create_connection((OURSELVES, port), timeout=5):
                pass
        return ""
    except urllib.error.HTTPError as error:
        return error.read().decode(errors="replace")[:300]
    except OSError as error:
        return str(error)


def send_sweeps() -> None:
    """Each scheduled job once, now: beat would wait a whole period before the first, and readyz
    with it.
    """
    for entry in app.conf.beat_schedule.values():
        app.send_task(entry["task"], expires=30)


# --- The whole of it


def run(
    instance: str,
    choose: Callable[[], Ports],
    output,
    when_ready: "WhenReady",
    *,
    fill: Callable[[], object],
    fresh: bool = False,
    broken_off: Callable[[], bool] = lambda: False,
    begin_again: Callable[[], bool] = lambda: False,
    host: str = OURSELVES,
) -> int:
    """Servers, databases, data, processes; everything is stopped again when this returns, however
    it ends.

    `fill` puts people into the databases. `begin_again` is asked each second: once it says yes, the
    processes are stopped, the instance is made anew, and they start again at the same address.
    """

    def say(line: str) -> None:
        output.write(f"{line}\n")
        output.flush()

    def leave(number, frame):
        raise SystemExit(128 + number)

    with Claim(instance) as claim:
        ports = choose()
        announce(ports, host)
        with contextlib.ExitStack() as held:
            # until honcho takes over; Ctrl-C is an exception already
            signal.signal(signal.SIGTERM, leave)
            with _timed("servers", say):
                held.enter_context(embedded.hold())
            while True:
                if fresh:
                    _forget_files(instance)
                embedded.var(instance).mkdir(parents=True, exist_ok=True)
                prepare(instance, fresh=fresh, say=say, fill=fill, broken_off=broken_off)
                try:
                    code = keep_running(
                        claim, ports, output, when_ready, host=host, begin_again=begin_again
                    )
                finally:
                    say("Stopping.")
                    end_children()
                if code != BEGIN_AGAIN:
                    return code
                say("Beginning again.")
                fresh = True
                signal.signal(signal.SIGTERM, leave)
