"""Databases of a instance: from a template, or from nothing and then kept as one."""

from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from redis import Redis

import embedded
from devstack import instances
from embedded import databases

FOREIGN = ("DATABASE_URL", "STANDIN_DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")


@pytest.fixture
def own(monkeypatch):
    """Nobody's address stands in the environment; and a name for databases of this test."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    name = f"{settings.INSTANCE}_worlds"
    yield name
    for made in (name, f"{name}_copy", f"{name}_old_1", f"{name}_old_2"):
        databases.drop_database(made)


def connect(name):
    folder, database = databases.parts(embedded.database_url(name))
    return psycopg.connect(host=folder, user="postgres", dbname=database, autocommit=True)


def names(own):
    with databases.maintenance(databases.parts(embedded.database_url(own))[0]) as connection:
        return {
            row[0].removeprefix("mila_")
            for row in connection.execute("SELECT datname FROM pg_database")
        }


def test_new_database_begins_as_a_copy_of_the_template(own):
    databases.ensure_database(own)
    with connect(own) as connection:
        connection.execute("CREATE TABLE thing AS SELECT 7 AS number")

    databases.keep_template(f"mila_{own}", f"{own}_old_1", instead_of=f"{own}_old_")
    made = databases.ensure_database(f"{own}_copy", template=f"{own}_old_1")

    assert made is True
    with connect(f"{own}_copy") as connection:
        assert connection.execute("SELECT number FROM thing").fetchone() == (7,)


def test_newer_template_takes_the_place_of_the_older(own):
    databases.ensure_database(own)

    databases.keep_template(f"mila_{own}", f"{own}_old_1", instead_of=f"{own}_old_")
    databases.keep_template(f"mila_{own}", f"{own}_old_2", instead_of=f"{own}_old_")
    # a repeat changes nothing
    databases.keep_template(f"mila_{own}", f"{own}_old_2", instead_of=f"{own}_old_")

    assert f"{own}_old_2" in names(own)
    assert f"{own}_old_1" not in names(own)


def test_database_in_use_becomes_no_template(own):
    databases.ensure_database(own)

    with connect(own):
        databases.keep_template(f"mila_{own}", f"{own}_old_1", instead_of=f"{own}_old_")

    assert f"{own}_old_1" not in names(own)


def test_missing_template_is_an_empty_database(own):
    assert databases.ensure_database(own, template="there_is_none") is True
    assert databases.ensure_database(own, template="there_is_none") is False


def test_thrown_away_database_does_not_wait_for_the_disk(own):
    databases.ensure_database(own)

    databases.forgive_power_cuts(own)

    with connect(own) as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("off",)


def test_name_of_the_template_tells_what_went_into_it(settings, tmp_path):
    before = instances.template("default")
    settings.BASE_DIR = tmp_path
    (tmp_path / "places/data").mkdir(parents=True)
    (tmp_path / "places/data/gazetteer.csv").write_text("other")

    assert instances.template("default") != before
    assert instances.template("default") != instances.template("standin")
    assert before.startswith("template_default_")


def test_fresh_world_drops_the_old_one_and_forgets_its_jobs(own, monkeypatch):
    done = []
    monkeypatch.setattr(instances, "drop_database", lambda name: done.append(("drop", name)))
    monkeypatch.setattr(
        instances, "ensure_database", lambda name, template: done.append(("make", name)) or True
    )
    monkeypatch.setattr(instances, "forgive_power_cuts", lambda name: None)
    monkeypatch.setattr(instances, "_migrate", lambda alias: done.append(("migrate", alias)))
    monkeypatch.setattr(instances.connections["default"], "close", lambda: None)
    monkeypatch.setattr(instances.connections["standin"], "close", lambda: None)
    with Redis.from_url(embedded.redis_url("broker", own)) as broker:
        broker.set("old", "job")

        assert instances.make(own, fresh=True) is True

        assert broker.dbsize() == 0
    assert done == [
        ("drop", own), ("make", own), ("drop", f"{own}_standin"), ("make", f"{own}_standin"),
        ("migrate", "default"), ("migrate", "standin"),
    ]  # fmt: skip
    monkeypatch.undo()


def test_database_of_somebody_else_is_left_alone(own, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/mila")
    monkeypatch.setattr(instances, "drop_database", lambda name: pytest.fail("dropped"))
    monkeypatch.setattr(instances, "ensure_database", lambda name, template: pytest.fail("made"))

    monkeypatch.setattr(instances, "_empty", lambda cursor: pytest.fail("emptied"))

    assert instances._make_one("default", own, "DATABASE_URL", fresh=False) is False
    monkeypatch.undo()


@pytest.mark.django_db
def test_world_on_a_server_of_somebody_else_is_emptied_where_it_is(own, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/mila")
    monkeypatch.setattr(instances, "drop_database", lambda name: pytest.fail("dropped"))
    emptied = []
    monkeypatch.setattr(instances, "_empty", emptied.append)

    assert instances._make_one("default", own, "DATABASE_URL", fresh=True) is True
    assert len(emptied) == 1
    monkeypatch.undo()


def test_emptied_database_has_no_table_left(own):
    databases.ensure_database(own)
    with connect(own) as connection:
        connection.execute("CREATE TABLE thing AS SELECT 7 AS number")

        instances._empty(connection.cursor())

        assert connection.execute("SELECT to_regclass('thing')").fetchone() == (None,)
        connection.execute("CREATE TABLE thing AS SELECT 8 AS number")


def test_simulation_throws_away_only_its_own(own, monkeypatch, settings):
    monkeypatch.setattr(instances, "make", lambda *args, **kwargs: pytest.fail("made"))
    settings.INSTANCE = "demo"
    with pytest.raises(RuntimeError, match="another MILA_INSTANCE"):
        instances.fresh_databases()

    settings.INSTANCE = "simulation"
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/mila")
    with pytest.raises(RuntimeError, match="unset DATABASE_URL"):
        instances.fresh_databases()


@pytest.mark.django_db(databases=["default", "standin"])
def test_migrated_database_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(instances, "call_command", lambda *args, **kwargs: pytest.fail("migrated"))

    instances._migrate("default")
    instances._migrate("standin")


def test_site_connects_as_a_role_that_owns_nothing(own):
    databases.ensure_database(own)
    databases.ensure_role(embedded.SITE_ROLE)
    databases.ensure_role(embedded.SITE_ROLE)  # a repeat changes nothing
    address = embedded.site_addresses(own)["DATABASE_URL"]
    folder, database = databases.parts(address)

    with psycopg.connect(
        host=folder, user=urlsplit(address).username, dbname=database
    ) as connection:
        assert connection.execute(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone() == (False,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE thing (id int)")


def test_address_of_somebody_s_own_server_is_left_to_the_site(own, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://me@elsewhere/mila")

    assert embedded.site_addresses(own) == {}


@pytest.mark.django_db(databases=["default", "standin"])
def test_database_of_another_version_is_known_by_its_migrations(monkeypatch):
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    assert not instances.outlived(settings.INSTANCE)

    MigrationRecorder(connections["standin"]).record_applied(
        "payments_standin", "0099_of_another_version"
    )

    assert instances.outlived(settings.INSTANCE)


@pytest.mark.django_db(databases=["default", "standin"])
def test_database_on_somebody_elses_server_is_never_judged(monkeypatch):
    for name in ("DATABASE_URL", "STANDIN_DATABASE_URL"):
        monkeypatch.setenv(name, "postgres://elsewhere/mila")
    MigrationRecorder(connections["default"]).record_applied("accounts", "0099_of_another_version")

    assert not instances.outlived(settings.INSTANCE)
