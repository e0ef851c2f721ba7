"""What may be entered: each figure between its bounds, and no figure against another. Pure.

Asked when a row is written, never when one is read: a figure in force must not be able to stop the
site.
"""

import json
from dataclasses import astuple, is_dataclass
from typing import Any

from django.utils.translation import gettext as _

from policy.figures import FIGURES, TYPES, Policy, PolicyError, decode
from policy.values import Ratio, ScoreWeights, encode
from policy.words import in_words, span

# The first is at most the second; where both being equal would make no sense, it is less.
AT_MOST = (
    ("search_ends_lead", "search_warns_lead"),
    ("search_ends_lead", "pool_lead"),
    # else a late claim would have to be confirmed after its start
    ("confirm_min", "search_ends_lead"),
    ("call_min", "confirm_min"),
    ("call_attempt_gap_short", "call_attempt_gap"),
    ("call_channels", "call_attempts"),
    ("arrive_lead", "depart_lead"),
    ("lateness_report_after", "lateness_cancel_after"),
    ("day_opens", "evening_first_start"),
    ("night_to", "silent_pool_before"),
    ("prior_kept", "prior_promises"),
    ("cards_per_booking", "cards_per_day"),
    ("payout_hold", "payout_hold_long"),
)
LESS = (
    ("search_ends_lead", "lead_min"),
    ("confirm_lead", "short_notice"),
    ("evening_first_start", "day_closes"),
    ("area_min_m", "area_max_m"),
)
FALLING = {"reminder_ladder"}  # its rungs are tried in their order; every other list rises


class OutOfBounds(ValueError):
    """A value that a figure must not have; says so in a sentence for staff."""


def check(key: str, value: Any) -> Any:
    """The typed value of a row. Raises PolicyError for a figure that does not exist, else
    OutOfBounds.
    """
    if key not in TYPES:
        raise PolicyError(f"unknown figure: {key}")
    about = FIGURES[key]
    named = {"figure": about.words}
    try:
        found = decode(key, value)
    except PolicyError as error:
        if TYPES[key] is ScoreWeights and _adds_up_wrongly(value):
            raise OutOfBounds(_("The weights must add up to 1,000,000.")) from error
        example = json.dumps(encode(getattr(Policy(), key)))
        raise OutOfBounds(
            _("“%(figure)s” is written like this: %(example)s") % {**named, "example": example}
        ) from error
    parts = parts_of(found)
    if (
        isinstance(found, tuple)
        and about.parts != (0, 0)
        and not about.parts[0] <= len(parts) <= about.parts[1]
    ):
        fewest, most = about.parts
        raise OutOfBounds(
            _("“%(figure)s” has from %(fewest)d to %(most)d values.")
            % {**named, "fewest": fewest, "most": most}
        )
    if any(not about.least <= part <= about.most for part in parts):
        raise OutOfBounds(
            _("“%(figure)s” must lie between %(least)s and %(most)s.") % {**named, **bounds(key)}
        )
    if isinstance(found, tuple) and not _in_order(key, parts):
        raise OutOfBounds(_("The values of “%(figure)s” are not in order.") % named)
    return found


def bounds(key: str) -> dict[str, str]:
    about = FIGURES[key]
    return {
        name: _bound(key, bound) for name, bound in (("least", about.least), ("most", about.most))
    }


def contradictions(policy: Policy) -> list[str]:
    """What its figures say against each other, in sentences; none of a sound policy."""
    found = [
        _against(policy, *pair, _("“%(first)s” (%(one)s) may be at most “%(second)s” (%(two)s)."))
        for pair in AT_MOST
        if getattr(policy, pair[0]) > getattr(policy, pair[1])
    ]
    found += [
        _against(
            policy, *pair, _("“%(first)s” (%(one)s) must be less than “%(second)s” (%(two)s).")
        )
        for pair in LESS
        if getattr(policy, pair[0]) >= getattr(policy, pair[1])
    ]
    if policy.signature_reminders[-1] >= policy.signature_limit:
        found.append(
            _("The last reminder to sign comes after the time to sign is over (%(limit)s).")
            % {"limit": span(policy.signature_limit)}
        )
    return found


def parts_of(value: Any) -> tuple[Any, ...]:
    if is_dataclass(value) and not isinstance(value, type):
        return astuple(value)
    return value if isinstance(value, tuple) else (value,)


def _in_order(key: str, parts: tuple[Any, ...]) -> bool:
    return list(parts) == sorted(set(parts), reverse=key in FALLING)


def _adds_up_wrongly(value: Any) -> bool:
    names = set(ScoreWeights.__dataclass_fields__)
    return (
        isinstance(value, dict)
        and set(value) == names
        and all(type(part) is int for part in value.values())
    )


def _bound(key: str, bound: Any) -> str:
    if TYPES[key] == Ratio:
        return str(bound)
    return in_words(key, bound)


def _against(policy: Policy, first: str, second: str, sentence: str) -> str:
    one, two = (in_words(key, getattr(policy, key)) for key in (first, second))
    return sentence % {
        "first": FIGURES[first].words,
        "one": one,
        "second": FIGURES[second].words,
        "two": two,
    }
