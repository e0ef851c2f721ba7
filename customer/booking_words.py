"""What the pages say of one booking, looked up in the tables of customer/wording.py."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from customer.wording import (
    ANSWER,
    CANCEL,
    LATE,
    MOVES,
    PAY,
    RATE,
    READ,
    SOMEBODY_ELSE,
    STATES,
    UNPAID,
    VERSIONS,
)
from customer.wording_parts import (
    EXPLANATION_NAMES,
    TITLE_NAMES,
    Action,
    Cases,
    Facts,
    Line,
    Named,
    Seen,
    given_up,
    late,
    unpaid,
)
from requests_app.models import Booking, BookingEvent, LateSignature, Quote, State


def version_state(quote: Quote) -> str:
    """What became of a version of the price."""
    return str(VERSIONS[quote.status])


def _first(cases: Cases, seen: Seen, otherwise: Any) -> Any:
    return next((words for holds, words in cases if holds(seen)), otherwise)


def headline(booking: Booking, facts: Facts) -> str:
    """The title of the page, in one sentence."""
    row, seen = STATES[State(booking.state)], Seen(booking, facts)
    return str(_first(row.titles, seen, row.title)) % Named(TITLE_NAMES, seen)


def badge(booking: Booking, facts: Facts) -> tuple[str, str]:
    """(state of components/_badge.html, the state in plain words)."""
    row, seen = STATES[State(booking.state)], Seen(booking, facts)
    tone, words = _first(((unpaid, UNPAID), (late, LATE), *row.badges), seen, row.badge)
    return tone, str(words)


def explanation(booking: Booking, facts: Facts) -> str:
    """A second sentence, where the title leaves a question open; else nothing."""
    row, seen = STATES[State(booking.state)], Seen(booking, facts)
    return str(_first(row.explanation, seen, "")) % Named(EXPLANATION_NAMES, seen)


def next_actions(booking: Booking, facts: Facts) -> list[Action]:
    """What waits for the customer, the most pressing first."""
    action = STATES[State(booking.state)].action
    own = [action] if action and not (action is RATE and facts.rated) else []
    asked = [ANSWER] if facts.proposed else []
    if given_up(Seen(booking, facts)):
        return [SOMEBODY_ELSE, CANCEL]
    return [*([PAY] if facts.unpaid else []), *([READ] if facts.held else []), *asked, *own]


def timeline_line(event: BookingEvent, name: str) -> Line | None:
    """What happened, as a line; None for what need not be read. `name`: who had the job then."""
    row = MOVES.get(event.move)
    if row is None:
        return None
    words = next((words for holds, words in row.cases if holds(event)), row.what)
    return Line(row.tone, str(words) % {"name": name or gettext("The person")}, event.at)


def late_line(late_one: LateSignature) -> Line:
    """The customer's signature after the end (rule L13)."""
    note = gettext("It changed nothing about the amount.")
    return Line("done", gettext("You signed afterwards"), late_one.signed_at, note=note)


def under_way(booking: Booking, facts: Facts, since: datetime | None) -> Line | None:
    """What is going on now, with its hour; None when nothing runs any more."""
    row, seen = STATES[State(booking.state)], Seen(booking, facts, since)
    now = _first(row.nows, seen, row.now)
    if now is None:
        return None
    what = str(now.what) % Named(TITLE_NAMES, seen)
    return Line("now", what, now.at(seen), now.when(seen), now.note(seen))


def to_come(booking: Booking, facts: Facts) -> list[Line]:
    """What comes after that, as far as it is known."""
    return [line(Seen(booking, facts)) for line in STATES[State(booking.state)].later]
