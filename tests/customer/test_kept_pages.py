"""Public pages are made of what is kept in the process, and are never older
than the last change.
"""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalogue.models import Category, Service
from customer import reviews
from customer.views import catalogue
from mila.clock import mila_now, set_clock
from places.place import Country
from policy.models import PolicyRow
from requests_app.actions import reviewing
from requests_app.models import State
from tests import factories
from tests.cast import walk

pytestmark = pytest.mark.django_db
HOME, SERVICES = "customer:home", "customer:services"


def read(client, name=SERVICES, *args, **headers):
    return client.get(reverse(name, args=args), headers=headers)


def statements(client, name, *args):
    with CaptureQueriesContext(connection) as asked:
        assert read(client, name, *args).status_code == 200
    return len(asked)


@pytest.fixture
def service(db):
    return factories.ServiceFactory()


@pytest.mark.parametrize(
    ("name", "args", "most"),
    [
        (HOME, [], 1),
        (SERVICES, [], 1),
        ("customer:category", ["internet"], 1),
        ("customer:help", [], 1),
    ],
)
def test_second_reader_costs_the_version_alone(client, service, name, args, most):
    read(client, name, *args)

    assert statements(client, name, *args) <= most


def test_change_is_seen_by_the_next_reader(client, service):
    before = read(client).content.decode()

    service.prices.filter(country="FR").update(price_cents=8100)  # not even a save
    PolicyRow.objects.create(
        key="booking_fee_cents", value={"EUR": 310, "CHF": 510}, starts_at=mila_now()
    )

    after = read(client).content.decode()
    assert after != before
    assert "84,10" in after


def test_price_comes_into_force_by_itself(client, service, stopped_clock):
    later = mila_now() + timedelta(hours=1)
    service.prices.create(country="FR", currency="EUR", price_cents=9900, starts_at=later)
    before = read(client).content.decode()
    stopped_clock(later)

    after = read(client).content.decode()

    assert "99,00" not in before
    assert "99,00" in after or "101,90" in after
    # a clock that is set back, as tests and the demo do
    set_clock(later - timedelta(hours=2), speed=0)
    assert "99,00" not in read(client).content.decode()


def test_words_are_those_of_the_reader(client, service):
    service.name_de = "Langsames WLAN"
    service.save()
    read(client)
    client.cookies["django_language"] = "de"

    assert "Langsames WLAN" in read(client).content.decode()


def test_new_rating_is_counted_at_once(client, searching, partner, monkeypatch):
    monkeypatch.setattr(reviews, "SHOWN_FROM", 1)
    read(client, HOME)
    signed = walk(searching, partner, State.SIGNED_OFF)
    reviewing.rate(signed.pk, quality=5, punctuality=5, friendliness=5, comment="Parfait")

    assert "Parfait" in read(client, HOME).content.decode()


def test_unchanged_page_is_not_sent_again(client, service):
    first = read(client)
    with CaptureQueriesContext(connection) as asked:
        again = read(client, If_None_Match=first["ETag"])

    assert (again.status_code, again.content, len(asked)) == (304, b"", 1)
    assert again["ETag"] == first["ETag"]
    assert first["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "Accept-Language"} <= {name.strip() for name in first["Vary"].split(",")}


@pytest.mark.parametrize("change", ["price", "language", "token", "country"])
def test_page_that_differs_is_sent(client, service, change):
    first = read(client)
    if change == "price":
        service.prices.update(price_cents=8100)
    elif change == "language":
        client.cookies["django_language"] = "de"
    elif change == "token":
        del client.cookies["csrftoken"]
    else:
        client.get(reverse(SERVICES), {"country": "CH"})

    assert read(client, If_None_Match=first["ETag"]).status_code == 200


def test_page_of_a_signed_in_person_is_never_kept(client, service, customer):
    first = read(client)
    client.force_login(customer)

    answer = read(client, If_None_Match=first["ETag"])

    assert answer.status_code == 200
    assert "ETag" not in answer
    assert "no-store" in answer["Cache-Control"]


def test_kept_page_carries_the_reader_s_own_token(service):
    first, second = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    address = reverse(SERVICES)
    first.get(address)
    token = re.search(
        'name="csrfmiddlewaretoken" value="(.+?)"', second.get(address).content.decode()
    )[1]
    change = {"language": "de", "next": "/", "csrfmiddlewaretoken": token}

    assert second.post(reverse("set_language"), change).status_code == 302
    assert first.post(reverse("set_language"), change).status_code == 403
    assert catalogue.TOKEN not in second.get(address).content.decode()


def test_page_of_a_signed_in_person_is_not_kept_for_others(client, service, customer):
    client.force_login(customer)
    read(client)

    assert reverse("account_logout") not in read(Client()).content.decode()


def test_service_that_is_no_longer_sold_is_gone(client, service):
    assert read(client, "customer:service", service.slug).status_code == 200
    service.active = False
    service.save()

    assert read(client, "customer:service", service.slug).status_code == 404


def test_an_address_with_an_empty_question_is_nobody_elses_page(service):
    read_as_typed = Client().get(reverse(HOME) + "?&&&")

    # where the form of the language leads back to
    assert "?&amp;&amp;&amp;" in read_as_typed.content.decode()
    assert "&amp;&amp;&amp;" not in read(Client(), HOME).content.decode()


def test_every_page_of_every_reader_has_its_place():
    """Or asking for them in turn would empty what is kept."""
    call_command("load_catalogue", verbosity=0)
    pages = Service.objects.count() + Category.objects.count() + 10
    readers = len(settings.LANGUAGES) * len(Country.values) * 2  # with and without htmx

    assert pages * readers <= catalogue._pages.most
