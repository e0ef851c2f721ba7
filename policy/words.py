"""A figure's value as a person reads it: 2 minutes, 21:00, 20 %, EUR 2.90."""

from dataclasses import fields
from datetime import time, timedelta
from typing import Any

from django.utils.translation import gettext, gettext_lazy, ngettext

from mila.formats import NBSP, money, number, percent
from policy.figures import TYPES
from policy.values import Hours, PerCurrency, PerFault, PerKind, Ratio, ScoreWeights

PARTS = {
    "friend": gettext_lazy("Friend"),
    "pro": gettext_lazy("Pro"),
    "stars": gettext_lazy("stars"),
    "level": gettext_lazy("level"),
    "reliability": gettext_lazy("reliability"),
    "nearness": gettext_lazy("nearness"),
    "missed_call": gettext_lazy("no call in time"),
    "missed_confirmation": gettext_lazy("no confirmation in time"),
    "late": gettext_lazy("late"),
    "late_release": gettext_lazy("given back late"),
    "no_show": gettext_lazy("did not come"),
    "failed_visit": gettext_lazy("visit in vain"),
}
UNITS = {
    "_cents": gettext_lazy("in cents"),
    "_bp": gettext_lazy("in hundredths of a percent"),
    "_percent": gettext_lazy("in percent"),
    "_m": gettext_lazy("in metres"),
    "_ppm": gettext_lazy("in millionths"),
    "_tenths": gettext_lazy("in tenths"),
    "_days": gettext_lazy("in days"),
}


def unit_of(key: str) -> str:
    """How the figure is written in a row."""
    if TYPES[key] is time or TYPES[key] == Hours:
        return gettext("as local time, 08:00")
    if "timedelta" in str(TYPES[key]):
        return gettext("in seconds")
    return next(
        (str(words) for end, words in UNITS.items() if key.endswith(end)),
        gettext("as a whole number"),
    )


def in_words(key: str, value: Any) -> str:
    """The typed value of a figure, in the language of the moment."""
    match value:
        case PerCurrency():
            return ", ".join(money(value[currency], currency) for currency in ("EUR", "CHF"))
        case PerFault() | PerKind() | ScoreWeights():
            return ", ".join(
                f"{PARTS[one.name]} {in_words(key, getattr(value, one.name))}"
                for one in fields(value)
            )
        case tuple() if TYPES[key] == Hours:
            return " – ".join(in_words(key, part) for part in value)
        case tuple() if TYPES[key] == Ratio:
            return "/".join(str(part) for part in value)
        case tuple():
            return ", ".join(in_words(key, part) for part in value)
        case time():
            return f"{value:%H:%M}"
        case timedelta():
            return span(value)
    return _number(key, value)


def span(value: timedelta) -> str:
    """In the largest unit that divides it; whole hours up to three days: 72 hours, 14 days, 90
    minutes.
    """
    seconds = round(value.total_seconds())
    if seconds % 86_400 == 0 and seconds > 3 * 86_400:
        count = seconds // 86_400
        return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    if seconds % 3_600 == 0 and seconds:
        count = seconds // 3_600
        return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    if seconds % 60 == 0:
        count = seconds // 60
        return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}
    return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}


def _number(key: str, value: int) -> str:
    if key.endswith("_percent"):
        return percent(value)
    if key.endswith("_bp"):
        return percent(value / 100)
    if key.endswith("_ppm"):
        return percent(value / 10_000)
    if key.endswith("_tenths"):
        return number(value / 10)
    if key.endswith("_cents"):
        return f"{value / 100:.2f}"
    if key.endswith("_m"):
        return f"{value / 1000:g}{NBSP}km" if value >= 1000 else f"{value}{NBSP}m"
    return str(value)
