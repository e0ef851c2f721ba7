"""What the customer's tables are made of: rows, facts, what a sentence may ask and name, hours."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language, get_language_info, gettext, ngettext

from mila.formats import clock_time, moment, money, short_moment
from requests_app import deadlines
from requests_app.actions import changes
from requests_app.models import Booking, BookingEvent, ProgressNote, State

S = State


@dataclass(frozen=True)
class Line:
    """One line of the timeline (components/_timeline.html); `when`: words for day and hour."""

    state: str
    what: str
    at: datetime | None = None
    when: str = ""
    note: str = ""
    notes: Sequence[ProgressNote] = ()  # what was said at that step, the newest first


@dataclass(frozen=True)
class Facts:
    """What the words depend on beside the booking itself."""

    at: datetime
    lost_one: bool = False  # somebody had accepted and no longer comes
    unpaid: bool = False
    held: bool = False  # charged only after the customer has read of it (rule L9b, L11)
    proposed: bool = False  # another price waits for the customer's answer (rule L10)
    unsigned: bool = False  # closed, and the customer's hand is missing (rule L13)
    eta_at: datetime | None = None
    charged_from: datetime | None = None  # agreed at the door, and charged later (law R7)
    final_cents: int = 0  # what the last version of the price comes to, fee included
    rated: bool = False
    chosen_at: datetime | None = None  # when the customer chose the times, the last time
    withdrawn: bool = False  # cancelled by the right of withdrawal (law R5)


@dataclass(frozen=True)
class Seen:
    """What a row's words may ask: the booking, its facts, and when the present state began."""

    booking: Booking
    facts: Facts
    since: datetime | None = None

    @property
    def zone(self) -> str:
        return self.booking.timezone


@dataclass(frozen=True)
class Named:
    """The names a sentence may hold, each worked out only when it does."""

    names: dict[str, Callable[[Seen], str]]
    seen: Seen

    def __getitem__(self, name: str) -> str:
        return self.names[name](self.seen)


def nothing(s: Seen) -> str:
    return ""


@dataclass(frozen=True)
class Now:
    """The line of what is going on: its words, its hour, words for the hour, a note below."""

    what: Any
    at: Callable[[Seen], datetime | None] = lambda s: None
    when: Callable[[Seen], str] = nothing
    note: Callable[[Seen], str] = nothing


@dataclass(frozen=True)
class Action:
    """The one next step that waits for the customer: the address that `page` names, as a button."""

    page: str
    icon: str
    label: Any
    shows_amount: bool = False


Cases = tuple[tuple[Callable[[Seen], bool], Any], ...]


@dataclass(frozen=True)
class StateWords:
    """One state. What its facts may change stands in the plural field, asked first, in order."""

    title: Any
    badge: tuple[str, Any]  # (state of components/_badge.html, words)
    now: Now | None
    later: tuple[Callable[[Seen], Line], ...] = ()
    explanation: Cases = ()
    action: Action | None = None
    titles: Cases = ()
    badges: Cases = ()
    nows: Cases = ()


@dataclass(frozen=True)
class MoveWords:
    """One line of the timeline, `done` or `lost`; `cases` ask the event first."""

    what: Any
    tone: str = "done"
    cases: tuple[tuple[Callable[[BookingEvent], bool], Any], ...] = ()


def language_name(code: str) -> str:
    """A language's name in the active one, as it stands within a sentence."""
    name = str(get_language_info(code)["name_translated"])
    return name.lower() if get_language() in ("fr", "it") else name


def first_name(booking: Booking) -> str:
    """How the person who comes is called in a sentence."""
    return booking.technician.first_name if booking.technician else ""


def is_late(booking: Booking, at: datetime) -> bool:
    """Not there a quarter of an hour after the start (rule L9)."""
    waiting = booking.state in (S.CALLED, S.UNCONFIRMED, S.CONFIRMED, S.EN_ROUTE)
    return bool(
        waiting and booking.start_at and at >= deadlines.late_at(booking.start_at, booking.policy)
    )


def always(s: Seen) -> bool:
    return True


def late(s: Seen) -> bool:
    return is_late(s.booking, s.facts.at)


def given_up(s: Seen) -> bool:
    """So late that the free ways out are open, and not at the door (rule L9)."""
    return late(s) and changes.may_give_up(s.booking, s.facts.at)


def charged_later(s: Seen) -> bool:
    return s.facts.charged_from is not None and s.facts.charged_from > s.facts.at


def unpaid(s: Seen) -> bool:
    return s.facts.unpaid


def held(s: Seen) -> bool:
    return s.facts.held


def costs(s: Seen) -> bool:
    return bool(s.booking.fee_cents)


def warned(s: Seen) -> bool:
    b, chosen_at = s.booking, s.facts.chosen_at or s.booking.placed_at
    if b.last_start_at is None or chosen_at is None:
        return False
    return s.facts.at >= deadlines.search_warning(b.last_start_at, chosen_at, b.policy)


TITLE_NAMES: dict[str, Callable[[Seen], str]] = {
    "name": lambda s: first_name(s.booking),
    "moment": lambda s: moment(s.booking.start_at, s.zone),
    "due": lambda s: _due(s.booking.due_at, s.facts.at, s.zone),
    "time": lambda s: clock_time(s.facts.eta_at, s.zone),
}
EXPLANATION_NAMES: dict[str, Callable[[Seen], str]] = {
    "time": lambda s: clock_time(
        deadlines.lateness_cancel_at(s.booking.start_at, s.booking.policy), s.zone
    ),
    "amount": lambda s: money(s.booking.fee_cents, s.booking.currency),
}


# --- Lines of what comes later


def call(s: Seen) -> Line:
    wait = _longest_wait_for_the_call(s.booking, s.facts.at)
    return Line("next", gettext("Whoever accepts calls you"), when=wait)


def confirmation(s: Seen) -> Line:
    b = s.booking
    two = deadlines.two_clocks(b.clocks_from_at, b.start_at, s.zone, b.policy)
    due = max(b.due_at, two.confirm_due)
    words = gettext("%(name)s confirms the visit") % {"name": first_name(b)}
    return Line("next", words, due, before(due, s.zone))


def visit(s: Seen) -> Line:
    if s.booking.start_at is None:
        return Line("next", gettext("The visit"), *_wished(s.booking))
    return Line("next", gettext("The visit"), s.booking.start_at)


def arrival(s: Seen) -> Line:
    at = s.facts.eta_at or s.booking.start_at
    words = gettext("%(name)s arrives and begins") % {"name": first_name(s.booking)}
    return Line("next", words, at, _about(at, s.zone))


def signature(s: Seen) -> Line:
    return Line("next", gettext("You try it, you sign"), note=charged(s))


def charged(s: Seen) -> str:
    amount = money(s.facts.final_cents, s.booking.currency)
    if s.facts.charged_from:
        return gettext("%(amount)s are charged to your card, not before %(moment)s.") % {
            "amount": amount,
            "moment": moment(s.facts.charged_from, s.zone),
        }
    return gettext("%(amount)s are charged to your card at that moment.") % {"amount": amount}


def not_charged_before(s: Seen) -> str:
    return gettext("Nothing is charged before.")


# --- Hours in words


def search_limit(s: Seen) -> datetime:
    return s.booking.due_at or deadlines.search_limit(s.booking.last_start_at, s.booking.policy)


def until_search_limit(s: Seen) -> str:
    return gettext("until %(moment)s at the latest") % {"moment": moment(search_limit(s), s.zone)}


def due_at(s: Seen) -> datetime | None:
    return s.booking.due_at


def before_due(s: Seen) -> str:
    return before(s.booking.due_at, s.zone)


def since(s: Seen) -> datetime | None:
    return s.since


def working_since(s: Seen) -> str:
    if s.since is None:
        return ""
    return gettext("since %(time)s") % {"time": clock_time(s.since, s.zone)}


def _longest_wait_for_the_call(b: Booking, at: datetime) -> str:
    """From a claim to the call at the latest, if it comes now and for the last wish; later it is
    less.
    """
    due = deadlines.two_clocks(at, b.last_start_at, b.timezone, b.policy).call_due
    wait = math.ceil((due - at) / timedelta(minutes=1))
    if wait <= 90:
        return ngettext("within %(count)d minute", "within %(count)d minutes", wait) % {
            "count": wait
        }
    return gettext("within %(hours)d hours") % {"hours": math.ceil(wait / 60)}


def _wished(b: Booking) -> tuple[datetime | None, str]:
    starts = [wish.start_at for wish in b.wishes.all()]
    if len(starts) < 2:
        return b.first_start_at, ""
    return starts[0], gettext(" or ").join(short_moment(start, b.timezone) for start in starts)


def _due(at: datetime | None, now: datetime, zone: str) -> str:
    """The hour alone when it is today."""
    soon = (
        at
        and abs((at - now).total_seconds()) < 43_200
        and clock_time(at, zone) > clock_time(now, zone)
    )
    return clock_time(at, zone) if soon else moment(at, zone)


def before(at: datetime | None, zone: str) -> str:
    return gettext("before %(moment)s") % {"moment": moment(at, zone)} if at else ""


def _about(at: datetime | None, zone: str) -> str:
    return gettext("about %(time)s") % {"time": clock_time(at, zone)} if at else ""


def on_the_way_since(s: Seen) -> str:
    if s.since is None:
        return ""
    time, eta_at = clock_time(s.since, s.zone), s.facts.eta_at
    if eta_at is None:
        return gettext("set off at %(time)s") % {"time": time}
    left = max(1, round((eta_at - s.facts.at).total_seconds() / 60))
    return gettext("set off at %(time)s, about %(minutes)d min left") % {
        "time": time,
        "minutes": left,
    }
