"""Bounces and complaints, whichever provider tells them: django-anymail reads its messages and
makes them one kind.

Imported where a provider is set alone (settings.MAIL_PROVIDER): over plain SMTP nobody tells.
"""

import importlib
from functools import cache
from typing import Any

from anymail.signals import EventType
from anymail.webhooks.base import AnymailBaseWebhookView

from accounts import receipts

DEAD = {EventType.BOUNCED, EventType.REJECTED, EventType.COMPLAINED}


class _Told:
    """In the place of anymail's signal, which would tell everybody: only
    `receipts` wants to know.
    """

    def send(self, *, sender, event, esp_name):
        if not event.recipient:
            return
        if event.event_type in DEAD:
            reason = event.reject_reason or event.event_type
            receipts.mail_bounced(
                event.recipient,
                event.message_id or "",
                reason=reason,
                error=event.mta_response or event.description or "",
            )
        elif event.event_type == EventType.DELIVERED:
            receipts.mail_arrived(event.recipient)


@cache
def view(provider: str):
    """Django's view for this provider's tracking events."""
    module = importlib.import_module(f"anymail.webhooks.{provider}")
    found: list[Any] = [
        one
        for name, one in vars(module).items()
        if isinstance(one, type)
        and issubclass(one, AnymailBaseWebhookView)
        and name.endswith("TrackingWebhookView")
    ]
    return found[0].as_view(signal=_Told())
