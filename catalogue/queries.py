"""What the public pages and the booking read of the catalogue, shaped for them; each in a fixed number of queries."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import add, or_
from typing import NamedTuple

from django.conf import settings
from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector, TrigramWordSimilarity
from django.db.models import F, Func, Prefetch, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalogue.models import Category, Package, PackagePrice, Service, ServicePrice
from mila.errors import Refusal
from policy.figures import Policy

DICTIONARIES = {"fr": "french", "de": "german", "it": "italian", "en": "english"}
QUESTION_LENGTH = 120  # characters of a search that are read
WORD = re.compile(r"\w{2,}")
# Said with every complaint, so they tell nothing; the dictionaries' own stop words are not enough.
COMMON = """
de du des le la les un une ma mon mes en et est il elle je ne pas plus marche fonctionne avec bonjour au aux sur
der die das ein eine mein meine ich ist nicht kein keine mehr geht und mit im in den dem
il lo gli una mio mia non più va funziona con di della del che per
the my is not no does do it an and with to of at on works working
"""
EMPTY = frozenset(COMMON.split())
RANKED = 0.01  # a stem was met
ALIKE = 0.5  # mean likeness of the words from which a misspelt question counts as understood
NEAR_BEST = 0.55  # of the best score


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


def receipt_of(service: Service, country: str, at: datetime, policy: Policy) -> Receipt:
    """Price, fee and total there at that instant. Raises NotSold. One query."""
    price = price_for(service, country, at)
    return Receipt(price.price_cents, policy.booking_fee_cents[price.currency])


def shelves(country: str, at: datetime) -> list[Shelf]:
    """All categories that sell something there, in order, with their services. Two queries."""
    services = Service.objects.on_sale(country, at)
    categories = Category.objects.prefetch_related(Prefetch("services", queryset=services, to_attr="sold"))
    return [Shelf(category, category.sold) for category in categories if category.sold]


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
    """Services for what hurts, best first, in the person's language. One query; none for a question without a word.

    Three things count: words by their stem (name before symptoms before summary), words by likeness, so that a typing
    error does not matter, and the likeness of the whole sentence to a symptom. Far behind the best is left out.
    """
    asked = question[:QUESTION_LENGTH].lower().replace("-", "").replace("wi fi", "wifi")
    words = [word for word in WORD.findall(asked) if word not in EMPTY]
    if not words:
        return []
    language = (get_language() or settings.LANGUAGE_CODE)[:2]
    dictionary = DICTIONARIES[language]
    name, said, summary = (Plain(f"{field}_{language}") for field in ("name", "search_words", "summary"))
    vector = (
        SearchVector(name, weight="A", config=dictionary)
        + SearchVector(said, weight="B", config=dictionary)
        + SearchVector(summary, weight="C", config=dictionary)
    )
    plain = [Plain(Value(word)) for word in words]
    stems = reduce(or_, (SearchQuery(word, config=dictionary) for word in plain))
    symptoms = Concat(name, Value(" "), said, output_field=TextField())
    sentence = Plain(Value(" ".join(words)))
    likeness = [TrigramWordSimilarity(text, symptoms) for text in [*plain, sentence]]  # type: ignore[arg-type]
    alike, whole = reduce(add, likeness[:-1]) / Value(float(len(words))), likeness[-1]
    found = (
        Service.objects.on_sale(country, at)
        .select_related("category")
        .annotate(rank=SearchRank(vector, stems), alike=alike, whole=whole)
        .annotate(score=F("rank") + F("alike") + F("whole"))
        .filter(Q(rank__gt=RANKED) | Q(alike__gte=ALIKE))
        .order_by("-score", "position", "slug")
    )
    return [service for service in found if service.score >= NEAR_BEST * found[0].score]
