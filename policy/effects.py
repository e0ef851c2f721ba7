"""What a row would do, asked before it is written."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from places.place import Country
from policy.bounds import contradictions
from policy.figures import Policy, decode
from policy.models import PolicyRow
from policy.queries import policy_at


class Effect(NamedTuple):
    """One country at the instant the row comes into force: without it, and with it."""

    country: str
    before: Policy
    after: Policy


def effects(row: PolicyRow) -> list[Effect]:
    """In each country it is written for. Equal policies where another row stands before it."""
    return [
        Effect(country, policy_at(row.starts_at, country), _with(row, row.starts_at, country))
        for country in _countries(row)
    ]


def contradictions_of(row: PolicyRow) -> list[str]:
    """What the figures would say against each other from its instant on, and did not before."""
    found: dict[str, None] = {}
    for country in _countries(row):
        later = PolicyRow.objects.filter(Q(country="") | Q(country=country), starts_at__gt=row.starts_at)
        for at in sorted({row.starts_at, *later.values_list("starts_at", flat=True)}):
            known = contradictions(policy_at(at, country))
            new = contradictions(_with(row, at, country))
            found |= dict.fromkeys(one for one in new if one not in known)
    return list(found)


def _countries(row: PolicyRow) -> list[str]:
    return [row.country] if row.country else list(Country.values)


def _with(row: PolicyRow, at: datetime, country: str) -> Policy:
    rows = [*PolicyRow.objects.in_force(at, country=country), row]
    rows.sort(key=lambda one: (one.country, one.starts_at))
    return replace(Policy(), **{one.key: decode(one.key, one.value) for one in rows})
