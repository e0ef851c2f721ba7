"""What the site's own role may do in the database (docs/database-roles.md): read and add
everywhere, own nothing.

Which tables are evidence is read from their triggers, so that a new one cannot be forgotten here.
"""

from django.core.management.base import CommandError
from django.db import connection
from psycopg import sql

# The triggers' functions -> what a table that has one keeps from the site.
KEEPS = {
    "evidence_stays": "UPDATE, DELETE",
    "ledger_only_grows": "UPDATE, DELETE",
    "columns_stay": "DELETE",
}
# read by the site, written by the owner
OWNERS_ALONE = ("django_migrations", "mila_evidence_change", "mila_erasure")


def grant_application_role(role: str) -> None:
    """Give `role` what the site needs in this database, and no more; a repeat changes nothing.

    As the owner.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.fetchall():
            raise CommandError(
                f"There is no role {role} in this server. docs/database-roles.md says how to make "
                f"it."
            )
        name = sql.Identifier(role)
        for statement in (
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ):
            cursor.execute(sql.SQL(statement).format(role=name))
        for function, rights in KEEPS.items():
            for table in _tables_with(cursor, function):
                revoke = f"REVOKE {rights} ON {{table}} FROM {{role}}"
                cursor.execute(sql.SQL(revoke).format(table=sql.Identifier(table), role=name))
        for table in OWNERS_ALONE:
            revoke = "REVOKE INSERT, UPDATE, DELETE ON {table} FROM {role}"
            cursor.execute(sql.SQL(revoke).format(table=sql.Identifier(table), role=name))


def _tables_with(cursor, function: str) -> list[str]:
    cursor.execute(
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = "
        "tgfoid "
        "WHERE proname = %s ORDER BY 1",
        [function],
    )
    return [table for (table,) in cursor.fetchall()]
