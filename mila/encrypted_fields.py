"""Text that is encrypted in the database: names, addresses, phones, door codes."""

import hashlib
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
    """Plain text in Python, Fernet tokens in the table.

    It cannot be searched, ordered or filtered: that is why.
    """

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value if value in (None, "") else keyring().encrypt(value.encode()).decode()

    def from_db_value(self, value, expression, connection):
        return value if value in (None, "") else keyring().decrypt(value.encode()).decode()

    def get_lookup(self, lookup_name):
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


def fingerprint(secret: str) -> str:
    """By which a secret of 256 random bits is looked up without being kept: nobody finds the way
    back from it.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


class FingerprintField(models.CharField):
    """The fingerprint of another field of the row, written whenever both are: `of` names the field
    with the secret.
    """

    def __init__(self, *args, of: str = "", **kwargs):
        self.of = of
        super().__init__(*args, **{"max_length": 64, "editable": False, **kwargs})

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance, add):
        value = fingerprint(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, value)
        return value
