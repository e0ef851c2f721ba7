"""One StripeClient per key, and the one place where Stripe's errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

import stripe
from django.conf import settings
from django.templatetags.static import static
from stripe._request_options import RequestOptions

from payments.gateway.errors import (
    AuthenticationRequired,
    CardDeclined,
    GatewayRefused,
    OutcomeUnknown,
)
from payments.gateway.patience import PagesClient
from payments.gateway.shapes import BrowserScript

JOBS_PATIENCE = (3.0, 30.0)  # seconds to connect, and for the answer
REAL_API = "https://api.stripe.com"
REAL_SCRIPT = "https://js.stripe.com/endive/stripe.js"


def stripe_client() -> stripe.StripeClient:
    """The stand-in in process, or Stripe itself; which one is decided by the presence of a key
    alone.
    """
    if settings.STANDIN:
        # Imported late: production never loads it.
        from payments.standin.client import standin_client

        return standin_client()
    with _making:  # two threads at once would each make one, with turns of its own (fault F4)
        return _real_client(settings.STRIPE_SECRET_KEY, pages=settings.PAGES)


_making = Lock()


@lru_cache(maxsize=2)
def _real_client(key: str, *, pages: bool) -> stripe.StripeClient:
    """A job may wait and try again; a page has somebody before it."""
    return stripe.StripeClient(
        key,
        http_client=PagesClient() if pages else stripe.RequestsClient(timeout=JOBS_PATIENCE),
        max_network_retries=0 if pages else 2,
        base_addresses={"api": REAL_API},
    )


def browser_script() -> BrowserScript:
    """The script and the public key for a page with card fields."""
    url = static("standin/stripe.js") if settings.STANDIN else REAL_SCRIPT
    return BrowserScript(url=url, publishable_key=settings.STRIPE_PUBLISHABLE_KEY)


def with_key(key: str) -> RequestOptions:
    """Idempotency keys travel as an option: inside the parameters they would be sent as a body
    field and ignored.
    """
    if not key:
        raise GatewayRefused(
            "A call that moves something needs a key.", code="refused_here", param="key"
        )
    return {"idempotency_key": key}


def for_account(account: str | None) -> RequestOptions:
    return {"stripe_account": account} if account else {}


@contextmanager
def our_errors() -> Iterator[None]:
    """Within, whatever the SDK raises leaves as one of `payments.gateway.errors`."""
    try:
        yield
    except stripe.CardError as error:
        raise _card_error(_details(error)) from error
    except stripe.APIConnectionError as error:
        raise OutcomeUnknown("No answer from the payment provider.", reason="network") from error
    except stripe.RateLimitError as error:
        raise OutcomeUnknown(
            "Too many calls to the payment provider.", reason="rate_limit"
        ) from error
    except stripe.APIError as error:
        reason = "conflict" if error.http_status == 409 else "server"
        raise OutcomeUnknown(
            f"The payment provider answered {error.http_status}.", reason=reason
        ) from error
    except stripe.StripeError as error:
        details = _details(error)
        raise GatewayRefused(
            details.get("message") or "Refused by the payment provider.",
            code=details.get("code") or details.get("type") or "",
            param=details.get("param") or "",
            status=error.http_status or 400,
        ) from error


def _details(error: stripe.StripeError) -> dict[str, Any]:
    # The plain JSON: the SDK's own error object is built with the global key.
    body: Any = error.json_body
    details: dict[str, Any] = (body or {}).get("error") or {}
    return details


def _card_error(details: dict[str, Any]) -> CardDeclined | AuthenticationRequired:
    intent = details.get("payment_intent") or details.get("setup_intent") or {}
    code = details.get("code") or "card_declined"
    message = details.get("message") or code
    if code == "authentication_required":
        method = (
            details.get("payment_method")
            or (intent.get("last_payment_error") or {}).get("payment_method")
            or {}
        )
        return AuthenticationRequired(
            message, intent_id=intent.get("id", ""), payment_method=method.get("id", "")
        )
    return CardDeclined(
        message,
        code=code,
        decline_code=details.get("decline_code") or "",
        advice_code=details.get("advice_code") or "",
        intent_id=intent.get("id", ""),
    )
