"""The clock above the technician's button: what was promised, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from mila.formats import minutes, short_moment
from requests_app import deadlines
from requests_app.models import Booking, State

NEAR = timedelta(hours=2)


@dataclass(frozen=True)
class Promise:
    """The clock above the button (components/_clock.html); `due` are words
    instead of "before ...".
    """

    what: str
    due_at: datetime
    state: str
    due: str = ""


def _promise(what: str, due_at: datetime, at: datetime, due: str = "") -> Promise:
    left = due_at - at
    return Promise(
        what, due_at, "over" if left <= timedelta(0) else "near" if left <= NEAR else "calm", due
    )


def call(b: Booking, at: datetime, entered_at: datetime | None) -> Promise:
    return _promise(gettext("Call the customer"), b.due_at, at)


def confirming(b: Booking, at: datetime, entered_at: datetime | None) -> Promise:
    """Late, the time that is left is the one until somebody else claims, which nobody knows
    (rule L4).
    """
    if b.state == State.CALLED:
        return _promise(gettext("Confirm the visit"), b.due_at, at)
    due_at = deadlines.two_clocks(b.clocks_from_at, b.start_at, b.timezone, b.policy).confirm_due
    return Promise(
        gettext("Confirm now"),
        due_at,
        "over",
        gettext("Others are being asked. As long as nobody takes it, it is yours."),
    )


def start(b: Booking, at: datetime, entered_at: datetime | None) -> Promise:
    return _promise(gettext("The visit"), b.start_at, at, short_moment(b.start_at, b.timezone))


def door(b: Booking, at: datetime, entered_at: datetime | None) -> Promise:
    """Nobody opens: ten minutes, counted here (rule B10)."""
    due_at = deadlines.door_wait_ends_at(max(entered_at or at, b.start_at), b.policy)
    if due_at <= at:
        return Promise(
            gettext("You have waited long enough"),
            due_at,
            "kept",
            gettext("If nobody opens, you may end the visit."),
        )
    counted = gettext("The wait is over %(span)s after the start of the visit.") % {
        "span": minutes(b.policy.door_wait)
    }
    if (entered_at or at) >= b.start_at:
        counted = gettext("%(span)s, counted here.") % {"span": minutes(b.policy.door_wait)}
    return Promise(gettext("Nobody opens? Please wait"), due_at, "near", counted)


def signing(b: Booking, at: datetime, entered_at: datetime | None) -> Promise:
    return _promise(gettext("The customer signs"), b.due_at, at)


def work(b: Booking, at: datetime, entered_at: datetime | None) -> Promise:
    due_at = (entered_at or at) + timedelta(minutes=b.duration_minutes)
    return _promise(
        gettext("At work"),
        due_at,
        at,
        gettext("planned until %(at)s") % {"at": short_moment(due_at, b.timezone)},
    )
