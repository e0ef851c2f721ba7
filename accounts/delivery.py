"""A queued message on its way: marked before anything leaves the house, tried again, and shown to
staff when it cannot go (rule N3; fault F10).
"""

import logging
import time
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.channels import CHANNELS
from accounts.channels.outcomes import MaybeSent, NotSent, UsedUp
from accounts.ladder import MAY_WAKE, Step, next_step
from accounts.mail_words import readable
from accounts.models import Attempt, Notification, NotificationState
from accounts.notice_rows import AttemptState, Channel
from accounts.notifications import mark, queue
from mila.clock import MilaNow, mila_now

logger = logging.getLogger(__name__)

TEXTS_USED_UP = "texts_used_up_ops"
# After the first try, the second, ...: an outage of an hour passes; after the sixth try it is
# staff's.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
MAX_TRIES = len(WAITS) + 1
BATCH = 50  # rows of one sweep
SWEEP_BUDGET = 20  # seconds of one sweep; the next one goes on
UNDER_WAY = (NotificationState.QUEUED, NotificationState.SENDING, NotificationState.SENT)


def deliver(notification_id: int) -> None:
    """Send one due notice by the next channel of its ladder. Repeats and rivals find nothing to do.

    Where nothing has left, the next channel is tried at once; a mail goes back with a growing wait,
    up to six tries. An answer that never came is not tried again on this channel: the ladder goes
    on, or staff are shown it.
    """
    for _rung in Channel:
        attempt = _take(notification_id)
        if attempt is None or not _fell_through(attempt):
            return


def sweep() -> None:
    """Deliver what is due, oldest first, and before it what is true now or never: first tries the
    broker lost, further tries, and the next channels.
    """
    due = Notification.objects.filter(
        state=NotificationState.QUEUED, due_at__lte=MilaNow()
    ).order_by("due_at")
    climbing = Notification.objects.filter(climbs_at__lte=MilaNow()).order_by("climbs_at")
    until = time.monotonic() + SWEEP_BUDGET
    for rows in (due.filter(urgency__in=MAY_WAKE), due, climbing):
        for notification_id in rows.values_list("pk", flat=True)[:BATCH]:
            if time.monotonic() > until:
                return
            deliver(notification_id)


def _take(notification_id: int) -> Attempt | None:
    """One attempt marked `sending`, committed; None when nothing is to be
    sent now, or never again.
    """
    with transaction.atomic(durable=True):
        at = mila_now()
        to_send = Q(state=NotificationState.QUEUED, due_at__lte=at) | Q(
            state__in=UNDER_WAY, climbs_at__lte=at
        )
        row = (
            Notification.objects.select_for_update(skip_locked=True)
            .filter(to_send, pk=notification_id)
            .first()
        )
        if row is None:
            return None
        until = readable(row.context).get("until_at")
        if until is not None and at >= until:
            _end(row, "Not sent in time; it would no longer be true.")
            return None
        step = _step(row, at)
        if step.channel is None:
            _rest(row, step)
            return None
        if CHANNELS[step.channel].rests():
            return None
        mark(
            row,
            state=NotificationState.SENDING,
            tries=row.tries + 1,
            due_at=at,
            climbs_at=step.again_at,
        )
        attempt, _new = Attempt.objects.get_or_create(notification=row, channel=step.channel)
        attempt.notification, attempt.state, attempt.tries = (
            row,
            AttemptState.SENDING,
            attempt.tries + 1,
        )
        attempt.save(update_fields=["state", "tries"])
        return attempt


def _step(row: Notification, at: datetime) -> Step:
    """The next channel; before it a mail whose wait is over, as long as nothing else is due."""
    tried = dict(row.attempts.values_list("channel", "state"))
    again = [channel for channel, state in tried.items() if state == AttemptState.QUEUED]
    if (
        again
        and row.due_at is not None
        and row.due_at <= at
        and not (row.climbs_at and row.climbs_at <= at)
    ):
        return Step(Channel(again[0]), row.climbs_at)
    return next_step(row, frozenset(tried), at)


def _rest(row: Notification, step: Step) -> None:
    """Nothing to send by now: it waits for the morning, or its ladder has ended."""
    if row.state != NotificationState.QUEUED:
        mark(row, climbs_at=step.again_at)
    elif step.again_at is not None:
        mark(row, due_at=step.again_at, climbs_at=None)
    else:
        _end(row, row.error)


def _end(row: Notification, error: str) -> None:
    """No further channel. What never left is failed, and staff see it; what has left by another is
    sent.
    """
    if row.state != NotificationState.QUEUED:
        mark(row, climbs_at=None)
        return
    left = row.attempts.filter(state__in=[AttemptState.SENDING, AttemptState.SENT]).exists()
    state = NotificationState.SENT if left else NotificationState.FAILED
    mark(row, state=state, due_at=None, climbs_at=None, error="" if left else error)


def _fell_through(attempt: Attempt) -> bool:
    """Send it and write down what came of it, no transaction open.

    True when the next channel is to be tried now.
    """
    row = attempt.notification
    try:
        arrived = CHANNELS[attempt.channel].send(attempt)
    except NotSent as refusal:
        if isinstance(refusal, UsedUp):
            _tell_staff_of_a_cap(str(refusal))
        return _not_sent(attempt, str(refusal))
    except MaybeSent as doubt:
        mark(attempt, error=str(doubt))
        mark(row, error=str(doubt))
        return False
    at = mila_now()
    reached = {"reached_at": at} if arrived else {}
    state = AttemptState.REACHED if arrived else AttemptState.SENT
    # A receipt, or the person, may have been quicker than the provider's answer: what they said
    # stays.
    Attempt.objects.filter(pk=attempt.pk).update(sent_at=at, provider_key=attempt.provider_key)
    Attempt.objects.filter(pk=attempt.pk, state=AttemptState.SENDING).update(
        state=state, error="", **reached
    )
    ended = {"climbs_at": None, **reached} if arrived else {}
    Notification.objects.filter(pk=row.pk, state=NotificationState.SENDING).update(
        state=NotificationState(state), sent_at=at, due_at=None, error="", **ended
    )
    return False


def _not_sent(attempt: Attempt, error: str) -> bool:
    """Nothing has gone out: a mail waits for another try; every other channel, and a mail given up,
    falls through.
    """
    row, at = attempt.notification, mila_now()
    if attempt.channel == Channel.EMAIL and attempt.tries < MAX_TRIES:
        mark(attempt, state=AttemptState.QUEUED, error=error)
        mark(row, state=NotificationState.QUEUED, due_at=at + WAITS[attempt.tries - 1], error=error)
        return False
    mark(attempt, state=AttemptState.FAILED, error=error)
    mark(row, state=NotificationState.QUEUED, due_at=at, climbs_at=None, error=error)
    return True


def _tell_staff_of_a_cap(country: str) -> None:
    """Once a day and country: the text messages are used up, the ladders go on without them
    (fault S6).
    """
    with transaction.atomic():
        queue(
            kind=TEXTS_USED_UP,
            subject_id=uuid5(NAMESPACE_URL, f"texts:{country}"),
            round=mila_now().toordinal(),
            email=settings.OPS_EMAIL,
            language="fr",
            context={"country": country},
        )
