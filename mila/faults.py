"""Which status an error deserves that no view has caught: told by what a person can do about it.

503: the site cannot do it now, nothing was done, later it can (fault F4, F5). 409: somebody else,
or the same person in another window, was first; or a verb refused. One place for middleware and
error pages.
"""

import errno

from django.db import IntegrityError, InterfaceError, OperationalError

from mila.errors import Refusal

UNIQUE_VIOLATION = "23505"
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def status_of(error: BaseException | None) -> int | None:
    """503, 409 or what the refusal says; None when it is simply a mistake of ours."""
    if isinstance(error, (OperationalError, InterfaceError)) or has_no_room(error):
        return 503
    if isinstance(error, Refusal):
        return error.status
    return 409 if is_twice(error) else None


def has_no_room(error: BaseException | None) -> bool:
    """A disk is full, or somebody's share of it."""
    return isinstance(error, OSError) and error.errno in NO_ROOM


def is_twice(error: BaseException | None) -> bool:
    """The database has refused a second one of what there may be one of."""
    return (
        isinstance(error, IntegrityError)
        and getattr(error.__cause__, "sqlstate", None) == UNIQUE_VIOLATION
    )
