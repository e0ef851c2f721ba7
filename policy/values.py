"""What a figure of the policy can be, and each of them as plain JSON and back, exactly. Pure.

Spans are timedelta, hours of the day are local to the place, money is in minor units, rates are
basis points.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import time, timedelta
from typing import Any, TypeAlias

Json: TypeAlias = "int | str | list[Json] | dict[str, Json]"
Hours: TypeAlias = tuple[time, time]
Spans: TypeAlias = tuple[timedelta, ...]
Days: TypeAlias = tuple[int, ...]
Ratio: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PerCurrency:
    """One amount in minor units for each currency: `policy.booking_fee_cents["EUR"]`."""

    EUR: int
    CHF: int

    def __getitem__(self, currency: str) -> int:
        if currency == "EUR":
            return self.EUR
        if currency == "CHF":
            return self.CHF
        raise KeyError(currency)


@dataclass(frozen=True, slots=True)
class PerKind:
    """One figure for each kind of partner: `policy.commission_bp[partner.kind]`."""

    friend: int
    pro: int

    def __getitem__(self, kind: str) -> int:
        if kind == "friend":
            return self.friend
        if kind == "pro":
            return self.pro
        raise KeyError(kind)


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """Parts of the score in millionths; they add up to one million (rule D2)."""

    stars: int
    level: int
    reliability: int
    nearness: int

    def __post_init__(self) -> None:
        if self.stars + self.level + self.reliability + self.nearness != 1_000_000:
            raise ValueError("the weights of the score must add up to 1 000 000")


@dataclass(frozen=True, slots=True)
class PerFault:
    """One figure for each kind of fault a partner can be charged with:
    `policy.fault_points[fault.kind]` (rule L17).
    """

    missed_call: int
    missed_confirmation: int
    late: int
    late_release: int
    no_show: int
    failed_visit: int

    def __getitem__(self, kind: str) -> int:
        value: int = getattr(self, kind)
        return value


def encode(value: Any) -> Json:
    """One figure as JSON: spans in whole seconds, hours as "HH:MM"."""
    match value:
        case timedelta():
            return value // timedelta(seconds=1)
        case time():
            return value.strftime("%H:%M")
        case tuple():
            return [encode(part) for part in value]
        case PerCurrency() | PerFault() | PerKind() | ScoreWeights():
            return {field.name: getattr(value, field.name) for field in fields(value)}
        case int():
            return value
    raise TypeError(f"no JSON for {value!r}")


def typed(kind: Any, value: Any) -> Any:
    """The value of that type behind its JSON.

    Raises ValueError or TypeError where it does not fit.
    """
    if kind is int:
        return _whole(value)
    if kind is timedelta:
        return timedelta(seconds=_whole(value))
    if kind is time:
        return _hour(value)
    if kind == Hours:
        opens, closes = _items(value)
        return (_hour(opens), _hour(closes))
    if kind == Spans:
        return tuple(timedelta(seconds=_whole(part)) for part in _items(value))
    if kind == Days:
        return tuple(_whole(part) for part in _items(value))
    if kind == Ratio:
        part, whole = _items(value)
        return (_whole(part), _whole(whole))
    names = {field.name for field in fields(kind)}
    if not isinstance(value, Mapping) or set(value) != names:
        raise ValueError(f"needs exactly {', '.join(sorted(names))}")
    return kind(**{name: _whole(part) for name, part in value.items()})


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:  # a bool is an int to Python, not to us
        raise ValueError(f"{value!r} is not a whole number from zero up")
    return value


def _hour(value: Any) -> time:
    if not isinstance(value, str) or len(value) != len("HH:MM"):
        raise ValueError(f"{value!r} is not an hour like 08:00")
    return time.fromisoformat(value)


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list")
    return value
