"""A job in the technician's words: its badge, the next move with its clock, what the promises are (UX: job page).

Which moves there are is the table's word (lifecycle.available_moves); here is only how they are called.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from mila.templatetags.house import minutes, moment, short_moment
from requests_app import deadlines
from requests_app.lifecycle import UNDOES, Role, available_moves, opens_at
from requests_app.models import Booking, BookingEvent, LateSignature, SignOffKind, State

S = State
NEAR = timedelta(hours=2)


@dataclass(frozen=True)
class Promise:
    """The clock above the button (components/_clock.html); `due` are words instead of "before ..."."""

    what: str
    due_at: datetime
    state: str
    due: str = ""


@dataclass(frozen=True)
class Step:
    """The next move: a form that makes it (`sends`), or a page that leads to it. No `label`: nothing to press."""

    label: str = ""
    page: str = ""
    sends: bool = False
    promise: Promise | None = None
    note: str = ""
    above: bool = False  # the button stands over its clock: never where the one before it stood


@dataclass(frozen=True)
class Undo:
    """A step that was perhaps a wrong tap: what was said, and until when it can be taken back (PRODUCT L9)."""

    step: str
    said: str
    until_at: datetime


def undo(move: str, until_at: datetime) -> Undo:
    """The words for a move of `lifecycle.UNDOES`."""
    step = UNDOES[move]
    said = {
        "depart": _("You have said that you set off."),
        "arrive": _("You have said that you are at the door."),
        "start": _("You have said that the work begins."),
        "finish": _("You have said that the work is done."),
    }
    return Undo(step, said[step], until_at)


def badge(state: str) -> tuple[str, str]:
    """(state of components/_badge.html, the state in his words)."""
    return {
        S.CLAIMED: ("now", _("To be called")),
        S.CALLED: ("go", _("Called, to be confirmed")),
        S.UNCONFIRMED: ("lost", _("Not confirmed in time")),
        S.CONFIRMED: ("done", _("Confirmed")),
        S.EN_ROUTE: ("now", _("On your way")),
        S.ARRIVED: ("now", _("At the door")),
        S.IN_PROGRESS: ("now", _("At work")),
        S.FINISHED: ("go", _("To be signed")),
        S.CONTESTED: ("now", _("Being examined")),
        S.SIGNED_OFF: ("done", _("Signed")),
        S.SETTLED: ("done", _("Paid")),
        S.FAILED: ("lost", _("Not carried out")),
    }[State(state)]


def next_step(booking: Booking, at: datetime, entered_at: datetime | None) -> Step:
    """What is next for him; `entered_at` is when the present state began."""
    b, may = booking, available_moves(booking, Role.PARTNER)
    if "record_call" in may:
        return Step(_("Call now"), "partner:call", promise=_promise(_("Call the customer"), b.due_at, at))
    if "confirm" in may:
        return Step(_("Confirm the visit"), "partner:confirm", True, _confirming(b, at), above=True)
    if "depart" in may:
        too_early = _("You can say that you set off from %(moment)s.")
        return _timed(b, at, "depart", Step(_("I set off"), "partner:depart", True, _start(b, at)), too_early)
    if "arrive" in may:
        too_early = _("You can say that you are at the door from %(moment)s.")
        arrive = Step(_("I am at the door"), "partner:arrive", True, _start(b, at), above=True)
        return _timed(b, at, "arrive", arrive, too_early)
    if "start" in may:
        too_early = _("You can begin from %(moment)s.")
        start = Step(_("Begin the work"), "partner:start", True, _door(b, at, entered_at))
        return _timed(b, at, "start", start, too_early)
    if "finish" in may:
        return Step(_("The work is done"), "partner:finish", promise=_work(b, at, entered_at), above=True)
    if b.state == S.FINISHED:
        signing = _promise(_("The customer signs"), b.due_at, at)
        return Step(_("Let the customer sign"), "partner:sign", promise=signing)
    return Step(note=_over(b))


def _timed(b: Booking, at: datetime, move: str, step: Step, too_early: str) -> Step:
    """The button is there from its hour on; before, a sentence says when (PRODUCT L8)."""
    opens = opens_at(b, move)
    if opens is None or at >= opens:
        return step
    return Step(promise=step.promise, note=too_early % {"moment": moment(opens, b.timezone)})


def _promise(what: str, due_at: datetime, at: datetime, due: str = "") -> Promise:
    left = due_at - at
    return Promise(what, due_at, "over" if left <= timedelta(0) else "near" if left <= NEAR else "calm", due)


def _confirming(b: Booking, at: datetime) -> Promise:
    """Late, the time that is left is the one until somebody else claims, which nobody knows (PRODUCT L4)."""
    if b.state == S.CALLED:
        return _promise(_("Confirm the visit"), b.due_at, at)
    due_at = deadlines.two_clocks(b.clocks_from_at, b.start_at, b.timezone, b.policy).confirm_due
    return Promise(
        _("Confirm now"), due_at, "over", _("Others are being asked. As long as nobody takes it, it is yours.")
    )


def _start(b: Booking, at: datetime) -> Promise:
    return _promise(_("The visit"), b.start_at, at, short_moment(b.start_at, b.timezone))


def _door(b: Booking, at: datetime, entered_at: datetime | None) -> Promise:
    """Nobody opens: ten minutes, counted here (PRODUCT B10)."""
    due_at = deadlines.waited_at(max(entered_at or at, b.start_at), b.policy)
    if due_at <= at:
        return Promise(_("You have waited long enough"), due_at, "kept", _("If nobody opens, you may end the visit."))
    counted = _("The wait is over %(span)s after the start of the visit.") % {"span": minutes(b.policy.door_wait)}
    if (entered_at or at) >= b.start_at:
        counted = _("%(span)s, counted here.") % {"span": minutes(b.policy.door_wait)}
    return Promise(_("Nobody opens? Please wait"), due_at, "near", counted)


def _work(b: Booking, at: datetime, entered_at: datetime | None) -> Promise:
    due_at = (entered_at or at) + timedelta(minutes=b.duration_minutes)
    return _promise(_("At work"), due_at, at, _("planned until %(at)s") % {"at": short_moment(due_at, b.timezone)})


def _over(b: Booking) -> str:
    match State(b.state):
        case S.CONTESTED:
            return _("The customer did not sign. We hear both sides and decide; nothing is charged before.")
        case S.SIGNED_OFF:
            return _("Signed. The customer's card is being charged; you need do nothing.")
        case S.FAILED if b.fee_cents:
            return _("Ended. The customer is told, and may object, before the way is charged.")
        case S.SETTLED:
            return _("Paid. Your share is on the page of your earnings.")
    return _("This visit is over: %(reason)s") % {"reason": b.end_reason or _("it could not be carried out")}


def unproved() -> Step:
    """Signed on the technician's own phone without the visit code (PRODUCT L9b)."""
    return Step(
        note=_("Signed without the customer's code. Whoever pays is asked on their own page before the charge.")
    )


def told(event: BookingEvent) -> str:
    """One line of the job's story, in his words; empty for what is not his."""
    silent = event.data.get("kind") == SignOffKind.SILENCE
    return {
        "claim": _("You took the job"),
        "assign": _("We gave you the job"),
        "record_call": _("You called"),
        "confirm": _("You confirmed"),
        "miss_confirm": _("Not confirmed in time"),
        "move_claimed": _("The customer chose another time"),
        "move_kept": _("The customer chose another time"),
        "depart": _("You set off"),
        "arrive": _("You were at the door"),
        "start": _("The work began"),
        "finish": _("The work was done"),
        "sign_off": _("Closed without a signature") if silent else _("The customer signed"),
        "refuse": _("The customer did not sign"),
        "decide": _("We have decided"),
        "decide_none": _("We have decided"),
        "decide_fee": _("We have decided"),
        "object": _("The customer objected"),
        "settle": _("Paid"),
        "fail_visit": _("The visit ended without the work"),
    }.get(event.move, "")


def told_late(late: LateSignature) -> str:
    """The customer's signature after the end (PRODUCT L13)."""
    return _("The customer signed afterwards; the amount stays as it is")


def after_call(booking: Booking, tries: int) -> str:
    """What to say after a call was noted (PRODUCT L1)."""
    if booking.state == S.CLAIMED:
        most = booking.policy.call_attempts
        return _("Your try is kept: %(tries)d of %(most)d. Please try again, also in another way.") % {
            "tries": tries,
            "most": most,
        }
    return _("Thank you. Please confirm the visit before %(due)s.") % {"due": moment(booking.due_at, booking.timezone)}
