"""Acts that begin together, or one in the middle of another."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread

from django.db import connection, connections

WAITS_FOR_ME = """SELECT EXISTS (SELECT FROM pg_locks
    WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"""


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


def amid(monkeypatch, owner, name, act):
    """`act` begins in a thread of its own once `owner.name` is done, in the middle of the
    transaction; that goes on when `act` waits for it, or is over. What `act` answers or
    raises comes in a list.
    """
    real, threads, answers = getattr(owner, name), [], []

    def beside():
        try:
            answers.append(act())
        except Exception as error:
            answers.append(error)
        finally:
            connections.close_all()

    def called(*args, **kwargs):
        answer = real(*args, **kwargs)
        if not threads:
            threads.append(Thread(target=beside))
            threads[0].start()
            while threads[0].is_alive() and not waits_for_me():
                threads[0].join(0.02)
        return answer

    monkeypatch.setattr(owner, name, called)
    return threads, answers


def waits_for_me():
    with connection.cursor() as cursor:
        cursor.execute(WAITS_FOR_ME)
        return cursor.fetchone()[0]
