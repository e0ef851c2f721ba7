"""One message to one person about one thing, once (rule N1, N3; fault F10).

`queue` writes the row in the transaction of what it tells. `deliver` marks it `sending` and commits
before anything leaves the house; whoever finds it in that state later leaves it alone. So a message
is lost to staff's list at worst, never seen twice on the same channel. Where it is urgent a ladder
goes on by other channels until somebody knows (accounts/ladder.py). Which booking message carries
which facts: requests_app.notices. The words: templates/emails.
"""

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from accounts.channels import CHANNELS
from accounts.channels.email import MAIL_RESTS as MAIL_RESTS
from accounts.channels.outcomes import MaybeSent, NotSent, UsedUp
from accounts.ladder import MAY_WAKE, Step, next_step
from accounts.mail_words import blocks as blocks
from accounts.mail_words import readable, storable
from accounts.mail_words import render as render
from accounts.mail_words import unsealed as unsealed
from accounts.models import Attempt, Notification, NotificationState, Urgency, User
from accounts.notice_rows import AttemptState, Channel
from mila.clock import MilaNow, mila_now
from mila.errors import Refusal
from mila.transactions import after_commit, verb
from policy.kept import KEPT

logger = logging.getLogger(__name__)

DELIVER = "accounts.deliver"
TEXTS_USED_UP = "texts_used_up_ops"
# After the first try, the second, ...: an outage of an hour passes; after the sixth try it is
# staff's.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
MAX_TRIES = len(WAITS) + 1
BATCH = 50  # rows of one sweep
SWEEP_BUDGET = 20  # seconds of one sweep; the next one goes on
STUCK_AFTER = timedelta(minutes=5)
UNDER_WAY = (NotificationState.QUEUED, NotificationState.SENDING, NotificationState.SENT)
# By one channel at least; where another's turn is next, it need not come any more.
HAS_LEFT = Q(state__in=[NotificationState.SENT, NotificationState.SENDING]) | Q(
    state=NotificationState.QUEUED, sent_at__isnull=False
)

ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, 'queued', 0, '', coalesce(%s, mila_now()))"
INSERT = """
    INSERT INTO accounts_notification
        (kind, subject_id, round, user_id, email, language, context, sealed, urgency, state,
          tries, error, due_at)
    VALUES {rows}
    ON CONFLICT (subject_id, kind, email, round) DO NOTHING
    RETURNING id
"""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What `queue` is asked to write down."""

    kind: str
    subject_id: UUID
    round: int
    user: User | None = None
    email: str
    language: str
    context: dict[str, Any]
    sealed: dict[str, str] | None = None
    urgency: Urgency = Urgency.CALM
    at: datetime | None = None


def queue(
    *,
    kind: str,
    subject_id: UUID,
    round: int,
    user: User | None = None,
    email: str,
    language: str,
    context: dict[str, Any],
    sealed: dict[str, str] | None = None,
    urgency: Urgency = Urgency.CALM,
    at: datetime | None = None,
) -> Notification | None:
    """Write the message down in the caller's transaction; it goes out after the commit, not before
    `at`.

    A repeat (same subject, kind, address and round) writes nothing and answers None. Instants in
    the context end in `_at`; one called `until_at` says when the message stops being true: later it
    is no longer sent. `sealed` facts, a secret link or a code, are encrypted: who reads the row
    cannot use them (rule B11).
    """
    message = Message(
        kind=kind,
        subject_id=subject_id,
        round=round,
        user=user,
        email=email,
        language=language,
        context=context,
        sealed=sealed,
        urgency=urgency,
        at=at,
    )
    return next(iter(queue_all([message])), None)


def queue_all(messages: Sequence[Message]) -> list[Notification]:
    """The same for several, in one statement; answers the rows it has written."""
    if not messages:
        return []
    values = [value for message in messages for value in _values(message)]
    written = Notification.objects.raw(INSERT.format(rows=", ".join([ROW] * len(messages))), values)
    rows = list(written)
    if rows and all(message.at is None for message in messages):
        after_commit(_kick, [row.pk for row in rows])
    return rows


def _values(message: Message) -> list[Any]:
    return [
        message.kind,
        message.subject_id,
        message.round,
        message.user and message.user.pk,
        message.email,
        message.language,
        Jsonb(storable(message.context)),
        _seal(message.sealed),
        message.urgency,
        message.at,
    ]


def _seal(facts: dict[str, str] | None) -> str:
    return Notification._meta.get_field("sealed").get_prep_value(json.dumps(facts) if facts else "")


def reseal(subject_id: UUID, kinds: list[str], **sealed: str) -> None:
    """Messages of these kinds that wait to be sent get these sealed facts instead of those they
    have.
    """
    waiting = Notification.objects.select_for_update().filter(subject_id=subject_id, kind__in=kinds)
    for row in waiting.filter(state=NotificationState.QUEUED).order_by("pk"):
        row.sealed = json.dumps({**unsealed(row), **sealed})
        row.save(update_fields=["sealed"])


def give_up(subject_id: UUID, *, user: User) -> None:
    """What waits to be sent to this person about this is not sent: the address was a mistake."""
    waiting = Notification.objects.filter(
        subject_id=subject_id, user=user, state=NotificationState.QUEUED
    )
    waiting.update(
        state=NotificationState.FAILED,
        due_at=None,
        climbs_at=None,
        error="Not sent: the address was corrected.",
    )


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


def mark_reached(subject_id: UUID, *, user: User | None = None, email: str = "") -> int:
    """The person has opened the page the messages lead to: those sent to them have reached them.

    Answers how many.
    """
    return (
        _told(subject_id, user, email)
        .filter(HAS_LEFT)
        .update(state=NotificationState.REACHED, reached_at=MilaNow(), due_at=None, climbs_at=None)
    )


def mark_seen(subject_id: UUID, *, user: User | None = None, email: str = "") -> int:
    """A person has acted on that page, or opened it as who they are: the messages are known.

    Answers how many.
    """
    told = _told(subject_id, user, email).filter(HAS_LEFT | Q(state=NotificationState.REACHED))
    return told.update(state=NotificationState.SEEN, seen_at=MilaNow(), due_at=None, climbs_at=None)


def _told(subject_id: UUID, user: User | None, email: str) -> QuerySet[Notification]:
    whose = Q(user=user) if user is not None else Q(email__iexact=email)
    return Notification.objects.filter(whose, subject_id=subject_id)


def needing_staff(at: datetime) -> QuerySet[Notification]:
    """Given up, or begun and never finished: a person must look, the machine does not send them
    again.

    One that failed so long ago that its words have gone (policy.kept) is nothing that could be
    sent; what a device alone could tell is over.
    """
    kept = Q(queued_at__gte=at - KEPT["notices"])
    stuck = Q(state=NotificationState.SENDING, due_at__lte=at - STUCK_AFTER, climbs_at=None)
    lasting = Notification.objects.exclude(urgency=Urgency.PASSING)
    return lasting.filter(stuck | kept & Q(state=NotificationState.FAILED))


class NothingToSendAgain(Refusal):
    sentence = _("This notice has gone out, or waits for its turn.")


@verb
def send_again(notification_id: int) -> Notification:
    """Staff have looked: it is queued as if it were new. Whoever it may have reached already sees
    it a second time.

    Raises NothingToSendAgain unless it needs staff; so two clicks send it once.
    """
    at = mila_now()
    row = needing_staff(at).select_for_update(of=("self",)).filter(pk=notification_id).first()
    if row is None:
        raise NothingToSendAgain
    row.attempts.all().delete()
    _mark(row, state=NotificationState.QUEUED, tries=0, due_at=at, climbs_at=None, error="")
    after_commit(_kick, [row.pk])
    return row


def _kick(notification_ids: list[int]) -> None:
    """A broker that is away costs a moment: the sweep finds the rows."""
    current_app.tasks[DELIVER].delay(notification_ids=notification_ids)


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
        _mark(
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
        _mark(row, climbs_at=step.again_at)
    elif step.again_at is not None:
        _mark(row, due_at=step.again_at, climbs_at=None)
    else:
        _end(row, row.error)


def _end(row: Notification, error: str) -> None:
    """No further channel. What never left is failed, and staff see it; what has left by another is
    sent.
    """
    if row.state != NotificationState.QUEUED:
        _mark(row, climbs_at=None)
        return
    left = row.attempts.filter(state__in=[AttemptState.SENDING, AttemptState.SENT]).exists()
    state = NotificationState.SENT if left else NotificationState.FAILED
    _mark(row, state=state, due_at=None, climbs_at=None, error="" if left else error)


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
        _mark(attempt, error=str(doubt))
        _mark(row, error=str(doubt))
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
        _mark(attempt, state=AttemptState.QUEUED, error=error)
        _mark(
            row, state=NotificationState.QUEUED, due_at=at + WAITS[attempt.tries - 1], error=error
        )
        return False
    _mark(attempt, state=AttemptState.FAILED, error=error)
    _mark(row, state=NotificationState.QUEUED, due_at=at, climbs_at=None, error=error)
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


def _mark(row: Notification | Attempt, **changes: Any) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    row.save(update_fields=changes)
