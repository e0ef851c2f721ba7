"""Addresses offered while one is typed: a help that nobody needs (rule B5)."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from mila.web.limits import STREETS
from places import streets
from tests.customer.test_draft_steps import service
from tests.places.address_services import address_services, french

__all__ = ["service"]  # fixtures
ASKED = {"street": "14 rue de l'ex", "postcode": "69007", "country": "FR"}
URL = reverse("customer:streets")


@pytest.fixture
def services(db, monkeypatch):
    for country in streets._SERVICES:
        monkeypatch.setattr(streets._breakers[country], "closed_until", 0.0)
    cache.clear()
    with address_services() as found:
        found.features = [french("14 Rue de l'Exemple")]
        yield found
    cache.clear()


def test_lines_come_as_a_list_that_can_be_chosen_from(client, services):
    page = client.post(URL, ASKED).content.decode()

    assert page.count('role="option"') == 1
    assert 'data-street="14 Rue de l&#x27;Exemple"' in page
    assert 'data-postcode="69007"' in page
    assert 'data-city="Lyon"' in page


def test_what_a_service_says_is_escaped(client, services):
    services.features = [french('1 <img src=x onerror="x">')]

    assert "<img" not in client.post(URL, ASKED).content.decode()


@pytest.mark.parametrize("mood", ["away", "nothing", "off"])
def test_without_an_answer_the_list_is_empty(client, services, settings, mood):
    services.status = 503 if mood == "away" else 200
    services.features = []
    if mood == "off":
        settings.STREETS_FR_URL = ""

    answer = client.post(URL, ASKED)

    assert answer.status_code == 200
    assert "option" not in answer.content.decode()


def test_address_stands_in_no_address_of_a_page(client, services):
    assert client.get(URL, ASKED).status_code == 405
    assert services.asked == []


def test_nobody_keeps_the_answer(client, services):
    assert "no-store" in client.post(URL, ASKED)["Cache-Control"]


def test_who_asks_too_often_is_refused_before_the_service_is_asked(client, services, settings):
    settings.LIMITS = True
    for _ in range(STREETS.amount):
        client.post(URL, ASKED | {"postcode": "1"})

    assert client.post(URL, ASKED).status_code == 429
    assert services.asked == []


def test_field_is_a_plain_one_where_no_service_is_set(client, service, settings):
    first = reverse("customer:book", args=[service.slug])
    settings.STREETS_FR_URL = settings.STREETS_CH_URL = ""
    plain = client.get(first).content.decode()
    settings.STREETS_CH_URL = "https://api.example"
    offering = client.get(first).content.decode()

    assert "data-streets" not in plain
    assert 'name="street"' in plain
    assert f'hx-post="{URL}"' in offering
    for page in (plain, offering):
        assert 'autocomplete="address-line1"' in page
        assert "combobox" not in page  # not before there is a script
