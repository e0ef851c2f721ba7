"""Words that may not be public: staff hide a comment or an answer with a reason, and show them
again (rule L14).

What was written stays, and so do the stars. The back office writes each act into the staff's log
(rule O2).
"""

from accounts.models import User
from mila.clock import mila_now
from mila.transactions import verb
from requests_app.lifecycle import ReasonMissing, lock_booking
from requests_app.models import Booking, Rating

# Beginnings of the three columns of each.
COMMENT, ANSWER = "hidden", "answer_hidden"


def has_comment(booking: Booking, *, hidden: bool) -> bool:
    """Whether somebody wrote words about this visit that are hidden now, or are not."""
    return (
        Rating.objects.filter(booking=booking, hidden_at__isnull=not hidden)
        .exclude(comment="")
        .exists()
    )


def has_answer(booking: Booking, *, hidden: bool) -> bool:
    """The same of what the technician wrote beside them."""
    return (
        Rating.objects.filter(booking=booking, answer_hidden_at__isnull=not hidden)
        .exclude(answer="")
        .exists()
    )


@verb
def hide_comment(booking_id: int, *, by: User, reason: str) -> Rating:
    """Nobody outside the house reads the words any more. A repeat keeps the first reason.

    Raises ReasonMissing.
    """
    return _hide(booking_id, COMMENT, by, reason)


@verb
def show_comment(booking_id: int, *, by: User, reason: str) -> Rating:
    """The words are public again. A repeat changes nothing. Raises ReasonMissing."""
    return _show(booking_id, COMMENT, reason)


@verb
def hide_answer(booking_id: int, *, by: User, reason: str) -> Rating:
    """The review stays, the answer goes. A repeat keeps the first reason. Raises ReasonMissing."""
    return _hide(booking_id, ANSWER, by, reason)


@verb
def show_answer(booking_id: int, *, by: User, reason: str) -> Rating:
    """The answer is public again. A repeat changes nothing. Raises ReasonMissing."""
    return _show(booking_id, ANSWER, reason)


def _hide(booking_id: int, words: str, by: User, reason: str) -> Rating:
    rating = _locked(booking_id, reason)
    if getattr(rating, f"{words}_at") is None:
        _write(rating, words, mila_now(), by, reason.strip()[:200])
    return rating


def _show(booking_id: int, words: str, reason: str) -> Rating:
    rating = _locked(booking_id, reason)
    _write(rating, words, None, None, "")
    return rating


def _write(rating: Rating, words: str, *values: object) -> None:
    columns = dict(zip((f"{words}_at", f"{words}_by", f"{words}_reason"), values, strict=True))
    for column, value in columns.items():
        setattr(rating, column, value)
    rating.save(update_fields=columns)


def _locked(booking_id: int, reason: str) -> Rating:
    """Under its booking's lock. Raises Rating.DoesNotExist, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    return Rating.objects.get(booking=lock_booking(booking_id))
