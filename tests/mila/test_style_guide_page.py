"""Every component in every state: nothing for axe to find, nothing wider than the phone, in both
lights.
"""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory

from mila.web.styleguide import examples
from tests import axe, chromium
from tests.browsing import picture
from tests.mila.conftest import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
]


def document(template, context):
    asked = RequestFactory().get("/")
    asked.user = AnonymousUser()
    return render_to_string(template, {"messages": [], **context}, asked)


@pytest.mark.parametrize("light", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 390, 1280])
def test_style_guide(chrome, width, light):
    site = Site(
        chrome,
        viewport={"width": width, "height": 844},
        color_scheme=light,
        reduced_motion="reduce",
    )
    page = site.show(document("styleguide.html", examples()))
    picture(page, f"styleguide-{light}")

    found = axe.faults(page)
    sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    site.context.close()

    assert found == []
    assert sideways <= 0
    assert site.errors == []


def test_error_page_stands_without_session_and_script(chrome):
    site = Site(chrome, viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = site.show(
        document("error.html", {"title": "Nothing here", "sentence": "All else is in its place."})
    )

    assert page.locator("h1").inner_text() == "Nothing here"
    assert page.locator('a[href^="tel:"]').count() == 1
    site.context.close()
