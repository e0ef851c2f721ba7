"""Play bookings and partners through the real verbs on a virtual clock, in a database of its own."""

import json
import time
from datetime import datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from mila import services
from mila.clock import reset_clock
from mila.invariants import violations
from mila.simulation.figures import figures
from mila.simulation.jobs import run_in_process
from mila.simulation.play import Simulation
from mila.worlds import fresh_databases
from places.calendar import instant

START = datetime(2026, 11, 23, 9, 0)


class Command(BaseCommand):
    help = "Play bookings and partners who accept, decline, sleep and forget, and print what came of it."

    def add_arguments(self, parser):
        parser.add_argument("--bookings", type=int, default=200)
        parser.add_argument("--partners", type=int, default=60)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")

    def handle(self, *, bookings, partners, seed, **options):
        if settings.PRODUCTION:
            raise CommandError("A production database is no place for a simulation.")
        with services.hold():
            self.play(bookings, partners, seed, options)

    def play(self, bookings, partners, seed, options):
        fresh_databases()
        run_in_process(without=("accounts.deliver",))  # no mail leaves a simulation
        began = time.monotonic()
        game = Simulation(bookings=bookings, partners=partners, seed=seed)
        game.people(instant(START, "Europe/Paris"))
        console = Console(stderr=True)
        columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, disable=options["json"]) as bar:
            task = bar.add_task("Bookings ended", total=bookings)
            game.run(lambda done: bar.update(task, completed=done))
        result = {"seed": seed, "partners": partners, **figures(), "seconds": round(time.monotonic() - began, 1)}
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
