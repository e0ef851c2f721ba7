"""When the sweeps next have something to do: where the clock may jump to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from dispatch import sweeps as dispatch_sweeps
from payments import sweeps as payment_sweeps
from requests_app import sweeps as booking_sweeps

# When each sweep next has something to do, in the order of SWEEPS, and the last offer and event;
# each column reads one index.
OUTLOOK = """
SELECT (SELECT min(due_at) FROM requests_app_booking WHERE due_at IS NOT NULL),
       (SELECT min(due_at) FROM requests_app_clock WHERE done_at IS NULL),
       (SELECT min(expires_at) FROM dispatch_offer WHERE state = 'open'),
       (SELECT min(next_at) FROM dispatch_search WHERE next_at IS NOT NULL),
       (SELECT min(next_at) FROM payments_charge WHERE next_at IS NOT NULL),
       (SELECT coalesce(max(id), 0) FROM dispatch_offer),
       (SELECT coalesce(max(id), 0) FROM requests_app_bookingevent)
"""
SWEEPS: tuple[Callable[[], object], ...] = (
    booking_sweeps.sweep_bookings,
    booking_sweeps.sweep_clocks,
    dispatch_sweeps.expire_windows,
    dispatch_sweeps.continue_searches,
    payment_sweeps.sweep,
)


@dataclass(frozen=True)
class Outlook:
    """Each sweep that will have something to do, with the instant from which; the newest offer and
    event.
    """

    due: list[tuple[Callable[[], object], datetime]]
    offer: int
    event: int


def outlook() -> Outlook:
    """What the rows say now. One query."""
    with connection.cursor() as cursor:
        cursor.execute(OUTLOOK)
        *instants, offer, event = cursor.fetchone()
    return Outlook(
        [(sweep, at) for sweep, at in zip(SWEEPS, instants, strict=True) if at is not None],
        offer,
        event,
    )


def promised() -> list[tuple[Callable[[], object], datetime]]:
    """Each sweep that will have something to do, with the instant from which."""
    return outlook().due
