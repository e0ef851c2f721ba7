"""Second factors: what this session has shown of them, and how long a session of staff lives
(rule O2, fault S9).

All times here are the machine's: a session is about a person at a desk, not about a booking. The
demo's clock, which jumps, must neither end a session nor keep one alive.
"""

import time

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator

# Seconds. Constants and no policy rows: whoever may write a policy row must not be able to widen
# their own door.
IDLE = 30 * 60
LONGEST = 10 * 60 * 60
RECENT = 10 * 60
NOTED_EVERY = 60  # a visit is written down once a minute, so that reading does not write
BY_ITSELF = "X-By-Itself"  # header of what a page asks for without anybody there


# --- What was shown


def factors(request) -> set[int]:
    """Ids of the person's own factors, recovery codes too; asked once for each request."""
    if not hasattr(request, "_factors"):
        request._factors = set(
            Authenticator.objects.filter(user_id=request.user.pk).values_list("pk", flat=True)
        )
    return request._factors


def _shown(request) -> list[dict]:
    """This session's sign-ins that count: by a factor the person still has.

    Who has none signs in by password.
    """
    records = get_authentication_records(request, request.user)
    own = factors(request)
    return (
        [one for one in records if one["method"] == "mfa" and one["id"] in own] if own else records
    )


def passed(request) -> bool:
    """Whether this session was opened, or confirmed, with a second factor."""
    return request.user.is_authenticated and bool(factors(request)) and bool(_shown(request))


def shown_lately(request) -> bool:
    """Whether the person has shown within ten minutes who they are; with the second factor, if they
    have one.
    """
    if not request.user.is_authenticated:
        return False
    shown = _shown(request)
    return bool(shown) and 0 <= time.time() - shown[-1]["at"] < RECENT


def is_fresh(request) -> bool:
    """Whether the second factor was shown within ten minutes."""
    return passed(request) and shown_lately(request)


def ask_again(request) -> None:
    """Before money, policy, rights or contact data.

    Allauth keeps what was sent and goes on after the answer.
    """
    if not is_fresh(request):
        raise ReauthenticationRequired


# --- How long a session of staff lives


def is_over(session, now: float) -> bool:
    since, seen = session.get("staff_since", now), session.get("staff_seen", now)
    return not (0 <= now - since < LONGEST and 0 <= now - seen < IDLE)


def note_visit(session, now: float, *, by_itself: bool = False) -> None:
    """A page that looks by itself keeps nobody signed in."""
    session.setdefault("staff_since", now)
    if "staff_seen" not in session or (
        not by_itself and now - session["staff_seen"] >= NOTED_EVERY
    ):
        session["staff_seen"] = now
