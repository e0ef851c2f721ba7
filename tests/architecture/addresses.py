"""Every address of the site, with samples for what varies."""

import re

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

SAMPLES = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000"}
PLACEHOLDER = re.compile(r"<(?:(\w+):)?(\w+)>")


def addresses(patterns=None):
    """(address with samples filled in, name, view) of every pattern."""
    for route, name, view in routes(patterns):
        yield fill(route), name, view


def routes(patterns=None, prefix="/", space=""):
    """(address with placeholders for what varies, name, view) of every pattern."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + _route(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = ":".join(filter(None, (space, entry.namespace)))
            yield from routes(entry.url_patterns, route, inner)
        elif isinstance(entry, URLPattern):
            yield route, ":".join(filter(None, (space, entry.name))), entry.callback


def fill(route: str, **values: object) -> str:
    """The address with these values in their places, and samples in the others."""
    return PLACEHOLDER.sub(
        lambda found: str(values.get(found[2], SAMPLES.get(found[1], "x"))), route
    )


def _route(pattern) -> str:
    return (
        str(pattern._route)
        if isinstance(pattern, RoutePattern)
        else simplify_regex(str(pattern)).lstrip("/")
    )
