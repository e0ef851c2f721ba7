"""The desk and its bar in a real Chromium: four languages, both sizes, and a guest's first steps
(rule H2).
"""

import pytest
from django.conf import settings as site_settings
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

import embedded
from devstack import launch
from devstack.models import DemoWorld
from embedded import folders
from requests_app.models import State
from simulation import factor
from tests import chromium
from tests.browsing import look
from tests.cast import walk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("devstack.urls"),
]


@pytest.fixture
def demo(settings, searching, partner, staff, monkeypatch, tmp_path):
    """A small world: somebody comes, staff have their factor, one mail was sent."""
    settings.DEMO = True
    settings.MIDDLEWARE = [*site_settings.MIDDLEWARE, "devstack.middleware.DemoBar"]
    monkeypatch.setattr(folders, "BASE", tmp_path)
    monkeypatch.setattr(launch, "send_sweeps", lambda: None)
    factor.enrol(staff)
    walk(searching, partner, State.CONFIRMED)
    folder = embedded.var(settings.INSTANCE) / "mail"
    folder.mkdir(parents=True)
    (folder / "1.log").write_text(
        "From: a@mila.example\nTo: odile@example.com\nSubject: Votre rendez-vous\n"
        "Date: Sat, 28 Nov 2026 04:01:00 -0000\nContent-Type: text/plain; charset=utf-8\n\n"
        f"Bonjour.\n{'-' * 79}\n",
        encoding="utf-8",
    )
    return DemoWorld.objects.create(
        began_at=searching.placed_at, password="x", ops_password="y", complete=True
    )


@pytest.fixture
def site(demo):
    """A server of its own: the common one was started without the bar."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@pytest.mark.parametrize("language", ["fr-FR", "de-CH", "it-CH", "en-GB"])
def test_desk_and_bar_stand_in_every_language(open_page, site, language):
    page = open_page(locale=language)

    for name in ("desk:desk", "desk:mails", "customer:home"):
        page.goto(site + reverse(name))
        expect(page.locator(".demo-bar")).to_be_visible()
        look(page, f"{name.replace(':', '-')}-{language[:2]}")


def test_staff_read_the_code_in_the_bar_and_are_in(open_page, site):
    page = open_page()
    page.goto(site + reverse("desk:desk"))

    page.get_by_role("button", name="Continue as Ops").click()
    page.wait_for_url("**/2fa/**")
    look(page, "desk-second-factor")
    page.fill("input[name=code]", page.locator(".demo-bar strong[data-fresh]").inner_text())
    page.press("input[name=code]", "Enter")

    page.wait_for_url("**/admin/**")
    expect(page.locator(".demo-bar")).to_be_visible()
    expect(page.locator("body")).to_contain_text("Mila")


def test_guest_and_technician_go_on_in_the_language_of_the_desk(open_page, site, partner):
    page = open_page()
    page.goto(site + reverse("desk:desk"))

    page.get_by_role("button", name=f"Continue as {partner.user.name}").first.click()
    page.wait_for_url("**/partner/jobs/**")

    expect(page.locator("html")).to_have_attribute("lang", "en")
