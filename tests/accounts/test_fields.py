"""Encrypted columns: unreadable in the table, readable with any key, of no use for a search
(fault F12).
"""

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.exceptions import FieldError
from django.db import connection

from accounts.models import CustomerProfile

PHONE = "+33639980117"


@pytest.fixture
def profile(customer):
    return CustomerProfile.objects.create(user=customer, phone=PHONE)


def in_the_table():
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM accounts_customerprofile")
        return cursor.fetchone()[0]


def test_table_holds_no_plain_text(profile):
    assert PHONE not in in_the_table()
    assert CustomerProfile.objects.get().phone == PHONE


def test_same_text_twice_is_not_the_same_token(profile):
    before = in_the_table()

    profile.save()

    assert in_the_table() != before


@pytest.mark.parametrize("text", ["", "0", "é — 14 rue de l’Exemple", "x" * 5000])
def test_every_text_comes_back(text, customer):
    CustomerProfile.objects.create(user=customer, phone=text)

    assert CustomerProfile.objects.get().phone == text


def test_nothing_stays_nothing(customer):
    CustomerProfile.objects.create(user=customer)

    assert in_the_table() == ""


def test_old_key_reads_and_the_newest_writes(profile, settings):
    newest = Fernet.generate_key().decode()
    settings.FIELD_KEYS = (newest, *settings.FIELD_KEYS)

    found = CustomerProfile.objects.get()
    assert found.phone == PHONE
    found.save()

    assert Fernet(newest).decrypt(in_the_table().encode()).decode() == PHONE


def test_without_its_key_nothing_is_read(profile, settings):
    settings.FIELD_KEYS = (Fernet.generate_key().decode(),)

    with pytest.raises(InvalidToken):
        CustomerProfile.objects.get()


@pytest.mark.parametrize(
    "lookup", ["exact", "iexact", "contains", "startswith", "in", "gt", "regex", "isnull"]
)
def test_no_filter_can_ask_for_it(lookup, profile):
    value = [PHONE] if lookup == "in" else lookup == "isnull" or PHONE
    if lookup == "isnull":
        assert not CustomerProfile.objects.filter(phone__isnull=True).exists()
        return
    with pytest.raises(FieldError):
        CustomerProfile.objects.filter(**{f"phone__{lookup}": value}).exists()
