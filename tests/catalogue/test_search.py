"""People say what hurts; the service that heals it stands first (rule B1)."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.utils import translation

from catalogue.models import Service
from catalogue.queries import QUESTION_LENGTH, search

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture
def filled(db):
    call_command("load_catalogue", verbosity=0)


@pytest.mark.parametrize(
    ("language", "question", "slug"),
    [
        ("fr", "mon wifi est lent", "wifi-slow"),
        ("fr", "Wi-Fi lent", "wifi-slow"),
        ("fr", "wi fi lent", "wifi-slow"),
        ("fr", "tele sans image", "tv-no-picture"),
        ("fr", "ma télé n’a plus de son", "tv-no-picture"),
        ("fr", "l'imprimante imprime des pages blanches", "printer-not-printing"),
        ("fr", "je ne reçois plus mes mails", "email-trouble"),
        ("fr", "accrocher ma télé au mur", "tv-wall-mount"),
        ("fr", "odinateur lent", "computer-slow"),
        ("de", "WLAN langsam", "wifi-slow"),
        ("de", "Fernseher ohne Bild", "tv-no-picture"),
        ("de", "Drucker druckt nicht", "printer-not-printing"),
        ("it", "il televisore è senza immagine", "tv-no-picture"),
        ("it", "nuovo telefono", "new-phone"),
        ("en", "my account was hacked", "virus-removal"),
        ("en", "prnter", "printer-setup"),
    ],
)
def test_first_answer_heals(filled, language, question, slug):
    with translation.override(language):
        assert search(question, "FR", AT)[0].slug == slug


@pytest.mark.parametrize("question", ["", "   ", "?!", "il ne marche pas", "plombier", "\N{PILE OF POO}", "'; --"])
def test_nothing_is_found_for_nothing(filled, question):
    with translation.override("fr"):
        assert search(question, "FR", AT) == []


def test_other_languages_are_not_searched(filled):
    with translation.override("fr"):
        assert search("Rauchmelder", "FR", AT) == []


def test_far_behind_the_best_is_left_out(filled):
    with translation.override("fr"):
        assert len(search("mon wifi est lent", "FR", AT)) <= 4


def test_only_what_is_sold_there(filled):
    wifi = Service.objects.get(slug="wifi-slow")
    wifi.prices.filter(country="CH").delete()

    with translation.override("fr"):
        assert "wifi-slow" in [service.slug for service in search("wifi lent", "FR", AT)]
        assert "wifi-slow" not in [service.slug for service in search("wifi lent", "CH", AT)]


def test_carries_price_and_category_in_one_query(filled, django_assert_num_queries):
    with translation.override("fr"), django_assert_num_queries(1):
        found = search("mon wifi est lent", "CH", AT)
        assert (found[0].price_cents, found[0].currency, found[0].category.icon) == (9900, "CHF", "wifi")


def test_endless_question_is_cut(filled):
    with translation.override("fr"):
        assert search("wifi " * 1000, "FR", AT)[0].category.slug == "internet"
        assert search("x" * QUESTION_LENGTH + " wifi", "FR", AT) == []
