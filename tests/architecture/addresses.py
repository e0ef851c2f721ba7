"""Every address of the site, with samples for what varies."""

import re
from collections.abc import Callable

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

SAMPLES = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000"}


def sample(name: str, kind: str, before: str) -> str:
    """Something of this kind that is nobody's."""
    return SAMPLES.get(kind, "x")


def addresses(patterns=None, prefix="/", space="", fill: Callable[[str, str, str], str] = sample):
    """(address, name, view) of every pattern. `fill` answers what stands for a name of a kind after what is before."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        address = prefix + _filled(entry.pattern, prefix, fill)
        if isinstance(entry, URLResolver):
            inner = ":".join(filter(None, (space, entry.namespace)))
            yield from addresses(entry.url_patterns, address, inner, fill)
        elif isinstance(entry, URLPattern):
            yield address, ":".join(filter(None, (space, entry.name))), entry.callback


def _filled(pattern, prefix: str, fill) -> str:
    if isinstance(pattern, RoutePattern):
        route, names = str(pattern._route), r"<(?:(\w+):)?(\w+)>"
    else:
        route, names = simplify_regex(str(pattern)).lstrip("/"), r"<()(\w+)>"
    return re.sub(names, lambda found: fill(found[2], found[1] or "str", prefix + route[: found.start()]), route)
