"""A customer's form without network, through a reload, and under a new version of the app
(rule B1, L12).
"""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from mila.web import app_files
from requests_app.models import Booking
from tests import chromium
from tests.browsing import follow, look
from tests.customer.road import say_where, service

__all__ = ["service"]  # fixtures
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
KEPT = """() => [localStorage, sessionStorage]
    .flatMap((store) => Object.keys(store)).filter((name) => name.startsWith("mila:kept:")).length"""
# What Chromium says of a phone that has a network which leads nowhere.
ONLINE = "Object.defineProperty(navigator, 'onLine', {get: () => true})"


@pytest.fixture
def page(open_page, live_server, service):
    """The first step, with the worker awake."""
    page = open_page()
    page.goto(live_server.url + reverse("customer:book", args=[service.slug]))
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.wait_for_load_state("networkidle")
    return page


@pytest.fixture
def who(page):
    """The step of the person, half filled in."""
    say_where(page)
    follow(page, ".dock button")
    page.wait_for_load_state("networkidle")
    page.fill("[name=name]", "Odile Perrachon")
    page.fill("[name=email]", "odile@example.com")
    page.fill("[name=problem]", "Le Wi-Fi est lent")
    return page


def test_first_step_survives_a_reload(page):
    page.fill("[name=street]", "14 rue de l’Exemple")
    page.fill("[name=door_code]", "B12")

    page.reload()

    expect(page.locator("[name=street]")).to_have_value("14 rue de l’Exemple")
    expect(page.locator("[name=door_code]")).to_have_value("B12")
    assert not Booking.objects.exists()


def test_person_s_step_survives_a_reload_and_is_gone_once_sent(who):
    who.reload()
    who.wait_for_load_state("networkidle")
    expect(who.locator("[name=problem]")).to_have_value("Le Wi-Fi est lent")

    who.fill("[name=phone]", "06 12 34 56 78")
    follow(who, ".dock button")
    who.wait_for_url("**/card/")
    who.wait_for_load_state("networkidle")

    assert Booking.objects.get().contact.name == "Odile Perrachon"
    chromium.until(who, lambda: who.evaluate(KEPT) == 0)


def test_without_network_continue_stays_on_the_page_and_says_so(who):
    who.fill("[name=phone]", "06 12 34 56 78")
    who.context.set_offline(True)
    who.click(".dock button")

    expect(who.locator('[data-when="offline"]')).to_be_visible()
    expect(who.locator("[name=problem]")).to_have_value("Le Wi-Fi est lent")
    who.context.set_offline(False)
    follow(who, ".dock button")
    who.wait_for_url("**/card/")


def test_network_that_leads_nowhere_brings_our_page_and_then_the_form_again(who):
    who.evaluate(ONLINE)
    who.context.set_offline(True)
    follow(who, ".dock button")

    expect(who.locator("h1")).to_have_text("No network here")
    look(who, "offline-step")
    who.context.set_offline(False)
    expect(who.locator("[name=problem]")).to_have_value("Le Wi-Fi est lent")
    assert Booking.objects.get().contact.name == ""


def test_another_tab_s_form_is_not_shown(who, service, live_server):
    other = who.context.new_page()
    other.goto(who.url)
    other.wait_for_load_state("networkidle")

    expect(other.locator("[name=problem]")).to_have_value("")


def test_new_version_waits_until_somebody_loads_it(page, monkeypatch):
    older = app_files._worker()
    expect(page.locator('[data-when="update"]')).to_be_hidden()
    monkeypatch.setattr(
        app_files, "_worker", lambda: older.replace('"version": "', '"version": "n')
    )
    fresh = app_files._worker()
    assert fresh != older

    page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
    expect(page.locator('[data-when="update"]')).to_be_visible()
    look(page, "update")
    assert len(shells(page)) == 2  # the old one serves on, beside the new one
    follow(page, "[data-take-over]")

    page.wait_for_load_state("networkidle")
    expect(page.locator('[data-when="update"]')).to_be_hidden()
    chromium.until(page, lambda: len(shells(page)) == 1)
    assert shells(page)[0].startswith("shell-n")


def shells(page):
    return page.evaluate("caches.keys()")
