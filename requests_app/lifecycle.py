"""The life of a booking as one table. `advance` is the only writer of its state (STYLE 4).

Each row says from where to where, who may, from when, which clock runs next, who is told, and which jobs set off after
the commit. The README's table is printed from here.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, NewType

from celery import current_app
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Busy, User
from accounts.search import lock_technician
from mila import live
from mila.clock import mila_now
from mila.errors import Refusal
from mila.templatetags.house import moment
from mila.transactions import after_commit, verb
from requests_app import deadlines, notices
from requests_app.due_instants import (
    arrival_opens,
    call_due,
    call_reminder,
    confirm_due,
    confirm_reminder,
    departure_opens,
    last_start,
    late,
    overdue,
    overdue_on,
    search_limit,
    search_warning,
    signature_reminder,
    silence,
    slot_freed,
    waited,
    waited_on,
)
from requests_app.lost_time import lay_in_an_outage
from requests_app.models import (
    BEFORE_DEPARTURE,
    CANCELLABLE,
    HAS_PARTNER,
    UNDO,
    Assignment,
    Booking,
    BookingEvent,
    Clock,
    ClockKind,
    State,
    of_present_technician,
)

S = State


class Role(StrEnum):
    CUSTOMER = "customer"
    PARTNER = "partner"
    BRAND = "brand"
    OPS = "ops"
    SYSTEM = "system"


CUSTOMER, PARTNER, BRAND, OPS, SYSTEM = Role


class IllegalMove(Refusal):
    """The table has no such row for this state and role. Nothing was changed."""

    sentence = _("This is no longer possible: the booking has moved on meanwhile.")

    def __init__(self, move: str, state: str, role: str):
        super().__init__()
        self.move, self.state, self.role = move, state, role


class ReasonMissing(Refusal):
    sentence = _("Please give a reason.")


class TooEarly(Refusal):
    """The row's hour has not come (PRODUCT L8). Nothing was changed; the sentence says from when it is possible."""

    def __init__(self, opens_at: datetime, zone: str):
        super().__init__(gettext("You can say this from %(moment)s.") % {"moment": moment(opens_at, zone)})
        self.opens_at = opens_at


class NotUndoable(Refusal):
    """The step was made too long ago, was taken back before, or something followed it (PRODUCT L9)."""

    sentence = _("This can no longer be taken back.")


Opens = Callable[[Booking], datetime]
Due = Callable[[Booking, datetime], datetime | None]


@dataclass(frozen=True)
class Move:
    """One row: `due` moves the state when it falls, `clocks` are the other promises, `tells` the notices it queues.

    `opens`: not before this instant, whoever asks. `undoes`: the step it takes back, while that may be.
    """

    sources: frozenset[State]
    target: State
    roles: frozenset[Role]
    due: Due | None = None
    clocks: tuple[tuple[ClockKind, Due], ...] = ()
    tells: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    reason: bool = False
    opens: Opens | None = None
    undoes: str = ""


def only(*members: Any) -> frozenset[Any]:
    return frozenset(members)


# Jobs of the upper apps, by name; a test asserts that each is registered. Each has a sweep that finds what a lost
# message left behind.
SEARCH = "dispatch.search"
WITHDRAW = "dispatch.withdraw"
CHARGE = "payments.charge"

SEARCHES = ((ClockKind.SEARCH_WARNING, search_warning),)
CALLS = ((ClockKind.CALL_REMINDER, call_reminder),)
CONFIRMS = ((ClockKind.CONFIRM_REMINDER, confirm_reminder),)
SIGNS = (
    (ClockKind.SIGNATURE_REMINDER_1, partial(signature_reminder, 0)),
    (ClockKind.SIGNATURE_REMINDER_2, partial(signature_reminder, 1)),
    (ClockKind.SIGNATURE_REMINDER_3, partial(signature_reminder, 2)),
)
WISHERS = only(CUSTOMER, BRAND, OPS)

MOVES: dict[str, Move] = {
    "place": Move(only(S.DRAFT), S.SEARCHING, WISHERS, search_limit, SEARCHES, ("booked",), (SEARCH,)),
    "claim": Move(only(S.SEARCHING, S.UNCONFIRMED), S.CLAIMED, only(PARTNER), call_due, CALLS,
                  ("claimed", "job_claimed", "job_taken"), (WITHDRAW,)),
    "assign": Move(only(S.SEARCHING, S.UNCONFIRMED, S.UNFILLED), S.CLAIMED, only(OPS), call_due, CALLS,
                   ("claimed", "job_assigned", "job_taken"), (WITHDRAW,), reason=True),
    "record_call": Move(only(S.CLAIMED), S.CALLED, only(PARTNER), confirm_due, CONFIRMS, ("called",)),
    "miss_call": Move(only(S.CLAIMED), S.SEARCHING, only(SYSTEM), search_limit, SEARCHES,
                      ("partner_lost", "call_missed"), (SEARCH,)),
    "confirm": Move(only(S.CALLED, S.UNCONFIRMED), S.CONFIRMED, only(PARTNER), None,
                    ((ClockKind.LATENESS, late),), ("confirmed",), (WITHDRAW,)),
    "miss_confirm": Move(only(S.CALLED), S.UNCONFIRMED, only(SYSTEM), None,
                         ((ClockKind.UNCONFIRMED_LIMIT, search_limit), (ClockKind.LATENESS, late)),
                         ("unconfirmed", "confirm_missed"), (SEARCH,)),
    "release": Move(BEFORE_DEPARTURE, S.SEARCHING, only(PARTNER, OPS), search_limit, SEARCHES,
                    ("partner_lost", "job_released"), (SEARCH,), reason=True),
    "move_open": Move(only(S.SEARCHING, S.UNFILLED), S.SEARCHING, WISHERS, search_limit, SEARCHES,
                      ("moved",), (WITHDRAW, SEARCH)),
    "move_claimed": Move(only(S.CLAIMED), S.CLAIMED, WISHERS, call_due, CALLS, ("moved", "job_moved")),
    "move_kept": Move(only(S.CALLED, S.UNCONFIRMED, S.CONFIRMED), S.CALLED, WISHERS, confirm_due, CONFIRMS,
                      ("moved", "job_moved"), (WITHDRAW,)),
    "move_lost": Move(BEFORE_DEPARTURE, S.SEARCHING, WISHERS, search_limit, SEARCHES,
                      ("moved", "job_lost"), (WITHDRAW, SEARCH)),
    "depart": Move(only(S.CONFIRMED), S.EN_ROUTE, only(PARTNER), None, ((ClockKind.LATENESS, late),), ("en_route",),
                   opens=departure_opens),
    "arrive": Move(only(S.EN_ROUTE), S.ARRIVED, only(PARTNER), None, ((ClockKind.DOOR_WAIT, waited),),
                   opens=arrival_opens),
    "start": Move(only(S.ARRIVED), S.IN_PROGRESS, only(PARTNER), None, ((ClockKind.OVERDUE_WORK, overdue),),
                  opens=arrival_opens),
    # From the door only while no visit code was typed (PRODUCT L9): the verb asks.
    "no_show": Move(only(S.UNCONFIRMED, S.CONFIRMED, S.EN_ROUTE, S.ARRIVED), S.SEARCHING, only(CUSTOMER, OPS),
                    search_limit, SEARCHES, ("moved", "no_show"), (WITHDRAW, SEARCH)),
    "fail_visit": Move(only(S.EN_ROUTE, S.ARRIVED, S.IN_PROGRESS), S.FAILED, only(PARTNER, OPS), None, (),
                       ("failed",), (CHARGE,), reason=True),
    "finish": Move(only(S.IN_PROGRESS), S.FINISHED, only(PARTNER), silence,
                   (*SIGNS, (ClockKind.SLOT_FREED, slot_freed))),
    # A wrong tap (PRODUCT L9); the former clock goes on from where it was.
    "undo_depart": Move(only(S.EN_ROUTE), S.CONFIRMED, only(PARTNER), None, ((ClockKind.LATENESS, late),),
                        undoes="depart"),
    "undo_arrive": Move(only(S.ARRIVED), S.EN_ROUTE, only(PARTNER), None, ((ClockKind.LATENESS, late),),
                        undoes="arrive"),
    "undo_start": Move(only(S.IN_PROGRESS), S.ARRIVED, only(PARTNER), None, ((ClockKind.DOOR_WAIT, waited_on),),
                       undoes="start"),
    "undo_finish": Move(only(S.FINISHED), S.IN_PROGRESS, only(PARTNER), None,
                        ((ClockKind.OVERDUE_WORK, overdue_on),), undoes="finish"),
    "sign_off": Move(only(S.FINISHED), S.SIGNED_OFF, only(CUSTOMER, SYSTEM), None, (), (), (CHARGE,)),
    "refuse": Move(only(S.FINISHED), S.CONTESTED, only(CUSTOMER, OPS), None, (),
                   ("contested", "job_contested", "contested_ops"), (), reason=True),
    # Only while its charge is held; that is the verb's to know (payments.charges.holding).
    "object": Move(only(S.SIGNED_OFF, S.FAILED), S.CONTESTED, only(CUSTOMER, OPS), None, (),
                   ("contested", "job_contested", "contested_ops"), (), reason=True),
    "decide": Move(only(S.CONTESTED), S.SIGNED_OFF, only(OPS), None, (), ("decided",), (CHARGE,), reason=True),
    "decide_none": Move(only(S.CONTESTED), S.FAILED, only(OPS), None, (), ("decided_none",), (CHARGE,), reason=True),
    "decide_fee": Move(only(S.CONTESTED), S.FAILED, only(OPS), None, (), ("decided_none",), (CHARGE,), reason=True),
    "settle": Move(only(S.SIGNED_OFF), S.SETTLED, only(SYSTEM), None, (), ("receipt", "job_paid")),
    "exhaust": Move(only(S.SEARCHING), S.UNFILLED, only(SYSTEM), last_start, (), ("unfilled",), (WITHDRAW,)),
    "lapse": Move(only(S.UNFILLED), S.CANCELLED, only(SYSTEM), None, (), ("lapsed",)),
    # Once somebody is on the way, or at the door without the code, the verb asks that they be late (PRODUCT L9).
    "cancel": Move(CANCELLABLE | only(S.EN_ROUTE, S.ARRIVED), S.CANCELLED, WISHERS, None, (),
                   ("cancelled", "job_cancelled"), (WITHDRAW, CHARGE)),
}  # fmt: skip

# Which move a booking's own clock makes when it falls due (requests_app.sweeps).
WHEN_DUE = {
    S.SEARCHING: "exhaust",
    S.CLAIMED: "miss_call",
    S.CALLED: "miss_confirm",
    S.FINISHED: "sign_off",
    S.UNFILLED: "lapse",
}
# Moves that say something about the partner who is left behind (PRODUCT L2, L9, P4).
FAULTS = {"miss_call", "no_show"}
# After these nobody comes any more: what is left of the time belongs to others (PRODUCT L9).
ENDS_VISIT = {"sign_off", "refuse", "fail_visit"}
UNDOES = {name: move.undoes for name, move in MOVES.items() if move.undoes}


# A booking read under its row lock, which its transaction still holds.
Locked = NewType("Locked", Booking)


def lock_booking(booking_id: int) -> Locked:
    """The booking under its row lock, first of all locks (STYLE 4). Raises Booking.DoesNotExist."""
    return Locked(Booking.objects.select_for_update().get(pk=booking_id))


def lock_unless_locked(booking_id: int) -> Locked | None:
    """The same for a sweep: None if it is gone, or somebody else has it now."""
    row = Booking.objects.select_for_update(skip_locked=True).filter(pk=booking_id).first()
    return Locked(row) if row is not None else None


def opens_at(booking: Booking, name: str) -> datetime | None:
    """From when on this move may be made; None if it waits for no hour."""
    opens = MOVES[name].opens
    return opens(booking) if opens else None


def undo_of(booking: Booking, events: Iterable[BookingEvent], at: datetime) -> tuple[str, datetime] | None:
    """The move that takes the last of its events back, and until when; None where none may (PRODUCT L9).

    One step, once per move, and only while nothing followed. "Nothing" as far as moves go: the rest is the verb's.
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

    Joins the caller's transaction, and takes his locked booking as it is; an id is locked here. `changes` are further
    columns written by the same update. A target without a partner clears him and ends his assignment. Raises
    IllegalMove, ReasonMissing, TooEarly or NotUndoable and changes nothing.
    """
    move = MOVES[name]
    if isinstance(booking, int):
        booking = lock_booking(booking)
    source = State(booking.state)
    if source not in move.sources or role not in move.roles:
        raise IllegalMove(name, source, role)
    if move.reason and not reason.strip():
        raise ReasonMissing
    at = at or mila_now()
    opens = opens_at(booking, name)
    if opens is not None and at < opens:
        raise TooEarly(opens, booking.timezone)
    if move.undoes:
        undo = undo_of(booking, booking.events.all(), at)
        if undo is None or undo[0] != name:
            raise NotUndoable
    if name in ENDS_VISIT:
        free_time(booking, at)
    if move.target not in HAS_PARTNER:
        end_assignment(booking, name, at)
        changes |= {"partner": None, "technician": None, "claimed_at": None, "start_at": None, "clocks_from_at": None}
    former = booking.technician if booking.technician_id and "technician" in changes else None
    for field, value in changes.items():
        setattr(booking, field, value)
    booking.epoch += 1
    booking.state = move.target
    booking.due_at = move.due(booking, at) if move.due else None
    booking.save(update_fields={"state", "epoch", "due_at", *changes})
    _restart_clocks(booking, move, at)
    event = _write_event(booking, name, source, role, by, at, reason, data or {})
    for kind in move.tells:
        notices.queue(booking, kind, round=event.sequence, former=former)
    _after_commit(booking, move, former)
    return booking


def end_assignment(booking: Locked, move: str, at: datetime) -> None:
    """The running assignment, if any, ends now; the technician's time is free again."""
    if booking.technician_id is None:
        return
    assignment = Assignment.objects.select_for_update().filter(booking=booking, ended_at=None).first()
    if assignment is None:
        return
    lock_technician(assignment.technician_id)
    slot = assignment.busy
    assignment.fault = move in FAULTS and not lay_in_an_outage(booking, assignment.start_at)
    assignment.ended_at, assignment.end = at, move
    assignment.busy = None
    assignment.code = ""
    assignment.save(update_fields=["ended_at", "end", "fault", "busy", "code"])
    if slot is not None:
        slot.delete()


def free_time(booking: Locked, at: datetime) -> None:
    """What is left of the technician's time after this instant and the way on is anybody's again. Repeatable."""
    assert booking.technician_id is not None
    lock_technician(booking.technician_id)
    slot = Busy.objects.filter(assignment__booking=booking, assignment__ended_at=None).first()
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


def event_hash(previous: str, event: BookingEvent) -> str:
    """SHA-256 over the event and the hash before it (FAULT I13)."""
    facts = [
        previous, event.booking_id, event.sequence, event.move, event.source, event.target, event.role,
        event.by_id, event.at.isoformat(), event.reason, event.data,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _write_event(
    booking: Booking,
    name: str,
    source: State,
    role: Role,
    by: User | None,
    at: datetime,
    reason: str,
    data: dict[str, Any],
) -> BookingEvent:
    chain = BookingEvent.objects.filter(booking=booking).order_by("-sequence").values_list("sequence", "hash")
    last, last_hash = chain.first() or (0, "")
    event = BookingEvent(
        booking=booking,
        sequence=last + 1,
        move=name,
        source=source,
        target=booking.state,
        role=role,
        by=by,
        at=at,
        reason=reason.strip(),
        data=data,
    )
    event.hash = event_hash(last_hash, event)
    event.save(force_insert=True)
    return event


def _restart_clocks(booking: Booking, move: Move, at: datetime) -> None:
    """Promises of the former state are kept or called off; those of the new one begin."""
    Clock.objects.filter(booking=booking, done_at=None).update(done_at=at)
    new = [(kind, due(booking, at)) for kind, due in move.clocks]
    Clock.objects.bulk_create(
        Clock(booking=booking, kind=kind, epoch=booking.epoch, due_at=due) for kind, due in new if due is not None
    )


def _after_commit(booking: Booking, move: Move, former: Any) -> None:
    for effect in move.effects:
        after_commit(_send, effect, booking.pk)
    live.publish(f"booking:{booking.uuid}", "moved")
    for technician_id in {booking.technician_id, former.pk if former else None} - {None}:
        live.publish(f"technician:{technician_id}", "moved")


def _send(effect: str, booking_id: int) -> None:
    """A broker that is away costs a minute, not a customer: the effect's sweep finds the row."""
    current_app.tasks[effect].delay(booking_id=booking_id)
