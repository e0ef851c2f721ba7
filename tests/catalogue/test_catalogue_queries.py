"""What is sold where, at which price, at which instant."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from catalogue import queries
from catalogue.models import PackagePrice, ServicePrice, lines
from policy.figures import Policy
from tests.factories import CategoryFactory, PackageFactory, ServiceFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def service(db):
    return ServiceFactory()


def reprice(service, cents, starts_at=AT, country="FR", currency="EUR"):
    return ServicePrice.objects.create(
        service=service, country=country, currency=currency, price_cents=cents, starts_at=starts_at
    )


@pytest.mark.parametrize(
    ("shift", "cents"), [(-SECOND, 6900), (timedelta(0), 7500), (SECOND, 7500)]
)
def test_new_price_holds_from_its_instant(service, shift, cents):
    reprice(service, 7500)

    assert queries.price_for(service, "FR", AT + shift).price_cents == cents
    assert queries.service_on_sale(service.slug, "FR", AT + shift).price_cents == cents
    assert queries.price_for(service, "CH", AT + shift).price_cents == 11900


def test_without_a_price_it_is_not_sold(service):
    service.prices.filter(country="CH").delete()

    with pytest.raises(queries.NotSold) as refusal:
        queries.price_for(service, "CH", AT)
    assert str(refusal.value)
    with pytest.raises(queries.NotSold):
        queries.service_on_sale(service.slug, "CH", AT)
    assert queries.shelves("CH", AT) == []


def test_before_the_first_price_it_is_not_sold(service):
    with pytest.raises(queries.NotSold):
        queries.price_for(service, "FR", datetime(2019, 1, 1, tzinfo=UTC))


def test_what_is_put_away_is_not_sold(service):
    service.active = False
    service.save(update_fields=["active"])

    with pytest.raises(queries.NotSold):
        queries.service_on_sale(service.slug, "FR", AT)


def test_receipt_spells_out_the_fee(service):
    price = queries.price_for(service, "CH", AT)
    parts = queries.Receipt(price.price_cents, Policy().booking_fee_cents[price.currency])

    assert (parts.service_cents, parts.fee_cents, parts.charge_cents) == (11900, 490, 12390)


def test_packages_own_first_then_general(service):
    other = ServiceFactory(slug="other")
    general = PackageFactory(slug="a-general")
    own = PackageFactory(slug="z-own")
    own.services.add(service, other)
    PackageFactory(slug="foreign").services.add(other)

    assert queries.packages_for(service, "FR", AT) == [own, general]
    assert queries.package_price_for(own, "CH", AT).price_cents == 3500


def test_package_without_a_price_is_not_sold(service):
    package = PackageFactory()
    package.prices.all().delete()

    with pytest.raises(queries.NotSold):
        queries.package_price_for(package, "FR", AT)
    assert queries.packages_for(service, "FR", AT) == []
    assert queries.packages_on_sale("FR", AT) == []


@pytest.mark.parametrize("count", [1, 3])
def test_shelves_take_two_queries(count, django_assert_num_queries):
    for n in range(count):
        ServiceFactory(slug=f"service-{n}", category=CategoryFactory(slug=f"category-{n}"))

    with django_assert_num_queries(2):
        shelves = queries.shelves("FR", AT)
        assert [(shelf.from_cents, shelf.currency) for shelf in shelves] == [(6900, "EUR")] * count


@pytest.mark.parametrize("model", [ServicePrice, PackagePrice])
@pytest.mark.parametrize(
    "wrong",
    [
        {"currency": "CHF"},
        {"country": "CH"},
        {"price_cents": 0},
        {"starts_at": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
def test_database_refuses_a_wrong_price(service, model, wrong):
    """Currency of another country, nothing to pay, two prices at one instant."""
    owner = {"service": service} if model is ServicePrice else {"package": PackageFactory()}
    values = {
        **owner,
        "country": "FR",
        "currency": "EUR",
        "price_cents": 100,
        "starts_at": AT,
        **wrong,
    }

    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(**values)
    assert model.objects.count() == 2


def test_lists_are_lines(service):
    service.included_fr = "Une mesure\n\n  Un réglage \n"
    service.prepare_fr = "Le mot de passe"

    assert service.included_list == ["Une mesure", "Un réglage"]
    assert service.prepare_list == ["Le mot de passe"]
    assert (
        service.not_included_list == service.tools_list == service.steps_list == lines(None) == []
    )
