"""`manage.py run`: the whole site on this machine. bin/run comes here once there is a Python
environment.
"""

import os
import sys
from functools import partial

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

import embedded
from devstack import addresses, demo_world, launch, smoke_check
from devstack.instants import NoSuchInstant, instant_of

OPEN_HOUSE = (
    "Anybody who reaches this address can sign in as anybody: the demo's desk asks nobody who they "
    "are.\n"
    "Leave it running only in a network you trust.\n"
)
WANTS_HTTPS = (
    "By http a browser on another machine shows every page, but it wakes no phone, puts no app on "
    "it, shows\n"
    "nothing without network and does not say where somebody is: for these it wants https.\n"
)


class Command(BaseCommand):
    help = "Start everything the site needs and the site itself, until Ctrl-C."
    requires_system_checks = []  # they would ask for databases that are not there yet

    def add_arguments(self, parser):
        parser.add_argument(
            "--port", type=int, default=8000, help="of the pages; the next free one is taken"
        )
        parser.add_argument(
            "--host", default=addresses.OURSELVES, help="the address to listen on; 0.0.0.0: any"
        )
        parser.add_argument("--at", metavar="2026-12-25T02:17", help="as if it were then in Paris")
        parser.add_argument(
            "--once", action="store_true", help="come up whole, print addresses and logins, stop"
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="walk one booking to its end in a instance apart, then stop",
        )

    def handle(self, *, port, host, at, once, check: bool, **options):
        if settings.PRODUCTION:
            raise CommandError(
                "This is for development. In production each process has its own container."
            )
        try:
            if at:
                settings.MILA_AT = os.environ["MILA_AT"] = instant_of(at).isoformat()
            code = self._check() if check else self._run(host, port, once)
        except (addresses.LaunchError, embedded.ServiceError, NoSuchInstant) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            code = 0
        raise SystemExit(code)

    def _run(self, host: str, port: int, once: bool) -> int:
        # for the site's processes: the desk, and the bar on every page
        os.environ["MILA_DEMO"] = "true"
        return launch.run(
            settings.INSTANCE,
            partial(addresses.choose_ports, port, host, print),
            sys.stdout,
            lambda family: self._greet(host, once),
            fill=demo_world.open_world,
            broken_off=demo_world.broken_off,
            begin_again=demo_world.is_asked_to_begin_again,
            host=host,
        )

    def _check(self) -> int:
        return launch.run(
            settings.INSTANCE,
            addresses.any_ports,
            sys.stdout,
            lambda family: smoke_check.walk(settings.SITE_URL),
            fill=smoke_check.people,
            fresh=True,
        )

    def _greet(self, host: str, once: bool) -> int | None:
        sys.stdout.write(f"\n{demo_world.greeting(settings.SITE_URL)}")
        if host != addresses.OURSELVES:
            sys.stdout.write(OPEN_HOUSE)
            if settings.SITE_URL.startswith("http:"):
                sys.stdout.write(WANTS_HTTPS)
        sys.stdout.write("" if once else "Ctrl-C stops everything.\n")
        sys.stdout.flush()
        return 0 if once else None
