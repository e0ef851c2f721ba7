"""The bar on every page of the demo: whose clock it is, and the way to the desk."""

import re

from django.template.loader import render_to_string

from devstack.instants import PARIS
from mila.clock import mila_now
from simulation import factor

# The first thing after the link that skips to the content. An attribute of the tag may hold ">":
# the admin's do.
PLACE = re.compile(
    rb"""<body(?:"[^"]*"|'[^']*'|[^>"'])*>\s*(<a class="skip"[^>]*>.*?</a>)?""", re.DOTALL
)
ASKING = ("mfa_authenticate", "mfa_reauthenticate")
PAYING = ("card", "pay")
TEST_CARD = "4242 4242 4242 4242"


class DemoBar:
    """Written into whole pages on their way out, so that no template of the product knows of the
    demo.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        html = response.get("Content-Type", "").startswith("text/html") and not _framed(request)
        if html and not response.streaming and (place := PLACE.search(response.content)):
            told = {
                # the page's own instant, where it shows one
                "now": getattr(request, "demo_now", None) or mila_now(),
                "zone": PARIS,
                "code": _code(request),
                "card": _card(request),
            }
            bar = render_to_string("devstack/_bar.html", told, request).encode()
            response.content = (
                response.content[: place.end()] + bar + response.content[place.end() :]
            )
            if "Content-Length" in response:
                response.headers["Content-Length"] = str(len(response.content))
        return response


def _code(request) -> str:
    """What the authenticator app of the demo's staff shows now, on the pages that ask for it."""
    return factor.code_of_staff() if _name(request) in ASKING else ""


def _card(request) -> str:
    """A card to type, on the pages that ask for one."""
    return TEST_CARD if _name(request) in PAYING else ""


def _name(request) -> str | None:
    return request.resolver_match.url_name if request.resolver_match else None


def _framed(request) -> bool:
    """The bank's own pages: they stand in a frame, and on a page of a bank
    there is no bar of ours.
    """
    return bool(request.resolver_match) and request.resolver_match.app_name == "standin"
