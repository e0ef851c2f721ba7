"""The one clock (docs/decisions/0003): SQL mila_now(), the database's clock plus a shift that only
tests set.

Read it once, after the lock, and pass it down as `at`. Python's own clock decides nothing.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import DateTimeField, Func


class MilaNow(Func):
    """mila_now() in a query: defaults, filters, annotations."""

    function = "mila_now"
    template = "%(function)s()"
    output_field = DateTimeField()


def mila_now() -> datetime:
    """The instant now, aware, in UTC. Moves on inside a transaction (clock_timestamp)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT mila_now()")
        return cursor.fetchone()[0]


def set_clock(at: datetime, *, speed: float = 1.0) -> None:
    """Let mila_now() be `at` from here on, running `speed` times as fast. Never in production."""
    _must_be_movable()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mila_clock (real_anchor, virtual_anchor, speed) VALUES "
            "(clock_timestamp(), %s, %s) "
            "ON CONFLICT (the_one) DO UPDATE SET real_anchor = excluded.real_anchor, "
            "virtual_anchor = excluded.virtual_anchor, speed = excluded.speed",
            [at, speed],
        )


def move_clock(by: timedelta) -> datetime:
    """Shift the clock forward; answers the new now."""
    at = mila_now() + by
    set_clock(at)
    return at


def machine_now() -> datetime:
    """What this program takes for the machine's date and hour: MILA_AT where a developer has set
    it, else the clock's.

    It says when a demo begins. Deadlines are judged by mila_now() alone.
    """
    if settings.MILA_AT:
        return datetime.fromisoformat(settings.MILA_AT)
    return datetime.now(UTC)  # noqa: TID251  (see above)


def reset_clock() -> None:
    """Back to the database's own clock, or to where MILA_AT puts it."""
    if settings.MILA_AT:
        set_clock(machine_now())
        return
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM mila_clock")


def set_speed(speed: float) -> None:
    """Let mila_now() go on from about where it is, `speed` times as fast. Never in production.

    It jumps ahead by what the old speed makes of 50 ms: whoever reads it while this is being
    committed must not see it go back.
    """
    _must_be_movable()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE mila_clock SET virtual_anchor = mila_now() + speed * interval '50 "
            "milliseconds', "
            "real_anchor = clock_timestamp(), speed = %s WHERE speed <> %s",
            [speed, speed],
        )


def _must_be_movable() -> None:
    if not settings.MILA_CLOCK_MAY_MOVE:
        raise RuntimeError("This installation's clock may not be moved.")
