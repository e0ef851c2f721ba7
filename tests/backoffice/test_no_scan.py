"""Sweeps and the board read what is due, never the past: on a grown dataset no big table is read
from end to end.
"""

import json
from contextlib import contextmanager

import pytest
from django.db import connection

from accounts import delivery
from backoffice import retention
from backoffice.admin import ledger
from dispatch import sweeps as searches
from mila.clock import mila_now
from papers import sweeps as papers
from payments import sweeps as money
from requests_app import sweeps as bookings
from tests.grown import grow
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

ROWS = 5_000
SWEEPS = {
    "dispatch.sweep": searches.sweep,
    "accounts.sweep_notifications": delivery.sweep,
    "requests_app.sweep bookings": bookings.sweep_bookings,
    "requests_app.sweep clocks": bookings.sweep_clocks,
    "requests_app.sweep positions": bookings.sweep_positions,
    "requests_app.sweep photos": bookings.sweep_photos,
    "payments.sweep": money.sweep,
    "papers.sweep": papers.sweep,
    "backoffice.let_go": retention.let_go,
}


@pytest.fixture
def grown(job):
    grow(job, ROWS)
    return big_tables()


def big_tables():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= %s", [ROWS]
        )
        return {name for (name,) in cursor.fetchall()}


@contextmanager
def scans(big):
    """The big tables that a statement made meanwhile reads from end to end, with the statement."""
    found = []

    def explained(execute, sql, params, many, context):
        if sql.lstrip().split(maxsplit=1)[0] in {"SELECT", "UPDATE", "DELETE", "WITH"}:
            with connection.connection.cursor() as cursor:
                plan = cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params).fetchone()[0]
            plan = json.loads(plan) if isinstance(plan, str) else plan
            found.extend((table, sql) for table in read_whole(plan[0]["Plan"]) if table in big)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        yield found


def read_whole(plan):
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from read_whole(part)


def test_no_sweep_scans(grown):
    found = {}
    for name, sweep in SWEEPS.items():
        with scans(grown) as found[name]:
            sweep()

    assert {name: scanned for name, scanned in found.items() if scanned} == {}


def test_the_board_does_not_scan(grown, client, staff):
    sign_in(client, staff)

    with scans(grown) as found:
        answer = client.get("/admin/")

    assert "tiles" in answer.context
    assert found == []


def test_the_weeks_of_the_ledger_are_not_looked_for_in_all_of_it(grown):
    """The chart beside the trial balance shows a quarter of a year; the ledger keeps ten."""
    with scans(grown) as found:
        ledger.week_charts(mila_now())

    assert "payments_ledgerentry" in grown
    assert found == []


def test_control_without_its_index_by_time_all_of_the_ledger_is_read(grown):
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX ledger_by_time")

    with scans(grown) as found:
        ledger.week_charts(mila_now())

    assert [table for table, _sql in found] == ["payments_ledgerentry"]


def test_every_big_table_of_the_past_is_there(grown):
    assert len(grown) >= 10


def test_control_a_question_about_the_past_is_noticed(grown):
    with scans(grown) as found, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM requests_app_booking WHERE city = 'Lyon'")

    assert [table for table, _sql in found] == ["requests_app_booking"]
