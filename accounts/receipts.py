"""What becomes of a notice after it was sent, as told by phones and providers (rule N1). Twice,
late or out of order: a fate only ever grows, and nothing takes back that a person has seen it.
"""

from typing import Any

from accounts.models import Attempt, DeadAddress, Notification, NotificationState
from accounts.notice_rows import AttemptState, Channel
from mila.cleaning import canonical_email
from mila.clock import mila_now
from mila.transactions import verb

GROWS = (AttemptState.SENDING, AttemptState.SENT, AttemptState.REACHED, AttemptState.SEEN)
ENDED = (NotificationState.REACHED, NotificationState.SEEN)


@verb
def arrived(attempt_id: int, *, seen: bool = False) -> bool:
    """The device has it (`seen`: its person has touched it): the ladder stops.

    False when that was known already.
    """
    row, attempt = _lock(attempt_id)
    state = AttemptState.SEEN if seen else AttemptState.REACHED
    if attempt is None or _rank(attempt.state) >= GROWS.index(state):
        return False
    at = mila_now()
    stamp = {"seen_at": at} if seen else {"reached_at": at}
    _write(attempt, state=state, error="", **stamp)
    if row.state != NotificationState.SEEN and (seen or row.state not in ENDED):
        _write(row, state=NotificationState(state), due_at=None, climbs_at=None, error="", **stamp)
    return True


@verb
def came_back(attempt_id: int, *, error: str) -> bool:
    """It did not arrive after all: the next channel is due, or staff see it.

    False when its end is known already.
    """
    row, attempt = _lock(attempt_id)
    if attempt is None or attempt.state not in (AttemptState.SENDING, AttemptState.SENT):
        return False
    at = mila_now()
    _write(attempt, state=AttemptState.FAILED, error=error[:500])
    if row.state in (NotificationState.SENDING, NotificationState.SENT):
        _write(row, state=NotificationState.QUEUED, due_at=at, climbs_at=None, error=error[:500])
    return True


def by_provider(channel: Channel, provider_key: str) -> int | None:
    """The attempt a provider speaks of."""
    if not provider_key:
        return None
    return (
        Attempt.objects.filter(channel=channel, provider_key=provider_key)
        .values_list("pk", flat=True)
        .first()
    )


@verb
def mail_bounced(email: str, provider_key: str, *, reason: str, error: str) -> None:
    """The address is dead until a mail arrives there, or its person asks for another try; this mail
    has failed.
    """
    email = canonical_email(email)
    DeadAddress.objects.get_or_create(
        email=email, defaults={"reason": reason[:20], "error": error[:500]}
    )
    if attempt_id := by_provider(Channel.EMAIL, provider_key):
        came_back(attempt_id, error=reason)


@verb
def mail_arrived(email: str) -> None:
    """A mail server took one for this address: it lives.

    That a person has it, this does not say.
    """
    DeadAddress.objects.filter(email=canonical_email(email)).delete()


def _lock(attempt_id: int) -> tuple[Any, Attempt | None]:
    """The notice before its attempt, as the delivery does."""
    row = Notification.objects.select_for_update().filter(attempts=attempt_id).first()
    return row, Attempt.objects.select_for_update().get(pk=attempt_id) if row else None


def _rank(state: str) -> int:
    return GROWS.index(AttemptState(state)) if state in GROWS else -1


def _write(row: Any, **changes: Any) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    row.save(update_fields=list(changes))
