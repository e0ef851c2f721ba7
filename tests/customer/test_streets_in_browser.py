"""The street field as a combobox: by the keyboard alone, by a finger, and read aloud (rule B5)."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from places import streets
from requests_app.models import Booking
from tests import axe, chromium
from tests.browsing import look
from tests.customer.road import service
from tests.places.address_services import address_services, french

__all__ = ["service"]  # fixtures
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def services(monkeypatch):
    for country in streets._SERVICES:
        monkeypatch.setattr(streets._breakers[country], "closed_until", 0.0)
    cache.clear()
    with address_services() as found:
        found.features = [
            french("14 Rue de l’Exemple"),
            french("14 Rue de l’Exode"),
            french("Rue de l’Exil", kind="street"),
        ]
        yield found
    cache.clear()


@pytest.fixture
def step(open_page, live_server, service, services):
    """The page, and its street field with three lines below it."""
    page = open_page()
    page.goto(live_server.url + reverse("customer:book", args=[service.slug]))
    field = page.locator("[name=street]")
    field.press_sequentially("14 rue de l'ex", delay=20)
    expect(page.get_by_role("option")).to_have_count(3)
    return page, field


def test_keyboard_chooses_and_the_whole_address_brings_its_times(step):
    page, field = step
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.locator("[data-streets-said]")).to_contain_text("3 addresses")
    look(page, "streets")

    field.press("ArrowUp")
    expect(field).to_have_attribute("aria-activedescendant", "street-3")
    field.press("ArrowDown")
    field.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_contain_text("14 Rue de l’Exode")
    assert axe.faults(page) == []
    field.press("Enter")

    expect(field).to_have_value("14 Rue de l’Exode")
    expect(page.locator("[name=postcode]")).to_have_value("69007")
    expect(page.locator("[name=city]")).to_have_value("Lyon")
    expect(field).to_be_focused()
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(page.locator(".day-card")).to_have_count(3)
    assert Booking.objects.get().contact.street == "14 Rue de l’Exode"


def test_finger_chooses(step):
    page, field = step
    page.get_by_role("option").first.click()

    expect(field).to_have_value("14 Rue de l’Exemple")
    expect(page.locator("[name=postcode]")).to_have_value("69007")
    expect(page.locator(".day-card")).to_have_count(3)


def test_street_without_a_number_waits_for_it(step):
    page, field = step
    page.get_by_role("option").last.click()
    field.press_sequentially("9 ")

    expect(field).to_have_value("9 Rue de l’Exil")
    assert not Booking.objects.exists()


def test_escape_closes_and_what_was_typed_stays(step):
    page, field = step
    field.press("ArrowDown")
    field.press("Escape")

    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("14 rue de l'ex")
    assert field.get_attribute("aria-activedescendant") is None


def test_who_goes_on_leaves_no_list_behind(step):
    page, _field = step
    page.locator("[name=postcode]").fill("69007")

    expect(page.get_by_role("listbox")).to_be_hidden()


def test_without_script_it_is_a_plain_field(open_page, live_server, service, services):
    page = open_page(java_script_enabled=False)
    page.goto(live_server.url + reverse("customer:book", args=[service.slug]))

    expect(page.get_by_role("combobox")).to_have_count(0)
    page.fill("[name=street]", "14 rue de l’Exemple")
    page.fill("[name=postcode]", "69007")
    page.fill("[name=city]", "Lyon")
    page.click(".dock button")
    page.wait_for_url("**/when/")
    assert services.asked == []
