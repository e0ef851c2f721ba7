"""What the public pages and the booking read of the catalogue, shaped for them; each in a fixed
number of queries.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from catalogue.models import (
    Category,
    Checklist,
    ChecklistPart,
    Package,
    PackagePrice,
    Question,
    Service,
    ServicePrice,
)
from mila.errors import Refusal


class NotSold(Refusal):
    """Nothing of that name is sold there, or not at that instant."""

    sentence = _("This service is not offered there at the moment.")


@dataclass(frozen=True)
class Shelf:
    """A category and what it holds; `from_cents` is the lowest price, without the booking fee."""

    category: Category
    services: list[Service]

    @property
    def from_cents(self) -> int:
        return min(service.price_cents for service in self.services)

    @property
    def currency(self) -> str:
        return self.services[0].currency


def price_for(service: Service, country: str, at: datetime) -> ServicePrice:
    """The price of the service in force at `at`. Raises NotSold. One query."""
    return _in_force(ServicePrice.objects.filter(service=service), country, at)


def package_price_for(package: Package, country: str, at: datetime) -> PackagePrice:
    """The price of the package in force at `at`. Raises NotSold. One query."""
    return _in_force(PackagePrice.objects.filter(package=package), country, at)


def _in_force(prices: QuerySet, country: str, at: datetime):
    price = prices.filter(country=country, starts_at__lte=at).order_by("-starts_at").first()
    if price is None:
        raise NotSold
    return price


class Receipt(NamedTuple):
    """What the customer sees of a price before ordering (rule B6)."""

    service_cents: int
    fee_cents: int

    @property
    def charge_cents(self) -> int:
        return self.service_cents + self.fee_cents


def shelves(country: str, at: datetime) -> list[Shelf]:
    """All categories that sell something there, in order, with their services. Two queries."""
    services = Service.objects.on_sale(country, at)
    categories = Category.objects.prefetch_related(
        Prefetch("services", queryset=services, to_attr="sold")
    )
    return [Shelf(category, category.sold) for category in categories if category.sold]


def checklists_of(service_id: int, at: datetime) -> list[Checklist]:
    """The lists of a visit in their order, each in the version in force then: the service's own
    before the general.

    One query.
    """
    rows = Checklist.objects.filter(Q(service=service_id) | Q(service=None), starts_at__lte=at)
    found: dict[str, Checklist] = {}
    for row in sorted(
        rows, key=lambda one: (one.service_id is not None, one.starts_at, one.version)
    ):
        found[row.part] = row
    return [found[part] for part in ChecklistPart.values if part in found]


def service_on_sale(slug: str, country: str, at: datetime) -> Service:
    """The service with its category and price there. Raises NotSold. One query."""
    service = (
        Service.objects.on_sale(country, at).select_related("category").filter(slug=slug).first()
    )
    if service is None:
        raise NotSold
    return service


def packages_for(service: Service, country: str, at: datetime) -> list[Package]:
    """Extras that fit the service: its own first, then those that fit every one. One query."""
    return list(
        Package.objects.on_sale(country, at)
        .filter(Q(services=service) | Q(services=None))
        .order_by("services", "position", "slug")
    )


def questions_for(service: Service) -> list[Question]:
    """What is asked while it is booked, in order (rule B13). One query."""
    return list(service.questions.filter(active=True)[: Question.MOST])


def packages_on_sale(country: str, at: datetime) -> list[Package]:
    """All extras. One query."""
    return list(Package.objects.on_sale(country, at))
