"""Databases of one instance: made, emptied, migrated, with the gazetteer and the catalogue in them.

Migrating an empty database takes many seconds, copying a migrated one a fraction of one. So what
the first instance was when it was new is kept as a template, under a name that says what went into
it, and the others begin as its copies.
"""

import hashlib
import io
import os
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

import embedded
from embedded.databases import (
    drop_database,
    ensure_database,
    ensure_role,
    forgive_power_cuts,
    keep_template,
    parts,
)
from mila import roles

LOADS = ("load_gazetteer", "load_catalogue")
# What a template holds beside the tables; the loaders run again on every copy and find nothing to
# do.
DATA = ("places/data", "catalogue/data")


def databases(instance: str) -> list[tuple[str, str, str]]:
    """Alias, name on our own server, and the variable by which somebody may
    have put it elsewhere.
    """
    return [
        ("default", instance, "DATABASE_URL"),
        ("standin", f"{instance}_standin", "STANDIN_DATABASE_URL"),
    ]


def fresh_databases() -> None:
    """Both databases of this instance, new and loaded. Refuses the databases of a running site."""
    instance = settings.INSTANCE
    if instance == "demo":
        raise RuntimeError(
            "The demo's databases are not thrown away: choose another MILA_INSTANCE."
        )
    if elsewhere := [
        variable for _alias, _name, variable in databases(instance) if os.environ.get(variable)
    ]:
        raise RuntimeError(
            f"Only databases of our own are thrown away: unset {' and '.join(elsewhere)}."
        )
    make(instance, fresh=True)
    for name in LOADS:
        call_command(name, verbosity=0, stdout=io.StringIO())
    keep_templates(instance)


def make(instance: str, *, fresh: bool) -> bool:
    """Both databases there and migrated; quick when they are. Says whether one of them is new.

    `fresh` empties them first, also one on somebody else's server: only for worlds whose rows are
    all our own.
    """
    made = [_make_one(*database, fresh=fresh) for database in databases(instance)]
    if any(made):
        forget_jobs(instance)
    for alias in connections:
        _migrate(alias)
    return any(made)


def outlived(instance: str) -> bool:
    """Whether a database of our own knows migrations that this checkout has not: it was made by
    another version.

    Somebody else's server is never judged: there Django's own migrate says what is wrong.
    """
    return any(
        _knows_more(alias)
        for alias, _name, variable in databases(instance)
        if not os.environ.get(variable)
    )


def _knows_more(alias: str) -> bool:
    try:
        loader = MigrationLoader(connections[alias])
    except OperationalError:  # not there yet
        return False
    return not set(loader.applied_migrations) <= set(loader.disk_migrations)


def _make_one(alias: str, name: str, variable: str, *, fresh: bool) -> bool:
    if os.environ.get(variable):  # somebody else's server: its database is made there
        if fresh:
            with connections[alias].cursor() as cursor:
                _empty(cursor)
        return fresh
    if fresh:
        connections[alias].close()
        drop_database(name)
    made = ensure_database(name, template=template(alias))
    if fresh:
        forgive_power_cuts(name)  # it is thrown away: it need not outlive one
    return made


def _empty(cursor) -> None:
    """Every table and function of this database goes."""
    cursor.execute("DROP SCHEMA public CASCADE")
    cursor.execute("CREATE SCHEMA public")


def template(alias: str, *, of: str = "template") -> str:
    """The name of the template for the migrations and data of this checkout. `of`: of worlds that
    hold something else beside their tables.
    """
    digest = hashlib.sha256()
    folders = [Path(app.path) / "migrations" for app in apps.get_app_configs()]
    for folder in [*folders, *(settings.BASE_DIR / name for name in DATA)]:
        for path in sorted(folder.glob("*.*")):
            digest.update(path.name.encode() + path.read_bytes())
    return f"{of}_{alias}_{digest.hexdigest()[:12]}"


def keep_templates(instance: str) -> None:
    """This instance was just made and loaded: keep it as it is for the next ones, unless there is a
    template.
    """
    connections.close_all()
    for alias, name, variable in databases(instance):
        if not os.environ.get(variable):
            _folder, database = parts(embedded.database_url(name))
            keep_template(database, template(alias), instead_of=f"template_{alias}_")


def forget_jobs(instance: str) -> None:
    """A new database must not meet jobs and locks of the one before."""
    import redis

    for role in ("cache", "broker"):
        if embedded.needs_redis(role):
            with redis.Redis.from_url(embedded.redis_url(role, instance)) as client:
                client.flushdb()


def _migrate(alias: str) -> None:
    executor = MigrationExecutor(connections[alias])
    # The plan is read first: the command's own signals cost a second even when nothing moves.
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", database=alias, verbosity=0, interactive=False)
    if alias == "default" and not os.environ.get("DATABASE_URL"):
        ensure_role(embedded.SITE_ROLE)
        roles.grant_application_role(embedded.SITE_ROLE)
