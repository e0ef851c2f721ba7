"""Databases of one world: made, emptied, migrated."""

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from mila import services


def fresh_databases() -> None:
    """Both databases of this world, empty and migrated. Refuses the databases of a running site."""
    if settings.WORLD == "demo":
        raise RuntimeError("The demo's databases are not thrown away: choose another MILA_WORLD.")
    services.start()
    for alias, name in (("default", settings.WORLD), ("standin", f"{settings.WORLD}_standin")):
        services.ensure_database(name)
        with connections[alias].cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            # A world that is thrown away need not outlive a power cut.
            cursor.execute(f"ALTER DATABASE {connections[alias].settings_dict['NAME']} SET synchronous_commit = off")
        connections[alias].close()
        call_command("migrate", database=alias, verbosity=0)
