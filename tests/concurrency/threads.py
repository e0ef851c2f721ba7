"""Acts that begin together."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections


def at_once(*acts) -> list:
    """Each in a thread and with connections of its own, let go together; what each answered or
    raised, in their order.
    """
    gate = Barrier(len(acts), timeout=20)

    def run(act):
        try:
            gate.wait()
            return act()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def raised(*acts) -> list[Exception]:
    """At once; only what went wrong."""
    return [answer for answer in at_once(*acts) if isinstance(answer, Exception)]
