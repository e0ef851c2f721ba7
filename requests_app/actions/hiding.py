"""A comment that may not be public: staff hide it with a reason, and show it again (rule L14).

What was written stays, and so do the stars. The back office writes both acts into the staff's log
(rule O2).
"""

from accounts.models import User
from mila.clock import mila_now
from mila.transactions import verb
from requests_app.lifecycle import ReasonMissing, lock_booking
from requests_app.models import Booking, Rating


def has_comment(booking: Booking, *, hidden: bool) -> bool:
    """Whether somebody wrote words about this visit that are hidden now, or are not."""
    return (
        Rating.objects.filter(booking=booking, hidden_at__isnull=not hidden)
        .exclude(comment="")
        .exists()
    )


@verb
def hide_comment(booking_id: int, *, by: User, reason: str) -> Rating:
    """Nobody outside the house reads the words any more. A repeat keeps the first reason.

    Raises ReasonMissing.
    """
    rating = _locked(booking_id, reason)
    if rating.hidden_at is None:
        rating.hidden_at, rating.hidden_by, rating.hidden_reason = (
            mila_now(),
            by,
            reason.strip()[:200],
        )
        rating.save(update_fields=["hidden_at", "hidden_by", "hidden_reason"])
    return rating


@verb
def show_comment(booking_id: int, *, by: User, reason: str) -> Rating:
    """The words are public again. A repeat changes nothing. Raises ReasonMissing."""
    rating = _locked(booking_id, reason)
    rating.hidden_at, rating.hidden_by, rating.hidden_reason = None, None, ""
    rating.save(update_fields=["hidden_at", "hidden_by", "hidden_reason"])
    return rating


def _locked(booking_id: int, reason: str) -> Rating:
    """Under its booking's lock. Raises Rating.DoesNotExist, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    return Rating.objects.get(booking=lock_booking(booking_id))
