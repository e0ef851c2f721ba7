"""Staff read one language: each row and column of theirs has its name in it, and a plural that is
one.
"""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.utils import translation

from accounts.models import Notification
from backoffice import board, booking_history, names
from mila.clock import mila_now
from mila.translations import APPS
from requests_app.models import Booking
from tests.cast import claimed

WRONG = re.compile(r"([^aeiou]y|ch|sh|s|x)s$")


def ours():
    return [model for model in apps.get_models() if model._meta.app_label in APPS]


def test_no_plural_is_one_that_nobody_would_write():
    with translation.override("en"):
        wrong = [m._meta.label for m in ours() if WRONG.search(str(m._meta.verbose_name_plural))]

    assert wrong == []
    assert WRONG.search("ledger entrys")
    assert WRONG.search("searchs")
    assert WRONG.search("dead addresss")
    assert not WRONG.search("dead addresses")


def test_what_staff_see_has_a_name_of_its_own():
    """Django's own name is the class's, in English alone."""
    shown = {model for model in admin.site._registry if model._meta.app_label in APPS}
    nameless = {
        model._meta.label
        for model in shown
        if model._meta.label not in names.ROWS
        and "verbose_name_plural" not in model._meta.original_attrs
    }

    assert nameless == set()


def test_columns_are_said_in_the_language_of_whoever_looks():
    amount = apps.get_model("payments.Charge")._meta.get_field("amount_cents")

    with translation.override("fr"):
        assert str(amount.verbose_name) == "montant (centimes)"
    with translation.override("en"):
        assert str(amount.verbose_name) == "amount cents"


@pytest.mark.django_db
def test_board_counts_different_things_in_different_words(morning):
    with translation.override("fr"):
        tiles = board.tiles({"contested": 1}, mila_now())
        said = [tile.label for tile in tiles if "litige" in tile.label.lower()]

    assert said == ["Litiges bancaires à traiter"]


@pytest.mark.django_db
def test_customer_s_notices_are_not_buried_under_the_offers(morning, searching, partner):
    booking = Booking.objects.get(pk=claimed(searching, partner).pk)
    at = mila_now()

    with translation.override("fr"):
        own = booking_history.customer_notices(booking, at)
        others = booking_history.other_notices(booking, at)

    rows = list(Notification.objects.filter(subject_id=booking.uuid))
    assert len(own.rows) + len(others.rows) == len(rows)
    [told] = [row for row in rows if row.kind == "claimed"]
    assert [row[0] for row in own.rows if f"/{told.pk}/" in row[0]]
    assert not [row[0] for row in others.rows if f"/{told.pk}/" in row[0]]
    raw = {row.kind for row in rows}
    assert not raw & {re.sub(r"<[^>]*>", "", row[0]) for row in (*own.rows, *others.rows)}
