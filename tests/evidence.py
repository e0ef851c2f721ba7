"""Evidence changed by somebody whom no trigger stops: for tests of what finds it afterwards."""

import contextlib

from django.db import connection


@contextlib.contextmanager
def forged():
    """Inside it triggers rest, as for a thief with the server's own superuser."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = origin")
