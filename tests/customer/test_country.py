"""The country follows what was chosen or typed, and where a browser is at home; never the language
that is read.
"""

import pytest
from django.urls import reverse

from places.actions import load_gazetteer
from places.gazetteer import Entry
from tests import factories

pytestmark = pytest.mark.django_db


def country(client, **headers):
    # with a question no page is kept
    page = client.get(reverse("customer:search"), {"q": "x"}, headers=headers)
    return page.context["country"]


@pytest.mark.parametrize(
    ("wishes", "seen"),
    [
        ("de", "FR"),
        ("it", "FR"),
        ("de-DE,de;q=0.9", "FR"),
        ("de-CH, fr;q=0.5", "CH"),
        ("it-CH,it;q=0.9", "CH"),
        ("fr-CH", "CH"),
        ("fr-FR,fr;q=0.9,de-CH;q=0.5", "FR"),
        ("en-GB,en;q=0.9,de-CH;q=0.5", "CH"),
        ("gsw-CH", "CH"),
        ("zh-Hant-TW", "FR"),
        ("", "FR"),
        ("-CH", "FR"),
        ("x" * 9_999, "FR"),
    ],
)
def test_where_the_browser_is_at_home_and_not_what_it_reads(client, wishes, seen):
    assert country(client, **{"accept-language": wishes}) == seen


def test_a_choice_outweighs_it(client):
    client.get(reverse("customer:prices"), {"country": "CH"})

    assert country(client, **{"accept-language": "fr-FR"}) == "CH"


def test_address_that_was_typed_is_remembered(client, morning):
    load_gazetteer([Entry("CH", "6900", "TI", "Lugano", "", 46.005, 8.952, "town")])
    draft = factories.DraftFactory(country="CH", currency="CHF", timezone="Europe/Zurich")
    place = {
        "country": "CH",
        "street": "Via Nassa 5",
        "postcode": "6900",
        "city": "Lugano",
        "door_code": "",
    }

    client.post(reverse("customer:draft_place", args=[draft.token]), place)

    assert country(client, **{"accept-language": "it"}) == "CH"
