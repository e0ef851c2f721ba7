"""Pages anyone may read: prices with the fee spelled out, promises from the policy, a fixed number
of queries.
"""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from catalogue.models import Topic
from customer.views import catalogue
from mila.versions import Kept
from policy.models import PolicyRow
from tests.factories import CategoryFactory, PackageFactory, ServiceFactory

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PAGES = [
    f"customer:{name}"
    for name in (
        "home",
        "services",
        "search",
        "prices",
        "help",
        "ranking",
        "legal",
        "terms",
        "privacy",
        "accessibility",
        "reviews",
    )
]
LAW = ["customer:terms", "customer:privacy", "customer:accessibility", "customer:reviews"]
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def service(db):
    return ServiceFactory(
        included_fr="Une mesure", not_included_fr="Un mur percé", tools_fr="Un testeur"
    )


def read(client, name, *args, **query):
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_can_be_asked_for_its_head_alone(client, service, name):
    answer = client.head(reverse(name))

    assert answer.status_code == 200
    assert answer.content == b""
    assert client.post(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_reads_in_every_language_with_one_heading(client, service, name, language):
    client.cookies["django_language"] = language

    page = read(client, name)

    assert page.count("<h1") == 1
    assert f'<html lang="{language}"' in page


@pytest.mark.parametrize("name", PAGES)
def test_stands_on_an_empty_catalogue(client, name):
    assert read(client, name).count("<h1") == 1


@pytest.mark.parametrize("name", [*PAGES, "customer:category", "customer:service"])
def test_takes_the_same_queries_for_one_and_three_rows(client, name):
    args = {"customer:category": ["internet"], "customer:service": ["service-0"]}.get(name, [])
    counts = []
    for rows in ([0], [1, 2]):
        for n in rows:
            service = ServiceFactory(slug=f"service-{n}", name=f"Wi-Fi {n}")
            ServiceFactory(slug=f"elsewhere-{n}", category=CategoryFactory(slug=f"category-{n}"))
            PackageFactory(slug=f"package-{n}").services.add(service)
        read(client, name, *args, q="wifi")  # what is sold is read again after a change, once
        with CaptureQueriesContext(connection) as asked:
            read(client, name, *args, q="wifi")
        counts.append(len(asked))

    # The pages of the law read the policy's rows of both countries; a search reads its topics and
    # the texts.
    most = 4 if name in LAW else 3 if name == "customer:search" else 2
    assert counts[0] == counts[1] <= most


def test_service_page_spells_out_the_price(client, service):
    page = read(client, "customer:service", service.slug)

    for words in (
        "Une mesure",
        "Un mur percé",
        "Un testeur",
        f"69,00{NBSP}€",
        f"2,90{NBSP}€",
        f"71,90{NBSP}€",
    ):
        assert words in page


LISTS = {
    "customer:home": ((), {}),
    "customer:services": ((), {}),
    "customer:category": (("internet",), {}),
    "customer:search": ((), {"q": "wifi"}),
    "customer:prices": ((), {}),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("country", "whole", "part"),
    [("FR", f"71,90{NBSP}€", f"69,00{NBSP}€"), ("CH", f"CHF{NBSP}123.90", f"CHF{NBSP}119.00")],
)
def test_every_list_shows_the_whole_price_and_never_a_part(
    name, country, whole, part, client, service
):
    """Rule B14: prices in lists are totals with the fee."""
    args, query = LISTS[name]

    page = read(client, name, *args, country=country, **query)

    assert whole in page
    receipt = page.count('<dl class="receipt">')
    assert page.count(part) == receipt  # nowhere but in the receipt of the example


def test_country_is_chosen_and_kept(client, service):
    page = read(client, "customer:service", service.slug, country="CH")

    assert f"CHF{NBSP}123.90" in page
    assert f"CHF{NBSP}123.90" in read(client, "customer:service", service.slug)
    assert f"CHF{NBSP}123.90" in read(client, "customer:service", service.slug, country="CH")
    assert client.session["country"] == "CH"


def test_unknown_country_changes_nothing(client, service):
    read(client, "customer:service", service.slug, country="CH")

    page = read(client, "customer:service", service.slug, country="XX")

    assert "CHF" in page
    assert client.session["country"] == "CH"


def test_who_is_at_home_in_switzerland_sees_its_prices_first(client, service):
    """Whatever they read (tests/customer/test_country.py); nothing is remembered for it."""
    page = client.get(
        reverse("customer:services"), headers={"accept-language": "it-CH"}
    ).content.decode()

    assert f"CHF{NBSP}123.90" in page
    assert "country" not in client.session


def test_service_that_is_not_sold_there_is_not_found(client, service):
    service.prices.filter(country="CH").delete()

    assert (
        client.get(reverse("customer:service", args=[service.slug]), {"country": "CH"}).status_code
        == 404
    )
    assert client.get(reverse("customer:service", args=["nothing"])).status_code == 404
    assert client.get(reverse("customer:category", args=["nothing"])).status_code == 404


def test_category_without_a_price_there_says_so(client, service):
    service.prices.filter(country="CH").delete()

    page = read(client, "customer:category", "internet", country="CH")

    assert 'class="empty"' in page
    assert service.name not in page


def test_pages_only_read(client, service):
    for name in PAGES:
        assert client.post(reverse(name)).status_code == 405


def test_ranking_shows_the_live_weights(client):
    """Law R8, rule D2."""
    percent = "{}\N{NO-BREAK SPACE}%".format
    assert percent(45) in read(client, "customer:ranking")
    PolicyRow.objects.create(
        key="score_weights_ppm",
        value={"stars": 600_000, "level": 200_000, "reliability": 110_000, "nearness": 90_000},
        starts_at=LONG_AGO,
        note="test",
    )

    page = read(client, "customer:ranking")

    for share in (60, 20, 11, 9):
        assert percent(share) in page
    assert percent(45) not in page


def test_promises_follow_the_policy(client, service):
    PolicyRow.objects.create(key="guarantee", value=30 * 86400, starts_at=LONG_AGO, note="test")
    PolicyRow.objects.create(
        key="booking_fee_cents",
        value={"EUR": 310, "CHF": 490},
        starts_at=LONG_AGO,
        note="test",
        country="FR",
    )

    page = read(client, "customer:prices")

    assert "Jusqu’à 30 jours après votre signature" in page
    assert f"72,10{NBSP}€" in page
    assert f"72,10{NBSP}€" in read(client, "customer:service", service.slug)


def test_search_answers_with_and_without_script(client, service):
    whole = read(client, "customer:search", q="wifi")
    part = client.get(
        reverse("customer:search"), {"q": "wifi"}, headers={"HX-Request": "true"}
    ).content.decode()

    assert service.name in whole
    assert service.name in part
    assert "<h1" in whole
    assert "<h1" not in part
    assert 'id="results"' in part


def test_empty_search_leads_on_and_is_escaped(client, service):
    """To help (rule H1)."""
    page = read(client, "customer:search", q="<script>plombier")

    assert 'class="empty"' in page
    assert reverse("customer:help") in page
    assert "<script>plombier" not in page


def test_home_shows_reviews_only_when_there_are_real_ones(client, service, monkeypatch):
    assert "reviews-title" not in read(client, "customer:home")
    review = {
        "text": "Enfin.",
        "name": "Maëlle T.",
        "city": "Lyon",
        "service": "Wi-Fi",
        "at": LONG_AGO,
    }
    ratings = {"stars": 4.8, "count": 12, "reviews": [review]}
    monkeypatch.setattr(catalogue, "recent_ratings", lambda _figures: ratings)
    monkeypatch.setattr(catalogue, "_pages", Kept())

    assert "Maëlle T." in read(client, "customer:home")


def test_legal_notice_names_who_runs_the_site(client, settings):
    """Law R6; production does not start without them (tests/mila/test_production.py)."""
    settings.OPERATOR = {
        **settings.OPERATOR,
        "company": "Aide à domicile SAS",
        "mediator": "Médiateur du pays",
    }

    page = read(client, "customer:legal")

    for fact in settings.OPERATOR.values():
        assert escape(fact) in page


def test_what_is_not_sold_is_said_with_the_number_to_call(client, service):
    Topic.objects.create(
        slug="trades", kind="not_sold", name_fr="Plomberie", words_fr="plombier", name="Plomberie"
    )

    page = read(client, "customer:search", q="plombier")

    assert "Mila ne le propose pas." in page
    assert f"appelez-nous au 01{NBSP}99{NBSP}00{NBSP}12{NBSP}34." in page
