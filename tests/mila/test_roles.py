"""The site's own role: reads and adds, owns nothing, and evidence is out of
its reach (fault M20).
"""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from mila.clock import mila_now
from requests_app.models import BookingEvent, SignOff, State
from tests import cast, factories

ROLE = "mila_test_site"
EVIDENCE = [
    "requests_app_bookingevent",
    "requests_app_signoff",
    "requests_app_latesignature",
    "requests_app_contactaccess",
    "payments_ledgerentry",
]


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def as_the_site(searching, partner):
    """A signed booking and one being looked for; from here on the connection has the site's rights
    alone.
    """
    cast.walk(searching, partner, State.SIGNED_OFF)
    other = factories.placed_booking(wishes=[factories.service_day_at(9, days=5)])
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run(f"CREATE ROLE {ROLE}")
    call_command("grant_application_role", ROLE)
    run(f"SET LOCAL ROLE {ROLE}")
    yield other
    run("RESET ROLE")


@pytest.mark.parametrize("table", EVIDENCE)
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_evidence_is_out_of_its_reach(table, statement, as_the_site):
    before = BookingEvent.objects.count(), SignOff.objects.count()

    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        run(statement.format(table))

    assert (BookingEvent.objects.count(), SignOff.objects.count()) == before


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE requests_app_signoff DISABLE TRIGGER ALL",
        "DROP TRIGGER requests_app_signoff_rows_stay ON requests_app_signoff",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION evidence_stays() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
        "RETURN NEW; END'",
        "CREATE TABLE other (id int)",
        "DROP TABLE requests_app_signoff CASCADE",
        "DELETE FROM payments_operation",
        "DELETE FROM payments_stripeevent",
        "INSERT INTO mila_evidence_change (work, table_name, row_id, columns) VALUES ('w', 't', 1, "
        "'{}')",
        "INSERT INTO mila_erasure (person, by, reason, table_name, row_id, columns, remains) "
        "VALUES (1, 'b', 'r', 't', '1', '{}', '')",
        "DELETE FROM django_migrations",
    ],
)
def test_it_changes_neither_tables_nor_rights(statement, as_the_site):
    with (
        pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
        transaction.atomic(),
    ):
        run(statement)

    assert SignOff.objects.get().text


def test_it_does_the_site_s_work(as_the_site, partner):
    cast.walk(as_the_site, partner, State.FINISHED)
    booking = cast.sign(as_the_site, key="key-2")

    assert booking.sign_off.signed_at <= mila_now()
    assert booking.events.count() > 5


def test_grants_again_change_nothing(as_the_site):
    run("RESET ROLE")
    rights = (
        "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants "
        "ORDER BY 1, 2, 3"
    )
    with connection.cursor() as cursor:
        cursor.execute(rights)
        before = cursor.fetchall()
        call_command("grant_application_role", ROLE)
        cursor.execute(rights)

        assert cursor.fetchall() == before


def test_missing_role_is_said(db):
    with pytest.raises(CommandError, match="no role mila_nobody"):
        call_command("grant_application_role", "mila_nobody")
