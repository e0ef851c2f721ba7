"""The bar on every page of the demo: whose clock it is, and the way to the desk."""

import re

from django.template.loader import render_to_string

from devstack.instants import PARIS
from mila.clock import mila_now

# The first thing after the link that skips to the content. An attribute of the tag may hold ">": the admin's do.
PLACE = re.compile(rb"""<body(?:"[^"]*"|'[^']*'|[^>"'])*>\s*(<a class="skip"[^>]*>.*?</a>)?""", re.DOTALL)


class DemoBar:
    """Written into whole pages on their way out, so that no template of the product knows of the demo."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        html = response.get("Content-Type", "").startswith("text/html")
        if html and not response.streaming and (place := PLACE.search(response.content)):
            bar = render_to_string("devstack/_bar.html", {"now": mila_now(), "zone": PARIS}, request).encode()
            response.content = response.content[: place.end()] + bar + response.content[place.end() :]
            if "Content-Length" in response:
                response.headers["Content-Length"] = str(len(response.content))
        return response
