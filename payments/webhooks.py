"""Messages from Stripe: verify, store, answer; a job looks the object up and acts on how it is now
(fault M7, M9).

An event is a reason to look, never the truth: its order and its number do not matter.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings

from mila.clock import mila_now
from mila.transactions import after_commit, verb
from payments import (
    cards,
    charges,
    disputes,
    gateway,
    own_cards,
    partners,
    payouts,
    raising,
    refunds,
)
from payments.models import CardSetup, Charge, StripeEvent

log = logging.getLogger(__name__)
WAITS = (10, 60, 600, 3_600, 21_600)  # seconds; an event may come before our own commit


def receive(body: bytes, signature: str | None, secrets: list[str]) -> StripeEvent | None:
    """Store a signed event; None if it is here already.

    Raises gateway.BadSignature and keeps nothing.
    """
    return keep(gateway.construct_event(body, signature, secrets))


def keep(event: gateway.Event) -> StripeEvent | None:
    """Store what Stripe says, whether it told us or was asked; None if it is here already."""
    stored, new = StripeEvent.objects.get_or_create(
        stripe_id=event.id,
        defaults={
            "type": event.type,
            "account": event.account or "",
            "object_id": event.object_id or "",
            "livemode": event.livemode,
            "payload": _without_people(dict(event.payload)),
        },
    )
    return stored if new else None


# What names people, or opens something: nothing is read from a stored message but what to look up.
PERSONAL = frozenset(
    {
        "address",
        "billing_details",
        "client_secret",
        "customer_details",
        "customer_email",
        "email",
        "external_accounts",
        "individual",
        "name",
        "phone",
        "receipt_email",
        "shipping",
    }
)


def _without_people(value: Any) -> Any:
    """The message without names, addresses and secrets, which could never be erased from it
    (law R17).
    """
    if isinstance(value, dict):
        return {
            name: None if name in PERSONAL else _without_people(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_people(inner) for inner in value]
    return value


def kick(event: StripeEvent) -> None:
    """Let a worker take it up now; with the broker away the sweep finds the row."""
    after_commit(_send, event.pk)


def _send(event_id: int) -> None:
    current_app.tasks["payments.handle_event"].delay(event_id=event_id)


def _payment_intent(event: StripeEvent) -> bool:
    # A payment on a connected account is the partner's own affair.
    return bool(event.account) or charges.apply_intent(event.object_id) is not None


def _charge(event: StripeEvent) -> bool:
    """Its transfer and its fee come moments after it; of a connected account's own, nothing."""
    if event.account:
        return True
    charge = Charge.objects.filter(stripe_charge=event.object_id).exclude(stripe_charge="").first()
    return charge is not None and charges.apply_intent(charge.intent_id) is not None


def _setup_intent(event: StripeEvent) -> bool:
    setup = CardSetup.objects.filter(intent_id=event.object_id).first()
    if setup is None:
        return raising.hear(event.object_id)
    if setup.done_at is None:
        cards.finish_setup(setup)
    return True


def _card(event: StripeEvent) -> bool:
    # One that no booking of ours has saved is somebody's we never knew: nothing to follow.
    own_cards.follow(event.object_id)
    return True


def _account(event: StripeEvent) -> bool:
    return partners.refresh_account(event.account or event.object_id)


def _account_lost(event: StripeEvent) -> bool:
    """Asked, not believed: a tie that holds is not cut by a message."""
    return partners.refresh_account(event.account)


def _payout(event: StripeEvent) -> bool:
    return payouts.apply_payout(event.object_id, event.account) is not None


def _refund(event: StripeEvent) -> bool:
    return bool(event.account) or refunds.apply_refund(event.object_id) is not None


def _dispute(event: StripeEvent) -> bool:
    return bool(event.account) or disputes.apply_dispute(event.object_id) is not None


# Answers whether the object is known here; an unknown one is tried again later.
HANDLERS: dict[str, Callable[[StripeEvent], bool]] = {
    "payment_intent.succeeded": _payment_intent,
    "payment_intent.payment_failed": _payment_intent,
    "payment_intent.requires_action": _payment_intent,
    "payment_intent.canceled": _payment_intent,
    "charge.updated": _charge,
    "setup_intent.succeeded": _setup_intent,
    "payment_method.automatically_updated": _card,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
    "charge.dispute.closed": _dispute,
    "account.updated": _account,
    "account.application.deauthorized": _account_lost,
    "account.external_account.created": _account,
    "account.external_account.updated": _account,
    "account.external_account.deleted": _account,
    "capability.updated": _account,
    "payout.paid": _payout,
    "payout.failed": _payout,
    "payout.canceled": _payout,
}


def handle(event_id: int) -> None:
    """Act on a stored event, once or often, in any order.

    Errors are kept on the row and tried again later.
    """
    event = StripeEvent.objects.get(pk=event_id)
    if event.done_at is not None:
        return
    if event.livemode != settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")):
        _finish(event.pk, error="Event of another mode: ignored.")
        return
    handler = HANDLERS.get(event.type)
    try:
        known = handler is None or handler(event)
    except Exception as error:
        log.exception("event %s", event.stripe_id)
        _later(event.pk, repr(error)[:300])
        return
    if known:
        _finish(event.pk)
    else:
        _later(event.pk, "Nothing of ours has this object yet.")


@verb
def _finish(event_id: int, error: str = "") -> None:
    StripeEvent.objects.filter(pk=event_id).update(done_at=mila_now(), next_at=None, error=error)


@verb
def _later(event_id: int, error: str) -> None:
    event = StripeEvent.objects.select_for_update().get(pk=event_id)
    event.tries += 1
    event.error = error
    event.next_at = (
        mila_now() + timedelta(seconds=WAITS[event.tries - 1])
        if event.tries <= len(WAITS)
        else None
    )
    if event.next_at is None:
        event.done_at = mila_now()  # given up: shown to staff by its error
    event.save(update_fields=["tries", "error", "next_at", "done_at"])
