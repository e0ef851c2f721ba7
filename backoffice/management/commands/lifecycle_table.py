"""Write the lifecycle table into the README; --check only says whether it is true."""

from django.core.management.base import BaseCommand

from backoffice.lifecycle_table import README, written


class Command(BaseCommand):
    help = "Write the README's lifecycle table from the transition table."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true")

    def handle(self, *, check, **options):
        text = README.read_text(encoding="utf-8")
        true = written(text)
        if check and text != true:
            raise SystemExit(
                "README.md differs from requests_app.lifecycle: run manage.py lifecycle_table"
            )
        README.write_text(true, encoding="utf-8")
