"""What grows is kept no longer than policy.kept says: a few rows of each kind at a time, each its
own statement.

Each minute a little, so that no night is long and a missed run is made up for by the next ones.
"""

from collections.abc import Callable
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import (
    Attempt,
    FormerRow,
    Notification,
    NotificationState,
    PushSubscription,
)
from dispatch.models import AlertTrail, Trace
from mila.clock import MilaNow, machine_now, mila_now
from mila.sweeping import handle_each
from payments.models import StripeEvent
from policy.kept import KEPT
from requests_app.actions import dropping
from requests_app.models import ENDED as BOOKING_ENDED
from requests_app.models import (
    Booking,
    BookingEvent,
    BookingPhoto,
    Message,
    OfflineStep,
    State,
)

PIECE = 500
ENDED = (
    NotificationState.SENT,
    NotificationState.REACHED,
    NotificationState.SEEN,
    NotificationState.FAILED,
)


def let_go() -> dict[str, int]:
    """One piece of each kind; answers how many rows of each."""
    at = mila_now()
    return {name: drop(at - KEPT[name]) for name, drop in DROP.items()}


def _first(rows: QuerySet) -> QuerySet:
    return rows.model.objects.filter(pk__in=rows.values("pk")[:PIECE])


def _drop_sessions(_before: datetime) -> int:
    """Their end is told by the machine's clock, as everything about signing in (docs/clocks.md)."""
    return _first(
        Session.objects.filter(expire_date__lt=machine_now() - KEPT["sessions"])
    ).delete()[0]


def _drop_messages(before: datetime) -> int:
    """Their photos are nobody's first; the sweep of photos deletes the files."""
    old = Message.objects.filter(at__lt=before).order_by("at")[:PIECE].values_list("pk", flat=True)
    with transaction.atomic():
        rows = Message.objects.select_for_update(skip_locked=True).filter(pk__in=list(old))
        photos = BookingPhoto.objects.filter(message__in=rows)
        photos.update(booking=None, rank=None, delete_after_at=MilaNow())
        return rows.delete()[0]


def _empty_notices(before: datetime) -> int:
    gone = Q(state__in=ENDED, queued_at__lt=before)
    return _first(
        Notification.objects.filter(gone).exclude(context={}).order_by("queued_at")
    ).update(context={}, sealed="")


def _empty_numbers(before: datetime) -> int:
    old = Attempt.objects.filter(begun_at__lt=before).exclude(number_hash="").order_by("begun_at")
    return _first(old).update(number_hash="")


def _drop_traces(before: datetime) -> int:
    return _first(Trace.objects.filter(at__lt=before).order_by("at")).delete()[0]


def _drop_former_rows(before: datetime) -> int:
    return _first(FormerRow.objects.filter(until_at__lt=before).order_by("until_at")).delete()[0]


def _empty_webhooks(before: datetime) -> int:
    done = StripeEvent.objects.filter(received_at__lt=before, done_at__isnull=False).exclude(
        payload={}
    )
    return _first(done.order_by("received_at")).update(payload={})


def _drop_alert_trails(before: datetime) -> int:
    return _first(AlertTrail.objects.filter(at__lt=before).order_by("at")).delete()[0]


def _drop_drafts(before: datetime) -> int:
    old = Booking.objects.filter(state=State.DRAFT, created_at__lt=before).order_by("created_at")
    ids = old.filter(contact_accesses=None).values_list("pk", flat=True)[:PIECE]
    return sum(handle_each(dropping.drop_draft, list(ids)))


def _drop_devices(before: datetime) -> int:
    """Those of one booking that is over. Those of an account go with its sign-out or its
    session.
    """
    moved = BookingEvent.objects.filter(booking=OuterRef("pk"), at__gte=before)
    followed = Booking.objects.filter(uuid=OuterRef("subject_id")).filter(
        ~Q(state__in=BOOKING_ENDED) | Exists(moved)
    )
    of_one = PushSubscription.objects.filter(subject_id__isnull=False, created_at__lt=before)
    return _first(of_one.exclude(Exists(followed)).order_by("pk")).delete()[0]


def _drop_phone_steps(before: datetime) -> int:
    """They are only ever added, so the first by number are the oldest."""
    return _first(OfflineStep.objects.order_by("pk")).filter(at__lt=before).delete()[0]


DROP: dict[str, Callable[[datetime], int]] = {
    "sessions": _drop_sessions,
    "drafts": _drop_drafts,
    "messages": _drop_messages,
    "notices": _empty_notices,
    "former_rows": _drop_former_rows,
    "numbers": _empty_numbers,
    "traces": _drop_traces,
    "webhooks": _empty_webhooks,
    "alerts": _drop_alert_trails,
    "devices": _drop_devices,
    "phone_steps": _drop_phone_steps,
}
