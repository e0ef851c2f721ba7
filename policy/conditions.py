"""The pages an order rests on: terms, privacy, withdrawal, accessibility, reviews
(law R5, R6, R8, R20, R22).

Each is a plain text in each language, `texts/<name>.<language>.txt`: "# title", "## heading", "-
item", "[words](page)", "{fact}". No figure stands in them: facts come from the policy in force and
the settings. A version is its date and the hash of its words.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from mila.formats import NBSP, full_day, money, phone
from places.place import Country
from policy import kept
from policy.figures import Policy
from policy.models import PolicyRow, PublishedText
from policy.queries import policy_at
from policy.words import span

TEXTS = Path(__file__).parent / "texts"
# When the words of a page were last changed; tests/policy/test_conditions.py asks for a new date
# with new words.
DATED: Final = {
    "terms": date(2026, 11, 29),
    "withdrawal": date(2026, 11, 28),
    "privacy": date(2026, 11, 28),
    "accessibility": date(2026, 11, 28),
    "reviews": date(2026, 11, 28),
}
LINK = re.compile(r"\[(?P<words>[^\]]+)\]\((?P<page>\w+)\)")
Policies = Mapping[str, Policy]


@dataclass(frozen=True)
class Text:
    """One page in one language, with its facts filled in."""

    name: str
    language: str
    dated: date
    body: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body.encode()).hexdigest()


@dataclass(frozen=True)
class Block:
    """`kind`: title, heading, text, or list.

    `lines`: of each line its parts, (words, page or nothing).
    """

    kind: str
    lines: list[list[tuple[str, str]]]


def in_force(at: datetime) -> Policies:
    return {country: policy_at(at, country) for country in Country.values}


def text(name: str, language: str, at: datetime, policies: Policies | None = None) -> Text:
    """The page as it is in force at that instant. `policies`: those an order is made under, where
    they are other ones.

    Raises KeyError for a fact nobody knows.
    """
    row = PolicyRow.objects.filter(starts_at__lte=at).order_by("-starts_at").first()
    changed = row.starts_at.date() if row else DATED[name]
    with translation.override(language):
        body = _source(name, language).format_map(facts(policies or in_force(at)))
    return Text(name, language, max(DATED[name], changed), body)


def keep(one: Text) -> PublishedText:
    """The row of these very words; made once, never changed (law R6)."""
    columns = {"name": one.name, "language": one.language, "dated": one.dated, "body": one.body}
    PublishedText.objects.bulk_create(
        [PublishedText(sha256=one.sha256, **columns)], ignore_conflicts=True
    )
    return PublishedText.objects.get(sha256=one.sha256)


def read(body: str) -> Iterator[Block]:
    """The blocks of a text, line by line."""
    kinds = (("# ", "title"), ("## ", "heading"), ("- ", "item"))
    items: list[list[tuple[str, str]]] = []
    for line in [*body.split("\n"), ""]:
        mark, kind = next((one for one in kinds if line.startswith(one[0])), ("", "text"))
        if kind == "item":
            items.append(_parts(line.removeprefix(mark)))
            continue
        if items:
            yield Block("list", items)
            items = []
        if line:
            yield Block(kind, [_parts(line.removeprefix(mark))])


def facts(policies: Policies) -> dict[str, str]:
    """What a text may name, in the active language; where the countries differ, both."""

    def each(words: Any) -> str:
        return _each({country: words(policy) for country, policy in policies.items()})

    support = settings.SUPPORT
    reach = {c: f"{phone(support[c]['phone'])}, {support[c]['email']}" for c in Country.values}
    return {
        **settings.OPERATOR,
        "contact": _each(reach),
        "email_fr": support["FR"]["email"],
        "fee": _amounts(policies, "booking_fee_cents"),
        "cancel_fee": _amounts(policies, "cancel_fee_cents"),
        "free_lead": each(lambda p: span(p.cancel_free_lead)),
        "free_after": each(lambda p: span(p.cancel_free_after_booking)),
        "door_wait": each(lambda p: span(p.door_wait)),
        "late_after": each(lambda p: span(p.lateness_cancel_after)),
        "call_window": each(lambda p: span(p.call_window)),
        "confirm_lead": each(lambda p: span(p.confirm_lead)),
        "signature_limit": each(lambda p: span(p.signature_limit)),
        "ceiling": each(lambda p: f"{p.ceiling_percent}{NBSP}%"),
        "guarantee": each(lambda p: span(p.guarantee)),
        "withdrawal": span(policies["FR"].withdrawal_window),
        "position_kept": each(lambda p: span(p.position_kept)),
        "draft_kept": span(kept.DRAFT),
        **{
            f"{what}_kept": span(kept.KEPT[what])
            for what in ("messages", "notices", "numbers", "traces", "webhooks")
        },
        "contact_after": each(lambda p: span(p.contact_after_sign_off)),
        "link_life": each(lambda p: span(p.link_life)),
        "order_button": gettext("Order with obligation to pay"),
        "withdraw_button": gettext("Withdraw from the contract here"),
        "confirm_button": gettext("Confirm the withdrawal"),
    }


def version(dated: date, sha256: str) -> str:
    """28 November 2026, 3f2a91c0"""
    return f"{full_day(dated)}, {sha256[:8]}"


def _amounts(policies: Policies, key: str) -> str:
    currencies = {"FR": "EUR", "CH": "CHF"}
    return _each(
        {
            c: money(getattr(policy, key)[currencies[c]], currencies[c])
            for c, policy in policies.items()
        }
    )


def _each(words: Mapping[str, str]) -> str:
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    return ", ".join(f"{said} ({Country(country).label})" for country, said in words.items())


def _parts(line: str) -> list[tuple[str, str]]:
    parts, end = [], 0
    for found in LINK.finditer(line):
        parts += [(line[end : found.start()], ""), (found["words"], found["page"])]
        end = found.end()
    return [one for one in [*parts, (line[end:], "")] if one[0]]


@cache
def _source(name: str, language: str) -> str:
    return (TEXTS / f"{name}.{language}.txt").read_text(encoding="utf-8").strip()
