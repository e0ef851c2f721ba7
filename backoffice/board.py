"""The live board of ops: what needs a person now, what is about to fall, how today goes (rule O1).

A fixed number of queries, whatever there is to show; the page asks for it again every half minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts import calls, notifications
from accounts.mail_words import headline
from accounts.models import PartnerProfile, Technician
from backoffice import wording
from backoffice.board_charts import ZONE, charts, short_span
from mila import heartbeat
from mila.clock import mila_now
from mila.formats import clock_time, left, short_day
from payments import charges, disputes, refunds
from payments.models import Charge, ChargeState, Difference, Dispute, Refund, StripeEvent
from requests_app.actions import suspending
from requests_app.codeless import often_codeless
from requests_app.models import LIVE, Appeal, Booking, Clock, ClockKind, DecisionAppeal, State

CLOCKS = 12
SOON = timedelta(hours=1)
# In the order of a booking's life.
SHOWN = [state for state in State if state in LIVE and state != State.SIGNED_OFF] + [
    State.SIGNED_OFF
]
BAR_WIDE, ROW_HIGH = 240, 26
# What costs somebody money or a visit while it waits.
WORSE = {
    "unfilled",
    "contested",
    "unpaid",
    "disputes",
    "refunds",
    "differences",
    "late_appeals",
    "suspended_jobs",
}
Waiting = tuple[str, str, int, str]  # a tile's name, label, count and url


@dataclass(frozen=True)
class Tile:
    """A number that needs a person, and the list behind it. `tone`: good when it is nought."""

    name: str
    label: str
    count: int
    url: str
    tone: str


@dataclass(frozen=True)
class Bar:
    label: str
    count: int
    width: int
    url: str
    tone: str


@dataclass(frozen=True)
class Falling:
    """A promise that falls soon."""

    booking: Booking
    what: str
    left: str
    at: str
    tone: str
    url: str


@dataclass(frozen=True)
class ToCall:
    """Somebody on the list of calls. `tries`: calls nobody answered."""

    who: str
    what: str
    number: str
    waits: str
    tries: int
    url: str


def board(request, context: dict[str, Any]) -> dict[str, Any]:
    """The context of the admin's first page (settings: UNFOLD DASHBOARD_CALLBACK)."""
    if request.user.has_perm("requests_app.view_booking"):
        at = mila_now()
        states = dict(
            Booking.objects.filter(state__in=sorted(LIVE))
            .order_by()
            .values_list("state")
            .annotate(Count("pk"))
        )
        fill, claim = charts(at)
        context |= {
            "title": _("Board"),
            "now": at,
            "clock_now": clock_time(at, ZONE),
            "tiles": tiles(states, at),
            "bars": bars(states),
            "falling": falling(at),
            "calls": to_call(at),
            "charts": [fill, claim],
            "beats": beats(),
        }
    return context


def _list(name: str, **filters: str) -> str:
    return f"{reverse(f'admin:{name}_changelist')}?{urlencode(filters)}"


def tiles(states: dict[str, int], at: datetime) -> list[Tile]:
    """What waits for staff; the numbers of the bookings come from one count."""
    found = [*_of_bookings(states), *_of_money(), *_of_disagreement(at), *_of_the_house(at)]
    return [
        Tile(name, label, count, url, ("bad" if name in WORSE else "warn") if count else "good")
        for name, label, count, url in found
    ]


def _of_bookings(states: dict[str, int]) -> list[Waiting]:
    return [
        (
            state.value,
            str(wording.STATES[state].label),
            states.get(state, 0),
            _list("requests_app_booking", state__exact=state.value),
        )
        for state in (State.UNFILLED, State.CONTESTED, State.UNCONFIRMED)
    ]


def _of_money() -> list[Waiting]:
    return [
        (
            "unpaid",
            _("Unpaid"),
            Charge.objects.filter(state__in=charges.WAITING).count(),
            _list("payments_charge", standing="waits"),
        ),
        (
            "held",
            _("Held, to be decided"),
            Charge.objects.filter(state=ChargeState.HELD, next_at=None).count(),
            _list("payments_charge", standing="held"),
        ),
        (
            "disputes",
            _("Disputes of banks to answer"),
            Dispute.objects.filter(state__in=disputes.ANSWERABLE).count(),
            _list("payments_dispute", standing="open"),
        ),
        (
            "refunds",
            _("Came back from banks"),
            Refund.objects.filter(refunds.WAITS_FOR_STAFF).count(),
            _list("payments_refund", standing="open"),
        ),
        (
            "differences",
            _("Differences with Stripe"),
            Difference.objects.filter(closed_at=None).count(),
            _list("payments_difference", standing="open"),
        ),
    ]


def _of_disagreement(at: datetime) -> list[Waiting]:
    return [
        (
            "codeless",
            _("Often without the code"),
            often_codeless(Technician.objects.all()).count(),
            _list("accounts_technician", codeless="often"),
        ),
        (
            "appeals",
            _("Appeals to decide"),
            Appeal.objects.filter(verdict="").count(),
            _list("requests_app_appeal", standing="open"),
        ),
        (
            "late_appeals",
            _("Appeals overdue"),
            Appeal.objects.filter(verdict="", due_at__lte=at).count(),
            _list("requests_app_appeal", standing="late"),
        ),
        (
            "customer_appeals",
            _("Customers’ appeals to decide"),
            DecisionAppeal.objects.filter(verdict="").count(),
            _list("requests_app_booking", appeal="open"),
        ),
        (
            "suspended_jobs",
            _("Jobs of suspended partners"),
            suspending.undecided_jobs().count(),
            _list("requests_app_booking", suspended="undecided"),
        ),
    ]


def _of_the_house(at: datetime) -> list[Waiting]:
    return [
        (
            "notices",
            _("Failed notices"),
            notifications.needing_staff(at).count(),
            _list("accounts_notification", needs="staff"),
        ),
        (
            "calls",
            _("To be called"),
            calls.to_call().count(),
            _list("accounts_attempt", calls="open"),
        ),
        (
            "events",
            _("Stripe events not done"),
            StripeEvent.objects.filter(done_at=None).count(),
            _list("payments_stripeevent", standing="open"),
        ),
        (
            "applied",
            _("Applications"),
            PartnerProfile.objects.filter(approved_at=None).count(),
            _list("accounts_partnerprofile", standing="applied"),
        ),
    ]


def bars(states: dict[str, int]) -> list[Bar]:
    """Bookings under way by state."""
    most = max([states.get(state, 0) for state in SHOWN] + [1])
    return [
        Bar(
            str(wording.STATES[state].label),
            states.get(state, 0),
            round(states.get(state, 0) * BAR_WIDE / most),
            _list("requests_app_booking", state__exact=state),
            "bad"
            if state in (State.UNFILLED, State.CONTESTED)
            else "warn"
            if state == State.UNCONFIRMED
            else "",
        )
        for state in SHOWN
    ]


def falling(at: datetime) -> list[Falling]:
    """The next promises to fall, of both kinds, the nearest first. Three queries."""
    own = (
        Booking.objects.filter(due_at__isnull=False)
        .order_by("due_at")
        .values_list("due_at", "pk", "state")
    )
    beside = (
        Clock.objects.filter(done_at=None)
        .order_by("due_at")
        .values_list("due_at", "booking_id", "kind")
    )
    promises = [(due, pk, wording.falls_due(state)) for due, pk, state in own[:CLOCKS]]
    promises += [(due, pk, str(ClockKind(kind).label)) for due, pk, kind in beside[:CLOCKS]]
    promises = sorted(promises, key=lambda one: one[:2])[:CLOCKS]
    concerned = Booking.objects.select_related("service", "technician").only(
        "city", "timezone", "service", "technician__name"
    )
    bookings = concerned.in_bulk({pk for _due, pk, _what in promises})
    found = [(due, bookings[pk], what) for due, pk, what in promises]
    return [
        Falling(
            booking=b,
            what=what,
            left=left(due, at),
            at=f"{short_day(due, b.timezone)}, {clock_time(due, b.timezone)}",
            tone="bad" if due < at else "warn" if due - at < SOON else "",
            url=reverse("admin:requests_app_booking_change", args=[b.pk]),
        )
        for due, b, what in found
    ]


def to_call(at: datetime) -> list[ToCall]:
    """Whom nothing else has reached, the longest waiting first; each leads to its verb.

    Two queries.
    """
    waiting = list(calls.to_call().select_related("notification__user")[:CLOCKS])
    about = Booking.objects.filter(uuid__in=[one.notification.subject_id for one in waiting])
    numbers = {booking.uuid: booking.number for booking in about.only("uuid")}
    return [
        ToCall(
            who=str(one.notification.user or ""),
            what=headline(one.notification) or one.notification.kind,
            number=numbers.get(one.notification.subject_id, ""),
            waits=left(at, one.begun_at),
            tries=one.tries - 1,
            url=reverse("admin:accounts_attempt_change", args=[one.pk]),
        )
        for one in waiting
    ]


def beats() -> list[tuple[str, str, str]]:
    """Each scheduled sweep, when it last ran, and its tone. One query."""
    ages = heartbeat.ages()
    found = []
    for name in sorted(heartbeat.expected().values()):
        age = ages.get(name)
        quiet = age is None or age >= heartbeat.LATE
        said = _("never") if age is None else _("%(span)s ago") % {"span": short_span(age)}
        found.append((name, said, "bad" if quiet else "good"))
    return found
