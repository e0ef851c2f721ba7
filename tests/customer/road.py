"""What the browser tests of the booking's road begin with."""

import pytest
from playwright.sync_api import expect

from places.actions import load_gazetteer
from places.gazetteer import Entry
from tests import factories


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


def say_where(page):
    """The address of the first step, until its days are there."""
    page.fill("[name=street]", "14 rue de l’Exemple")
    page.fill("[name=postcode]", "69007")
    page.fill("[name=city]", "Lyon")
    page.locator("[name=city]").blur()
    expect(page.locator(".day-card")).to_have_count(3)
