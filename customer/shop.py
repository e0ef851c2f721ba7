"""What the public pages show of the shop, kept in the process: the same for every visitor of a
country.

Prices and figures come from the rows in force. They are read again when one of them changes, or the
next one comes into force; each page asks for the version alone.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from catalogue import queries
from catalogue.models import PackagePrice, Service, ServicePrice
from catalogue.queries import Shelf
from customer import reviews
from mila import versions
from mila.versions import Kept
from policy.figures import Policy
from policy.models import PolicyRow
from policy.queries import policy_at


@dataclass(frozen=True)
class Shop:
    """A country's policy and shelves. Shared by requests, so nobody changes them."""

    policy: Policy
    shelves: list[Shelf]
    until: datetime | None  # when the next price or figure comes into force

    def service(self, slug: str) -> Service | None:
        """With its category."""
        return next(
            (one for shelf in self.shelves for one in shelf.services if one.slug == slug), None
        )


_shops: Kept[Shop] = Kept()
_figures: Kept[dict] = Kept()


@dataclass(frozen=True)
class Visit:
    """One look at the shop: the instant, what is sold then, and `tag`, which changes whenever any
    of it does.
    """

    at: datetime
    country: str
    shop: Shop
    tag: str
    ratings_version: str

    def rating_figures(self) -> dict:
        return _figures.get("all", self.ratings_version, self.at, lambda: (reviews.figures(), None))


def visit(country: str) -> Visit:
    """One statement, where nothing has changed."""
    at, (sold, rated) = versions.read("catalogue", "ratings")
    shop = _shops.get(country, sold, at, lambda: _open(country, at))
    return Visit(at, country, shop, f"{country} {sold} {rated} {shop.until}", rated)


def _open(country: str, at: datetime) -> tuple[Shop, datetime | None]:
    shelves = queries.shelves(country, at)
    for shelf in shelves:
        for service in shelf.services:
            service.category = shelf.category
    until = _next_change(at)
    return Shop(policy_at(at, country), shelves, until), until


def _next_change(at: datetime) -> datetime | None:
    """When the next price or figure comes into force, wherever it may be."""
    firsts = [
        model.objects.filter(starts_at__gt=at).aggregate(first=Min("starts_at"))["first"]
        for model in (ServicePrice, PackagePrice, PolicyRow)
    ]
    return min((first for first in firsts if first is not None), default=None)
