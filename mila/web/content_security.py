"""What a page may load and where it may send, for django-csp."""

from typing import Any

from csp.constants import NONCE, NONE, SELF


def content_security_policy(*, standin: bool) -> dict[str, Any]:
    """`standin`: nothing of Stripe's own is loaded then."""
    stripe_js = [] if standin else ["https://js.stripe.com", "https://*.js.stripe.com"]
    return {
        "DIRECTIVES": {
            "default-src": [SELF],
            "script-src": [SELF, NONCE, *stripe_js],
            "style-src": [SELF],
            "img-src": [SELF, "data:"],
            "connect-src": [SELF, *(["https://api.stripe.com"] if not standin else [])],
            "frame-src": [
                SELF,
                *stripe_js,
                *(["https://hooks.stripe.com"] if not standin else []),
            ],
            "object-src": [NONE],
            "base-uri": [NONE],
            # A form that leads on to the partner's pages at Stripe.
            "form-action": [SELF, *(["https://connect.stripe.com"] if not standin else [])],
            "frame-ancestors": [NONE],
        },
    }
