"""Every address of the site, with samples for what varies."""

import re

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

SAMPLES = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000"}


def addresses(patterns=None, prefix="/", space=""):
    """(address with samples filled in, name, view) of every pattern."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        address = prefix + _sample(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = ":".join(filter(None, (space, entry.namespace)))
            yield from addresses(entry.url_patterns, address, inner)
        elif isinstance(entry, URLPattern):
            yield address, ":".join(filter(None, (space, entry.name))), entry.callback


def _sample(pattern) -> str:
    if isinstance(pattern, RoutePattern):
        return re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES.get(found[1], "x"), str(pattern._route))
    return re.sub(r"<\w+>", "x", simplify_regex(str(pattern))).lstrip("/")
