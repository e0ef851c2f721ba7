"""Play bookings and partners on a virtual clock, in databases of their own.

Without --live through the real verbs in this process, fast; with --live over HTTP, against the real
processes of a site, some of which are killed (devstack.live).
"""

import contextlib
import gc
import json
import os
import time
from datetime import datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TimeElapsedColumn,
)
from rich.table import Table

import embedded
from backoffice.invariants import violations
from devstack import addresses, launch
from devstack.instances import fresh_databases
from devstack.live import Live
from mila.clock import reset_clock
from places.calendar import instant
from simulation.figures import figures
from simulation.jobs import run_in_process
from simulation.play import Simulation

START = datetime(2026, 11, 23, 9, 0)
MOST_SIGN_IN = 28  # from one address within a minute


def share_a_core() -> None:
    """From here on this process, and the servers it starts, on one core.

    They take turns, never at once: waking the other on another core costs a virtual machine more
    than most queries.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


class Command(BaseCommand):
    help = (
        "Play bookings and partners who accept, decline, sleep and forget, and print what came of "
        "it."
    )

    def add_arguments(self, parser):
        parser.add_argument("--bookings", type=int, help="200, live 50")
        parser.add_argument("--partners", type=int, help="60, live 20")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--json", action="store_true", help="one JSON object instead of a table"
        )
        parser.add_argument(
            "--live", action="store_true", help="over HTTP, against real processes that are killed"
        )
        parser.add_argument(
            "--speed", type=float, default=2000, help="live: the most the clock may run, times real"
        )
        parser.add_argument(
            "--kills",
            type=int,
            default=5,
            help="live: how often web, worker and beat each are killed",
        )

    def handle(self, *, bookings, partners, seed, live, **options):
        if settings.PRODUCTION:
            raise CommandError("A production database is no place for a simulation.")
        if settings.INSTANCE == "demo":
            raise CommandError(
                "The demo's databases are not thrown away: choose another MILA_INSTANCE."
            )
        if live:
            # of the site's processes: all its people come from one address
            os.environ["LIMITS"] = "no"
            raise SystemExit(self.play_live(bookings or 50, partners or 20, seed, options))
        share_a_core()
        with embedded.hold():
            self.play(bookings or 200, partners or 60, seed, options)

    def play_live(self, bookings, partners, seed, options) -> int:
        game = Live(
            bookings=bookings,
            partners=min(partners, MOST_SIGN_IN),
            kills=options["kills"],
            speed=max(options["speed"], 1.0),
            seed=seed,
            start=instant(START, "Europe/Paris"),
        )
        log = settings.BASE_DIR / "var" / f"{settings.INSTANCE}.log"
        log.parent.mkdir(exist_ok=True)
        with (
            log.open("w", encoding="utf-8") as output,
            self.bar("Bookings on their way", 1.0, options) as progress,
        ):
            game.progress = progress
            try:
                code = launch.run(
                    settings.INSTANCE,
                    addresses.any_ports,
                    output,
                    game.run,
                    fresh=True,
                    fill=game.people,
                )
            except (addresses.LaunchError, embedded.ServiceError) as error:
                raise CommandError(str(error)) from error
        game.result = {"seed": seed, **game.result}
        if options["json"]:
            self.stdout.write(json.dumps(game.result))
            return code
        trouble, refused = game.result.pop("trouble", []), game.result.pop("what_was_refused", {})
        self.show(game.result, game.result.pop("violations", {}))
        for what, number in refused.items():
            self.stdout.write(f"refused {number} x  {what}")
        for sentence in trouble:
            self.stdout.write(f"TROUBLE: {sentence}")
        self.stdout.write(f"What the processes said: {log}")
        return code

    @contextlib.contextmanager
    def bar(self, what, total, options):
        """A progress bar on the terminal; answers how to move it."""
        counts = (MofNCompleteColumn(),) if total > 1 else (TaskProgressColumn(),)
        columns = ("{task.description}", BarColumn(), *counts, TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), disable=options["json"]) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done: bar.update(task, completed=done)

    def play(self, bookings, partners, seed, options):
        fresh_databases()
        run_in_process(without=("accounts.deliver",))  # no mail leaves a simulation
        gc.freeze()  # what Django has loaded stays: no collection need walk through it again
        began = time.monotonic()
        game = Simulation(bookings=bookings, partners=partners, seed=seed)
        game.people(instant(START, "Europe/Paris"))
        with self.bar("Bookings ended", bookings, options) as progress:
            game.run(progress)
        result = {
            "seed": seed,
            "partners": partners,
            **figures(),
            **game.bad_faith.figures(),
            "seconds": round(time.monotonic() - began, 1),
        }
        broken = violations()
        reset_clock()
        if options["json"]:
            self.stdout.write(json.dumps({**result, "violations": broken}))
        else:
            self.show(result, broken)
        if broken:
            raise SystemExit(1)

    def show(self, result, broken):
        table = Table(title="Simulation")
        table.add_column("what")
        table.add_column("figure", justify="right")
        for name, value in result.items():
            table.add_row(name.replace("_", " "), str(value))
        Console().print(table)
        for name, rows in broken.items():
            for row in rows:
                self.stdout.write(f"{name} BROKEN: {row}")
        if not broken:
            self.stdout.write("All invariants hold.")
