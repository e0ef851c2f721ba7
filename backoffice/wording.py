"""A booking in the words of staff: two tables, one row for each state and one for each move.

The booking's history, the list with its filters and the board read from here; nobody reads a raw
name. A missing row fails a test that names it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mila.adminkit.acts import BAD, GOOD, QUIET, WARN, toned
from requests_app.models import BookingEvent, SignOffKind, State
from requests_app.moves import WHEN_DUE, Role

S = State


@dataclass(frozen=True)
class StateWords:
    """One state: its badge in its tone, and what is awaited, by whom."""

    label: Any
    awaits: Any
    tone: str = ""


@dataclass(frozen=True)
class MoveWords:
    """One line of the history. `cases` ask the event first; `due`: the clock
    that makes the move.
    """

    what: Any
    tone: str = ""
    cases: tuple[tuple[Callable[[BookingEvent], bool], Any], ...] = ()
    due: Any = ""


NOTHING = _("Nothing more")

STATES: dict[State, StateWords] = {
    S.DRAFT: StateWords(_("Draft"), _("The customer completes the order"), QUIET),
    S.SEARCHING: StateWords(_("Searching"), _("A technician accepts"), WARN),
    S.CLAIMED: StateWords(_("Claimed"), _("The technician calls the customer")),
    S.CALLED: StateWords(_("Called"), _("The technician confirms the visit")),
    S.UNCONFIRMED: StateWords(
        _("Unconfirmed"), _("The technician confirms, or somebody else accepts"), WARN
    ),
    S.CONFIRMED: StateWords(_("Confirmed"), _("The technician sets off")),
    S.EN_ROUTE: StateWords(_("En route"), _("The technician arrives")),
    S.ARRIVED: StateWords(_("Arrived"), _("The technician begins the work")),
    S.IN_PROGRESS: StateWords(_("In progress"), _("The technician finishes the work")),
    S.FINISHED: StateWords(_("Finished"), _("The customer signs")),
    S.CONTESTED: StateWords(_("Contested"), _("Staff decide"), BAD),
    S.SIGNED_OFF: StateWords(_("Signed off"), _("The card is charged"), GOOD),
    S.SETTLED: StateWords(_("Settled"), NOTHING, GOOD),
    S.FAILED: StateWords(
        _("Failed visit"), _("Nothing more, unless the visit in vain is paid"), BAD
    ),
    S.UNFILLED: StateWords(_("Unfilled"), _("The customer chooses another time"), BAD),
    S.CANCELLED: StateWords(pgettext_lazy("booking", "Cancelled"), NOTHING, QUIET),
}

MOVES: dict[str, MoveWords] = {
    # --- search
    "place": MoveWords(_("Booked")),
    "claim": MoveWords(_("Accepted by a technician")),
    "move_open": MoveWords(_("Moved to another time; still searching")),
    "exhaust": MoveWords(_("Nobody found in time"), BAD, due=_("Search ends")),
    "lapse": MoveWords(_("Ended by itself, the start has passed"), BAD, due=_("Start passes")),
    # --- promise
    "record_call": MoveWords(
        _("Customer called"),
        cases=(
            (
                lambda event: not event.data.get("reached", True),
                _("Customer not reached in several tries"),
            ),
        ),
    ),
    "miss_call": MoveWords(_("Call missed"), BAD, due=_("Call due")),
    "confirm": MoveWords(_("Visit confirmed"), GOOD),
    "miss_confirm": MoveWords(_("Confirmation missed"), BAD, due=_("Confirmation due")),
    "release": MoveWords(_("Technician released"), WARN),
    "move_claimed": MoveWords(_("Moved to another time; to be called again")),
    "move_kept": MoveWords(_("Moved to another time; to be confirmed again")),
    "move_lost": MoveWords(_("Moved to another time; the technician is not free then"), WARN),
    # --- visit
    "depart": MoveWords(_("Set off")),
    "arrive": MoveWords(_("Arrived at the door")),
    "start": MoveWords(_("Work begun")),
    "continue_later": MoveWords(_("Goes on at a second appointment, same technician and price")),
    "finish": MoveWords(_("Work finished")),
    "undo_depart": MoveWords(_("Taken back: set off"), QUIET),
    "undo_arrive": MoveWords(_("Taken back: arrived at the door"), QUIET),
    "undo_start": MoveWords(_("Taken back: work begun"), QUIET),
    "undo_finish": MoveWords(_("Taken back: work finished"), QUIET),
    "no_show": MoveWords(_("Nobody came"), BAD),
    # --- end
    "sign_off": MoveWords(
        _("Signed by the customer"),
        GOOD,
        cases=(
            (
                lambda event: event.data.get("kind") == SignOffKind.SILENCE,
                _("Closed without a signature"),
            ),
            (
                lambda event: event.data.get("kind") == SignOffKind.SCREEN,
                _("Signed on the technician’s phone"),
            ),
        ),
        due=_("Signature due"),
    ),
    "refuse": MoveWords(_("Something is not right, says the customer"), BAD),
    "object": MoveWords(_("Objection to the charge"), BAD),
    "reopen": MoveWords(_("Decided anew, after an appeal"), QUIET),
    "settle": MoveWords(_("Paid by card"), GOOD),
    "fail_visit": MoveWords(_("Visit ended without the work"), BAD),
    "cancel": MoveWords(_("Booking cancelled"), QUIET),
    "withdraw": MoveWords(_("Customer withdrew from the contract"), QUIET),
    # --- staff
    "assign": MoveWords(_("Assigned by staff")),
    "decide": MoveWords(_("Price decided by staff")),
    "decide_none": MoveWords(_("Decided by staff: nothing is owed")),
    "decide_fee": MoveWords(_("Decided by staff: the visit in vain is paid")),
}

ROLES: dict[Role, Any] = {
    Role.CUSTOMER: _("Customer"),
    Role.PARTNER: _("Partner"),
    Role.BRAND: _("Brand"),
    Role.OPS: _("Staff"),
    Role.SYSTEM: _("The clock"),
}

# --- What the pages ask. What was written under a name of former days is shown by that name.


def state(name: str) -> str:
    """The state's badge in its tone."""
    row = STATES[State(name)]
    return toned(row.label, row.tone)


def happened(event: BookingEvent) -> str:
    """One line of the history, in its tone."""
    row = MOVES.get(event.move)
    if row is None:
        return toned(event.move, "", wraps=True)
    words = next((words for holds, words in row.cases if holds(event)), row.what)
    return toned(words, row.tone, wraps=True)


def falls_due(name: str) -> str:
    """What the booking's own clock is about, in this state; nothing where none moves it."""
    found = WHEN_DUE.get(State(name))
    return str(MOVES[found].due) if found else ""


def move(name: str) -> str:
    """What a move did, in plain words; nothing for none."""
    return str(MOVES[name].what) if name in MOVES else name


def role(name: str) -> str:
    return str(ROLES[Role(name)]) if name in list(Role) else name
