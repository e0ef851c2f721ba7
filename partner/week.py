"""Their week: jobs, absences and what another calendar of theirs says, by day, by the wall they
live by.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.models import CalendarEntry, CalendarEntryKind, Technician
from places.calendar import midnight, wall_time
from places.place import TIME_ZONES
from requests_app import access
from requests_app.models import (
    Booking,
    State,
)


@dataclass(frozen=True)
class Entry:
    """One thing of a day: a job with its page, an absence that can be taken back, or neither: time
    that their other calendar takes. `clashes`: it takes time of this job too.
    """

    start_at: datetime
    end_at: datetime
    booking: Booking | None = None
    absence: CalendarEntry | None = None
    clashes: bool = False


@dataclass(frozen=True)
class Day:
    day: date
    entries: list[Entry]


@dataclass(frozen=True)
class Week:
    monday: date
    days: list[Day]
    zone: str

    @property
    def before(self) -> date:
        return self.monday - timedelta(days=7)

    @property
    def after(self) -> date:
        return self.monday + timedelta(days=7)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)


def zone_of(technician: Technician) -> str:
    """The wall they live by."""
    return TIME_ZONES[technician.partner.country]


def week(technician: Technician, shown: date) -> Week:
    """Jobs, absences and other busy times of the week that holds this day. Two queries."""
    zone = zone_of(technician)
    monday = shown - timedelta(days=shown.weekday())
    days = [monday + timedelta(days=number) for number in range(7)]
    begin, end = midnight(monday, zone), midnight(monday + timedelta(days=7), zone)
    jobs = access.jobs_of_technician(technician).filter(start_at__gte=begin, start_at__lt=end)
    taken = CalendarEntry.objects.filter(
        technician=technician, during__overlap=DateTimeTZRange(begin, end)
    ).exclude(kind=CalendarEntryKind.JOB)
    away = [one for one in taken if one.kind == CalendarEntryKind.ABSENCE]
    busy = [one for one in taken if one.kind == CalendarEntryKind.BUSY]
    entries = [_of_job(job, busy) for job in jobs.exclude(state=State.FAILED)]
    entries += [Entry(entry.during.lower, entry.during.upper, absence=entry) for entry in away]
    entries += [Entry(entry.during.lower, entry.during.upper) for entry in busy]
    return Week(monday, [Day(day, _of_day(entries, day, zone)) for day in days], zone)


def _of_job(job: Booking, busy: list[CalendarEntry]) -> Entry:
    assert job.start_at is not None
    end_at = job.start_at + timedelta(minutes=job.duration_minutes)
    return Entry(job.start_at, end_at, booking=job, clashes=lies_across(job, busy))


def lies_across(job: Booking, busy: list[CalendarEntry]) -> bool:
    """Whether one of these takes time of this job."""
    assert job.start_at is not None
    end_at = job.start_at + timedelta(minutes=job.duration_minutes)
    return any(one.during.lower < end_at and one.during.upper > job.start_at for one in busy)


def _of_day(entries: list[Entry], day: date, zone: str) -> list[Entry]:
    begin, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    return sorted(
        (entry for entry in entries if entry.start_at < end and entry.end_at > begin),
        key=lambda one: one.start_at,
    )


def today(technician: Technician, at: datetime) -> date:
    return wall_time(at, zone_of(technician)).date()
