"""What a row would do, asked before it is written."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from places.place import Country
from policy.bounds import contradictions
from policy.figures import Policy, decode
from policy.models import PolicyRow
from policy.queries import policy_at

PolicyAt = Callable[[datetime, str], Policy]


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
    return _contradictions(row, policy_at, lambda at, country: _with(row, at, country))


def contradictions_without(*rows: PolicyRow) -> list[str]:
    """What the figures would say against each other if these stored rows were taken back, and do
    not with them. Two of which each may go need not go together.
    """
    found: dict[str, None] = {}
    for row in rows:
        found |= dict.fromkeys(
            _contradictions(row, policy_at, lambda at, country: _without(rows, at, country))
        )
    return list(found)


def _contradictions(row: PolicyRow, before: PolicyAt, after: PolicyAt) -> list[str]:
    """In each country, at the row's instant and wherever a later row comes into force."""
    found: dict[str, None] = {}
    for country in _countries(row):
        later = PolicyRow.objects.filter(
            Q(country="") | Q(country=country), starts_at__gt=row.starts_at
        )
        for at in sorted({row.starts_at, *later.values_list("starts_at", flat=True)}):
            known = contradictions(before(at, country))
            found |= dict.fromkeys(
                one for one in contradictions(after(at, country)) if one not in known
            )
    return list(found)


def _countries(row: PolicyRow) -> list[str]:
    return [row.country] if row.country else list(Country.values)


def _with(row: PolicyRow, at: datetime, country: str) -> Policy:
    return _of([*PolicyRow.objects.in_force(at, country=country), row])


def _without(rows: Sequence[PolicyRow], at: datetime, country: str) -> Policy:
    gone = {row.pk for row in rows}
    in_force = PolicyRow.objects.in_force(at, country=country)
    return _of([one for one in in_force if one.pk not in gone])


def _of(rows: list[PolicyRow]) -> Policy:
    rows.sort(key=lambda one: (one.country, one.starts_at))
    return replace(Policy(), **{one.key: decode(one.key, one.value) for one in rows})
