"""Money, days, spans and numbers as people read them, in each language."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from mila import formats
from mila.templatetags import site

AT = datetime(2026, 11, 26, 16, 30, tzinfo=UTC)


def plain(text: str) -> str:
    """With ordinary spaces, and proof that the original had none where a line might break."""
    assert " EUR" not in text
    assert "CHF " not in text
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "cents", "currency", "written"),
    [
        ("fr", 1290, "EUR", "12,90 €"),
        ("de", 1290, "eur", "12,90 €"),
        ("it", 1290, "EUR", "12,90 €"),
        ("en", 1290, "EUR", "€12.90"),
        ("fr", 1290, "CHF", "CHF 12.90"),
        ("de", 123456, "CHF", "CHF 1’234.56"),
        ("fr", 123456, "EUR", "1 234,56 €"),
        ("fr", 0, "EUR", "0,00 €"),
        ("fr", -500, "EUR", "−5,00 €"),
        ("en", -500, "EUR", "−€5.00"),
        ("it", -500, "CHF", "CHF −5.00"),
    ],
)
def test_money_is_written_as_the_country_writes_it(language, cents, currency, written):
    with translation.override(language):
        assert plain(formats.money(cents, currency)) == written


@pytest.mark.parametrize(
    ("language", "country", "written"),
    [
        ("fr", "FR", "4,7"),
        ("de", "", "4,7"),
        ("de", "CH", "4.7"),
        ("fr", "CH", "4,7"),
        ("en", "FR", "4.7"),
    ],
)
def test_swiss_german_decimals_have_a_point(language, country, written):
    with translation.override(language):
        assert formats.stars(4.7, country) == written


def test_no_money_is_no_words():
    assert formats.money(None, "EUR") == ""


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("fr", "jeudi 26 novembre à 17 h 30"),
        ("de", "Donnerstag, 26. November, 17:30"),
        ("it", "giovedì 26 novembre, 17:30"),
        ("en", "Thursday 26 November, 17:30"),
    ],
)
def test_moment_has_weekday_day_and_hour_of_the_place(language, written):
    with translation.override(language):
        assert plain(formats.moment(AT, "Europe/Paris")) == written


def test_moment_takes_a_zone_a_name_or_something_that_has_one():
    for zone in (
        "Europe/Zurich",
        ZoneInfo("Europe/Zurich"),
        SimpleNamespace(zone="Europe/Zurich"),
        None,
    ):
        with translation.override("fr"):
            assert formats.clock_time(AT, zone) == "17:30"


def test_an_unknown_language_is_french():
    with translation.override("es"):
        assert formats.day(AT, "Europe/Paris") == "jeudi 26 novembre"
    with translation.override(None):
        assert formats.day(AT, "Europe/Paris") == "jeudi 26 novembre"


def test_short_forms():
    with translation.override("fr"):
        assert formats.short_moment(AT, "Europe/Paris") == "jeu. 26 nov., 17:30"
        assert formats.short_day(date(2026, 12, 1)) == "mar. 1er déc."
        assert formats.full_day(AT, "Europe/Paris") == "26 novembre 2026"
        assert formats.month(date(2026, 11, 1)) == "novembre 2026"


def test_no_instant_is_no_words():
    of_a_day = (formats.day, formats.short_day, formats.full_day, formats.month)
    for written in (formats.moment, formats.short_moment, *of_a_day):
        assert written(None) == ""
    assert formats.clock_time(None) == ""


@pytest.mark.parametrize(
    ("span", "written"),
    [
        (timedelta(hours=3, minutes=10), "3 h 10"),
        (timedelta(hours=1, minutes=5, seconds=59), "1 h 05"),
        (timedelta(days=2, hours=4, minutes=50), "2 d 4 h"),
        (12 * 60, "12 min"),
        (59, "0 min"),
        (0, "0 min"),
        (-59, "0 min"),
        (-60, "− 1 min"),
        (timedelta(minutes=-72), "− 1 h 12"),
    ],
)
def test_left_has_two_steps_at_most(span, written):
    with translation.override("en"):
        assert formats.left(span).replace("\u00a0", " ") == written


def test_left_between_two_instants():
    with translation.override("en"):
        assert formats.left(AT + timedelta(minutes=5), AT).replace("\u00a0", " ") == "5 min"


def test_left_of_nothing():
    assert formats.left(None) == ""
    assert formats.left("") == ""


def test_seconds_left_stop_at_zero():
    assert formats.seconds_left(AT + timedelta(seconds=84), AT) == "1:24"
    assert formats.seconds_left(AT + timedelta(seconds=9), AT) == "0:09"
    assert formats.seconds_left(AT - timedelta(seconds=1), AT) == "0:00"


@pytest.mark.parametrize(
    ("count", "written"),
    [(60, "60 min"), (89, "89 min"), (90, "1 h 30"), (timedelta(hours=2), "2 h 00"), (None, "")],
)
def test_minutes(count, written):
    with translation.override("en"):
        assert formats.minutes(count).replace("\u00a0", " ") == written


@pytest.mark.parametrize(
    ("metres", "written"), [(4200, "4 km"), (4600, "5 km"), (120, "1 km"), (0, "1 km"), (None, "")]
)
def test_km_is_whole_and_never_less_than_one(metres, written):
    assert formats.km(metres).replace("\u00a0", " ") == written


def test_phone_is_written_as_its_country_writes_it():
    number = SimpleNamespace(as_e164="+33199001234")

    assert formats.phone(number).replace("\u00a0", " ") == "01 99 00 12 34"
    assert formats.phone("+41445550123").replace("\u00a0", " ") == "044 555 01 23"
    assert formats.tel(number) == "+33199001234"


def test_phone_that_is_none_or_unreadable():
    assert formats.phone("") == ""
    assert formats.phone(None) == ""
    assert formats.tel(None) == ""
    assert formats.phone("the neighbour's") == "the neighbour's"


def test_initials():
    assert formats.initials("Odile Perrachon") == "OP"
    assert formats.initials("Jean Marie de la Tour") == "JT"
    assert formats.initials("yanis") == "Y"
    assert formats.initials(None) == ""


def test_stars_and_reviews():
    with translation.override("fr"):
        assert formats.stars(4.9) == "4,9"
        assert formats.stars(None) == ""
    with translation.override("en"):
        assert formats.stars(5) == "5.0"
        assert formats.reviews(1) == "1 review"
        assert formats.reviews(138) == "138 reviews"


def test_icon_is_decoration_unless_it_has_a_name():
    assert (
        site.icon("wifi")
        == '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#wifi"/></svg>'
    )
    assert 'role="img" aria-label="Close &lt;b&gt;"' in site.icon("cross", "Close <b>")


def test_support_is_the_country_s_else_the_language_s():
    with translation.override("fr"):
        assert site.support("CH")["phone"].startswith("+41")
        assert site.support()["phone"].startswith("+33")
        assert site.support("XX")["country"] == "FR"
    with translation.override("de"):
        assert site.support("")["country"] == "CH"


@pytest.mark.parametrize(
    ("language", "name", "written"),
    [
        ("fr", "day", "mardi 1er décembre"),
        ("fr", "short_day", "mar. 1er déc."),
        ("fr", "full_day", "1er décembre 2026"),
        ("fr", "moment", "mardi 1er décembre à 11 h"),
        ("de", "day", "Dienstag, 1. Dezember"),
        ("it", "day", "martedì 1 dicembre"),
        ("en", "moment", "Tuesday 1 December, 11:00"),
    ],
)
def test_first_of_a_month_as_it_is_read(language, name, written):
    at = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
    with translation.override(language):
        assert plain(getattr(formats, name)(at, "Europe/Paris")) == written


def test_first_of_a_month_is_the_one_of_the_place():
    at = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    with translation.override("fr"):
        assert formats.day(at, "Europe/Paris") == "mardi 1er décembre"
        assert formats.day(at, "UTC") == "lundi 30 novembre"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (30, "30 secondes"),
        (60, "1 minute"),
        (120, "2 minutes"),
        (5400, "90 minutes"),
        (86_400, "24 heures"),
    ],
)
def test_span_of_a_rule_is_never_nothing(seconds, written):
    with translation.override("fr"):
        assert formats.span_words(seconds) == written


@pytest.mark.parametrize(
    ("language", "share", "written"),
    [("fr", 12.7, "12,7 %"), ("de", 12.7, "12,7 %"), ("en", 12.7, "12.7 %"), ("fr", 40.0, "40 %")],
)
def test_share_is_written_with_the_decimal_sign_of_the_language(language, share, written):
    with translation.override(language):
        assert formats.percent(share) == written.replace(" ", "\u00a0")
