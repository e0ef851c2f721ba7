"""The two charts of the board: how the last days went, a column each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from mila.formats import day, left
from places.calendar import midnight, wall_time

ZONE = "Europe/Paris"  # the wall of the ops desk
DAYS = 14

CHART_HIGH, COLUMN_WIDE, GAP = 96, 18, 6


@dataclass(frozen=True)
class Column:
    """One day in a chart, in the drawing's own units."""

    x: int
    y: int
    height: int
    words: str
    today: bool


@dataclass(frozen=True)
class Chart:
    title: str
    today: str
    columns: list[Column]
    words: str
    span: str
    width: int = DAYS * (COLUMN_WIDE + GAP)
    height: int = CHART_HIGH
    wide: int = COLUMN_WIDE


TODAY = """
SELECT (b.placed_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS placed,
  count(first.claimed_at) AS claimed,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch
         FROM first.claimed_at - b.placed_at)) AS median
  FROM requests_app_booking b
  LEFT JOIN LATERAL (
       SELECT min(a.claimed_at) AS claimed_at FROM requests_app_assignment a
         WHERE a.booking_id = b.id) first ON true
 WHERE b.placed_at >= %(since)s
 GROUP BY 1
"""


def charts(at: datetime) -> tuple[Chart, Chart]:
    """Share of the bookings somebody took, and the median time to the claim, by the day of the
    order. One query.
    """
    today = wall_time(at, ZONE).date()
    dates = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    since = midnight(dates[0], ZONE)
    with connection.cursor() as cursor:
        cursor.execute(TODAY, {"zone": ZONE, "since": since})
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    rates: dict[date, float] = {}
    medians: dict[date, float] = {}
    for that, (placed, claimed, median) in found.items():
        rates[that] = claimed / placed
        if median is not None:
            medians[that] = float(median)
    span = _("The last fourteen days, today on the right.")
    fill = chart_of(
        _("Fill rate today"),
        dates,
        rates,
        1.0,
        _percent,
        _("of the bookings placed have been claimed"),
        span,
    )
    highest = max([*medians.values(), 60.0])
    claim = chart_of(
        _("Median time to claim today"),
        dates,
        medians,
        highest,
        short_span,
        _("from the order to the claim"),
        span,
    )
    return fill, claim


def _percent(share: float) -> str:
    return f"{round(share * 100)}\N{NO-BREAK SPACE}%"


def short_span(seconds: float) -> str:
    return left(seconds) if seconds >= 60 else f"{round(seconds)}\N{NO-BREAK SPACE}s"


def chart_of(
    title: str,
    dates: list[date],
    values: Mapping[date, float],
    highest: float,
    say,
    words: str,
    span: str,
) -> Chart:
    """`dates`: as many columns as there are `DAYS`, the last one is now."""
    columns = []
    for place, that in enumerate(dates):
        value = values.get(that)
        high = 0 if value is None else max(2, round(value / highest * CHART_HIGH))
        columns.append(
            Column(
                x=place * (COLUMN_WIDE + GAP),
                y=CHART_HIGH - high,
                height=high,
                words=f"{day(that)}: {'–' if value is None else say(value)}",
                today=that == dates[-1],
            )
        )
    today = values.get(dates[-1])
    return Chart(title, "–" if today is None else say(today), columns, words, span)
