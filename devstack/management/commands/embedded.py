"""`manage.py embedded up|down|status`: the laptop's own PostgreSQL and Redis."""

from django.core.management.base import BaseCommand, CommandError

import embedded


class Command(BaseCommand):
    help = "Start, stop or show the PostgreSQL and Redis servers of this checkout."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("action", choices=["up", "down", "status"])

    def handle(self, *, action, **options):
        try:
            if action == "up":
                embedded.start()
            elif action == "down":
                embedded.stop()
        except embedded.ServiceError as error:
            raise CommandError(str(error)) from error
        for name, state in embedded.status().items():
            self.stdout.write(f"{name:14}{state}")
