"""Instances of models from a statement written by hand, and back, for the few on the hottest path.

The query builder takes longer over some of them than the database does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


class Columns(Generic[M]):
    """The columns of one model, as `alias` in the statement; `make` takes them off the front of a
    row.

    Columns that are left out (`but`, or other than `only`) are read when they are asked for, as
    Django does.
    """

    def __init__(
        self, model: type[M], alias: str, *, only: tuple[str, ...] = (), but: tuple[str, ...] = ()
    ):
        self.model, self.alias, self.only, self.but = model, alias, only, but

    @cached_property
    def fields(self) -> list[models.Field]:
        fields = self.model._meta.concrete_fields
        return [
            f
            for f in fields
            if f.primary_key or (f.name in self.only if self.only else f.name not in self.but)
        ]

    @cached_property
    def names(self) -> list[str]:
        return [field.attname for field in self.fields]

    @cached_property
    def converters(self) -> list[tuple[Any, Any]]:
        return [(field.get_db_converters(connection), field.cached_col) for field in self.fields]

    def __str__(self) -> str:
        return ", ".join(f'{self.alias}."{field.column}"' for field in self.fields)

    def make(self, values: Iterator[Any]) -> M:
        made = self.make_or_none(values)
        assert made is not None
        return made

    def make_or_none(self, values: Iterator[Any]) -> M | None:
        """None where an outer join found no row."""
        row = []
        for converters, column in self.converters:
            value = next(values)
            for convert in converters:
                value = convert(value, column, connection)
            row.append(value)
        return self.model.from_db(connection.alias, self.names, row) if row[0] is not None else None


def rows(statement: str, params: Sequence[Any] | Mapping[str, Any]) -> list[Iterator[Any]]:
    """Each row as an iterator that `Columns.make` takes from; what is left of it is the statement's
    own.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [iter(row) for row in cursor.fetchall()]


def write(instance: models.Model, names: Iterable[str]) -> None:
    """As `save(update_fields=names)`, without a query builder; no signal is sent."""
    fields: list[Any] = [instance._meta.get_field(name) for name in sorted(names)]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    table = instance._meta.db_table
    statement = f'UPDATE "{table}" SET {columns} WHERE id = %s'  # noqa: S608  (names of columns)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*_values(instance, fields), instance.pk])


def add(instance: models.Model) -> None:
    """As `save(force_insert=True)` likewise; the row's id is the instance's then."""
    fields = [field for field in instance._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    table = instance._meta.db_table
    statement = f'INSERT INTO "{table}" ({columns}) VALUES ({marks}) RETURNING id'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, _values(instance, fields))
        (instance.pk,) = cursor.fetchone()
    instance._state.adding, instance._state.db = False, connection.alias


def _values(instance: models.Model, fields: Iterable[Any]) -> list[Any]:
    adding = instance._state.adding
    return [
        field.get_db_prep_save(field.pre_save(instance, adding), connection) for field in fields
    ]
