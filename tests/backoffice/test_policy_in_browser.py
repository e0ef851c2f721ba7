"""Staff set the weights of the ranking in a real Chromium: written, looked at, saved."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from policy.models import PolicyRow
from tests import axe, chromium, factories
from tests.browsing import picture
from tests.signing_in import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]
WEIGHTS = {"stars": 0, "level": 650_000, "reliability": 150_000, "nearness": 200_000}


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_effect_is_read_before_it_is_saved(
    width, height, live_server, morning, staff, partner, rival_partner, open_page
):
    factories.TechnicianFactory(user__name="Zoé Lambert", lat=45.76, lon=4.84)
    client = Client()
    sign_in(client, staff)
    page = open_page(viewport={"width": width, "height": height})
    chromium.sign_in(page.context, client, live_server.url)

    def look(name):
        page.wait_for_load_state("networkidle")
        picture(page, f"policy-{name}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert [one["id"] for one in axe.violations(page) if one["impact"] == "critical"] == []

    address = live_server.url + reverse("admin:policy_policyrow_add")
    page.goto(address + "?key=score_weights_ppm")
    look("form")
    page.fill("[name=value]", json.dumps(WEIGHTS))
    page.fill("[name=starts_at_0]", "2026-11-20")
    page.fill("[name=starts_at_1]", "08:00")
    page.fill("[name=note]", "Stars are too few to count yet.")
    page.click("[name=_save]")
    page.wait_for_selector("#effect")
    look("effect")
    assert not PolicyRow.objects.exists()
    assert "Zoé Lambert" in page.inner_text("section[aria-labelledby=effect]")

    page.click("[name=_save]")
    page.wait_for_url("**/policyrow/")
    look("list")

    assert PolicyRow.objects.get().value == WEIGHTS
