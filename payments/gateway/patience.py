"""Stripe as the pages ask it: an answer within seconds, or none (fault F4).

A call that is not answered costs one page its five seconds. After it nobody calls for a moment, and
some threads of the process never wait for Stripe: the other pages are theirs.
"""

from collections.abc import Mapping
from threading import BoundedSemaphore
from typing import Any

import stripe

from mila.breaker import Breaker

CONNECT_SECONDS, READ_SECONDS = 2.0, 5.0
AT_ONCE = 3  # calls of one process; it has more threads than that (gunicorn.conf.py)
TURN_SECONDS = 0.1  # until one of them is free, or this call is not made


class PagesClient(stripe.HTTPClient):
    """The SDK's own client with less patience. What is not sent, or not answered, raises
    stripe.APIConnectionError: the same call may come again with its key.
    """

    name = "requests"

    def __init__(self) -> None:
        super().__init__()
        self.asks: Any = stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS))
        self.turns = BoundedSemaphore(AT_ONCE)
        self.breaker = Breaker(
            (stripe.APIConnectionError,), _not_sent, rest=CONNECT_SECONDS + READ_SECONDS
        )

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **more: Any,
    ) -> tuple[str, int, Mapping[str, str]]:
        if not self.turns.acquire(timeout=TURN_SECONDS):
            raise _not_sent("Too many pages wait for an answer.")
        try:
            with self.breaker:
                answer: tuple[str, int, Mapping[str, str]] = self.asks.request(
                    method, url, headers, post_data
                )
                return answer
        finally:
            self.turns.release()


def _not_sent(words: str) -> stripe.APIConnectionError:
    made: Any = stripe.APIConnectionError
    error: stripe.APIConnectionError = made(words, should_retry=False)
    return error
