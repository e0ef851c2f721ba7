"""Draw the rooms and what they import into docs/architecture.md."""

from django.core.management.base import BaseCommand

from devstack.floors import PAGE, written


class Command(BaseCommand):
    help = "Write the drawing of docs/architecture.md from the imports of the code."

    def handle(self, **options):
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
