"""PostgreSQL as the pages use it: an answer within seconds, or an error that becomes a calm 503
(fault F4).

The server's own time-outs end what is slow; they cannot end what the server itself no longer runs,
nor what a network swallows. So the client counts too, and after a failure nobody connects for a
moment. Jobs and commands do without: they may wait.
"""

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import _WaitTimeout

from mila.breaker import Breaker

ANSWER_WITHIN = 4.0  # seconds for one statement; longer than the server's own statement_timeout
ALIVE_WITHIN = 1.5  # seconds for the question whether a kept connection still lives

breakers: dict[str, Breaker] = {}  # by alias, for all threads of the process


def breaker_of(alias: str) -> Breaker:
    return breakers.setdefault(
        alias, Breaker((psycopg.OperationalError,), psycopg.OperationalError)
    )


class PatientConnection(psycopg.Connection):
    """Closes itself and raises OperationalError when one answer takes longer than `patience`."""

    patience = ANSWER_WITHIN
    breaker: Breaker

    def wait(self, gen, interval=0.1, timeout=None):
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except _WaitTimeout as error:
            self.close()
            self.breaker.trip()
            raise psycopg.OperationalError("The database does not answer.") from error


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params):
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        breaker = breaker_of(self.alias)
        with breaker:
            made = PatientConnection.connect(**conn_params)
        made.breaker = breaker
        return made

    def is_usable(self):
        if self.connection is None:
            return False
        self.connection.patience = ALIVE_WITHIN
        usable = super().is_usable()
        self.connection.patience = ANSWER_WITHIN
        return usable
