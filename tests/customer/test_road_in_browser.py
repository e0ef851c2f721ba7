"""From home to the contact step in four screens, to the order in six (rule B1)."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from places.actions import load_gazetteer
from places.gazetteer import Entry
from requests_app.models import Booking
from tests import chromium, factories
from tests.browsing import look

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def service(live_server, somebody_free):
    load_gazetteer(
        [Entry("FR", "69007", "69", "Lyon 7e Arrondissement", "", 45.7485, 4.8467, "town")]
    )
    found = factories.ServiceFactory()
    factories.PackageFactory()
    factories.QuestionFactory(services=[found])
    factories.QuestionFactory(
        slug="ladder",
        kind="choice",
        words="Y a-t-il une échelle ?",
        options="Oui\nNon",
        services=[found],
    )
    return found


def test_home_service_where_and_when_who(open_page, live_server, service):
    page, screens = open_page(), []
    page.on(
        "load",
        lambda loaded: screens.append(loaded.url.removeprefix(live_server.url).split("?")[0]),
    )
    page.goto(live_server.url + reverse("customer:home"))
    page.goto(live_server.url + reverse("customer:service", args=[service.slug]))
    page.click(".dock a.button")

    page.fill("[name=street]", "14 rue de l’Exemple")
    page.fill("[name=postcode]", "69007")
    page.fill("[name=city]", "Lyon")
    page.locator("[name=city]").blur()
    expect(page.locator(".day-card")).to_have_count(3)
    page.click("#extras summary")
    page.check("[name=package]")
    expect(page.locator("#dock-total")).to_contain_text("96.90")
    expect(page.locator("[name=package]")).to_be_checked()
    look(page, "where-with-extras")
    page.click(".dock button")

    page.wait_for_url("**/who/")
    assert len(screens) == 4
    assert page.locator("[name=at_the_door]").is_hidden()
    page.check("[name=for_whom][value=other]")
    assert page.locator("[name=at_the_door]").is_visible()
    look(page, "who")
    draft = Booking.objects.get()
    assert (draft.service_cents, draft.wishes.count()) == (6900 + 2500, 1)
