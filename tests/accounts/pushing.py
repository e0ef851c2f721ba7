"""Small steps of a push: a device that is woken, the worker's jobs, what a device says."""

import uuid

from accounts import notifications, push
from accounts.models import Notification
from mila import web_push
from mila.clock import mila_now


def woken(service, user, name="one", **of):
    phone = service.phone(name)
    push.subscribe(user, web_push.Device(**phone.subscription), **of)
    return phone


def pushed(kind):
    """The jobs of this notice, as the worker does them."""
    return [
        push.push_notice(row.pk) for row in Notification.objects.filter(kind=kind).order_by("pk")
    ]


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
        push=True,
    )
