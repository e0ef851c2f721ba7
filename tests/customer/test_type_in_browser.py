"""The one font: it ships with the site, its letters are there at once, and nothing moves when it
comes.
"""

import pytest
from django.conf import settings
from django.urls import reverse

from tests import chromium, factories
from tests.browsing import look

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]
FONTS = sorted((settings.BASE_DIR / "static" / "vendor").glob("*.woff2"))
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((one) => { sum += one.value; }))
    .observe({ type: "layout-shift", buffered: true });
  const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
  document.fonts.ready.then(() => painted(() => done(sum)));
})"""


def test_font_is_small():
    assert FONTS
    assert sum(font.stat().st_size for font in FONTS) <= 60 * 1024


@pytest.mark.parametrize("name", ["home", "services", "search"])
def test_pages_are_set_in_it_and_stand_still(name, open_page, live_server, morning):
    factories.ServiceFactory()
    page, fetched = open_page(), []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(live_server.url + reverse(f"customer:{name}"))
    shift = page.evaluate(SHIFTS)
    look(page, f"type-{name}")

    fonts = [url for url in fetched if url.endswith(".woff2")]
    assert ["atkinson-latin" in url and "ext" not in url for url in fonts] == [
        True
    ]  # the preload is the one that is used
    assert page.evaluate("""document.fonts.check('700 1rem "Atkinson Hyperlegible Next"')""")
    assert shift < 0.02
