"""A booking in the customer's words: the sentence of the title, the badge, each line of the timeline.

Nobody reads a raw state. The title answers the question with which the person came; times carry their day and hour.
Everything is in the active language.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import get_language, get_language_info, ngettext, pgettext
from django.utils.translation import gettext as _

from mila.templatetags.house import clock_time, moment, money, short_moment
from requests_app import deadlines
from requests_app.models import Booking, BookingEvent, LateSignature, ProgressNote, SignOffKind, State

S = State


@dataclass(frozen=True)
class Line:
    """One line of the timeline (components/_timeline.html); `when` are words that stand for the plain day and hour."""

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
    held: bool = False  # what was reported is charged only after the customer has read of it (PRODUCT L9b, L11)
    unsigned: bool = False  # closed, and the customer's hand is missing (PRODUCT L13)
    eta_at: datetime | None = None
    final_cents: int = 0  # what the last version of the price comes to, fee included


def first_name(booking: Booking) -> str:
    """How the person who comes is called in a sentence."""
    name = booking.technician.name if booking.technician_id else ""
    return name.split()[0] if name.strip() else ""


def is_late(booking: Booking, at: datetime) -> bool:
    """Not there a quarter of an hour after the start (PRODUCT L9)."""
    waiting = booking.state in (S.CALLED, S.UNCONFIRMED, S.CONFIRMED, S.EN_ROUTE)
    return bool(waiting and booking.start_at and at >= deadlines.late_at(booking.start_at, booking.policy))


def headline(booking: Booking, facts: Facts) -> str:
    """The title of the page, in one sentence."""
    name, zone = first_name(booking), booking.timezone
    values = {"name": name, "moment": moment(booking.start_at, zone)}
    match State(booking.state):
        case S.DRAFT:
            return _("Your booking is not finished yet")
        case S.SEARCHING if facts.lost_one:
            return _("We are looking for somebody else for you")
        case S.SEARCHING:
            return _("We are looking for somebody nearby")
        case S.CLAIMED:
            return _("%(name)s will call you before %(due)s") % {
                "name": name,
                "due": _due(booking.due_at, facts.at, zone),
            }
        case S.CALLED | S.CONFIRMED | S.UNCONFIRMED if is_late(booking, facts.at):
            return _("%(name)s should be with you by now") % values
        case S.UNCONFIRMED:
            return _("%(name)s has not confirmed yet") % values
        case S.CALLED | S.CONFIRMED:
            return _("%(name)s comes on %(moment)s") % values
        case S.EN_ROUTE if facts.eta_at:
            return _("%(name)s arrives at about %(time)s") % {"name": name, "time": clock_time(facts.eta_at, zone)}
        case S.EN_ROUTE:
            return _("%(name)s is on the way to you") % values
        case S.ARRIVED:
            return _("%(name)s is at your door") % values
        case S.IN_PROGRESS:
            return _("%(name)s is at work at your home") % values
        case S.FINISHED:
            return _("The work is done: read and sign")
        case S.CONTESTED:
            return _("We are looking at what you wrote")
        case S.SIGNED_OFF if facts.unpaid:
            return _("Your payment did not go through")
        case S.SIGNED_OFF if facts.held:
            return _("Please read what was signed")
        case S.SIGNED_OFF:
            return _("Thank you, your visit is complete")
        case S.SETTLED:
            return _("All done, and paid")
        case S.FAILED:
            return _("The visit could not be carried out")
        case S.UNFILLED:
            return _("Nobody is free at the times you chose")
        case S.CANCELLED if facts.unpaid:
            return _("Cancelled; a payment is open")
        case S.CANCELLED:
            return _("Your visit is cancelled")


def badge(booking: Booking, facts: Facts) -> tuple[str, str]:
    """(state of components/_badge.html, the state in plain words)."""
    if facts.unpaid:
        return "lost", _("Unpaid")
    if is_late(booking, facts.at):
        return "lost", _("Late")
    return {
        S.DRAFT: ("go", _("To be completed")),
        S.SEARCHING: ("now", _("Search running")),
        S.CLAIMED: ("now", _("Somebody has accepted")),
        S.CALLED: ("now", _("To be confirmed")),
        S.UNCONFIRMED: ("now", _("Not confirmed")),
        S.CONFIRMED: ("done", _("Confirmed")),
        S.EN_ROUTE: ("now", _("On the way")),
        S.ARRIVED: ("now", _("At the door")),
        S.IN_PROGRESS: ("now", _("At work")),
        S.FINISHED: ("go", _("Your signature")),
        S.CONTESTED: ("now", _("Being examined")),
        S.SIGNED_OFF: ("done", pgettext("booking", "Closed") if facts.unsigned else _("Signed")),
        S.SETTLED: ("done", _("Paid")),
        S.FAILED: ("lost", _("Not carried out")),
        S.UNFILLED: ("lost", _("Nobody free")),
        S.CANCELLED: ("", pgettext("booking", "Cancelled")),
    }[State(booking.state)]


def explanation(booking: Booking, facts: Facts) -> str:
    """A second sentence, where the title leaves a question open; else nothing."""
    b, zone = booking, booking.timezone
    match State(b.state):
        case S.SEARCHING if b.last_start_at and facts.at >= deadlines.search_warning(b.last_start_at, b.policy):
            return _("Nobody has accepted yet. You can choose another time, or cancel free of charge.")
        case S.UNFILLED:
            return _("Choose another time and we go on looking. Otherwise the booking ends by itself, free of charge.")
        case S.UNCONFIRMED if not is_late(b, facts.at):
            return _("We are asking others too, for the same time. Cancelling is free of charge meanwhile.")
        case S.CALLED | S.UNCONFIRMED | S.CONFIRMED | S.EN_ROUTE if is_late(b, facts.at):
            return _(
                "We know, and we are on it. From %(time)s you can ask for somebody else or cancel free of charge."
            ) % {"time": clock_time(deadlines.given_up_at(b.start_at, b.policy), zone)}
        case S.CONTESTED:
            return _("Nothing is charged before we have decided. We write to you within one working day.")
        case S.SIGNED_OFF if facts.held:
            return _(
                "Somebody signed on the technician's phone, without your code. Nothing is charged before you read it."
            )
        case S.FAILED if facts.held:
            return _("The report says that it should cost %(amount)s. Nothing is charged before you have read it.") % {
                "amount": money(b.fee_cents, b.currency)
            }
        case S.FAILED:
            return (
                _("You pay %(amount)s.") % {"amount": money(b.fee_cents, b.currency)}
                if b.fee_cents
                else _("You pay nothing.")
            )
        case S.CANCELLED if b.placed_at:
            return (
                _("The cancellation costs %(amount)s in all.") % {"amount": money(b.fee_cents, b.currency)}
                if b.fee_cents
                else _("It costs you nothing.")
            )
    return ""


def language_name(code: str) -> str:
    """A language's name in the active one, as it stands within a sentence."""
    name = str(get_language_info(code)["name_translated"])
    return name.lower() if get_language() in ("fr", "it") else name


def told(event: BookingEvent, name: str) -> Line | None:
    """What happened, as a line that is done; None for what the customer need not read. `name`: who had the job then."""
    values = {"name": name or _("The person")}
    done = {
        "place": _("Booked"),
        "claim": _("%(name)s has accepted") % values,
        "assign": _("%(name)s has accepted") % values,
        "confirm": _("Visit confirmed"),
        "depart": _("%(name)s set off") % values,
        "arrive": _("%(name)s was at the door") % values,
        "start": _("The work began"),
        "finish": _("The work was done"),
        "decide": _("We have decided"),
        "settle": _("Paid by card"),
        "move_open": _("You chose another time"),
        "move_claimed": _("You chose another time"),
        "move_kept": _("You chose another time"),
        "move_lost": _("You chose another time, at which %(name)s is not free") % values,
        "cancel": _("Cancelled"),
    }
    lost = {
        "miss_call": _("%(name)s did not call in time") % values,
        "miss_confirm": _("%(name)s did not confirm in time") % values,
        "release": _("%(name)s can no longer come") % values,
        "no_show": _("Nobody came"),
        "fail_visit": _("The visit could not be carried out"),
        "exhaust": _("Nobody was free at these times"),
        "lapse": _("The booking ended by itself"),
        "refuse": _("You did not sign"),
        "decide_none": _("We have decided: you owe nothing"),
        "decide_fee": _("We have decided: the way is paid"),
        "object": _("You objected"),
    }
    if event.move in lost:
        return Line("lost", lost[event.move], event.at)
    if event.move == "record_call":
        reached = event.data.get("reached", True)
        words = _("%(name)s has called you") if reached else _("%(name)s tried to reach you several times")
        return Line("done", words % values, event.at)
    if event.move == "sign_off":
        silent = event.data.get("kind") == SignOffKind.SILENCE
        return Line("done", _("Closed without a signature") if silent else _("You signed"), event.at)
    return Line("done", done[event.move], event.at) if event.move in done else None


def told_late(late: LateSignature) -> Line:
    """His signature after the end (PRODUCT L13)."""
    return Line("done", _("You signed afterwards"), late.signed_at, note=_("It changed nothing about the amount."))


def under_way(booking: Booking, facts: Facts, since: datetime | None) -> Line | None:
    """What is going on now, with its hour; None when nothing runs any more."""
    b, name, zone = booking, first_name(booking), booking.timezone
    values = {"name": name}
    match State(b.state):
        case S.SEARCHING:
            limit = b.due_at or deadlines.search_limit(b.last_start_at, b.policy)
            return Line("now", _("We ask the best people near you"), limit, _until(limit, zone))
        case S.CLAIMED:
            return Line("now", _("%(name)s calls you") % values, b.due_at, _before(b.due_at, zone))
        case S.CALLED:
            return Line("now", _("%(name)s confirms the visit") % values, b.due_at, _before(b.due_at, zone))
        case S.UNCONFIRMED:
            return Line("now", _("We wait for the confirmation and ask others"))
        case S.CONFIRMED:
            return Line("now", _("%(name)s comes to you") % values, b.start_at)
        case S.EN_ROUTE:
            return Line("now", _("On the way to you"), since, _set_off(since, facts, zone))
        case S.ARRIVED:
            return Line("now", _("%(name)s is at your door") % values, since)
        case S.IN_PROGRESS:
            words = _("since %(time)s") % {"time": clock_time(since, zone)} if since else ""
            return Line("now", _("At work at your home"), since, words)
        case S.FINISHED:
            return Line("now", _("You try it, you sign"), b.due_at, _before(b.due_at, zone), _charged(b, facts))
        case S.CONTESTED:
            return Line("now", _("We hear both sides and decide"), note=_("Nothing is charged before."))
        case S.SIGNED_OFF if facts.unpaid:
            return Line("now", _("The payment is open"))
        case S.SIGNED_OFF if facts.held:
            return Line("now", _("You read it, and agree or object"), note=_("Nothing is charged before."))
        case S.SIGNED_OFF:
            return Line("now", _("Your card is being charged"))
        case S.UNFILLED:
            return Line("now", _("You choose another time"), b.last_start_at, _before(b.last_start_at, zone))
    return None


def to_come(booking: Booking, facts: Facts) -> list[Line]:
    """What comes after that, as far as it is known."""
    b, name, zone, state = booking, first_name(booking), booking.timezone, State(booking.state)
    lines = []
    if state == S.SEARCHING:
        lines.append(Line("next", _("Whoever accepts calls you"), when=_longest_wait_for_the_call(b, facts.at)))
        lines.append(Line("next", _("The visit"), *_wished(b)))
    if state == S.CLAIMED:
        due = max(b.due_at, deadlines.two_clocks(b.clocks_from_at, b.start_at, zone, b.policy).confirm_due)
        lines.append(Line("next", _("%(name)s confirms the visit") % {"name": name}, due, _before(due, zone)))
    if state in (S.CLAIMED, S.CALLED, S.UNCONFIRMED):
        lines.append(Line("next", _("The visit"), b.start_at))
    if state == S.EN_ROUTE:
        at = facts.eta_at or b.start_at
        lines.append(Line("next", _("%(name)s arrives and begins") % {"name": name}, at, _about(at, zone)))
    if state in (S.SEARCHING, S.CLAIMED, S.CALLED, S.UNCONFIRMED, S.CONFIRMED, S.EN_ROUTE, S.ARRIVED, S.IN_PROGRESS):
        lines.append(Line("next", _("You try it, you sign"), note=_charged(b, facts)))
    return lines


def _longest_wait_for_the_call(b: Booking, at: datetime) -> str:
    """From a claim to the call at the latest, if it comes now and for the last wish; later it is less."""
    due = deadlines.two_clocks(at, b.last_start_at, b.timezone, b.policy).call_due
    wait = math.ceil((due - at) / timedelta(minutes=1))
    if wait <= 90:
        return ngettext("within %(count)d minute", "within %(count)d minutes", wait) % {"count": wait}
    return _("within %(hours)d hours") % {"hours": math.ceil(wait / 60)}


def _wished(b: Booking) -> tuple[datetime | None, str]:
    starts = [wish.start_at for wish in b.wishes.all()]
    if len(starts) < 2:
        return b.first_start_at, ""
    return starts[0], _(" or ").join(short_moment(start, b.timezone) for start in starts)


def _charged(b: Booking, facts: Facts) -> str:
    amount = money(facts.final_cents, b.currency)
    return _("%(amount)s are charged to your card at that moment.") % {"amount": amount}


def _due(at: datetime | None, now: datetime, zone: str) -> str:
    """The hour alone when it is today."""
    soon = at and abs((at - now).total_seconds()) < 43_200 and clock_time(at, zone) > clock_time(now, zone)
    return clock_time(at, zone) if soon else moment(at, zone)


def _before(at: datetime | None, zone: str) -> str:
    return _("before %(moment)s") % {"moment": moment(at, zone)} if at else ""


def _until(at: datetime, zone: str) -> str:
    return _("until %(moment)s at the latest") % {"moment": moment(at, zone)}


def _about(at: datetime | None, zone: str) -> str:
    return _("about %(time)s") % {"time": clock_time(at, zone)} if at else ""


def _set_off(since: datetime | None, facts: Facts, zone: str) -> str:
    if since is None:
        return ""
    if facts.eta_at is None:
        return _("set off at %(time)s") % {"time": clock_time(since, zone)}
    left = max(1, round((facts.eta_at - facts.at).total_seconds() / 60))
    return _("set off at %(time)s, about %(minutes)d min left") % {"time": clock_time(since, zone), "minutes": left}
