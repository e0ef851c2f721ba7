"""What a request costs the database: its statements, and rows that it has loaded more than once."""

from collections import Counter
from contextlib import contextmanager
from unittest import mock

from django.db import connection, models
from django.test.utils import CaptureQueriesContext


class Cost:
    """Of what was asked meanwhile."""

    def __init__(self):
        self.loads = Counter()
        self.columns = 0
        self.statements = 0

    @property
    def twice(self) -> dict[str, int]:
        """Rows that were loaded again, with how often, by model and key."""
        return {
            f"{label} {pk}": times for (label, pk), times in sorted(self.loads.items()) if times > 1
        }


@contextmanager
def counted():
    cost, load = Cost(), models.Model.from_db.__func__

    def from_db(cls, db, field_names, values):
        row = load(cls, db, field_names, values)
        cost.loads[cls._meta.label, row.pk] += 1
        cost.columns += len(values)
        return row

    with (
        mock.patch.object(models.Model, "from_db", classmethod(from_db)),
        CaptureQueriesContext(connection) as asked,
    ):
        yield cost
    cost.statements = len(asked)
