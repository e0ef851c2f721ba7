"""After every migrate, as the owner: what the site's role may do."""

from django.core.management.base import BaseCommand

from embedded import SITE_ROLE
from mila.roles import grant_application_role


class Command(BaseCommand):
    help = (
        "Give the site's role its rights on the tables of this database (docs/database-roles.md)."
    )

    def add_arguments(self, parser):
        parser.add_argument("role", nargs="?", default=SITE_ROLE)

    def handle(self, *args, role, **options):
        grant_application_role(role)
