"""What somebody was told, and what became of it on each channel: for the pages of customers and
partners (rule N1).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.mail_words import headline
from accounts.models import Notification, NotificationState, User
from accounts.notice_rows import AttemptState, Channel
from requests_app.models import Booking

SHOWN = 30
TONES = {AttemptState.FAILED: "lost", AttemptState.REACHED: "done", AttemptState.SEEN: "done"}
# What may be left out, in the order of a ladder.
CHOICES = (Channel.PUSH, Channel.SMS, Channel.CALL)


@dataclass(frozen=True)
class Way:
    """One channel it took."""

    channel: str
    state: str
    tone: str
    at: datetime | None


@dataclass(frozen=True)
class Told:
    words: str
    at: datetime
    state: str
    tone: str
    ways: list[Way]


def of_booking(booking: Booking) -> list[Told]:
    """To its customer alone: what was said to others about it is theirs."""
    return _told(
        Notification.objects.filter(subject_id=booking.uuid, user=booking.customer, email__gt="")
    )


def of_user(user: User) -> list[Told]:
    return _told(Notification.objects.filter(user=user))


def _told(rows: QuerySet[Notification]) -> list[Told]:
    found = (
        rows.exclude(queued_at=None)
        .order_by("-queued_at", "-pk")
        .prefetch_related("attempts")[:SHOWN]
    )
    return [
        Told(
            words=headline(row) or _("A message"),
            at=row.queued_at,
            state=str(NotificationState(row.state).label),
            tone=TONES.get(AttemptState(row.state), ""),
            ways=list(_ways(row)),
        )
        for row in found
    ]


def _ways(row: Notification) -> Iterator[Way]:
    for one in row.attempts.all():
        at = one.seen_at or one.reached_at or one.sent_at
        state = AttemptState(one.state)
        yield Way(str(Channel(one.channel).label), str(state.label), TONES.get(state, ""), at)
