"""Money, days, spans and numbers as people read them, in each language."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from mila.templatetags import house

AT = datetime(2026, 11, 26, 16, 30, tzinfo=UTC)


def plain(text: str) -> str:
    """With ordinary spaces, and proof that the original had none where a line might break."""
    assert " EUR" not in text
    assert "CHF " not in text
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "cents", "currency", "written"),
    [
        ("fr", 1290, "EUR", "12,90 EUR"),
        ("de", 1290, "eur", "12,90 EUR"),
        ("it", 1290, "EUR", "12,90 EUR"),
        ("en", 1290, "EUR", "EUR 12.90"),
        ("fr", 1290, "CHF", "CHF 12.90"),
        ("de", 123456, "CHF", "CHF 1’234.56"),
        ("fr", 123456, "EUR", "1 234,56 EUR"),
        ("fr", 0, "EUR", "0,00 EUR"),
        ("fr", -500, "EUR", "−5,00 EUR"),
        ("it", -500, "CHF", "CHF −5.00"),
    ],
)
def test_money_is_written_as_the_country_writes_it(language, cents, currency, written):
    with translation.override(language):
        assert plain(house.money(cents, currency)) == written


def test_no_money_is_no_words():
    assert house.money(None, "EUR") == ""


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("fr", "jeudi 26 novembre, 17:30"),
        ("de", "Donnerstag, 26. November, 17:30"),
        ("it", "giovedì 26 novembre, 17:30"),
        ("en", "Thursday 26 November, 17:30"),
    ],
)
def test_moment_has_weekday_day_and_hour_of_the_place(language, written):
    with translation.override(language):
        assert house.moment(AT, "Europe/Paris") == written


def test_moment_takes_a_zone_a_name_or_something_that_has_one():
    for zone in ("Europe/Zurich", ZoneInfo("Europe/Zurich"), SimpleNamespace(zone="Europe/Zurich"), None):
        with translation.override("fr"):
            assert house.clock_time(AT, zone) == "17:30"


def test_an_unknown_language_is_french():
    with translation.override("es"):
        assert house.day(AT, "Europe/Paris") == "jeudi 26 novembre"
    with translation.override(None):
        assert house.day(AT, "Europe/Paris") == "jeudi 26 novembre"


def test_short_forms():
    with translation.override("fr"):
        assert house.short_moment(AT, "Europe/Paris") == "jeu. 26 nov., 17:30"
        assert house.short_day(date(2026, 12, 1)) == "mar. 1 déc."
        assert house.full_day(AT, "Europe/Paris") == "26 novembre 2026"
        assert house.month(date(2026, 11, 1)) == "novembre 2026"


def test_no_instant_is_no_words():
    for written in (house.moment, house.short_moment, house.day, house.short_day, house.full_day, house.month):
        assert written(None) == ""
    assert house.clock_time(None) == ""


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
        assert house.left(span).replace("\u00a0", " ") == written


def test_left_between_two_instants():
    with translation.override("en"):
        assert house.left(AT + timedelta(minutes=5), AT).replace("\u00a0", " ") == "5 min"


def test_left_of_nothing():
    assert house.left(None) == ""
    assert house.left("") == ""


def test_seconds_left_stop_at_zero():
    assert house.seconds_left(AT + timedelta(seconds=84), AT) == "1:24"
    assert house.seconds_left(AT + timedelta(seconds=9), AT) == "0:09"
    assert house.seconds_left(AT - timedelta(seconds=1), AT) == "0:00"


@pytest.mark.parametrize(
    ("count", "written"), [(60, "60 min"), (89, "89 min"), (90, "1 h 30"), (timedelta(hours=2), "2 h 00"), (None, "")]
)
def test_minutes(count, written):
    with translation.override("en"):
        assert house.minutes(count).replace("\u00a0", " ") == written


@pytest.mark.parametrize(
    ("metres", "written"), [(4200, "4 km"), (4600, "5 km"), (120, "1 km"), (0, "1 km"), (None, "")]
)
def test_km_is_whole_and_never_less_than_one(metres, written):
    assert house.km(metres).replace("\u00a0", " ") == written


def test_phone_is_written_as_its_country_writes_it():
    number = SimpleNamespace(as_e164="+33199001234")

    assert house.phone(number).replace("\u00a0", " ") == "01 99 00 12 34"
    assert house.phone("+41445550123").replace("\u00a0", " ") == "044 555 01 23"
    assert house.tel(number) == "+33199001234"


def test_phone_that_is_none_or_unreadable():
    assert house.phone("") == ""
    assert house.phone(None) == ""
    assert house.tel(None) == ""
    assert house.phone("the neighbour's") == "the neighbour's"


def test_initials():
    assert house.initials("Odile Perrachon") == "OP"
    assert house.initials("Jean Marie de la Tour") == "JT"
    assert house.initials("yanis") == "Y"
    assert house.initials(None) == ""


def test_stars_and_reviews():
    with translation.override("fr"):
        assert house.stars(4.9) == "4,9"
        assert house.stars(None) == ""
    with translation.override("en"):
        assert house.stars(5) == "5.0"
        assert house.reviews(1) == "1 review"
        assert house.reviews(138) == "138 reviews"


def test_icon_is_decoration_unless_it_has_a_name():
    assert house.icon("wifi") == '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#wifi"/></svg>'
    assert 'role="img" aria-label="Close &lt;b&gt;"' in house.icon("cross", "Close <b>")


def test_support_is_the_country_s_else_the_language_s():
    with translation.override("fr"):
        assert house.support("CH")["phone"].startswith("+41")
        assert house.support()["phone"].startswith("+33")
        assert house.support("XX")["country"] == "FR"
    with translation.override("de"):
        assert house.support("")["country"] == "CH"


@pytest.fixture
def places(monkeypatch):
    """Two of the partner's places exist."""
    known = {"dispatch:offers": "/partner/", "partner:jobs": "/partner/jobs/"}
    monkeypatch.setattr(house, "url_or_none", known.get)


def tabs(path="/", **context):
    template = Template("{% load house %}{% partner_tabs %}")
    return template.render(Context({"request": RequestFactory().get(path), **context}))


@pytest.mark.usefixtures("places")
def test_tabs_show_only_places_that_exist_and_mark_the_nearest():
    drawn = tabs("/partner/jobs/17/")

    assert drawn.count("<li>") == 2
    assert '<a href="/partner/jobs/" aria-current="page">' in drawn
    assert drawn.count("aria-current") == 1


@pytest.mark.usefixtures("places")
def test_tabs_take_the_page_s_word_for_it():
    drawn = tabs("/elsewhere/", tab="offers", offers_waiting=2)

    assert '<a href="/partner/" aria-current="page">' in drawn
    assert '<span class="tabs-count">2<' in drawn


@pytest.mark.usefixtures("places")
def test_tabs_elsewhere_mark_nothing():
    assert "aria-current" not in tabs("/elsewhere/")


def test_an_address_that_does_not_exist_is_none():
    assert house.url_or_none("no:such") is None
    assert house.url_or_none("set_language") == "/i18n/setlang/"
