"""The sweeps' dead-man signal (fault T2): each leaves a row, and readyz says which has gone quiet.

Counted by the database's real clock, never by mila_now(): a moved clock must not look like an
outage, nor hide one. Each row also keeps what the product's clock said, and how far it had ever
been moved forward: whoever finds the site stopped knows until when it ran, and what was an outage
(mila/outages.py).
"""

from datetime import datetime

from celery.signals import task_success
from django.db import connection

from mila.celery import app

LATE = 120  # seconds
# A row younger than this is left alone: sweeps run each second, alarms look each minute.
FRESH = 5  # seconds


def stamp(name: str) -> None:
    """This sweep ran just now. Repeats cost one look-up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mila_heartbeat AS beat (name, at, product_at, jumped) "
            "SELECT %s, clock_timestamp(), mila_now(), forward FROM mila_clock_jumps "
            "ON CONFLICT (name) DO UPDATE "
            "SET at = excluded.at, product_at = excluded.product_at, jumped = excluded.jumped "
            "WHERE beat.at < excluded.at - %s * interval '1 second'",
            [name, FRESH],
        )


def ages() -> dict[str, float]:
    """Seconds since each sweep that ever ran last did."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, extract(epoch FROM clock_timestamp() - at) FROM mila_heartbeat"
        )
        return {name: float(age) for name, age in cursor.fetchall()}


def last_product_instant() -> datetime | None:
    """What the product's clock said at the newest heartbeat of all; None where no sweep has ever
    run.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT product_at FROM mila_heartbeat ORDER BY at DESC LIMIT 1")
        row = cursor.fetchone()
    return row and row[0]


def late() -> list[str]:
    """The sweeps of the beat schedule that have not run for two minutes, or never."""
    found = ages()
    return sorted(name for name in expected().values() if found.get(name, LATE) >= LATE)


def expected() -> dict[str, str]:
    """Name of the job -> name of its heartbeat, for all that beat sends."""
    return {entry["task"]: name for name, entry in app.conf.beat_schedule.items()}


def watch() -> None:
    """Let every scheduled job stamp its heartbeat when it has succeeded, so that no sweep can
    forget to.
    """
    task_success.connect(_stamp_scheduled, dispatch_uid="mila.heartbeat")


def _stamp_scheduled(sender, **kwargs):
    name = expected().get(sender.name)
    if name is not None:
        stamp(name)
