"""Encrypted columns written anew under the newest key, row by row, while the site runs (fault F12).

Signatures are evidence: their triggers let the owner's role do this under the name of the work, and
keep a row of it.
"""

from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from psycopg import sql

from mila.encrypted_fields import EncryptedTextField, keyring

WORK = "rotate_fields"
BATCH = 200


def rotate_all() -> dict[str, int]:
    """Every encrypted column of every model; answers how many cells were written anew.

    A second run finds nothing.
    """
    written = {
        f"{model._meta.label}.{field.name}": rotate(model, field)
        for model, field in encrypted_fields()
    }
    return {**written, f"{Authenticator._meta.label}.data": rotate_factors()}


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedTextField]]:
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field


def rotate(model: type[models.Model], field: EncryptedTextField) -> int:
    """One column. A cell that somebody writes meanwhile is left to them: they have the newest key
    as well.
    """
    names = {
        "table": sql.Identifier(model._meta.db_table),
        "key": sql.Identifier(model._meta.pk.column),
        "column": sql.Identifier(field.column),
    }
    find = sql.SQL(
        "SELECT {key}, {column} FROM {table} WHERE {column} <> '' ORDER BY {key}"
    ).format(**names)
    write = sql.SQL("UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s").format(
        **names
    )
    with connection.cursor() as cursor:
        cursor.execute(find)
        old = [row for row in cursor.fetchall() if not _is_newest(row[1])]
    return sum(_write(write, old[first : first + BATCH]) for first in range(0, len(old), BATCH))


def _write(statement: sql.Composed, rows: list[Any]) -> int:
    written = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('mila.maintenance', %s, true)", [WORK])
        for pk, token in rows:
            cursor.execute(statement, [keyring().rotate(token.encode()).decode(), pk, token])
            written += cursor.rowcount
    return written


def rotate_factors() -> int:
    """Secrets of second factors, which allauth keeps inside JSON.

    A row that its owner uses meanwhile waits for us.
    """
    written = 0
    for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if row is None:
                continue
            data = _renewed(row.data)
            if data != row.data:
                row.data = data
                row.save(update_fields=["data"])
                written += 1
    return written


def _renewed(value: Any) -> Any:
    """The same value with every token in it under the newest key; what is no token of ours stays as
    it is.
    """
    if isinstance(value, dict):
        return {key: _renewed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renewed(inner) for inner in value]
    if not isinstance(value, str) or _is_newest(value):
        return value
    try:
        return keyring().rotate(value.encode()).decode()
    except InvalidToken:
        return value


def _is_newest(token: str) -> bool:
    try:
        Fernet(settings.FIELD_KEYS[0]).decrypt(token.encode())
    except InvalidToken:
        return False
    return True
