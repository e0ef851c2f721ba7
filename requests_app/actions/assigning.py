"""A technician's time is bound to a booking: by their claim or by ops (rule D3, L4, O1)."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from accounts.models import CalendarEntry, CalendarEntryKind, Technician, User
from accounts.search import lock_technicians
from mila.errors import Refusal
from mila.transactions import verb
from requests_app.lifecycle import Locked, Role, advance, end_assignment, lock_booking, read_clock
from requests_app.models import Assignment, Booking, State, new_visit_code


class TechnicianBusy(Refusal):
    sentence = _("You already have something else at that time.")


class NoSuchWish(Refusal):
    sentence = _("Please choose one of the times the customer wishes.")


def slot(booking: Booking, start_at: datetime) -> DateTimeTZRange:
    """The visit and the travel after it, half open: the next job may begin
    where it ends (rule D1).
    """
    return DateTimeTZRange(
        start_at,
        start_at + timedelta(minutes=booking.duration_minutes) + booking.policy.travel_buffer,
        "[)",
    )


def is_free(
    technician: Technician,
    during: DateTimeTZRange,
    *,
    but: CalendarEntry | None = None,
    own_entries: bool = False,
) -> bool:
    """Nothing in their calendar overlaps. Hold their row lock when you are about to write.

    `own_entries`: jobs and absences alone, whatever another calendar of theirs says.
    """
    entries = CalendarEntry.objects.filter(technician=technician, during__overlap=during)
    if own_entries:
        entries = entries.exclude(kind=CalendarEntryKind.BUSY)
    return not (entries.exclude(pk=but.pk) if but else entries).exists()


def agree_on(booking: Booking, assignment: Assignment, start_at: datetime) -> None:
    """Another start for who has it: their time, and a new code at the door; nobody has said yet
    that they are late for it. The technician's row is locked.
    """
    assignment.start_at, assignment.late_said_at = start_at, None
    assignment.new_code()
    assignment.save(update_fields=["start_at", "late_said_at", *Assignment.CODE_FIELDS])
    if assignment.calendar_entry:
        assignment.calendar_entry.during = slot(booking, start_at)
        assignment.calendar_entry.save(update_fields=["during"])


def start_of(booking: Booking, rank: int) -> datetime:
    """The start a claim names: one of the wishes, or the one already agreed while an unconfirmed
    partner has it.
    """
    if booking.state == State.UNCONFIRMED:
        assert booking.start_at is not None
        return booking.start_at
    wish = booking.wishes.filter(rank=rank).first()
    if wish is None:
        raise NoSuchWish
    return wish.start_at


# One statement: the calendar's own constraint says whether they are free, and no assignment is
# without its time. What another calendar says is not in that constraint, and is asked for.
BIND = """
WITH slot AS (
    INSERT INTO accounts_calendarentry (technician_id, during, kind, note)
    SELECT mine.technician_id, mine.during, mine.kind, ''
      FROM (VALUES (%s::bigint, %s::tstzrange, %s)) mine (technician_id, during, kind)
     WHERE NOT EXISTS (
           SELECT 1 FROM accounts_calendarentry y
            WHERE y.technician_id = mine.technician_id AND y.kind = 'busy'
              AND y.during && mine.during)
    ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO requests_app_assignment
       (booking_id, partner_id, technician_id, start_at, claimed_at, code, calendar_entry_id,
         "end", code_tries, fault)
SELECT %s, %s, %s, %s, %s, %s, slot.id, '', 0, false FROM slot
"""


def _bind(booking: Booking, technician: Technician, start_at: datetime, at: datetime) -> None:
    """The technician's time and the assignment that takes it.

    Raises TechnicianBusy; their row lock is held.
    """
    code = Assignment._meta.get_field("code").get_prep_value(new_visit_code())
    time = [technician.pk, slot(booking, start_at), CalendarEntryKind.JOB]
    with connection.cursor() as cursor:
        cursor.execute(
            BIND, [*time, booking.pk, technician.partner_id, technician.pk, start_at, at, code]
        )
        if not cursor.rowcount:
            raise TechnicianBusy


def lock_parties(booking: Locked, technician_id: int) -> dict[int, Technician]:
    """Who is to have it and who has it, under their row locks."""
    return lock_technicians(technician_id, booking.technician_id or technician_id)


def attach(
    booking: Locked,
    technician_id: int,
    *,
    rank: int,
    move: str,
    role: Role,
    by: User | None,
    at: datetime,
    reason: str = "",
    start_at: datetime | None = None,
    locked: dict[int, Technician] | None = None,
) -> Booking:
    """Give the booking to this technician at the wish of this rank.

    `start_at` is that wish's, and `locked` who is concerned, where the caller has read them
    (`lock_parties`).

    The former assignment and its slot end first, in the same transaction (rule L4). Raises
    TechnicianBusy, NoSuchWish, IllegalMove; the caller's transaction must then be rolled back.
    """
    start_at, unheld = start_at or start_of(booking, rank), booking.technician_id is None
    locked = locked or lock_parties(booking, technician_id)
    technician = locked[technician_id]
    if booking.technician_id is not None:
        booking.technician = locked[booking.technician_id]
        end_assignment(booking, move, at)
    if start_at <= at:
        raise TechnicianBusy
    _bind(booking, technician, start_at, at)
    return advance(
        booking,
        move,
        role=role,
        by=by,
        at=at,
        reason=reason,
        partner=technician.partner,
        technician=technician,
        claimed_at=at,
        start_at=start_at,
        clocks_from_at=at,
        # what its own move cost the customer stays; a technician who did not confirm costs nothing
        cancel_start_at=booking.cancel_start_at if unheld else None,
    )


@verb
def assign(booking_id: int, technician_id: int, *, rank: int, by: User, reason: str) -> Booking:
    """Ops give the booking to a technician by hand, with a reason (rule O1).

    A repeat returns it as it is.
    """
    booking = lock_booking(booking_id)
    if booking.technician_id == technician_id:
        return booking
    return attach(
        booking,
        technician_id,
        rank=rank,
        move="assign",
        role=Role.OPS,
        by=by,
        at=read_clock(booking),
        reason=reason,
    )
