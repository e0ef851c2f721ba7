"""Time in which a sweep stood still, by the product's clock: given back before anything due is
fired (fault T2).

A gap is what the product's clock has run between two heartbeats, less what it was moved forward
meanwhile: a moved clock is no outage. It counts when the machine's own clock says that the sweep
was late as well. One row for each gap; its rows are gone through in small transactions under that
row's lock, so that several workers take turns, and after a crash the next one goes on where the
last had come.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from mila.heartbeat import LATE

BATCH = 50
log = logging.getLogger(__name__)


class Outage(NamedTuple):
    """`gap` is how long it was; less than from `began_at` to `resumed_at` where somebody moved the
    clock meanwhile.
    """

    pk: int
    began_at: datetime
    resumed_at: datetime
    gap: timedelta

    def lost(self, since: datetime) -> timedelta:
        """How much of the time that began at `since` fell into it."""
        return max(timedelta(), min(self.gap, self.resumed_at - since))


def recover(
    name: str, ids: Callable[[int], QuerySet], give_back: Callable[[int, Outage], object]
) -> int:
    """Before the sweep of this heartbeat fires anything: if it stood still, `give_back` the time to
    each of its rows.

    `ids` answers the keys after one, in order. Each row is given its time once for each outage,
    whoever sweeps beside. Answers how many rows were handled. Where nothing stood still it is one
    query.
    """
    if not _stood_still(name):
        return 0
    _write_down(name)
    handled = 0
    while (step := _go_on(name, ids, give_back)) is not None:
        handled += step
    return handled


def outages_since(name: str, at: datetime) -> list[Outage]:
    """Those of this sweep that ended after `at`, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, began_at, resumed_at, gap FROM mila_outage WHERE name = %s AND resumed_at "
            "> %s ORDER BY id",
            [name, at],
        )
        return [Outage(*row) for row in cursor.fetchall()]


def _stood_still(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM mila_outage WHERE name = %s AND done_at IS NULL) OR EXISTS "
            "(SELECT FROM mila_heartbeat WHERE name = %s AND at < clock_timestamp() - %s * "
            "interval '1 second')",
            [name, name, LATE],
        )
        return bool(cursor.fetchone()[0])


def _write_down(name: str) -> None:
    """One row for one gap: it is known by the heartbeat before it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mila_outage (name, began_at, resumed_at, gap) "
            "SELECT name, product_at, now_at, gap FROM ("
            "  SELECT name, product_at, now_at, now_at - product_at - (forward - jumped) AS gap"
            "  FROM mila_heartbeat, mila_clock_jumps, (SELECT mila_now() AS now_at) AS clock"
            "  WHERE name = %s AND at < clock_timestamp() - %s * interval '1 second') AS late "
            "WHERE gap > %s * interval '1 second' ON CONFLICT (name, began_at) DO NOTHING",
            [name, LATE, LATE],
        )


@transaction.atomic
def _go_on(
    name: str, ids: Callable[[int], QuerySet], give_back: Callable[[int, Outage], object]
) -> int | None:
    """The next few rows, under the outage's lock; None when there is nothing left to do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, began_at, resumed_at, gap, reached FROM mila_outage "
            "WHERE name = %s AND done_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE",
            [name],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    outage, reached = Outage(*row[:4]), row[4]
    batch = list(ids(reached)[:BATCH])
    for pk in batch:
        try:
            with transaction.atomic():
                give_back(pk, outage)
        except Exception:  # one poisoned row must not stop the others (fault T15)
            log.exception("outage %s: row %s", outage.pk, pk)
    with connection.cursor() as cursor:
        if batch:
            cursor.execute(
                "UPDATE mila_outage SET reached = %s WHERE id = %s", [batch[-1], outage.pk]
            )
        else:
            cursor.execute("UPDATE mila_outage SET done_at = mila_now() WHERE id = %s", [outage.pk])
            log.warning("%s stood still for %s, until %s", name, outage.gap, outage.resumed_at)
    return len(batch)
