"""Find what is due and take the matching move, row by row.

A sweep may run twice, late or beside itself: each row is locked, looked at again, and moved in its
own transaction.
"""

from datetime import datetime, timedelta

from accounts.search import lock_technician
from mila.clock import MilaNow, mila_now
from mila.sweeping import handle_each
from mila.transactions import verb
from places.place import Country
from policy.queries import policy_at
from requests_app import caps, fault_ledger, notices, outages
from requests_app.actions import photographing
from requests_app.actions.signing import sign_off_by_silence
from requests_app.actions.visit import drop_old_positions
from requests_app.due_instants import next_rung, quiet_until
from requests_app.lifecycle import (
    WHEN_DUE,
    Role,
    advance,
    free_time,
    let_cancel_free,
    lock_unless_locked,
    read_clock,
)
from requests_app.live_pages import tell_both
from requests_app.models import Booking, BookingPhoto, Clock, ClockKind, FaultEntry, State
from requests_app.moves import AGREES_ON_A_START

BATCH = 500
PUSH_BACK = timedelta(minutes=1)

# What falls due beside the state: whom it tells.
CLOCK_NOTICES: dict[str, tuple[str, ...]] = {
    ClockKind.CALL_REMINDER: ("call_reminder",),
    ClockKind.CONFIRM_REMINDER: ("confirm_reminder",),
    ClockKind.LATENESS: ("late", "late_ops"),
    ClockKind.DOOR_WAIT: ("door_waited",),
    ClockKind.OVERDUE_WORK: ("overdue_ops",),
    ClockKind.SLOT_FREED: (),
    ClockKind.SEARCH_WARNING: ("search_warning", "search_warning_ops"),
    ClockKind.UNCONFIRMED_LIMIT: ("unconfirmed_ops",),
    ClockKind.SIGNATURE_REMINDER_1: ("please_sign",),
    ClockKind.SIGNATURE_REMINDER_2: ("please_sign",),
    ClockKind.SIGNATURE_REMINDER_3: ("please_sign",),
}
SIGNATURE_REMINDERS = [
    ClockKind.SIGNATURE_REMINDER_1,
    ClockKind.SIGNATURE_REMINDER_2,
    ClockKind.SIGNATURE_REMINDER_3,
]
# Each climbs the ladder before its promise, rung by rung (rule L6).
REMINDERS = frozenset({ClockKind.CALL_REMINDER, ClockKind.CONFIRM_REMINDER})


def sweep_bookings() -> int:
    """Every booking whose own clock has fallen due makes its move.

    Answers how many rows were handled.
    """
    outages.recover_bookings()
    due = (
        Booking.objects.filter(due_at__lte=MilaNow())
        .order_by("due_at")
        .values_list("pk", flat=True)[:BATCH]
    )
    return sum(handle_each(handle_due_booking, list(due), _push_booking))


def sweep_clocks() -> int:
    """Every other promise that has fallen due tells whom it concerns.

    Answers how many rows were handled.
    """
    outages.recover_bookings()
    due = (
        Clock.objects.filter(done_at=None, due_at__lte=MilaNow())
        .order_by("due_at")
        .values_list("pk", flat=True)[:BATCH]
    )
    return sum(handle_each(handle_due_clock, list(due), _push_clock))


@verb
def handle_due_booking(booking_id: int) -> bool:
    """The move of one due booking, if it is still due under its lock; False when somebody else has
    or had it.
    """
    booking = lock_unless_locked(booking_id)
    if booking is None or booking.due_at is None:
        return False
    at = read_clock(booking)
    if booking.due_at > at:
        return False
    if booking.state == State.FINISHED:
        sign_off_by_silence(booking_id)
        return True
    if outages.hold_for_ops(booking, at):
        return True
    technician = booking.technician
    advance(booking, WHEN_DUE[State(booking.state)], role=Role.SYSTEM, by=None, at=at)
    if technician is not None and booking.technician_id is None:
        caps.tell_ops_of_a_pause(booking, technician, at)
    return True


@verb
def handle_due_clock(clock_id: int) -> bool:
    """One due promise: tell, and mark it fired; False when it is done already.

    Locks the booking before the clock.
    """
    found = (
        Clock.objects.filter(pk=clock_id, done_at=None).values_list("booking_id", flat=True).first()
    )
    if found is None:
        return False
    booking = lock_unless_locked(found)
    clock = Clock.objects.select_for_update().filter(pk=clock_id, done_at=None).first()
    at = mila_now()
    if booking is None or clock is None or clock.due_at > at:
        return False
    rung = clock.due_at
    again = (
        next_rung(booking, at, booking.due_at)
        if clock.kind in REMINDERS and booking.due_at
        else None
    )
    if clock.kind in REMINDERS and (morning := quiet_until(booking, at)):
        return _put_off(
            clock, again or (morning if booking.due_at and morning < booking.due_at else None), at
        )
    clock.due_at, clock.done_at, clock.fired = again or clock.due_at, None if again else at, True
    clock.save(update_fields=["due_at", "done_at", "fired"])
    if clock.kind == ClockKind.SLOT_FREED:
        free_time(booking, at)
    if clock.kind == ClockKind.LATENESS:
        fault_ledger.note_late(booking, at)
        tell_both(booking, "late")
    if clock.kind == ClockKind.SEARCH_WARNING:
        let_cancel_free(booking)
    for kind in CLOCK_NOTICES[clock.kind]:
        notices.queue(booking, kind, round=_round(booking, clock, rung))
    return True


def _put_off(clock: Clock, by_day: datetime | None, at: datetime) -> bool:
    """A sweep that comes late reminds nobody at night: the next rung does, or the morning, or
    nothing (rule L6).
    """
    clock.due_at, clock.done_at = by_day or clock.due_at, None if by_day else at
    clock.save(update_fields=["due_at", "done_at"])
    return True


def _round(booking: Booking, clock: Clock, rung: datetime) -> int:
    """Reminders to sign are numbered; lateness is told once for an agreed start, though its clock
    may begin anew.

    A reminder of a promise is told once for each rung: one row of the clock climbs them all.
    """
    if clock.kind in REMINDERS:
        return int(rung.timestamp()) // 60
    if clock.kind in SIGNATURE_REMINDERS:
        return SIGNATURE_REMINDERS.index(ClockKind(clock.kind)) + 1
    if clock.kind == ClockKind.LATENESS:
        return booking.events.filter(move__in=AGREES_ON_A_START).latest("sequence").sequence
    return clock.pk


def _push_booking(booking_id: int) -> None:
    Booking.objects.filter(pk=booking_id, due_at__isnull=False).update(due_at=MilaNow() + PUSH_BACK)


def _push_clock(clock_id: int) -> None:
    Clock.objects.filter(pk=clock_id, done_at=None).update(due_at=MilaNow() + PUSH_BACK)


def sweep_faults() -> int:
    """Faults whose time is over count no more (rule L17). Answers how many there were."""
    over = FaultEntry.objects.filter(counts=True, until_at__lte=MilaNow()).order_by("until_at")
    return sum(handle_each(let_fault_run_out, list(over.values_list("pk", flat=True)[:BATCH])))


@verb
def let_fault_run_out(fault_id: int) -> bool:
    """One of them; False when its time is not over, or it counted no more.

    Locks the technician before the row.
    """
    found = FaultEntry.objects.filter(pk=fault_id, counts=True, technician__isnull=False).first()
    if found is None or found.technician_id is None:
        return False
    technician = lock_technician(found.technician_id)
    if not FaultEntry.objects.filter(pk=fault_id, counts=True, until_at__lte=mila_now()).update(
        counts=False
    ):
        return False
    fault_ledger.recount(technician)
    return True


def sweep_positions() -> int:
    """Positions kept long enough, or of nobody on the way, are gone,
    whatever became of the visit.
    """
    at = mila_now()
    return drop_old_positions(
        at, {country: policy_at(at, country).position_kept for country in Country.values}
    )


def sweep_photos() -> int:
    """Photos that never arrived, that were taken away, or whose draft nobody ordered: their files
    go, then the rows.
    """
    due = (
        BookingPhoto.objects.filter(delete_after_at__lte=MilaNow())
        .order_by("delete_after_at")
        .values_list("pk", flat=True)
    )
    return sum(handle_each(handle_due_photo, list(due[:BATCH]), _push_photo))


def handle_due_photo(photo_id: int) -> bool:
    """One of them. The storage is asked after the commit, and again if it fails: by then no page
    shows the photo.
    """
    if not photographing.let_go(photo_id):
        return False
    photographing.drop_photo(photo_id)
    return True


def _push_photo(photo_id: int) -> None:
    BookingPhoto.objects.filter(pk=photo_id, delete_after_at__isnull=False).update(
        delete_after_at=MilaNow() + PUSH_BACK
    )
