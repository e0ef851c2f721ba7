"""Small steps of a push: a device that is woken, the worker's jobs, what a device says."""

import uuid

from accounts import delivery, notifications, push
from accounts.models import Notification
from accounts.notice_rows import Channel, Urgency
from mila import web_push
from mila.clock import mila_now


def woken(service, user, name="one", **of):
    phone = service.phone(name)
    push.subscribe(user, web_push.Device(**phone.subscription), **of)
    return phone


def pushed(kind):
    """Deliver the notices of this kind as the worker does; for each, whether a push service took
    one now.
    """
    return [_push(row) for row in Notification.objects.filter(kind=kind).order_by("pk")]


def _push(notice):
    taken = notice.attempts.filter(channel=Channel.PUSH, sent_at__isnull=False)
    before = taken.count()
    delivery.deliver(notice.pk)
    return taken.count() - before


def say(client, address, token):
    return client.post(address, {"token": token}, content_type="application/json")


def message(user, facts, kind="job_lost"):
    return notifications.Message(
        kind=kind,
        subject_id=uuid.uuid4(),
        round=1,
        user=user,
        email=user.email,
        language="en",
        context={"lost_start_at": mila_now(), "zone": "Europe/Paris", "service": "Wi-Fi", **facts},
        sealed={"link": "http://localhost:8000/partner/offers/"},
        urgency=Urgency.NOW,
    )
