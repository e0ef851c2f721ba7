"""A technician's own line of each search near them: why they were asked, or
were not (rule D9, P4).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Technician
from catalogue.models import Service
from dispatch import as_of
from dispatch.as_of import Line
from dispatch.models import Offer, Trace
from mila.formats import km
from places.distance import METRES_PER_DEGREE, REACH_M, rounded_km
from policy.kept import KEPT

PAGE = 10  # each line is asked as of its own instant: one question each
RULES = {
    "too_far": gettext_lazy("It lay outside the area you had chosen."),
    "language": gettext_lazy("The customer speaks none of your languages."),
    "papers": gettext_lazy("Your papers, or the proof of this skill, had run out."),
    "had_it": gettext_lazy("You had had this job before."),
    "declined": gettext_lazy("You had said no to it."),
    "hours": gettext_lazy("It lay outside your working hours."),
    "busy": gettext_lazy(
        "You had another job, an absence or something in your other calendar at that time."
    ),
    "takes_too_many": gettext_lazy("You had taken several jobs and not done them: a pause."),
    "asked_enough": gettext_lazy("You had let it pass before."),
    "window_elsewhere": gettext_lazy("You were looking at another offer."),
    as_of.NOT_ASKABLE: gettext_lazy(
        "You could not be asked: approval, payout account or the skill was missing, or you were "
        "suspended."
    ),
}


@dataclass(frozen=True)
class SearchLine:
    """What was searched, when, and where they stood.

    No place and no hour of the visit: it was not theirs (rule D8).
    """

    service: Service
    at: datetime
    words: str
    offered: bool


def search_lines(technician: Technician, at: datetime, number: str | None) -> Page:
    """The last search of each booking near them, the newest first."""
    page = Paginator(_traces(technician, at), PAGE).get_page(number)
    traces: list[Trace] = list(page.object_list)
    shown = set(
        Offer.objects.filter(
            technician=technician,
            booking__in=[one.search.booking_id for one in traces],
            opened_at__isnull=False,
        ).values_list("booking", flat=True)
    )
    lines: list[Any] = [
        SearchLine(
            service=trace.search.booking.service,
            at=trace.at,
            words=words(as_of.line_of(trace, technician.pk, at)),
            offered=trace.search.booking_id in shown,
        )
        for trace in traces
    ]
    page.object_list = lines
    return page


def _traces(technician: Technician, at: datetime) -> QuerySet[Trace]:
    """Of their skills, as near as anybody is asked at all, as long as it is known why."""
    reach = REACH_M / METRES_PER_DEGREE
    near = Trace.objects.filter(
        at__gt=at - KEPT["former_rows"],
        search__booking__service__skill__in=technician.skills.values("skill"),
        search__booking__contact__lat__range=(technician.lat - reach, technician.lat + reach),
        search__booking__contact__lon__range=(
            technician.lon - 2 * reach,
            technician.lon + 2 * reach,
        ),
    )
    last = near.order_by().values("search__booking_id").annotate(last=Max("pk")).values("last")
    return (
        Trace.objects.filter(pk__in=last).select_related(
            "search__booking__service", "search__booking__contact"
        )
    ).order_by("-pk")


def words(line: Line | None) -> str:
    """In one sentence or two."""
    if line is None:
        return _("Why is no longer known.")
    away = _away(line.metres)
    if line.rule is not None:
        return f"{away}{RULES[line.rule]}"
    if line.first:
        return f"{away}{_('You were the first.')}"
    if line.beyond:
        before: Any = ngettext(
            "At least %(count)d stood before you", "At least %(count)d stood before you", line.ahead
        )
    else:
        before = ngettext("%(count)d stood before you", "%(count)d stood before you", line.ahead)
    sentence = before % {"count": line.ahead}
    return away + _("%(before)s: nearer, better rated, or free for an earlier wish.") % {
        "before": sentence
    }


def _away(metres: int | None) -> str:
    if metres is None:
        return ""
    return _("You were %(km)s away.") % {"km": km(rounded_km(metres) * 1000)} + " "
