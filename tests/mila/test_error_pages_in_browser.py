"""The page of every refusal, looked at: too fast, away, not found, and their fellows, in each
language.
"""

import pytest
from django.utils import translation

from mila.web.error_pages import WORDS, error_page
from tests import chromium
from tests.browsing import look

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
]
EVERY = [status for status in WORDS if isinstance(status, int)]
LONGEST = (429, 503)


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_every_refusal_is_a_page_with_a_way_on(site, rf, language):
    for status in EVERY if language == "fr" else LONGEST:
        with translation.override(language):
            answer = error_page(rf.get("/"), status)
        assert answer.status_code == status

        page = site.show(answer.content.decode())

        look(page, f"error-{status}-{language}")
        assert page.locator("main a.button").count() == 2
        assert page.locator("main a[href^='tel:']").count() == 1
