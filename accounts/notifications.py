"""One message to one person about one thing, once (rule N1, N3; fault F10).

`queue` writes the row in the transaction of what it tells; accounts/delivery.py marks it `sending`
and commits before anything leaves the house, and whoever finds it in that state later leaves it
alone. So a message is lost to staff's list at worst, never seen twice on the same channel. Where it
is urgent a ladder goes on by other channels until somebody knows (accounts/ladder.py). Which
booking message carries which facts: requests_app.notices. The words: templates/emails.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from accounts.mail_words import storable, unsealed
from accounts.models import Attempt, Notification, NotificationState, Urgency, User
from mila.clock import MilaNow, mila_now
from mila.errors import Refusal
from mila.transactions import after_commit, verb
from policy.kept import KEPT

DELIVER = "accounts.deliver"
STUCK_AFTER = timedelta(minutes=5)
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


def call_off(subject_id: UUID, kinds: Sequence[str]) -> None:
    """What these messages ask for is done, or falls: none of them goes out any more, and one that
    has left goes on by no further channel.
    """
    waiting = Notification.objects.filter(
        subject_id=subject_id, kind__in=kinds, state=NotificationState.QUEUED
    )
    drop(waiting.filter(sent_at=None))
    waiting.update(state=NotificationState.SENT, due_at=None, climbs_at=None)


def drop(waiting: QuerySet[Notification]) -> None:
    """These are never sent. One that is being sent at this very moment is, and its row stays: the
    lock is waited for, and what waits is asked again under it.
    """
    rows = waiting.order_by("pk").select_for_update(of=("self",))
    if held := list(rows.values_list("pk", flat=True)):
        Notification.objects.filter(pk__in=held).delete()


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
    mark(row, state=NotificationState.QUEUED, tries=0, due_at=at, climbs_at=None, error="")
    after_commit(_kick, [row.pk])
    return row


def _kick(notification_ids: list[int]) -> None:
    """A broker that is away costs a moment: the sweep finds the rows."""
    current_app.tasks[DELIVER].delay(notification_ids=notification_ids)


def mark(row: Notification | Attempt, **changes: Any) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    row.save(update_fields=changes)
