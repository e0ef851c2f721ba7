"""The content comes in complete, in four languages, and a second load changes nothing that people
set.
"""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import translation

from accounts.models import Skill
from catalogue.models import Category, Package, PackagePrice, Service, ServicePrice

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _ in settings.LANGUAGES]
TEXTS = ["name", "summary", "included", "not_included", "tools", "steps", "prepare", "search_words"]
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def load() -> str:
    out = StringIO()
    call_command("load_catalogue", stdout=out)
    return out.getvalue()


def test_every_service_is_complete_in_every_language():
    load()

    assert Service.objects.count() >= 26
    assert Category.objects.count() == 6
    for service in Service.objects.all():
        for code in LANGUAGES:
            empty = [field for field in TEXTS if not getattr(service, f"{field}_{code}")]
            assert empty == [], f"{service.slug} lacks {empty} in {code}"


def test_no_text_stands_twice():
    """A forgotten translation or a copied service would."""
    load()

    for field in ("name", "summary"):
        for code in LANGUAGES:
            values = list(Service.objects.values_list(f"{field}_{code}", flat=True))
            assert len(set(values)) == len(values)
    for service in Service.objects.all():
        assert len({getattr(service, f"summary_{code}") for code in LANGUAGES}) == len(LANGUAGES)


def test_prices_and_durations_are_those_of_home_visits():
    load()

    for price in ServicePrice.objects.all():
        low, high = (4900, 14900) if price.country == "FR" else (7900, 22900)
        assert low <= price.price_cents <= high
    assert ServicePrice.objects.count() == 2 * Service.objects.count()
    assert PackagePrice.objects.count() == 2 * Package.objects.count() >= 20
    assert not Service.objects.exclude(duration_minutes__range=(30, 180)).exists()


def test_packages_and_skills_fit():
    load()

    assert Package.objects.filter(services=None).count() == 2
    assert set(Skill.objects.values_list("slug", flat=True)) >= set(
        Service.objects.values_list("skill__slug", flat=True)
    )
    for package in Package.objects.all():
        assert all(getattr(package, f"name_{code}") for code in LANGUAGES)


def test_swiss_spelling():
    load()

    for service in Service.objects.all():
        assert "ß" not in "".join(getattr(service, f"{field}_de") for field in TEXTS)


def test_second_load_changes_nothing(django_assert_max_num_queries):
    load()
    Service.objects.filter(slug="wifi-slow").update(active=False)
    ServicePrice.objects.create(
        service=Service.objects.get(slug="wifi-slow"),
        country="FR",
        currency="EUR",
        price_cents=7900,
        starts_at=LATER,
    )
    before = list(ServicePrice.objects.order_by("pk").values())

    said = load()

    assert ", 0 texts changed" in said
    assert list(ServicePrice.objects.order_by("pk").values()) == before
    assert not Service.objects.get(slug="wifi-slow").active


def test_text_is_brought_up_to_date():
    load()
    Service.objects.filter(slug="wifi-slow").update(name_fr="Ancien nom")

    said = load()

    assert ", 1 texts changed" in said
    with translation.override("fr"):
        assert Service.objects.get(slug="wifi-slow").name == "Wi-Fi lent ou instable"
