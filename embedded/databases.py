"""Databases on our own PostgreSQL: made, copied, dropped.

Settings do not import this: it needs the driver.
"""

import contextlib
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import errors, sql

from embedded.addresses import database_url


def ensure_database(name: str, *, template: str = "") -> bool:
    """Create database mila_<name> on our own server if it is missing; says whether it did.

    As a copy of mila_<template>, if there is that one.
    """
    folder, database = parts(database_url(name))
    with maintenance(folder) as connection:
        there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        if database in there:
            return False
        wanted = f"mila_{template}"
        try:
            connection.execute(_create(database, wanted if wanted in there else "template1"))
        except (errors.DuplicateDatabase, errors.UniqueViolation):  # somebody else was quicker
            return False
        return True


def keep_template(original: str, template: str, *, instead_of: str) -> None:
    """Copy this database, by its whole name, to mila_<template>, unless it is there, and drop older
    ones that begin alike.

    Nobody may be connected to the original; if somebody is, there is no template this time.
    """
    folder, _database = parts(database_url(""))
    with maintenance(folder) as connection:
        there = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"mila_{instead_of}"]
        )
        kept = {row[0] for row in there}
        if f"mila_{template}" in kept:
            return
        with contextlib.suppress(
            errors.ObjectInUse, errors.DuplicateDatabase, errors.UniqueViolation
        ):
            connection.execute(_create(f"mila_{template}", original))
        for old in kept:
            with contextlib.suppress(errors.ObjectInUse, errors.InvalidCatalogName):
                connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))


def exists(name: str) -> bool:
    """Whether there is a database mila_<name> on our own server."""
    folder, database = parts(database_url(name))
    with maintenance(folder) as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [database])
        return found.fetchone() is not None


def forgive_power_cuts(name: str) -> None:
    """Commits in database mila_<name> no longer wait for the disk: for
    worlds that are thrown away.
    """
    folder, database = parts(database_url(name))
    with maintenance(folder) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(
                sql.Identifier(database)
            )
        )


def ensure_role(role: str) -> None:
    """A role of our own server that may connect and owns nothing."""
    folder, _database = parts(database_url(""))
    with maintenance(folder) as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
            # somebody else was quicker
            with contextlib.suppress(errors.DuplicateObject, errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))


def drop_database(name: str) -> None:
    """Drop database mila_<name> on our own server, with whoever is connected to it."""
    folder, database = parts(database_url(name))
    with maintenance(folder) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )


def parts(url: str) -> tuple[str, str]:
    """The folder of the socket and the name of the database in an address of ours."""
    folder, database = unquote(urlsplit(url).path[1:]).rsplit("/", 1)
    return folder, database


def maintenance(folder: str) -> psycopg.Connection:
    """A connection to the server itself, each statement its own transaction."""
    return psycopg.connect(
        host=folder, user="postgres", dbname="postgres", autocommit=True, connect_timeout=5
    )


def _create(database: str, template: str) -> sql.Composed:
    return sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(database), sql.Identifier(template)
    )
