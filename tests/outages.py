"""Sweeps that stood still: the heartbeat as it would stand, without anybody waiting."""

from datetime import datetime

from django.db import connection


def heartbeat_ended(name: str, at: datetime, *, jumped: bool = False) -> None:
    """The last heartbeat of this sweep was when the product's clock said `at`, days ago by the
    machine's clock.

    Since then the product's clock has run by itself; or, where it `jumped`, somebody has moved it
    there.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mila_heartbeat (name, at, product_at, jumped) "
            "SELECT %s, clock_timestamp() - interval '2 days', %s::timestamptz, "
            "       forward - CASE WHEN %s THEN mila_now() - %s::timestamptz ELSE interval '0' END "
            "FROM mila_clock_jumps "
            "ON CONFLICT (name) DO UPDATE "
            "SET at = excluded.at, product_at = excluded.product_at, jumped = excluded.jumped",
            [name, at, jumped, at],
        )


def outages() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, began_at, resumed_at, gap, done_at IS NOT NULL FROM mila_outage ORDER BY "
            "id"
        )
        return cursor.fetchall()
