"""Servers of a test run; the world and its databases are chosen in tests/settings.py."""

import contextlib
import gc
import os

import pytest
from django.conf import settings
from django.core.management.commands import flush
from django.db.backends.postgresql.operations import DatabaseOperations
from django.utils import translation
from playwright.sync_api import expect

import embedded
from accounts import pace
from mila import message_catalogues, redis
from mila.clock import reset_clock
from tests import chromium, measuring, prepared, template_databases
from tests.browsing import chrome, open_page  # noqa: F401
from tests.cast import *  # noqa: F403  (the cast: fixtures for every test)
from tests.limited import counters  # noqa: F401

MIGRATED = ("django_content_type", "auth_permission")
_running = contextlib.ExitStack()
# A browser, or Redis, on a busy machine is slow, not wrong.
expect.set_options(timeout=20_000)  # ms
redis.PATIENCE = 5.0


def pytest_configure():
    """Servers up before the first connection; the last test run to end stops them, unless `embedded
    up` keeps them.
    """
    gc.set_threshold(10_000, 20, 20)
    prepared.keep()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _running.enter_context(embedded.hold())
        message_catalogues.compile_catalogues()


def pytest_unconfigure():
    chromium.close()
    _running.close()


def pytest_collection_modifyitems(items):
    """The walks begin: each takes a minute, and a worker that came to one last would be waited for.

    All else stays as it is: in random order, those that commit after those that do not.
    """
    measuring.number_rows(items)
    items.sort(key=lambda item: not item.nodeid.startswith(measuring.WALKS))


def pytest_collection_finish():
    """What is loaded by now stays: to go through all of it again and again for garbage would take
    an eighth of the run.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    with measuring.unmeasured(session.config):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    with measuring.measured(item):
        return (yield)


@pytest.fixture(autouse=True)
def _begins_in_the_language_of_the_site():
    """A test client's request leaves its language to the thread, and so to whichever test comes
    next.
    """
    translation.deactivate()


@pytest.fixture(autouse=True)
def _answers_as_soon_as_it_can(monkeypatch):
    """Refusals that are held back so that their time tells nothing (accounts.pace) would make the
    tests wait.
    """
    for floor in ("SIGN_UP", "SIGN_IN", "RESET"):
        monkeypatch.setattr(pace, floor, 0.0)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    template_databases.begin_as_copies()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        template_databases.keep()


@pytest.fixture(scope="session", autouse=True)
def _begins_at_the_instant_that_was_asked_for(request):
    """`bin/test --at`: mila_now() of every test without a clock of its own.

    Flushing leaves its row alone.
    """
    if settings.MILA_AT:
        request.getfixturevalue("django_db_setup")
        with request.getfixturevalue("django_db_blocker").unblock():
            reset_clock()


@pytest.fixture(scope="session", autouse=True)
def _only_what_is_there_is_emptied():
    """After a test that commits, rows go from the tables that have any.

    To truncate them all, as Django does, makes some hundred files anew and took longer than most of
    those tests. Evidence and the ledger refuse it: there, and only there, triggers rest. What a
    migration leaves behind itself stays, and so need not be made again.
    """

    def emptied(self, style, tables, **_options):
        filled = _filled(
            self.connection, [self.quote_name(table) for table in tables if table not in MIGRATED]
        )
        return filled and [
            "SET LOCAL session_replication_role = replica;",
            *(f"DELETE FROM {table};" for table in filled),
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", emptied)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_args: None)
        yield


def _filled(connection, tables: list[str]) -> list[str]:
    each = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return [table for (table,) in cursor.fetchall()]
