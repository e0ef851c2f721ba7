"""The last rung: people who could not be told otherwise, for Mila's staff to call (rule N1)."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Attempt, Notification, NotificationState
from accounts.notice_rows import AttemptState, Channel
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb


class NothingToCall(Refusal):
    sentence = _("This person knows by now, or was called.")


def to_call() -> QuerySet[Attempt]:
    """Who is still to be called, the longest waiting first.

    Whoever opens their page is off the list by that.
    """
    return Attempt.objects.filter(
        channel=Channel.CALL, state=AttemptState.SENT, notification__state=NotificationState.SENT
    ).order_by("begun_at")


@verb
def called(attempt_id: int, *, reached: bool) -> Attempt:
    """Staff have called. Spoken with: they know. Not reached: it stays on the list, one try more.

    Raises NothingToCall where it is off the list; so two clicks are one call.
    """
    row = Notification.objects.select_for_update().filter(attempts=attempt_id).first()
    attempt = to_call().select_for_update(of=("self",)).filter(pk=attempt_id).first()
    if row is None or attempt is None:
        raise NothingToCall
    at = mila_now()
    attempt.tries += 1
    if reached:
        attempt.state = row.state = AttemptState.SEEN
        attempt.seen_at = row.seen_at = at
        row.climbs_at = None
        row.save(update_fields=["state", "seen_at", "climbs_at"])
    attempt.save(update_fields=["state", "seen_at", "tries"])
    return attempt


@verb
def give_up(attempt_id: int) -> Attempt:
    """They cannot be reached: off the list, and the notice is failed for
    good, where staff see it.
    """
    row = Notification.objects.select_for_update().filter(attempts=attempt_id).first()
    attempt = to_call().select_for_update(of=("self",)).filter(pk=attempt_id).first()
    if row is None or attempt is None:
        raise NothingToCall
    attempt.state, attempt.error = AttemptState.FAILED, "Not reached by telephone."
    attempt.save(update_fields=["state", "error"])
    row.state, row.error, row.climbs_at = NotificationState.FAILED, attempt.error, None
    row.save(update_fields=["state", "error", "climbs_at"])
    return attempt
