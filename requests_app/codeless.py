"""Who begins the work without the customer's code, and how often: a figure for staff (rule L9b)."""

from datetime import datetime

from django.db.models import (
    BooleanField,
    Case,
    Count,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounts.models import Technician
from mila.clock import mila_now
from places.place import Country
from policy.figures import Policy
from policy.queries import policy_at
from requests_app.models import Assignment, BookingEvent


def with_codeless_starts(technicians: QuerySet[Technician]) -> QuerySet[Technician]:
    """Adds `starts` and, of them, `codeless_starts` within the window, and whether that is
    `often_codeless`.

    A code that was typed only after the start does not count as typed. Two queries beside, for the
    countries' figures.
    """
    at, policies = _in_force()
    return _with_codeless_starts(technicians, at, policies)


def _in_force() -> tuple[datetime, dict[str, Policy]]:
    at = mila_now()
    return at, {country: policy_at(at, country) for country in Country.values}


def _with_codeless_starts(
    technicians: QuerySet[Technician], at: datetime, policies: dict[str, Policy]
) -> QuerySet[Technician]:
    began = BookingEvent.objects.filter(
        booking=OuterRef("booking"), move="start", at__gte=OuterRef("claimed_at")
    )
    lately = Q()
    for country, policy in policies.items():
        lately |= Q(partner__country=country, started_at__gt=at - policy.codeless_window)
    starts = (
        Assignment.objects.filter(technician=OuterRef("pk"), ended_at=None)
        .annotate(started_at=Subquery(began.order_by("-sequence").values("at")[:1]))
        .filter(lately)
    )
    codeless = starts.filter(Q(code_typed_at=None) | Q(code_typed_at__gt=F("started_at")))
    often = [
        When(_too_many(country, policy), then=Value(value=True))
        for country, policy in policies.items()
    ]
    return technicians.annotate(starts=_count(starts), codeless_starts=_count(codeless)).annotate(
        often_codeless=Case(*often, default=Value(value=False), output_field=BooleanField())
    )


def often_codeless(technicians: QuerySet[Technician]) -> QuerySet[Technician]:
    """Those of them who begin without it more often than the policy takes for chance.

    Asked only of those who have begun anything lately: not of everybody who ever worked here.
    """
    at, policies = _in_force()
    longest = max(policy.codeless_window for policy in policies.values())
    lately = BookingEvent.objects.filter(move="start", at__gt=at - longest)
    active = Assignment.objects.filter(booking__in=lately.values("booking"), ended_at=None)
    some = technicians.filter(pk__in=active.values("technician"))
    return _with_codeless_starts(some, at, policies).filter(Q(often_codeless=True))


def _too_many(country: str, policy: Policy) -> Q:
    enough = Q(partner__country=country, starts__gte=policy.codeless_starts_min)
    return enough & Q(codeless_starts__gt=F("starts") * policy.codeless_share_percent / 100.0)


def _count(rows: QuerySet[Assignment]) -> Coalesce:
    number = rows.order_by().values("technician").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(number, output_field=IntegerField()), 0)
