"""A verb is one transaction, tried again as a whole when the database had to break a deadlock."""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, transaction

from mila.errors import AlreadyThere
from mila.faults import is_twice

logger = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")
TRIES = 3
PASSING = {"40P01", "40001"}  # deadlock detected, serialization failure
_in_a_verb: ContextVar[bool] = ContextVar("in_a_verb", default=False)


def after_commit(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call it once the transaction has committed. What it raises is logged and harms nobody: a
    sweep finds the rest.

    A function of its own, because Django cannot log the failure of a `partial`, and raises instead.
    """
    transaction.on_commit(lambda: function(*args, **kwargs), robust=True)


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Run in a transaction; the outermost verb repeats itself, whole, up to three times on 40P01
    and 40001.

    What the database refuses as a second one of its kind is a refusal in words, AlreadyThere, like
    any other.

    Inside another verb it joins that transaction and leaves the repeating to it. It makes no
    savepoint there: when it fails, the whole must be given up.
    """

    def as_outer(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            before = _in_a_verb.set(True)
            try:
                return function(*args, **kwargs)
            except IntegrityError as error:
                if not is_twice(error):
                    raise
                logger.warning("%s: %s", function.__qualname__, error)
                raise AlreadyThere from error
            finally:  # what is set off by the commit is in no verb any more
                _in_a_verb.reset(before)

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if _in_a_verb.get():
            with transaction.atomic(savepoint=False):
                return function(*args, **kwargs)
        outermost = not transaction.get_connection().in_atomic_block
        for attempt in range(1, TRIES + 1):
            try:
                return as_outer(*args, **kwargs)
            except OperationalError as error:
                code = getattr(error.__cause__, "sqlstate", None)
                if not outermost or code not in PASSING or attempt == TRIES:
                    raise
                time.sleep(0.01 * attempt)
        raise AssertionError("unreachable")

    return wrapper
