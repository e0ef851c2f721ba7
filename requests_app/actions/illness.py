"""I am ill today: all of a technician's jobs of the day are given back at once, and count as one
(rule L17).
"""

from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import CalendarEntry, CalendarEntryKind, Technician, User
from accounts.search import lock_technician
from mila.clock import mila_now
from mila.transactions import verb
from places.calendar import midnight, wall_time
from places.place import TIME_ZONES
from requests_app import caps
from requests_app.actions.assigning import is_free
from requests_app.lifecycle import Role, advance, lock_booking, read_clock
from requests_app.models import BEFORE_DEPARTURE, Booking


def jobs_of_today(technician: Technician, at: datetime) -> list[Booking]:
    """What would be given back now, the next start first: of today, and nobody has set off yet."""
    today = technician.bookings.filter(
        start_at__lt=_end_of_today(technician, at), state__in=BEFORE_DEPARTURE
    )
    return list(today.select_related("service").order_by("start_at"))


@verb
def fall_ill(technician_id: int, *, by: User) -> int:
    """Give back all of today's jobs, and take no other until midnight. Answers how many; a repeat
    finds none.

    The customers are looked for as after any release. The events share a mark, so that the caps and
    whoever weighs faults count one. Locks the bookings, then the technician.
    """
    technician = Technician.objects.select_related("partner").get(pk=technician_id)
    pks = sorted(booking.pk for booking in jobs_of_today(technician, mila_now()))
    locked = [lock_booking(pk) for pk in pks]
    mine = [
        one
        for one in locked
        if one.technician_id == technician_id and one.state in BEFORE_DEPARTURE
    ]
    at = mila_now()
    today = wall_time(at, TIME_ZONES[technician.partner.country]).date()
    mark = f"{technician_id}-{today.isoformat()}"
    for booking in mine:
        with translation.override(booking.language):
            reason = gettext("Ill today")
        advance(
            booking,
            "release",
            role=Role.PARTNER,
            by=by,
            at=read_clock(booking),
            reason=reason,
            data={"ill": mark},
        )
    _stay_at_home(technician, at)
    if mine:
        caps.tell_ops_of_a_pause(mine[-1], technician, at)
    return len(mine)


def _stay_at_home(technician: Technician, at: datetime) -> None:
    """Their calendar is taken until midnight, around what they are still at."""
    lock_technician(technician.pk)
    rest = DateTimeTZRange(at, _end_of_today(technician, at), "[)")
    if is_free(technician, rest, own_entries=True):
        CalendarEntry.objects.create(
            technician=technician,
            during=rest,
            kind=CalendarEntryKind.ABSENCE,
            note=gettext("Ill today"),
        )


def _end_of_today(technician: Technician, at: datetime) -> datetime:
    """The end of today on the wall they live by."""
    zone = TIME_ZONES[technician.partner.country]
    return midnight(wall_time(at, zone).date() + timedelta(days=1), zone)
