"""The stand-in as the SDK's HTTP client: in this process, no socket; encoding and error mapping
stay the SDK's own.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import stripe
from django.conf import settings

from mila.clock import mila_now
from payments.gateway.subscriptions import CONNECT_EVENTS, PLATFORM_EVENTS
from payments.standin.core import StandIn
from payments.standin.problems import AnswerLost
from payments.standin.store import Endpoint, Store

KEY = "sk_test_standin"


class InProcess(stripe.HTTPClient):
    name = "standin"

    def __init__(self, standin: StandIn) -> None:
        super().__init__()
        self.standin = standin

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **more: Any,
    ) -> tuple[str, int, Mapping[str, str]]:
        parts = urlsplit(url)
        address = f"{parts.path}?{parts.query}" if parts.query else parts.path
        try:
            status, answer_headers, body = self.standin.handle(
                method.upper(), address, headers or {}, post_data or ""
            )
        except AnswerLost as lost:
            raise stripe.APIConnectionError("The connection broke.", should_retry=False) from lost
        return json.dumps(body), status, answer_headers

    def close(self) -> None:
        """Nothing is open."""


def site_endpoints() -> list[Endpoint]:
    """Where this site takes events, under its newest secrets: one address for the platform, one for
    Connect.
    """
    return [
        Endpoint(
            f"{settings.SITE_URL}/webhooks/stripe/",
            settings.STRIPE_WEBHOOK_SECRETS[0],
            connect=False,
            events=PLATFORM_EVENTS,
        ),
        Endpoint(
            f"{settings.SITE_URL}/webhooks/stripe/connect/",
            settings.STRIPE_CONNECT_WEBHOOK_SECRETS[0],
            connect=True,
            events=CONNECT_EVENTS,
        ),
    ]


@cache
def the_standin() -> StandIn:
    return StandIn(Store(site_endpoints), site=settings.SITE_URL, banks=_banks)


def _banks() -> float:
    """A demo or a test that is moved a week on finds the money of that week at its banks."""
    return mila_now().timestamp()


@cache
def standin_client() -> stripe.StripeClient:
    # No retries by the SDK: the product's own repeats are what is to be seen at work, without half
    # seconds of sleep.
    return stripe.StripeClient(KEY, http_client=InProcess(the_standin()))
