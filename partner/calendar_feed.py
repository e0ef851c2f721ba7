"""A technician's jobs as their own calendar may know them: where and when, no name, no street, no
link (rule B11, D8).

Calendars are kept by others. The instants are written in UTC: every program shows them at the right
hour, also on the day the clocks change.
"""

from datetime import datetime, timedelta

from accounts.calendar_file import Visit, feed
from accounts.models import CalendarEntry, CalendarEntryKind, Technician
from mila.formats import short_moment
from partner.week import lies_across, zone_of
from places.calendar import wall_time
from requests_app import access
from requests_app.models import Booking, State

BACK = timedelta(days=31)


def feed_of(technician: Technician, at: datetime) -> str:
    """Everything from a month ago on. Two queries."""
    jobs = access.jobs_of_technician(technician).filter(start_at__gte=at - BACK)
    return feed([_visit(job) for job in jobs], at)


def _visit(job: Booking) -> Visit:
    return Visit(
        uid=f"{job.uuid}.job",
        sequence=job.epoch,
        start=job.start_at,
        end=job.start_at + timedelta(minutes=job.duration_minutes),
        summary=f"Mila: {job.service}, {job.number}",
        where=f"{job.postcode} {job.city}",
    )


def jobs_outside(technician: Technician, hours: list, at: datetime) -> list[str]:
    """Jobs ahead that these weekly hours do not hold, in words."""
    zone = zone_of(technician)
    found = []
    for job in access.jobs_of_technician(technician).filter(start_at__gt=at):
        start = wall_time(job.start_at, zone)
        end = wall_time(job.start_at + timedelta(minutes=job.duration_minutes), zone)
        spans = [(opens, closes) for day, opens, closes in hours if day == start.weekday()]
        if not any(opens <= start.time() and end.time() <= closes for opens, closes in spans):
            found.append(f"{job.number}, {short_moment(job.start_at, zone)}")
    return found


def jobs_across(technician: Technician, at: datetime) -> list[str]:
    """Jobs ahead at whose time their other calendar has something, in words. Two queries."""
    zone = zone_of(technician)
    busy = CalendarEntry.objects.filter(technician=technician, kind=CalendarEntryKind.BUSY)
    taken = list(busy)
    jobs = access.jobs_of_technician(technician).filter(start_at__gt=at)
    return [
        f"{job.number}, {short_moment(job.start_at, zone)}"
        for job in jobs.exclude(state=State.FAILED)
        if lies_across(job, taken)
    ]
