"""The life of a booking: `advance` makes a move of the table, and is the only writer of its state.

The table is `requests_app.moves`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NewType

from celery import current_app
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import notifications
from accounts.models import CalendarEntry, User
from accounts.search import lock_technician
from catalogue.models import Service
from mila.errors import Refusal
from mila.formats import moment
from mila.rows import Columns, rows, write
from mila.streams import publish
from mila.transactions import after_commit, verb
from requests_app import deadlines, fault_ledger, notices, price_versions
from requests_app.lifecycle_events import write_event
from requests_app.models import (
    HAS_PARTNER,
    LIVE,
    UNDO,
    Assignment,
    Booking,
    BookingEvent,
    State,
    of_present_technician,
)
from requests_app.moves import (
    BRAND,
    CHARGE,
    CUSTOMER,
    ENDS_VISIT,
    MOVES,
    OPS,
    PARTNER,
    PROPOSAL_FALLS,
    SYSTEM,
    UNDOES,
    WHEN_DUE,
    Move,
    Role,
)

__all__ = [
    "BRAND",
    "CUSTOMER",
    "MOVES",
    "OPS",
    "PARTNER",
    "SYSTEM",
    "UNDOES",
    "WHEN_DUE",
    "IllegalMove",
    "Locked",
    "Move",
    "NotUndoable",
    "ReasonMissing",
    "Role",
    "TooEarly",
    "advance",
    "available_moves",
    "end_assignment",
    "free_time",
    "let_cancel_free",
    "lock_booking",
    "lock_unless_locked",
    "opens_at",
    "postpone",
    "read_clock",
    "undo_of",
]


class IllegalMove(Refusal):
    """The table has no such row for this state and role. Nothing was changed."""

    sentence = _("This is no longer possible: the booking has moved on meanwhile.")

    def __init__(self, move: str, state: str, role: str):
        super().__init__()
        self.move, self.state, self.role = move, state, role


class ReasonMissing(Refusal):
    sentence = _("Please give a reason.")


class TooEarly(Refusal):
    """The row's hour has not come (rule L8).

    Nothing was changed; the sentence says from when it is possible.
    """

    def __init__(self, opens_at: datetime, zone: str):
        super().__init__(
            gettext("You can say this from %(moment)s.") % {"moment": moment(opens_at, zone)}
        )
        self.opens_at = opens_at


class NotUndoable(Refusal):
    """The step was made too long ago, was taken back before, or something followed it (rule L9)."""

    sentence = _("This can no longer be taken back.")


SOUGHT = frozenset({State.SEARCHING, State.UNFILLED})
BOOKING = Columns(Booking, "b")
SERVICE = Columns(Service, "v")
CUSTOMER_USER = Columns(User, "u", but=("password",))

# A booking read under its row lock, which its transaction still holds.
Locked = NewType("Locked", Booking)


def lock_booking(booking_id: int | None = None, **found_by: Any) -> Locked:
    """The booking under its row lock, first of all locks; by its id or by a row of its own.

    Raises DoesNotExist.
    """
    if booking_id is None:
        return Locked(Booking.objects.select_for_update(of=("self",)).get(**found_by))
    for row in rows(LOCK.format(BOOKING), [booking_id]):
        return Locked(BOOKING.make(row))
    raise Booking.DoesNotExist


LOCK = "SELECT {} FROM requests_app_booking b WHERE b.id = %s FOR UPDATE"
READ_CLOCK = """
SELECT {service}, {customer}, mila_now(), e.sequence, e.hash
  FROM requests_app_booking b
  JOIN catalogue_service v ON v.id = b.service_id
  LEFT JOIN accounts_user u ON u.id = b.customer_id
  LEFT JOIN LATERAL (
       SELECT sequence, hash FROM requests_app_bookingevent
        WHERE booking_id = b.id ORDER BY sequence DESC LIMIT 1) e ON true
 WHERE b.id = %s
"""


def read_clock(booking: Locked) -> datetime:
    """The instant now, read after the lock; the booking's service, customer and last event come
    with the statement.
    """
    (row,) = rows(READ_CLOCK.format(service=SERVICE, customer=CUSTOMER_USER), [booking.pk])
    booking.service, booking.customer = SERVICE.make(row), CUSTOMER_USER.make_or_none(row)
    at: datetime
    at, sequence, last_hash = row
    booking.chain = (sequence or 0, last_hash or "")
    return at


def lock_unless_locked(booking_id: int | None = None, **found_by: Any) -> Locked | None:
    """The same for a sweep: None if it is gone, or somebody else has it now."""
    if booking_id is not None:
        found_by["pk"] = booking_id
    row = (
        Booking.objects.select_for_update(of=("self",), skip_locked=True).filter(**found_by).first()
    )
    return Locked(row) if row is not None else None


def opens_at(booking: Booking, name: str) -> datetime | None:
    """From when on this move may be made; None if it waits for no hour."""
    opens = MOVES[name].opens
    return opens(booking) if opens else None


def undo_of(
    booking: Booking, events: Iterable[BookingEvent], at: datetime
) -> tuple[str, datetime] | None:
    """The move that takes the last of its events back, and until when; None where none may
    (rule L9).

    One step, once per move, and only while nothing followed. "Nothing" as far as moves go: the rest
    is the verb's.
    """
    mine = of_present_technician(events)
    if not mine:
        return None
    name, until = UNDO + mine[-1].move, deadlines.undo_until(mine[-1].at, booking.policy)
    if name not in UNDOES or at >= until or any(event.move == name for event in mine):
        return None
    return name, until


def available_moves(booking: Booking, role: Role) -> frozenset[str]:
    """What the table lets this role do now: the buttons of a page."""
    return frozenset(n for n, m in MOVES.items() if booking.state in m.sources and role in m.roles)


@verb
def advance(
    booking: Locked | int,
    name: str,
    *,
    role: Role,
    by: User | None,
    at: datetime | None = None,
    reason: str = "",
    data: dict[str, Any] | None = None,
    **changes: Any,
) -> Locked:
    """Make one move: state, clocks, notices, one event, and after the commit the jobs it sets off.

    Joins the caller's transaction, and takes its locked booking as it is; an id is locked here.
    `changes` are further columns written by the same update. A target without a partner clears them
    and ends their assignment. Raises IllegalMove, ReasonMissing, TooEarly or NotUndoable and
    changes nothing.
    """
    move = MOVES[name]
    if isinstance(booking, int):
        booking = lock_booking(booking)
    source, at = State(booking.state), at or read_clock(booking)
    _refuse_what_may_not_be(booking, name, role, at, reason)
    if name in ENDS_VISIT:
        free_time(booking, at)
    if name in PROPOSAL_FALLS:
        price_versions.fall(booking.quotes.open(), at)
        notices.drop_answered(booking)
    charge = fault_ledger.judge(booking, name, role, at, changes, data or {})
    if move.target not in HAS_PARTNER:
        end_assignment(booking, name, at, fault=charge is not None and charge.is_partners)
        changes |= dict.fromkeys(HOLDERS_COLUMNS)
        if move.target in SOUGHT:  # who lost it, or finds nobody, owes nothing; the verb says else
            changes.setdefault("cancel_start_at", None)
    former = booking.technician if booking.technician_id and "technician" in changes else None
    for field, value in changes.items():
        setattr(booking, field, value)
    if CHARGE in move.effects:  # until payments have looked at it: the message may be lost
        changes["unsettled_at"] = booking.unsettled_at = at
    booking.epoch += 1
    booking.state = move.target
    booking.due_at = move.due(booking, at) if move.due else None
    event = write_event(booking, name, source, role, by, at, reason, data or {})
    booking.events_hash = event.hash
    write(booking, {"state", "epoch", "due_at", "events_hash", *changes})
    _restart_clocks(booking, move, at)
    if name in fault_ledger.DECIDES:
        fault_ledger.void_decided(booking, at)
    if charge is not None:
        fault_ledger.write(booking, charge, occurrence=event.sequence, at=at)
    if source in (State.DRAFT, State.FINISHED, State.CLAIMED, State.CALLED):
        notices.drop_waiting(booking)
    told = (
        notices.message(booking, kind, round=event.sequence, former=former) for kind in move.notices
    )
    notifications.queue_all([message for message in told if message is not None])
    _after_commit(booking, move, former)
    return booking


# What a booking says of who holds it.
HOLDERS_COLUMNS = ("partner", "technician", "claimed_at", "start_at", "clocks_from_at")


def _refuse_what_may_not_be(
    booking: Locked, name: str, role: Role, at: datetime, reason: str
) -> None:
    """Raises what `advance` raises."""
    move, source = MOVES[name], State(booking.state)
    if source not in move.sources or role not in move.roles:
        raise IllegalMove(name, source, role)
    if move.reason and not reason.strip():
        raise ReasonMissing
    opens = opens_at(booking, name)
    if opens is not None and at < opens:
        raise TooEarly(opens, booking.timezone)
    if move.undoes:
        undo = undo_of(booking, booking.events.all(), at)
        if undo is None or undo[0] != name:
            raise NotUndoable


def end_assignment(booking: Locked, move: str, at: datetime, *, fault: bool = False) -> None:
    """The running assignment, if any, ends now, by a fault of theirs or not; the technician's time
    is free again.
    """
    if booking.technician_id is None:
        return
    assignment = (
        Assignment.objects.select_for_update().filter(booking=booking, ended_at=None).first()
    )
    if assignment is None:
        return
    lock_technician(assignment.technician_id)
    slot = assignment.calendar_entry
    assignment.fault = fault
    assignment.ended_at, assignment.end = at, move
    assignment.calendar_entry = None
    assignment.code = ""
    assignment.save(update_fields=["ended_at", "end", "fault", "calendar_entry", "code"])
    if slot is not None:
        slot.delete()
    notices.drop_answered(booking)
    if price_versions.fall_with_the_assignment(booking, at):
        booking.save(update_fields=["duration_minutes"])
        if MOVES[move].target in LIVE:
            notices.queue(booking, "price_as_booked", round=assignment.pk)


def free_time(booking: Locked, at: datetime) -> None:
    """What is left of the technician's time after this instant and the way on is anybody's again.

    Repeatable.
    """
    assert booking.technician_id is not None
    lock_technician(booking.technician_id)
    slot = CalendarEntry.objects.filter(
        assignment__booking=booking, assignment__ended_at=None
    ).first()
    until = at + booking.policy.travel_buffer
    if slot is None or slot.during.upper <= until:
        return
    if until <= slot.during.lower:  # over before it was to begin
        slot.delete()
    else:
        slot.during = DateTimeTZRange(slot.during.lower, until, "[)")
        slot.save(update_fields=["during"])


def postpone(booking: Locked, due_at: datetime) -> None:
    """Push the booking's own clock a little: for a row that could not be handled now."""
    booking.due_at = due_at
    booking.save(update_fields=["due_at"])


def let_cancel_free(booking: Locked) -> None:
    """Whoever is told that cancelling is free pays nothing, whatever was moved before (rule B10,
    D10).
    """
    if booking.cancel_start_at is not None:
        booking.cancel_start_at = None
        booking.save(update_fields=["cancel_start_at"])


RESTART = """
WITH over AS (UPDATE requests_app_clock SET done_at = %s WHERE booking_id = %s AND done_at IS NULL)
INSERT INTO requests_app_clock (booking_id, kind, epoch, due_at, fired)
SELECT %s, kind, %s, due_at, false FROM unnest(%s::varchar[], %s::timestamptz[]) AS new (kind,
  due_at)
"""


def _restart_clocks(booking: Booking, move: Move, at: datetime) -> None:
    """Promises of the former state are kept or called off; those of the new one begin."""
    new = {kind: due(booking, at) for kind, due in move.clocks}
    running = {kind: due for kind, due in new.items() if due is not None}
    with connection.cursor() as cursor:
        cursor.execute(
            RESTART,
            [at, booking.pk, booking.pk, booking.epoch, list(running), list(running.values())],
        )


def _after_commit(booking: Booking, move: Move, former: Any) -> None:
    for effect in move.effects:
        after_commit(_send, effect, booking.pk)
    technicians = {booking.technician_id, former.pk if former else None} - {None}
    publish.publish_to_all(
        [f"booking:{booking.uuid}", *(f"technician:{pk}" for pk in technicians)], "moved"
    )


def _send(effect: str, booking_id: int) -> None:
    """A broker that is away costs a minute, not a customer: the effect's sweep finds the row."""
    current_app.tasks[effect].delay(booking_id=booking_id)
