"""The life of a booking as one table. `lifecycle.advance` makes its moves, and nothing else.

Each row says from where to where, who may, from when, which clock runs next, who is told, and which
jobs set off after the commit. The README's table is printed from here.
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

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
    search_warning_of_a_wish,
    signature_reminder,
    silence,
    slot_freed,
    waited,
    waited_on,
)
from requests_app.models import (
    ADJUSTABLE,
    AT_WORK,
    BEFORE_DEPARTURE,
    CANCELLABLE,
    Booking,
    ClockKind,
    State,
)

S, C = State, ClockKind


class Role(StrEnum):
    CUSTOMER = "customer"
    PARTNER = "partner"
    BRAND = "brand"
    OPS = "ops"
    SYSTEM = "system"


CUSTOMER, PARTNER, BRAND, OPS, SYSTEM = Role

Opens = Callable[[Booking], datetime]
Due = Callable[[Booking, datetime], datetime | None]


@dataclass(frozen=True)
class Move:
    """One row: `due` moves the state when it falls, `clocks` are the other promises.

    `opens`: not before this instant, whoever asks. `undoes`: the step it takes back, while that may
    be. `notices`: the kinds it queues. `effects`: the jobs that set off after the commit.
    """

    sources: frozenset[State]
    target: State
    roles: frozenset[Role]
    _: KW_ONLY
    opens: Opens | None = None
    reason: bool = False
    undoes: str = ""
    due: Due | None = None
    clocks: tuple[tuple[ClockKind, Due], ...] = ()
    notices: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()


def only(*members: Any) -> frozenset[Any]:
    return frozenset(members)


# Jobs of the upper apps, by name; a test asserts that each is registered. Each has a sweep that
# finds what a lost message left behind.
SEARCH = "dispatch.search"
WITHDRAW = "dispatch.withdraw"
CHARGE = "payments.charge"

WISHES = ((C.SEARCH_WARNING, search_warning_of_a_wish),)
SEARCHES = ((C.SEARCH_WARNING, search_warning),)
CALLS = ((C.CALL_REMINDER, call_reminder),)
CONFIRMS = ((C.CONFIRM_REMINDER, confirm_reminder),)
COMES = ((C.LATENESS, late),)
SIGNS = (
    (C.SIGNATURE_REMINDER_1, partial(signature_reminder, 0)),
    (C.SIGNATURE_REMINDER_2, partial(signature_reminder, 1)),
    (C.SIGNATURE_REMINDER_3, partial(signature_reminder, 2)),
)
CASE = ("contested", "job_contested", "contested_ops")
WISHERS = only(CUSTOMER, BRAND, OPS)

MOVES: dict[str, Move] = {
    # --- search: somebody is wanted
    "place": Move(
        only(S.DRAFT),
        S.SEARCHING,
        WISHERS,
        due=search_limit,
        clocks=WISHES,
        notices=("booked",),
        effects=(SEARCH,),
    ),
    "claim": Move(
        only(S.SEARCHING, S.UNCONFIRMED),
        S.CLAIMED,
        only(PARTNER),
        due=call_due,
        clocks=CALLS,
        notices=("claimed", "job_claimed", "job_taken"),
        effects=(WITHDRAW,),
    ),
    "move_open": Move(
        only(S.SEARCHING, S.UNFILLED),
        S.SEARCHING,
        WISHERS,
        due=search_limit,
        clocks=WISHES,
        notices=("moved",),
        effects=(WITHDRAW, SEARCH),
    ),
    "exhaust": Move(
        only(S.SEARCHING),
        S.UNFILLED,
        only(SYSTEM),
        due=last_start,
        notices=("unfilled",),
        effects=(WITHDRAW,),
    ),
    "lapse": Move(only(S.UNFILLED), S.CANCELLED, only(SYSTEM), notices=("lapsed",)),
    # --- promise: a call and a confirmation, kept or missed
    # By the system where the customer asked to be written to, and answered (rule L1).
    "record_call": Move(
        only(S.CLAIMED), S.CALLED, only(PARTNER, SYSTEM), due=confirm_due, clocks=CONFIRMS
    ),
    "miss_call": Move(
        only(S.CLAIMED),
        S.SEARCHING,
        only(SYSTEM),
        due=search_limit,
        clocks=SEARCHES,
        notices=("partner_lost", "call_missed"),
        effects=(SEARCH,),
    ),
    "confirm": Move(
        only(S.CALLED, S.UNCONFIRMED),
        S.CONFIRMED,
        only(PARTNER),
        clocks=COMES,
        notices=("confirmed",),
        effects=(WITHDRAW,),
    ),
    "miss_confirm": Move(
        only(S.CALLED),
        S.UNCONFIRMED,
        only(SYSTEM),
        clocks=((C.UNCONFIRMED_LIMIT, search_limit), *COMES),
        notices=("unconfirmed", "confirm_missed"),
        effects=(SEARCH,),
    ),
    "release": Move(
        BEFORE_DEPARTURE,
        S.SEARCHING,
        only(PARTNER, OPS),
        reason=True,
        due=search_limit,
        clocks=SEARCHES,
        notices=("partner_lost", "job_released"),
        effects=(SEARCH,),
    ),
    "move_claimed": Move(
        only(S.CLAIMED),
        S.CLAIMED,
        WISHERS,
        due=call_due,
        clocks=CALLS,
        notices=("moved", "job_moved"),
    ),
    "move_kept": Move(
        only(S.CALLED, S.UNCONFIRMED, S.CONFIRMED),
        S.CALLED,
        WISHERS,
        due=confirm_due,
        clocks=CONFIRMS,
        notices=("moved", "job_moved"),
        effects=(WITHDRAW,),
    ),
    "move_lost": Move(
        BEFORE_DEPARTURE,
        S.SEARCHING,
        WISHERS,
        due=search_limit,
        clocks=WISHES,
        notices=("moved", "job_lost"),
        effects=(WITHDRAW, SEARCH),
    ),
    # --- visit: the day itself; a wrong tap taken back, the former clock goes on (rule L9)
    "depart": Move(
        only(S.CONFIRMED),
        S.EN_ROUTE,
        only(PARTNER),
        opens=departure_opens,
        clocks=COMES,
        notices=("en_route",),
    ),
    "arrive": Move(
        only(S.EN_ROUTE),
        S.ARRIVED,
        only(PARTNER),
        opens=arrival_opens,
        clocks=((C.DOOR_WAIT, waited),),
        notices=("arrived",),
    ),
    "start": Move(
        only(S.ARRIVED),
        S.IN_PROGRESS,
        only(PARTNER),
        opens=arrival_opens,
        clocks=((C.OVERDUE_WORK, overdue),),
    ),
    "finish": Move(
        only(S.IN_PROGRESS),
        S.FINISHED,
        only(PARTNER),
        due=silence,
        clocks=(*SIGNS, (C.SLOT_FREED, slot_freed)),
    ),
    "undo_depart": Move(
        only(S.EN_ROUTE), S.CONFIRMED, only(PARTNER), undoes="depart", clocks=COMES
    ),
    "undo_arrive": Move(only(S.ARRIVED), S.EN_ROUTE, only(PARTNER), undoes="arrive", clocks=COMES),
    "undo_start": Move(
        only(S.IN_PROGRESS),
        S.ARRIVED,
        only(PARTNER),
        undoes="start",
        clocks=((C.DOOR_WAIT, waited_on),),
    ),
    "undo_finish": Move(
        only(S.FINISHED),
        S.IN_PROGRESS,
        only(PARTNER),
        undoes="finish",
        clocks=((C.OVERDUE_WORK, overdue_on),),
    ),
    # A part is missing: the same technician at the same price, at a start the customer has accepted
    # (rule L11).
    "continue_later": Move(
        only(S.ARRIVED, S.IN_PROGRESS),
        S.CONFIRMED,
        only(CUSTOMER, OPS),
        clocks=COMES,
        notices=("second_visit", "job_second_visit"),
    ),
    # From the door only while no code says that they met (rule L9): the verb asks.
    "no_show": Move(
        only(S.UNCONFIRMED, S.CONFIRMED, S.EN_ROUTE, S.ARRIVED),
        S.SEARCHING,
        only(CUSTOMER, OPS),
        due=search_limit,
        clocks=WISHES,
        notices=("moved", "no_show"),
        effects=(WITHDRAW, SEARCH),
    ),
    # --- end: signed, refused, failed, cancelled
    "sign_off": Move(only(S.FINISHED), S.SIGNED_OFF, only(CUSTOMER, SYSTEM), effects=(CHARGE,)),
    # From the work too: who says that it goes wrong, or that nobody is there, is heard by people,
    # and pays nothing yet.
    "refuse": Move(
        only(S.IN_PROGRESS, S.FINISHED), S.CONTESTED, only(CUSTOMER, OPS), reason=True, notices=CASE
    ),
    # Only while its charge is held; that is the verb's to know (payments.charges.holding).
    "object": Move(
        only(S.SIGNED_OFF, S.FAILED), S.CONTESTED, only(CUSTOMER, OPS), reason=True, notices=CASE
    ),
    "settle": Move(only(S.SIGNED_OFF), S.SETTLED, only(SYSTEM), notices=("receipt", "job_paid")),
    "fail_visit": Move(
        only(S.EN_ROUTE, S.ARRIVED, S.IN_PROGRESS),
        S.FAILED,
        only(PARTNER, OPS),
        reason=True,
        notices=("failed",),
        effects=(CHARGE,),
    ),
    # Once somebody is on the way, or says so, the verb asks that they be late and have not come
    # (rule L9).
    "cancel": Move(
        CANCELLABLE | only(S.EN_ROUTE, S.ARRIVED),
        S.CANCELLED,
        WISHERS,
        notices=("cancelled", "job_cancelled"),
        effects=(WITHDRAW, CHARGE),
    ),
    # A French consumer's right, up to the signature; the verb knows its days and what the work done
    # so far costs.
    "withdraw": Move(
        ADJUSTABLE | AT_WORK | only(S.FINISHED, S.CONTESTED),
        S.CANCELLED,
        only(CUSTOMER, OPS),
        notices=("withdrawn", "job_withdrawn"),
        effects=(WITHDRAW, CHARGE),
    ),
    # --- staff: theirs alone, always with a reason
    "assign": Move(
        only(S.SEARCHING, S.UNCONFIRMED, S.UNFILLED),
        S.CLAIMED,
        only(OPS),
        reason=True,
        due=call_due,
        clocks=CALLS,
        notices=("claimed", "job_assigned", "job_taken"),
        effects=(WITHDRAW,),
    ),
    # A customer's appeal is right, and nothing was paid yet: decided anew by the same act
    # (payments.appeals); that nothing of the charge can be paid meanwhile is its to know.
    "reopen": Move(only(S.SIGNED_OFF, S.FAILED), S.CONTESTED, only(OPS), reason=True),
    "decide": Move(
        only(S.CONTESTED),
        S.SIGNED_OFF,
        only(OPS),
        reason=True,
        notices=("decided",),
        effects=(CHARGE,),
    ),
    "decide_none": Move(
        only(S.CONTESTED),
        S.FAILED,
        only(OPS),
        reason=True,
        notices=("decided_none",),
        effects=(CHARGE,),
    ),
    "decide_fee": Move(
        only(S.CONTESTED),
        S.FAILED,
        only(OPS),
        reason=True,
        notices=("decided_none",),
        effects=(CHARGE,),
    ),
}

# By these the customer has chosen the times anew: no doubt yet that somebody comes (rule D10).
CHOOSES = only("place", "move_open", "move_lost", "no_show")
# Which move a booking's own clock makes when it falls due (requests_app.sweeps).
WHEN_DUE = {
    S.SEARCHING: "exhaust",
    S.CLAIMED: "miss_call",
    S.CALLED: "miss_confirm",
    S.FINISHED: "sign_off",
    S.UNFILLED: "lapse",
}
# With these a start is agreed, or agreed anew: who is late is late for it (rule L9).
AGREES_ON_A_START = ("claim", "assign", "move_claimed", "move_kept", "continue_later")
# After these nobody comes any more: what is left of the time belongs to others (rule L9).
ENDS_VISIT = {"sign_off", "refuse", "fail_visit"}
# What was proposed and not answered is no longer what the visit would be (rule L10).
PROPOSAL_FALLS = {"finish", "continue_later", "move_claimed", "move_kept", "fail_visit", "refuse"}
UNDOES = {name: move.undoes for name, move in MOVES.items() if move.undoes}
