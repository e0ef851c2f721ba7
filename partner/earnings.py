"""What the pages about a partner's money show: a month's chart, each job with its day, a statement
for each month.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.utils.translation import gettext_lazy as _

from catalogue import money
from payments.access import Payee
from payments.models import (
    Charge,
    ChargeKind,
    ChargeState,
    Earning,
    Hold,
    Payout,
    PayoutAccount,
    PayoutState,
    WayPay,
)
from places.calendar import midnight, wall_time
from places.place import TIME_ZONES
from requests_app.models import Booking, State

PAGE = 20
MONTHS = 12
HEIGHT, STEP = 100, 30  # of the highest bar, and from one bar to the next
LEFT = (PayoutState.ON_ITS_WAY, PayoutState.PAID)
HOLDS = {
    Hold.FIRST_JOBS: _("Your first jobs are held longer."),
    Hold.OVERLAP: _("Held longer, because you and the payer have something in common."),
}


@dataclass(frozen=True)
class Line:
    """One share: price − commission = net, and where it is.

    `state` is the mark of the page: done, promised, held.
    """

    earning: Earning
    price_cents: int
    commission_cents: int
    state: str
    words: Any
    day: date | None = None
    why: Any = ""

    @property
    def note(self) -> Any:
        """What it is, where it is no job."""
        if self.earning.way_id:
            return _("way in vain, paid by Mila")
        if self.earning.refund_id:
            return _("your part of a refund")
        if self.earning.dispute_id:
            return _("your part of a lost dispute")
        if self.earning.advance_id:
            return _("advanced by Mila, the customer has not paid yet")
        if self.earning.set_off_id:
            return _("the customer has paid what Mila had advanced")
        if self.earning.cents < 0:
            return _("owed to Mila")
        charge = self.earning.charge
        return _("wasted way") if charge and charge.kind == ChargeKind.FEE else ""


@dataclass(frozen=True)
class Bar:
    """A month of the chart; the widths and heights are the picture's."""

    month: date
    cents: int
    x: int
    height: int

    @property
    def y(self) -> int:
        return HEIGHT - self.height


@dataclass(frozen=True)
class Chart:
    currency: str
    bars: list[Bar]

    @property
    def width(self) -> int:
        return MONTHS * STEP

    @property
    def last(self) -> Bar:
        return self.bars[-1]


@dataclass(frozen=True)
class Statement:
    """A month of one payee: its lines, the sums of each currency, and what
    went to the bank in it.
    """

    month: date
    lines: list[Line]
    sums: list[dict[str, Any]]
    payouts: list[tuple[Payout, Any]]


def earnings_page(payee: Payee, number: str | None, at: datetime) -> dict[str, Any]:
    """Newest first; a fixed number of queries, however many there are."""
    zone = zone_of(payee)
    today = wall_time(at, zone).date()
    mine = _rows(payee.earnings)
    page = Paginator(mine.order_by("-pk"), PAGE).get_page(number)
    return {
        "payee": payee,
        "partner": payee.partner,
        "page": _with_lines(page, today),
        "sums": sums(payee.earnings),
        "next": next_payouts(payee, today),
        "charts": charts(payee, today),
        "waiting": unpaid(payee),
        "account_waits": payee.owns and account_waits(payee),
    }


def zone_of(payee: Payee) -> str:
    return TIME_ZONES[payee.partner.country]


def _rows(earnings: QuerySet[Earning]) -> QuerySet[Earning]:
    return earnings.select_related(
        "booking__service",
        "booking__technician",
        "technician",
        "charge",
        "refund",
        "dispute",
        "way",
        "payout",
        "partner",
    )


def _with_lines(page: Page, today: date) -> Page:
    page.object_list = [line(earning, today) for earning in page.object_list]
    return page


def line(earning: Earning, today: date) -> Line:
    """What of it is the price, and what became of it by now."""
    commission = _commission(earning)
    state, words, day, why = _where_it_is(earning, today)
    return Line(earning, earning.cents + commission, commission, state, words, day, why)


def _commission(earning: Earning) -> int:
    """Of the share; what goes back takes its own with it."""
    if earning.charge:
        return earning.charge.commission_cents
    back = earning.refund or earning.dispute
    return -back.commission_cents if back else 0


def _where_it_is(earning: Earning, today: date) -> tuple[str, Any, date | None, Any]:
    payout = earning.payout
    if payout is not None and payout.state == PayoutState.PAID:
        return "done", _("paid out"), payout.arrives_on, ""
    if payout is not None and payout.state in LEFT:
        return "done", _("on its way, arrives"), payout.arrives_on, ""
    if earning.cents < 0:
        return "held", _("set off against your next payout"), None, ""
    if earning.frozen_at is not None:
        return "held", _("waits until the question about it is settled"), None, ""
    if payout is not None:
        return "promised", _("being paid out"), None, ""
    if earning.promised_on < today:
        return "promised", _("as soon as your account can be paid"), None, ""
    return "promised", _("payout"), earning.promised_on, HOLDS.get(Hold(earning.hold), "")


def sums(earnings: QuerySet[Earning]) -> list[dict[str, Any]]:
    """In each currency: prices, commission, net."""
    commission = Coalesce(
        "charge__commission_cents",
        -F("refund__commission_cents"),
        -F("dispute__commission_cents"),
        0,
    )
    found = (
        earnings.order_by()
        .values("currency")
        .annotate(net=Sum("cents"), commission=Sum(commission), service=F("net") + F("commission"))
    )
    return [dict(row) for row in found.order_by("currency")]


def next_payouts(payee: Payee, today: date) -> list[dict[str, Any]]:
    """What is promised, by day and currency, the next day first; what is frozen or owed is in none
    of them.
    """
    open_ = payee.earnings.filter(payout=None, frozen_at=None, cents__gt=0, promised_on__gte=today)
    found = open_.order_by().values("promised_on", "currency").annotate(cents=Sum("cents"))
    return [dict(row) for row in found.order_by("promised_on", "currency")[:3]]


def unpaid(payee: Payee) -> QuerySet[Charge]:
    """Signed for and not paid yet: nothing is promised while the card could not be charged. What
    Mila has advanced of it is among the earnings.
    """
    waiting = payee.charges.exclude(state=ChargeState.SUCCEEDED).exclude(state=ChargeState.OBJECTED)
    waiting = waiting.exclude(advance__made_at__isnull=False)
    return waiting.select_related("booking__service", "booking__technician").order_by("-pk")[:PAGE]


def account_waits(payee: Payee) -> bool:
    return not PayoutAccount.objects.filter(partner=payee.partner, can_be_paid=True).exists()


# --- By month


def charts(payee: Payee, today: date) -> list[Chart]:
    """The net of the last twelve months, one chart for each currency there is."""
    months = _months(today)
    since = midnight(months[0], zone_of(payee))
    rows = (
        payee.earnings.filter(earned_at__gte=since)
        .order_by()
        .annotate(month=TruncMonth("earned_at", tzinfo=ZoneInfo(zone_of(payee))))
        .values("currency", "month")
        .annotate(net=Sum("cents"))
    )
    found: dict[str, dict[date, int]] = {}
    for row in rows:
        found.setdefault(row["currency"], {})[row["month"].date()] = row["net"]
    return [_chart(currency, by_month, months) for currency, by_month in sorted(found.items())]


def _chart(currency: str, by_month: dict[date, int], months: list[date]) -> Chart:
    most = max(1, *(by_month.get(month, 0) for month in months))
    bars = [
        Bar(month, cents := by_month.get(month, 0), place * STEP, max(0, cents) * HEIGHT // most)
        for place, month in enumerate(months)
    ]
    return Chart(currency, bars)


def _months(today: date) -> list[date]:
    count = today.year * 12 + today.month - 1
    return [
        date(number // 12, number % 12 + 1, 1) for number in range(count - MONTHS + 1, count + 1)
    ]


def statement(payee: Payee, year: int, month: int, at: datetime) -> Statement | None:
    """All that was earned in a month; None for one that has not begun, or in which nothing was."""
    first = date(year, month, 1)
    after = (first + timedelta(days=31)).replace(day=1)
    begins, ends = (midnight(day, zone_of(payee)) for day in (first, after))
    mine = payee.earnings.filter(earned_at__gte=begins, earned_at__lt=ends)
    today = wall_time(at, zone_of(payee)).date()
    lines = [line(earning, today) for earning in _rows(mine).order_by("earned_at", "pk")]
    paid = payee.payouts.filter(
        Q(state__in=LEFT) | Q(state=PayoutState.FAILED), day__gte=first, day__lt=after
    )
    back = _("sent back by the bank")
    payouts = [
        (one, back if one.state == PayoutState.FAILED else "") for one in paid.order_by("day", "pk")
    ]
    if not lines and not payouts:
        return None
    return Statement(first, lines, sums(mine), payouts)


# --- For spreadsheets

HEAD = (
    _("Day"),
    _("Booking"),
    _("Service"),
    _("Kind"),
    _("Technician"),
    _("Price"),
    _("Commission"),
    _("Net"),
    _("Currency"),
    _("Where it is"),
    _("Payout"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_rows(found: Statement, zone: str, *, comma: bool) -> Iterable[list[str]]:
    """The statement as cells. Words that a spreadsheet would take for a formula begin with an
    apostrophe.
    """
    yield [safe(str(words)) for words in HEAD]
    for one in found.lines:
        earning = one.earning
        yield [
            wall_time(earning.earned_at, zone).date().isoformat(),
            safe(earning.booking.number),
            safe(str(earning.booking.service)),
            safe(str(one.note or _("Job"))),
            safe(earning.technician.name if earning.technician else ""),
            amount(one.price_cents, comma=comma),
            amount(-one.commission_cents, comma=comma),
            amount(earning.cents, comma=comma),
            earning.currency,
            safe(str(one.words)),
            one.day.isoformat() if one.day else "",
        ]


def safe(words: str) -> str:
    """A cell of words that no spreadsheet runs, whoever wrote them."""
    return f"'{words}" if words.lstrip().startswith(FORMULA) or words.startswith(FORMULA) else words


def amount(cents: int, *, comma: bool) -> str:
    sign, cents = ("-" if cents < 0 else ""), abs(cents)
    return f"{sign}{cents // 100}{',' if comma else '.'}{cents % 100:02d}"


def way_of(booking: Booking) -> WayPay | None:
    """What Mila has decided about the way of a visit in vain; None if nothing is asked."""
    return getattr(booking, "way", None)


def share(booking: Booking, service_cents: int | None) -> int:
    """What stays with the partner of this price; nothing of a visit that failed without a fee
    (rule M2, M3).
    """
    rate = booking.policy.commission_bp[booking.partner.kind]
    if booking.state == State.FAILED:
        if (way := way_of(booking)) is not None and way.cents:
            return way.cents  # all of it (rule L11)
        return money.split(booking.fee_cents, rate, 0).partner_cents
    cents = booking.service_cents if service_cents is None else service_cents
    return money.split(cents, rate, booking.booking_fee_cents).partner_cents
