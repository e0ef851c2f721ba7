"""Which bookings an invariant is asked of."""

from collections.abc import Iterator
from typing import Any, TypeVar

from django.db.models import QuerySet

Ids = list[int] | None  # None: all bookings, and what belongs to none
Found = Iterator[str]
Rows = TypeVar("Rows", bound=QuerySet[Any])


def of(queryset: Rows, ids: Ids, column: str = "booking") -> Rows:
    """Those rows that belong to these bookings."""
    return queryset if ids is None else queryset.filter(**{f"{column}__in": ids})
