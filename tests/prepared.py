"""Statements stay prepared from one test to the next.

psycopg forgets all of them at a rollback, for what they were made for may be gone with it, and each
test ends with one: the server would parse and plan the same few hundred statements in every test.
Here a rolled back test leaves the tables as they were. What changes one by a statement of its own
is still noticed.
"""

import re

from django.db.backends.signals import connection_created
from psycopg import pq
from psycopg._preparing import PrepareManager

CHANGES = re.compile(rb"DROP|ALTER|DISCARD|DEALLOCATE")


class Lasting(PrepareManager):
    prepare_threshold = 1  # at its second use
    prepared_max = 2_000

    def clear(self):
        """Called after a rollback: nothing is forgotten."""
        return False

    def _should_discard(self, prep, results):
        changed = any(
            result.status == pq.ExecStatus.COMMAND_OK
            and CHANGES.match(result.command_status or b"")
            for result in results
        )
        return changed and super().clear()


def _last(connection, **_facts):
    connection.connection._prepared = Lasting()


def keep():
    connection_created.connect(_last, dispatch_uid="tests.prepared")
