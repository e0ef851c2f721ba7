"""Text that is encrypted in the database: names, addresses, phones, door codes (FAULT 1.4)."""

from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4)
def _keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def keyring() -> MultiFernet:
    """The keys of settings.FIELD_KEYS, newest first: the first encrypts, every one decrypts."""
    return _keys(tuple(settings.FIELD_KEYS))


class EncryptedTextField(models.TextField):
    """Plain text in Python, Fernet tokens in the table. It cannot be searched, ordered or filtered: that is why."""

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value if value in (None, "") else keyring().encrypt(value.encode()).decode()

    def from_db_value(self, value, expression, connection):
        return value if value in (None, "") else keyring().decrypt(value.encode()).decode()

    def get_lookup(self, lookup_name):
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
