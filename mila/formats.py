"""How Mila writes money, days, distances and numbers, in the person's language and the country's
manner.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

LANGUAGES = ("fr", "de", "it", "en")
NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
DAYS = {"fr": "EEEE d MMMM", "de": "EEEE, d. MMMM", "it": "EEEE d MMMM", "en": "EEEE d MMMM"}
SHORT_DAYS = {"fr": "EEE d MMM", "de": "EEE, d. MMM", "it": "EEE d MMM", "en": "EEE d MMM"}


FULL_DAYS = "d MMMM y"


def language() -> str:
    """The two letters of the language that is on now."""
    now = (translation.get_language() or settings.LANGUAGE_CODE)[:2]
    return now if now in LANGUAGES else settings.LANGUAGE_CODE


def _locale() -> str:
    """For what Babel has a pattern of its own: English as Europe writes it."""
    return {"en": "en_GB"}.get(language(), language())


def _local(at: datetime, zone: str | ZoneInfo | None) -> datetime:
    """`at` on the wall of `zone` (a name, a zone, or something with a `zone`); else of the current
    time zone.
    """
    zone = getattr(zone, "zone", zone) or timezone.get_current_timezone()
    return at.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)


def _pieces(at: date | datetime, zone) -> date | datetime:
    return _local(at, zone) if isinstance(at, datetime) else at


def money(cents: int | Literal[""] | None, currency: str) -> str:
    """Minor units as people write them: 12,90 € (€12.90 in English), CHF
    12.90 in every language.
    """
    if cents in (None, ""):  # as a template says what is not there
        return ""
    currency = currency.upper()
    if currency == "CHF":
        locale, pattern = "de_CH", f"¤¤{NBSP}#,##0.00;¤¤{NBSP}{MINUS}#,##0.00"
    elif language() == "en":
        locale, pattern = "en", f"¤#,##0.00;{MINUS}¤#,##0.00"
    else:
        locale, pattern = language(), f"#,##0.00{NBSP}¤;{MINUS}#,##0.00{NBSP}¤"
    return format_currency(Decimal(cents or 0) / 100, currency, pattern, locale=locale)


def moment(at: datetime | None, zone=None) -> str:
    """Thursday 26 November, 17:30; jeudi 26 novembre à 17 h 30"""
    if not at:
        return ""
    if language() != "fr":
        return f"{day(at, zone)}, {clock_time(at, zone)}"
    time = _local(at, zone).time()
    hour = f"{time.hour}{NBSP}h{NBSP}{time.minute:02d}" if time.minute else f"{time.hour}{NBSP}h"
    return f"{day(at, zone)} à {hour}"


def short_moment(at: datetime | None, zone=None) -> str:
    """jeu. 26 nov., 17:30"""
    return f"{short_day(at, zone)}, {clock_time(at, zone)}" if at else ""


def day(at: date | datetime | None, zone=None) -> str:
    """jeudi 26 novembre"""
    return (
        format_date(_pieces(at, zone), _first(DAYS[language()], at, zone), locale=language())
        if at
        else ""
    )


def short_day(at: date | datetime | None, zone=None) -> str:
    """jeu. 26 nov."""
    return (
        format_date(_pieces(at, zone), _first(SHORT_DAYS[language()], at, zone), locale=language())
        if at
        else ""
    )


def _first(pattern: str, at: date | datetime, zone) -> str:
    """The first of a month has its own form in French: 1er décembre."""
    first = language() == "fr" and _pieces(at, zone).day == 1
    return pattern.replace("d MMM", "d'er' MMM", 1) if first else pattern


def full_day(at: date | datetime | None, zone=None) -> str:
    """26 novembre 2026: with the year, for papers and what is long past"""
    if not at:
        return ""
    return format_date(
        _pieces(at, zone),
        _first(FULL_DAYS, at, zone) if language() == "fr" else "long",
        locale=_locale(),
    )


def month(at: date | datetime | None, zone=None) -> str:
    """novembre 2026"""
    return format_datetime(_pieces(at, zone), "LLLL yyyy", locale=language()) if at else ""


def clock_time(at: datetime | None, zone=None) -> str:
    """17:30"""
    return format_time(_local(at, zone).time(), "HH:mm", locale=language()) if at else ""


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


def seconds_left(expires_at: datetime, now: datetime) -> str:
    """1:24, for the ring; 0:00 once it is over"""
    seconds = max(0, int((expires_at - now).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"


def minutes(count: int | timedelta | None) -> str:
    """A duration: 60 min, 1 h 30 from 90 on."""
    if count is None:
        return ""
    if isinstance(count, timedelta):
        count = int(count.total_seconds() // 60)
    return (
        left(count * 60)
        if count >= 90
        else (_("%(minutes)d min") % {"minutes": count}).replace(" ", NBSP)
    )


def span_words(seconds: float) -> str:
    """A span of a rule, written out for a sentence: 24 hours; 90 minutes where it is no whole hour;
    30 seconds.
    """
    if round(seconds) < 60:
        count = round(seconds)
        return ngettext("%(count)d second", "%(count)d seconds", count) % {"count": count}
    hours, rest = divmod(round(seconds), 3600)
    if hours and not rest:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    count = round(seconds / 60)
    return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}


def km(metres: float | None) -> str:
    """A distance in whole kilometres, never less than one (rule D8)."""
    return f"{max(1, round(metres / 1000))}{NBSP}km" if metres is not None else ""


def phone(number) -> str:
    """A stored number as people of its country write it, 01 99 00 12 34; from elsewhere with its
    code.
    """
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(str(tel(number)), None)
    except phonenumbers.NumberParseException:
        return str(number)
    at_home = parsed.country_code in (33, 41)
    form = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if at_home
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    written = phonenumbers.format_number(parsed, form)
    return written.replace(" ", NBSP)


def tel(number) -> str:
    """A number for href="tel:…": E.164."""
    return getattr(number, "as_e164", number) or ""


def initials(name: str | None) -> str:
    """Odile Perrachon: OP"""
    words = (name or "").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def stars(score, country: str = "") -> str:
    """4,9 (one decimal, in the language's manner; in German in Switzerland 4.9, as the amounts
    beside it)
    """
    locale = "de_CH" if language() == "de" and country == "CH" else language()
    return format_decimal(score, "0.0", locale=locale) if score is not None else ""


def number(value) -> str:
    """12,7 (two decimals at most, and none that say nothing, in the language's manner)"""
    return format_decimal(value, "#,##0.##", locale=_locale())


def percent(share) -> str:
    """12,7 %, of hundredths"""
    return f"{number(share)}{NBSP}%"


def reviews(count: int) -> str:
    """138 reviews"""
    return ngettext("%(count)d review", "%(count)d reviews", count) % {"count": count}


def masked(email: str) -> str:
    """An address as its owner knows it and nobody else learns it: o•••@example.com."""
    name, sign, domain = email.partition("@")
    return f"{name[:1]}•••{sign}{domain}"
