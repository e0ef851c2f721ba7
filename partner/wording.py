"""A job in the technician's words: two tables, one row for each state, one for each move.

Which moves there are is the table's word (requests_app.moves); here is only how they are called. A
missing row fails a test that names it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mila.formats import moment, money
from partner import promises
from partner.promises import Promise
from requests_app.lifecycle import UNDOES, opens_at
from requests_app.models import (
    Booking,
    BookingEvent,
    LateSignature,
    Quote,
    QuoteOrigin,
    SignOffKind,
    State,
)

S = State


@dataclass(frozen=True)
class Step:
    """The next move: a form that makes it (`sends`), or a page that leads to it.

    No `label`: nothing to press.
    """

    label: str = ""
    page: str = ""
    sends: bool = False
    promise: Promise | None = None
    note: str = ""
    above: bool = False  # the button stands over its clock: never where the one before it stood


@dataclass(frozen=True)
class Undo:
    """A step that was perhaps a wrong tap: what was said, and until when it can be taken back
    (rule L9).
    """

    step: str
    said: str
    until_at: datetime


@dataclass(frozen=True)
class StateWords:
    """One state: its badge, and the next step as a button, or the words for when nothing is left.

    `move`: what the button makes, which opens at its hour; before, `too_early` says when.
    """

    badge: tuple[str, Any]  # (state of components/_badge.html, words)
    label: Any = ""
    page: str = ""
    move: str = ""
    sends: bool = False
    above: bool = False
    promise: Callable[[Booking, datetime, datetime | None], Promise] | None = None
    too_early: Any = ""
    over: Callable[[Booking], str] | None = None


@dataclass(frozen=True)
class MoveWords:
    """One line of the job's story; `cases` ask the event first. `said`: before it is taken back."""

    what: Any
    cases: tuple[tuple[Callable[[BookingEvent], bool], Any], ...] = ()
    said: Any = ""


def _failed(b: Booking) -> str:
    if b.fee_cents:
        return gettext("Ended. The customer is told, and may object, before the way is charged.")
    reason = b.end_reason or gettext("it could not be carried out")
    return gettext("This visit is over: %(reason)s") % {"reason": reason}


def _said(words: Any) -> Callable[[Booking], str]:
    return lambda booking: str(words)


# --- The tables

NOBODYS = None  # without a technician there is nobody to read it

STATES: dict[State, StateWords | None] = {
    S.DRAFT: NOBODYS,
    S.SEARCHING: NOBODYS,
    S.CLAIMED: StateWords(
        badge=("now", _("To be called")),
        label=_("Call now"),
        page="partner:call",
        move="record_call",
        promise=promises.call,
    ),
    S.CALLED: StateWords(
        badge=("go", _("Called, to be confirmed")),
        label=_("Confirm the visit"),
        page="partner:confirm",
        move="confirm",
        sends=True,
        above=True,
        promise=promises.confirming,
    ),
    S.UNCONFIRMED: StateWords(
        badge=("lost", _("Not confirmed in time")),
        label=_("Confirm the visit"),
        page="partner:confirm",
        move="confirm",
        sends=True,
        above=True,
        promise=promises.confirming,
    ),
    S.CONFIRMED: StateWords(
        badge=("done", _("Confirmed")),
        label=_("I set off"),
        page="partner:depart",
        move="depart",
        sends=True,
        promise=promises.start,
        too_early=_("You can say that you set off from %(moment)s."),
    ),
    S.EN_ROUTE: StateWords(
        badge=("now", _("On your way")),
        label=_("I am at the door"),
        page="partner:arrive",
        move="arrive",
        sends=True,
        above=True,
        promise=promises.start,
        too_early=_("You can say that you are at the door from %(moment)s."),
    ),
    S.ARRIVED: StateWords(
        badge=("now", _("At the door")),
        label=_("Begin the work"),
        page="partner:start",
        move="start",
        sends=True,
        promise=promises.door,
        too_early=_("You can begin from %(moment)s."),
    ),
    S.IN_PROGRESS: StateWords(
        badge=("now", _("At work")),
        label=_("The work is done"),
        page="partner:finish",
        move="finish",
        above=True,
        promise=promises.work,
    ),
    S.FINISHED: StateWords(
        badge=("go", _("To be signed")),
        label=_("Let the customer sign"),
        page="partner:sign",
        promise=promises.signing,
    ),
    S.CONTESTED: StateWords(
        badge=("now", _("Being examined")),
        over=_said(
            _(
                "The customer says that something is not right. We hear both sides before anything "
                "is charged."
            )
        ),
    ),
    S.SIGNED_OFF: StateWords(
        badge=("done", _("Signed")),
        over=_said(_("Signed. The customer's card is being charged; you need do nothing.")),
    ),
    S.SETTLED: StateWords(
        badge=("done", _("Paid")),
        over=_said(_("Paid. Your share is on the page of your earnings.")),
    ),
    S.FAILED: StateWords(badge=("lost", _("Not carried out")), over=_failed),
    S.UNFILLED: NOBODYS,
    S.CANCELLED: NOBODYS,
}

ANOTHER_TIME = MoveWords(_("The customer chose another time"))
DECIDED = MoveWords(_("We have decided"))
SILENT = None  # before they had it, after they lost it, or taken back

MOVES: dict[str, MoveWords | None] = {
    # --- search
    "place": SILENT,
    "claim": MoveWords(_("You took the job")),
    "move_open": SILENT,
    "exhaust": SILENT,
    "lapse": SILENT,
    # --- promise
    "record_call": MoveWords(_("You called")),
    "miss_call": SILENT,
    "confirm": MoveWords(_("You confirmed")),
    "miss_confirm": MoveWords(_("Not confirmed in time")),
    "release": SILENT,
    "move_claimed": ANOTHER_TIME,
    "move_kept": ANOTHER_TIME,
    "move_lost": SILENT,
    # --- visit
    "depart": MoveWords(_("You set off"), said=_("You have said that you set off.")),
    "arrive": MoveWords(
        _("You were at the door"), said=_("You have said that you are at the door.")
    ),
    "start": MoveWords(_("The work began"), said=_("You have said that the work begins.")),
    "continue_later": MoveWords(_("The customer accepted a second appointment")),
    "finish": MoveWords(_("The work was done"), said=_("You have said that the work is done.")),
    "undo_depart": SILENT,
    "undo_arrive": SILENT,
    "undo_start": SILENT,
    "undo_finish": SILENT,
    "no_show": SILENT,
    # --- end
    "sign_off": MoveWords(
        _("The customer signed"),
        cases=(
            (
                lambda event: event.data.get("kind") == SignOffKind.SILENCE,
                _("Closed without a signature"),
            ),
        ),
    ),
    "refuse": MoveWords(_("The customer says that something is not right")),
    "object": MoveWords(_("The customer objected")),
    "reopen": MoveWords(_("Mila decides anew, after an appeal")),
    "settle": MoveWords(_("Paid")),
    "fail_visit": MoveWords(_("The visit ended without the work")),
    "cancel": SILENT,
    "withdraw": SILENT,
    # --- staff
    "assign": MoveWords(_("We gave you the job")),
    "decide": DECIDED,
    "decide_none": DECIDED,
    "decide_fee": DECIDED,
}

# What they may do beside the next step, as sections at the foot of the job's page.
BESIDE: dict[str, str] = {
    "fail_visit": "partner/_job_fail.html",
    "release": "partner/_job_release.html",
}

# --- What the pages ask


VERSIONS: dict[str, Any] = {
    "open": _("waits for the customer"),
    "accepted": _("agreed"),
    "declined": _("declined"),
    "fell": _("no longer holds"),
}


def version_state(quote: Quote) -> str:
    """What became of a version of the price."""
    return str(VERSIONS[quote.status])


def answer(quote: Quote, booking: Booking) -> tuple[str, str] | None:
    """(kind of components/_notice.html, words) of the customer's answer to this version; None
    without one.
    """
    total = money(quote.service_cents, booking.currency)
    if quote.origin != QuoteOrigin.PARTNER:
        return None
    if quote.status == "accepted":
        said = gettext(
            "The customer has accepted version %(number)d: %(total)s without the booking fee."
        )
        return "done", said % {"number": quote.version, "total": total}
    if quote.status == "declined":
        said = gettext(
            "The customer has declined version %(number)d (%(total)s). What was agreed before goes "
            "on; "
            "if it cannot be done so, end the visit below."
        )
        return "danger", said % {"number": quote.version, "total": total}
    return None


def undo(move: str, until_at: datetime) -> Undo:
    """The words for a move that takes a step back."""
    step = UNDOES[move]
    row = MOVES[step]
    return Undo(step, str(row.said) if row else "", until_at)


def badge(state: str) -> tuple[str, str]:
    """(state of components/_badge.html, the state in the technician's words)."""
    tone, words = STATES[State(state)].badge
    return tone, str(words)


def next_step(booking: Booking, at: datetime, entered_at: datetime | None) -> Step:
    """What is next for the technician; `entered_at` is when the present state began.

    The button is there from its hour on; before, a sentence says when (rule L8).
    """
    row = STATES[State(booking.state)]
    if row.over:
        return Step(note=row.over(booking))
    promise = row.promise(booking, at, entered_at)
    opens = opens_at(booking, row.move) if row.move else None
    if opens is not None and at < opens:
        note = str(row.too_early) % {"moment": moment(opens, booking.timezone)}
        return Step(promise=promise, note=note)
    return Step(str(row.label), row.page, row.sends, promise, above=row.above)


def unproved() -> Step:
    """Signed on the technician's own phone without the visit code (rule L9b)."""
    return Step(
        note=gettext(
            "Signed without the customer's code. Whoever pays is asked on their own page before "
            "the charge."
        )
    )


def in_vain(booking: Booking, *, asked: bool, cents: int | None) -> Step:
    """A visit whose way is Mila's to pay, or was thought to be (rule L11): staff are asked, or have
    decided.
    """
    if cents:
        amount = money(cents, booking.currency)
        return Step(
            note=gettext("Ended. Mila pays you %(amount)s for the way, without commission.")
            % {"amount": amount}
        )
    if asked:
        return Step(
            note=gettext(
                "Ended. Mila decides whether it pays the way. The decision will stand here."
            )
        )
    return Step(note=gettext("Ended. Mila has decided not to pay the way."))


def timeline_line(event: BookingEvent) -> str:
    """One line of the job's story; empty for what is not theirs to read."""
    row = MOVES.get(event.move)
    if row is None:
        return ""
    return str(next((words for holds, words in row.cases if holds(event)), row.what))


def late_line(late: LateSignature) -> str:
    """The customer's signature after the end (rule L13)."""
    return gettext("The customer signed afterwards; the amount stays as it is")


def after_call(booking: Booking, tries: int) -> str:
    """What to say after a call was noted (rule L1)."""
    if booking.state == S.CLAIMED:
        most = booking.policy.call_attempts
        return gettext(
            "Your try is kept: %(tries)d of %(most)d. Please try again, also in another way."
        ) % {
            "tries": tries,
            "most": most,
        }
    due = moment(booking.due_at, booking.timezone)
    return gettext("Thank you. Please confirm the visit before %(due)s.") % {"due": due}
