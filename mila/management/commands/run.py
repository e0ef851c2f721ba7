"""`manage.py run`: the whole site on this machine. bin/run comes here once there is a Python environment."""

import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mila import check, launch, services


class Command(BaseCommand):
    help = "Start everything the site needs and the site itself, until Ctrl-C."
    requires_system_checks = []  # they would ask for databases that are not there yet

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000, help="of the pages; the next free one is taken")
        parser.add_argument(
            "--check", action="store_true", help="walk one booking to its end in a world apart, then stop"
        )

    def handle(self, *, port, check: bool, **options):
        if settings.PRODUCTION:
            raise CommandError("This is for development. In production each process has its own container.")
        try:
            code = self._check() if check else self._run(port)
        except (launch.LaunchError, services.ServiceError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            code = 0
        raise SystemExit(code)

    def _run(self, port: int) -> int:
        return launch.run(
            settings.WORLD, lambda: launch.choose_ports(port, print), sys.stdout, lambda family: self._greet()
        )

    def _check(self) -> int:
        return launch.run(
            settings.WORLD,
            launch.any_ports,
            sys.stdout,
            lambda family: check.walk(settings.SITE_URL),
            fresh=True,
            fill=check.people,
        )

    def _greet(self) -> None:
        sys.stdout.write(f"\nMila is ready: {settings.SITE_URL}\n")
        logins = services.var(settings.WORLD) / "logins.txt"
        if logins.exists():
            sys.stdout.write(f"{logins.read_text().rstrip()}\n")
        sys.stdout.write("Ctrl-C stops everything.\n")
        sys.stdout.flush()
