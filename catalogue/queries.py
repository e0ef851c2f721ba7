"""What the public pages and the booking read of the catalogue, shaped for them; each in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector, TrigramWordSimilarity
from django.db.models import F, Func, Prefetch, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat, Greatest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalogue.models import Category, Package, PackagePrice, Service, ServicePrice
from catalogue.money import Split, split
from catalogue.policy import Policy
from mila.errors import Refusal

DICTIONARIES = {"fr": "french", "de": "german", "it": "italian", "en": "english"}
QUESTION_LENGTH = 120  # characters of a search that are read
ALIKE = 0.55  # word similarity from which a misspelt word counts as found


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


def price_split(service: Service, country: str, at: datetime, policy: Policy) -> Split:
    """Price, fee and total as the customer sees them before he commits (PRODUCT B6). One query."""
    price = price_for(service, country, at)
    return split(price.price_cents, policy.commission_bp, policy.booking_fee_cents[price.currency])


def shelves(country: str, at: datetime) -> list[Shelf]:
    """All categories that sell something there, in order, with their services. Two queries."""
    services = Service.objects.on_sale(country, at)
    categories = Category.objects.prefetch_related(Prefetch("services", queryset=services, to_attr="sold"))
    return [Shelf(category, category.sold) for category in categories if category.sold]


def category_on_sale(category: Category, country: str, at: datetime) -> list[Service]:
    """What a category sells there. One query."""
    return list(Service.objects.on_sale(country, at).filter(category=category))


def service_on_sale(slug: str, country: str, at: datetime) -> Service:
    """The service with its category and price there. Raises NotSold. One query."""
    service = Service.objects.on_sale(country, at).select_related("category").filter(slug=slug).first()
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


def packages_on_sale(country: str, at: datetime) -> list[Package]:
    """All extras. One query."""
    return list(Package.objects.on_sale(country, at))


class Plain(Func):
    """Lower case, no accents, words apart by one space (migration 0002)."""

    function = "catalogue_plain"
    output_field = TextField()


def search(question: str, country: str, at: datetime) -> list[Service]:
    """Services for what hurts, best first: words by their stem in the person's language, misspelt ones by likeness.

    One query. Nothing for a question without a letter or digit.
    """
    words = [word for word in question[:QUESTION_LENGTH].replace("-", "").split() if any(map(str.isalnum, word))]
    if not words:
        return []
    dictionary = DICTIONARIES.get((get_language() or "fr")[:2], "french")
    name, said, summary = Plain(F("name")), Plain(F("search_words")), Plain(F("summary"))
    vector = (
        SearchVector(name, weight="A", config=dictionary)
        + SearchVector(said, weight="B", config=dictionary)
        + SearchVector(summary, weight="C", config=dictionary)
    )
    stems = SearchQuery(Plain(Value(words[0])), config=dictionary)
    for word in words[1:]:
        stems |= SearchQuery(Plain(Value(word)), config=dictionary)
    everything = Concat(name, Value(" "), said, Value(" "), summary, output_field=TextField())
    likeness = Greatest(*(TrigramWordSimilarity(Plain(Value(word)), everything) for word in [*words, words[0]]))
    return list(
        Service.objects.on_sale(country, at)
        .select_related("category")
        .annotate(rank=SearchRank(vector, stems, normalization=1), likeness=likeness)
        .filter(Q(rank__gt=0.01) | Q(likeness__gte=ALIKE))
        .order_by(F("rank").desc(), F("likeness").desc(), "position")
    )
