"""The life of a booking as one table. `advance` is the only writer of its state (STYLE 4).

Each row says from where to where, who may, from when, which clock runs next, who is told, and which jobs set off after
the commit. The README's table is printed from here.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, NewType

from celery import current_app
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.search import lock_technician
from mila import live
from mila.clock import mila_now
from mila.errors import Refusal
from mila.templatetags.house import moment
from mila.transactions import after_commit, verb
from requests_app import deadlines, notices
from requests_app.lost_time import lay_in_an_outage, with_lost_time
from requests_app.models import (
    BEFORE_DEPARTURE,
    CANCELLABLE,
    HAS_PARTNER,
    Assignment,
    Booking,
    BookingEvent,
    Clock,
    ClockKind,
    State,
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


Opens = Callable[[Booking], datetime]
Due = Callable[[Booking, datetime], datetime | None]


def call_due(b: Booking, at: datetime) -> datetime:
    return deadlines.two_clocks(_since(b), _start(b), b.timezone, b.policy).call_due


def confirm_due(b: Booking, at: datetime) -> datetime:
    return with_lost_time(b, deadlines.two_clocks(_since(b), _start(b), b.timezone, b.policy).confirm_due)


def search_limit(b: Booking, at: datetime) -> datetime:
    return deadlines.search_limit(_last_start(b), b.policy)


def last_start(b: Booking, at: datetime) -> datetime:
    return _last_start(b)


def silence(b: Booking, at: datetime) -> datetime:
    return deadlines.silence_at(at, b.policy)


def call_reminder(b: Booking, at: datetime) -> datetime | None:
    return _reminder(b, at, call_due(b, at))


def confirm_reminder(b: Booking, at: datetime) -> datetime | None:
    return _reminder(b, at, confirm_due(b, at))


def departure_opens(b: Booking) -> datetime:
    return deadlines.may_depart_at(_start(b), b.policy)


def arrival_opens(b: Booking) -> datetime:
    return deadlines.may_arrive_at(_start(b), b.policy)


def late(b: Booking, at: datetime) -> datetime:
    return deadlines.late_at(_start(b), b.policy)


def waited(b: Booking, at: datetime) -> datetime:
    return deadlines.waited_at(max(at, _start(b)), b.policy)


def overdue(b: Booking, at: datetime) -> datetime:
    return deadlines.overdue_at(at, b.duration_minutes)


def search_warning(b: Booking, at: datetime) -> datetime:
    return deadlines.search_warning(_last_start(b), b.policy)


def signature_reminder(number: int, b: Booking, at: datetime) -> datetime:
    return deadlines.signature_reminders(at, b.policy)[number]


@dataclass(frozen=True)
class Move:
    """One row: `due` moves the state when it falls, `clocks` are the other promises, `tells` the notices it queues.

    `opens`: not before this instant, whoever asks.
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
    "finish": Move(only(S.IN_PROGRESS), S.FINISHED, only(PARTNER), silence, SIGNS),
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
KEEPS_PROMISE = {"record_call", "confirm"}


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
    IllegalMove, ReasonMissing or TooEarly and changes nothing.
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


def _since(b: Booking) -> datetime:
    assert b.clocks_from_at is not None
    return b.clocks_from_at


def _start(b: Booking) -> datetime:
    assert b.start_at is not None
    return b.start_at


def _last_start(b: Booking) -> datetime:
    """The claimed start, or the latest wish while nobody has claimed (PRODUCT B2)."""
    start = b.start_at or b.last_start_at
    assert start is not None
    return start


def _reminder(b: Booking, at: datetime, due: datetime) -> datetime | None:
    """At the first rung of the ladder that is still to come (PRODUCT L6)."""
    rungs = (deadlines.reminder_at(due, lead, at, b.timezone, b.policy) for lead in b.policy.reminder_ladder)
    return next((rung for rung in rungs if rung is not None), None)
