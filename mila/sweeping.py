"""How a sweep goes through the rows it has found: each for itself, and none in the way of the
others.
"""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

K = TypeVar("K")
R = TypeVar("R")
log = logging.getLogger(__name__)


def handle_each(
    handle: Callable[[K], R], ids: Iterable[K], push: Callable[[K], object] | None = None
) -> list[R]:
    """Call `handle` with one id after the other; answers what it said of those where it did not
    raise.

    One poisoned row must not stop the others (fault T15): it is logged, and `push` puts it off.
    Without `push` its deadline stays where it is, and the next round tries it again.
    """
    answers = []
    for pk in ids:
        try:
            answers.append(handle(pk))
        except Exception:
            log.exception("%s.%s %s", handle.__module__, handle.__name__, pk)
            if push is not None:
                push(pk)
    return answers
