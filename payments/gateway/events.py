"""Events: the signed ones Stripe sends, and the list of those it has kept."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import stripe
from stripe.params import EventListParams

from mila.web.request_limits import Unreadable, parse_json
from payments.gateway.client import for_account, our_errors, stripe_client
from payments.gateway.errors import BadSignature
from payments.gateway.params import checked
from payments.gateway.shapes import Event

TOLERANCE_SECONDS = 300
LONGEST_NAME = 64  # of ids and types; our columns take no more


def construct_event(raw_body: bytes, signature_header: str | None, secrets: Sequence[str]) -> Event:
    """The event, if one of the active secrets signed exactly this body within five minutes; else
    BadSignature.
    """
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(
                raw_body, signature_header, secret, TOLERANCE_SECONDS
            )
            return _kept(_event(parse_json(raw_body)))
        except stripe.SignatureVerificationError:
            continue
        except (
            Unreadable,
            ValueError,
            ArithmeticError,
            OSError,
            TypeError,
            KeyError,
            AttributeError,
        ):
            # Bytes that are no text, a signature that is no ASCII, a signed body that is no event.
            break
    raise BadSignature("No active secret signed this body.")


def list_events(
    since: datetime, types: Sequence[str], *, account: str | None = None
) -> list[Event]:
    """What happened since, oldest first; one scope at a time (the platform, or one connected
    account).

    Stripe keeps 30 days and takes at most 20 types.
    """
    params = checked(
        EventListParams,
        {"created": {"gte": int(since.timestamp())}, "types": list(types), "limit": 100},
    )
    with our_errors():
        page = stripe_client().v1.events.list(params, for_account(account))
        return [_event(event.to_dict()) for event in page.auto_paging_iter()][::-1]


def _kept(event: Event) -> Event:
    """A signature says who wrote it, not that our columns take it (fault W3). Raises TypeError."""
    names = (event.id, event.type, event.account or "", event.object_id or "")
    if not all(isinstance(name, str) and len(name) <= LONGEST_NAME for name in names):
        raise TypeError("a name that is none")
    if not isinstance(event.livemode, bool):
        raise TypeError("neither live nor test")
    return event


def _event(values: dict[str, Any]) -> Event:
    return Event(
        id=values["id"],
        type=values["type"],
        account=values.get("account"),
        created=datetime.fromtimestamp(values["created"], UTC),
        livemode=values["livemode"],
        object_id=values["data"]["object"].get("id"),
        payload=values,
    )
