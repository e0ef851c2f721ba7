"""Addresses as they are typed: bound to the postcode, kept, and never waited for
(rule B5; fault W11).
"""

import logging
import time

import pytest
from django.core.cache import cache

from places import streets
from places.checks import services_of_streets_are_addresses
from places.streets import CALL_S, MOST, Line, lines_like
from tests.places.address_services import address_services, french, swiss

TYPED = "14 rue de l'ex"
FOUND = Line("14 Rue de l'Exemple", "69007", "Lyon")


@pytest.fixture
def services(monkeypatch):
    for country in streets._SERVICES:
        monkeypatch.setattr(streets._breakers[country], "closed_until", 0.0)
    cache.clear()
    with address_services() as found:
        found.features = [french("14 Rue de l'Exemple")]
        yield found
    cache.clear()


def test_french_address_in_its_postcode(services):
    assert lines_like(TYPED, "69 007", "FR") == [FOUND]
    assert services.asked == [
        (
            "/geocodage/search",
            {"q": TYPED, "autocomplete": "1", "limit": str(MOST), "postcode": "69007"},
        )
    ]


def test_swiss_address_in_its_postcode(services):
    services.results = [
        swiss("Landstrasse 3 <b>8595 Altnau</b>"),
        swiss("Landstrasse # <b>8595 Altnau</b>", num=0),
        swiss("Chemin de l&#39;Exemple 2 <b>8595 Altnau</b>"),
    ]

    found = lines_like("landstr", "8595", "CH")

    assert [line.street for line in found] == [
        "Landstrasse 3", "Landstrasse", "Chemin de l'Exemple 2",
    ]  # fmt: skip
    assert [line.is_numbered for line in found] == [True, False, True]
    path, asked = services.asked[0]
    assert path == "/rest/services/api/SearchServer"
    assert (asked["searchText"], asked["origins"]) == ("landstr 8595", "address")


def test_other_postcode_than_the_one_given_is_not_offered(services):
    services.features.append(french("14 Rue de l'Exemple", "69008"))
    services.results = [swiss("Landstrasse 3 <b>8596 Münsterlingen</b>")]

    assert lines_like(TYPED, "69007", "FR") == [FOUND]
    assert lines_like("landstr", "8595", "CH") == []


def test_without_a_postcode_wherever_mila_works(services):
    services.features += [french("14 Rue de l'Exemple", "97400", "Saint-Denis")]

    assert lines_like(TYPED, "", "FR") == [FOUND]
    assert "postcode" not in services.asked[0][1]


def test_towns_and_places_are_no_streets(services):
    services.features = [french("Lyon", kind="municipality"), french("Les Bois", kind="locality")]
    services.results = [swiss("<b>8595 Altnau</b>", origin="zipcode")]

    assert lines_like("lyon", "69007", "FR") == []
    assert lines_like("altnau", "8595", "CH") == []


def test_line_comes_once_and_the_list_is_short(services):
    services.features = [french("14 Rue de l'Exemple")] * 2
    services.features += [french(f"{number} Rue de l'Exemple") for number in range(20, 40)]

    found = lines_like(TYPED, "69007", "FR")

    assert len(found) == MOST
    assert len(set(found)) == MOST


@pytest.mark.parametrize(
    ("typed", "postcode", "country"),
    [
        ("14", "69007", "FR"),
        ("   ", "69007", "FR"),
        ("-- rue", "69007", "FR"),
        ("rue d", "", "FR"),
        (TYPED, "6900", "FR"),
        (TYPED, "97400", "FR"),
        (TYPED, "69007", "DE"),
        (TYPED, "69007", ""),
    ],
)
def test_what_leads_nowhere_is_not_asked(services, typed, postcode, country):
    assert lines_like(typed, postcode, country) == []
    assert services.asked == []


@pytest.mark.parametrize("country", ["FR", "CH"])
def test_country_without_its_setting_is_not_asked(services, settings, country):
    setattr(settings, f"STREETS_{country}_URL", "")

    assert lines_like(TYPED, "", country) == []
    assert services.asked == []


def test_same_words_are_asked_once_and_found_again_while_the_service_is_away(services):
    lines_like(TYPED, "69007", "FR")
    services.status = 500

    assert lines_like(TYPED.upper(), "69007", "FR") == [FOUND]
    assert len(services.asked) == 1


def test_what_was_typed_stands_in_no_key_of_the_cache():
    name = streets._kept_as("14 rue de l'Exemple", "69007", "FR")

    assert "exemple" not in name.lower()
    assert "69007" not in name
    assert name != streets._kept_as("14 rue de l'Exemple", "69008", "FR")


@pytest.mark.parametrize("status", [301, 302, 401, 429, 500, 503])
def test_service_that_fails_is_left_alone_for_a_while(services, status, monkeypatch):
    services.status = status

    assert [lines_like(f"{TYPED}{n}", "69007", "FR") for n in range(3)] == [[], [], []]
    assert [path for path, _query in services.asked] == ["/geocodage/search"]  # nor followed

    services.status = 200
    monkeypatch.setattr(streets._breakers["FR"], "closed_until", time.monotonic() - 1)
    assert lines_like(TYPED, "69007", "FR") == [FOUND]


def test_one_country_s_service_rests_alone(services):
    services.status = 500
    lines_like(TYPED, "69007", "FR")
    services.status, services.results = 200, [swiss("Landstrasse 3 <b>8595 Altnau</b>")]

    assert lines_like("landstr", "8595", "CH") == [Line("Landstrasse 3", "8595", "Altnau")]


@pytest.mark.parametrize("status", [400, 404])
def test_odd_question_switches_nobody_else_s_off(services, status):
    services.status = status
    assert lines_like("14 rue §§§", "69007", "FR") == []

    services.status = 200
    assert lines_like(TYPED, "69007", "FR") == [FOUND]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'"x"',
        b'{"features": [{}]}',
        b'{"features": [7]}',
        b'{"features": [{"properties": {"type": "street", "postcode": "69007"}}]}',
        b'{"features": [{"properties": {"type": "street", "postcode": 69007, "name": 1}}]}',
        b" " * (streets.LONGEST_ANSWER + 1),
    ],
)
@pytest.mark.parametrize("postcode", ["69007", ""])
def test_answer_of_another_shape_is_none(services, body, postcode):
    services.body = body

    assert lines_like(TYPED, postcode, "FR") == []


def test_answer_that_trickles_in_is_not_waited_for(services):
    services.slow.set()
    begun = time.monotonic()

    assert lines_like(TYPED, "69007", "FR") == []
    assert time.monotonic() - begun < 4 * CALL_S


def test_service_that_is_not_there(services, settings):
    settings.STREETS_FR_URL = "http://127.0.0.1:1"

    assert lines_like(TYPED, "69007", "FR") == []


@pytest.mark.parametrize("status", [200, 500])
def test_no_address_is_logged(services, status, caplog):
    services.status = status

    with caplog.at_level(logging.DEBUG):
        lines_like(TYPED, "69007", "FR")

    assert (status == 500) == ("No streets" in caplog.text)
    assert not any(word in caplog.text for word in ("rue", "69007", "ex"))


@pytest.mark.parametrize(
    ("address", "production", "faults"),
    [
        ("", True, 0),
        ("https://data.example/geocodage", True, 0),
        ("http://127.0.0.1:1", False, 0),
        ("http://data.example", True, 1),
        ("data.example", False, 1),
        ("ftp://data.example", False, 1),
    ],
)
def test_misspelt_service_stops_the_start(settings, address, production, faults):
    settings.STREETS_FR_URL, settings.PRODUCTION = address, production

    assert len(services_of_streets_are_addresses(None)) == faults
