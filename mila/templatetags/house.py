"""How Mila writes money, days, distances and numbers, in the person's language and the country's manner."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal
from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

register = template.Library()

LANGUAGES = ("fr", "de", "it", "en")
NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
DAYS = {"fr": "EEEE d MMMM", "de": "EEEE, d. MMMM", "it": "EEEE d MMMM", "en": "EEEE d MMMM"}
SHORT_DAYS = {"fr": "EEE d MMM", "de": "EEE, d. MMM", "it": "EEE d MMM", "en": "EEE d MMM"}
TABS = (  # url name, icon, word; a name that does not exist shows no tab
    ("dispatch:offers", "bell", gettext_lazy("Offers")),
    ("partner:jobs", "tools", gettext_lazy("Jobs")),
    ("partner:calendar", "calendar", gettext_lazy("Calendar")),
    ("payments:earnings", "wallet", gettext_lazy("Earnings")),
    ("partner:me", "user", gettext_lazy("Me")),
)


def _language() -> str:
    language = (translation.get_language() or settings.LANGUAGE_CODE)[:2]
    return language if language in LANGUAGES else settings.LANGUAGE_CODE


def _locale() -> str:
    """For what Babel has a pattern of its own: English as Europe writes it."""
    return {"en": "en_GB"}.get(_language(), _language())


def _local(at: datetime, zone: str | ZoneInfo | None) -> datetime:
    """`at` on the wall of `zone` (a name, a zone, or something with a `zone`); else of the current time zone."""
    zone = getattr(zone, "zone", zone) or timezone.get_current_timezone()
    return at.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)


def _pieces(at: date | datetime, zone) -> date | datetime:
    return _local(at, zone) if isinstance(at, datetime) else at


@register.filter
def money(cents: int | None, currency: str) -> str:
    """Minor units as the country writes them: 12,90 EUR (EUR 12.90 in English), CHF 12.90 in every language."""
    if cents is None:
        return ""
    currency = currency.upper()
    if currency == "CHF":
        locale, pattern = "de_CH", f"¤¤{NBSP}#,##0.00;¤¤{NBSP}{MINUS}#,##0.00"
    elif _language() == "en":
        locale, pattern = "en", f"¤¤{NBSP}#,##0.00;¤¤{NBSP}{MINUS}#,##0.00"
    else:
        locale, pattern = _language(), f"#,##0.00{NBSP}¤¤;{MINUS}#,##0.00{NBSP}¤¤"
    return format_currency(Decimal(cents) / 100, currency, pattern, locale=locale)


@register.filter
def moment(at: datetime | None, zone=None) -> str:
    """jeudi 26 novembre, 17:30"""
    return f"{day(at, zone)}, {clock_time(at, zone)}" if at else ""


@register.filter
def short_moment(at: datetime | None, zone=None) -> str:
    """jeu. 26 nov., 17:30"""
    return f"{short_day(at, zone)}, {clock_time(at, zone)}" if at else ""


@register.filter
def day(at: date | datetime | None, zone=None) -> str:
    """jeudi 26 novembre"""
    return format_date(_pieces(at, zone), DAYS[_language()], locale=_language()) if at else ""


@register.filter
def short_day(at: date | datetime | None, zone=None) -> str:
    """jeu. 26 nov."""
    return format_date(_pieces(at, zone), SHORT_DAYS[_language()], locale=_language()) if at else ""


@register.filter
def full_day(at: date | datetime | None, zone=None) -> str:
    """26 novembre 2026: with the year, for papers and what is long past"""
    return format_date(_pieces(at, zone), "long", locale=_locale()) if at else ""


@register.filter
def month(at: date | datetime | None, zone=None) -> str:
    """novembre 2026"""
    return format_datetime(_pieces(at, zone), "LLLL yyyy", locale=_language()) if at else ""


@register.filter
def clock_time(at: datetime | None, zone=None) -> str:
    """17:30"""
    return format_time(_local(at, zone).time(), "HH:mm", locale=_language()) if at else ""


@register.filter
def left(span: timedelta | datetime | int | float | None, now: datetime | None = None) -> str:
    """What is left, in two steps at most: 2 d 4 h, 3 h 10, 12 min; with a minus once it is over.

    Takes a timedelta, seconds, or an instant together with the page's `now`.
    """
    if span is None or span == "":
        return ""
    if isinstance(span, datetime):
        span = span - now
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    sign = f"{MINUS}{NBSP}" if seconds <= -60 else ""
    minutes = int(abs(seconds) // 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        # Translators: time left, days and hours, as short as can be: "2 d 4 h"
        words = _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    elif hours:
        # Translators: time left, hours and minutes, as short as can be: "3 h 10"
        words = _("%(hours)d h %(minutes)s") % {"hours": hours, "minutes": f"{minutes:02d}"}
    else:
        # Translators: time left, minutes: "12 min"
        words = _("%(minutes)d min") % {"minutes": minutes}
    return sign + words.replace(" ", NBSP)


@register.filter
def seconds_left(expires_at: datetime, now: datetime) -> str:
    """1:24, for the ring; 0:00 once it is over"""
    seconds = max(0, int((expires_at - now).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"


@register.filter
def minutes(count: int | timedelta | None) -> str:
    """A duration: 60 min, 1 h 30 from 90 on."""
    if count is None:
        return ""
    if isinstance(count, timedelta):
        count = int(count.total_seconds() // 60)
    return left(count * 60) if count >= 90 else (_("%(minutes)d min") % {"minutes": count}).replace(" ", NBSP)


@register.filter
def span_words(seconds: float) -> str:
    """A span of a rule, written out for a sentence: 24 hours; 90 minutes where it is no whole hour."""
    hours, rest = divmod(round(seconds), 3600)
    if hours and not rest:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    count = round(seconds / 60)
    return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}


@register.filter
def km(metres: float | None) -> str:
    """A distance in whole kilometres, never less than one (PRODUCT D8)."""
    return f"{max(1, round(metres / 1000))}{NBSP}km" if metres is not None else ""


@register.filter
def phone(number) -> str:
    """A stored number as people of its country write it: 01 99 00 12 34."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(str(tel(number)), None)
    except phonenumbers.NumberParseException:
        return str(number)
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return written.replace(" ", NBSP)


@register.filter
def tel(number) -> str:
    """A number for href="tel:…": E.164."""
    return getattr(number, "as_e164", number) or ""


@register.filter
def initials(name: str | None) -> str:
    """Odile Perrachon: OP"""
    words = (name or "").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.filter
def stars(score) -> str:
    """4,9 (one decimal, in the language's manner)"""
    return format_decimal(score, "0.0", locale=_language()) if score is not None else ""


@register.filter
def reviews(count: int) -> str:
    """138 reviews"""
    return ngettext("%(count)d review", "%(count)d reviews", count) % {"count": count}


@register.filter
def masked(email: str) -> str:
    """An address as its owner knows it and nobody else learns it: o•••@example.com."""
    name, sign, domain = email.partition("@")
    return f"{name[:1]}•••{sign}{domain}"


@register.filter
def wrong_fields(form) -> list:
    """The visible fields that were refused, in the order of the page."""
    return [field for field in form.visible_fields() if field.errors]


@cache
def _sprite() -> str:
    return static("icons.svg")


@register.simple_tag
def icon(name: str, label: str = "") -> str:
    """A symbol of static/icons.svg. Without `label` it is decoration beside a word."""
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, _sprite(), name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', _sprite(), name)


@register.simple_tag
def support(country: str = "") -> dict[str, str]:
    """Phone and e-mail of the country's help: FR or CH, else by the person's language (PRODUCT H1)."""
    if country not in settings.SUPPORT:
        country = "CH" if _language() == "de" else "FR"
    return {"country": country, **settings.SUPPORT[country]}


def url_or_none(name: str, *args) -> str | None:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


@register.inclusion_tag("components/_tabs.html", takes_context=True)
def partner_tabs(context) -> dict:
    """The partner's places. `tab` (offers, jobs …) in the context marks the present one, else the address does."""
    path = getattr(context.get("request"), "path", "")
    tabs: list[dict[str, Any]] = []
    for name, picture, label in TABS:
        if url := url_or_none(name):
            tabs.append({"name": name.partition(":")[2], "url": url, "icon": picture, "label": label})
    wanted = context.get("tab")
    if not wanted:
        under = [entry for entry in tabs if path.startswith(entry["url"])]
        wanted = max(under, key=lambda entry: len(entry["url"]))["name"] if under else ""
    for entry in tabs:
        entry["current"] = entry["name"] == wanted
        entry["count"] = context.get("offers_waiting") if entry["name"] == "offers" else None
    return {"tabs": tabs, "home": url_or_none("start") or "/"}
