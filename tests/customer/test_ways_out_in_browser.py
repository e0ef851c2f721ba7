"""The pages on which a booking is moved or given up stand at both widths (rule B10)."""

import pytest
from django.urls import reverse

from requests_app.models import State
from tests import cast, chromium
from tests.browsing import look

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]


@pytest.mark.parametrize("language", ["fr", "de"])
def test_cancel_move_and_withdraw_of_a_confirmed_visit(
    open_page, live_server, morning, partner, searching, language
):
    booking = cast.walk(searching, partner, State.CONFIRMED)
    page = open_page(locale=language)

    for name in ("cancel", "move", "withdraw"):
        answer = page.goto(live_server.url + reverse(f"customer:{name}", args=[booking.token]))
        page.wait_for_load_state("networkidle")
        assert answer.status == 200, f"{name} in {language}"
        look(page, f"out-{name}-{language}")
