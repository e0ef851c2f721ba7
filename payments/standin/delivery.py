"""The outbox: signed events to their endpoints, again and again until taken, each attempt on
record.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import stripe
from django.db import transaction
from django.db.models import Q

from payments.standin.client import the_standin
from payments.standin.models import Delivery
from payments.standin.router import ALIAS

Post = Callable[[str, bytes, Mapping[str, str]], int]
# seconds after the nth failed attempt; then every two hours
WAITS = (1, 2, 5, 15, 60, 300, 1800, 7200)
GIVE_UP_AFTER = 3 * 24 * 60 * 60
LEASE_SECONDS = 60
TOO_OLD = 301
TIMEOUT = 10


class _Straight(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """A redirect is not an acceptance: Stripe follows none."""
        return


_opener = build_opener(_Straight)


def post_by_http(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer; 0 when there was none."""
    # The addresses are our own endpoints.
    request = Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310
    try:
        with _opener.open(request, timeout=TIMEOUT) as answer:
            return int(answer.status)
    except HTTPError as refused:
        with refused:
            return refused.code
    except (URLError, OSError):
        return 0


def deliver_pending(
    post: Post = post_by_http,
    *,
    shuffle: random.Random | None = None,
    limit: int = 200,
    retry: bool = False,
) -> int:
    """Sends what is due, in the order of the events unless shuffled; how many were taken.

    Each is leased before it is sent, so that two senders do not do the same one, and one killed
    meanwhile is sent again a minute later. `retry` takes those waiting after a failed attempt too.
    """
    the_standin().complete_captures()
    now = the_standin().now()
    waiting = Delivery.objects.filter(Q(next_at__isnull=False) if retry else Q(next_at__lte=now))
    due = list(waiting.order_by("serial").values_list("serial", flat=True)[:limit])
    if shuffle:
        shuffle.shuffle(due)
    return sum(_deliver(serial, post, now=now, retry=retry) for serial in due)


def _deliver(serial: int, post: Post, *, now: float, retry: bool) -> bool:
    delivery = _lease(serial, now=now, retry=retry)
    if delivery is None:
        return False
    fault, seconds = the_standin().store.fault(f"event {delivery.event.type}")
    if fault == "event_delay":
        return _end(delivery, next_at=now + seconds)
    if fault == "event_drop":
        return _end(delivery, next_at=None, error="dropped")
    body, headers = signed(delivery, fault=fault)
    status = post(delivery.url, body, headers)
    if fault == "event_duplicate":
        post(delivery.url, body, headers)
    delivery.attempts += 1
    if 200 <= status < 300:
        return _end(delivery, next_at=None, status=status, delivered_at=now)
    wait = WAITS[min(delivery.attempts, len(WAITS)) - 1]
    over = now - delivery.event.created > GIVE_UP_AFTER
    return _end(
        delivery, next_at=None if over else now + wait, status=status or None, error="not taken"
    )


def _lease(serial: int, *, now: float, retry: bool) -> Delivery | None:
    with transaction.atomic(using=ALIAS):
        row = (
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(serial=serial, next_at__isnull=False)
            .first()
        )
        if row is None or (row.next_at > now and not retry):
            return None
        row.next_at = now + LEASE_SECONDS
        row.save(update_fields=["next_at"])
        return row


def signed(delivery: Delivery, *, fault: str = "") -> tuple[bytes, dict[str, str]]:
    """Body and headers as Stripe sends them, or spoilt by a fault."""
    text = json.dumps(delivery.event.body, indent=2)
    secret = "whsec_somebody_else" if fault == "event_wrong_secret" else delivery.secret
    at = int(time.time()) - (TOO_OLD if fault == "event_old" else 0)
    header = stripe.WebhookSignature.generate_signature_header(text, secret, at)
    if fault == "event_tamper":
        text += " "
    return text.encode(), {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": header,
        "User-Agent": "Stripe/1.0 (stand-in)",
    }


def _end(delivery: Delivery, *, next_at: float | None, **values: Any) -> bool:
    """Writes how the attempt ended; whether the event was taken."""
    values = {"error": "", **values, "next_at": next_at, "attempts": delivery.attempts}
    Delivery.objects.filter(pk=delivery.pk).update(**values)
    return "delivered_at" in values
