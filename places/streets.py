"""Addresses as they are typed: what the two national services know that begins so (rule B5).

France: the geocoding service over the national address base; Switzerland: the search of the
federal geoportal. Each has its base address in the settings, and without it nothing is offered.
What is typed goes there without a name, is written to no log, and is kept as a keyed hash beside
the answer.
"""

import http.client
import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac

from mila.breaker import Breaker
from mila.errors import Refusal
from places.geocoding import served_postcode
from places.place import Country

logger = logging.getLogger(__name__)

MOST = 6  # lines of the list
SHORTEST, ANYWHERE = 3, 6  # signs to look for in one postcode, and without one
LONGEST, WORDS = 120, 9  # what both services take, the postcode included
CALL_S = 1.5  # for a whole answer
REST_S = 30.0  # a service that did not answer is left alone so long
LONGEST_ANSWER = 200_000  # octets
KEPT_S = 24 * 60 * 60


@dataclass(frozen=True)
class Line:
    """One line of the list. `street` is an address's first line, with its number or without."""

    street: str
    postcode: str
    city: str

    @property
    def is_numbered(self) -> bool:
        return any(sign.isdigit() for sign in self.street)


class NoAnswer(Exception):
    """The service is away, too slow, or says something else than it should."""


def offered(country: str) -> bool:
    return bool(_base(country))


def lines_like(typed: str, postcode: str, country: str) -> list[Line]:
    """What begins like that, within the postcode where there is one. Empty where no service is set,
    or none answers: the field works without.

    Never inside a transaction: a slow service would hold its locks.
    """
    typed = " ".join(typed.split()[: WORDS - 1])[:LONGEST]
    code = _served(postcode, country) if postcode.strip() else ""
    shortest = SHORTEST if code else ANYWHERE
    if not offered(country) or code is None or len(typed) < shortest or not typed[0].isalnum():
        return []
    name = _kept_as(typed, code, country)
    if (kept := cache.get(name)) is not None:
        return [Line(*one) for one in kept]
    try:
        with _breakers[country]:
            found = _asked(typed, code, country)
    except NoAnswer as error:
        logger.warning("No streets from the service of %s: %s", country, error)
        return []
    cache.set(name, [(one.street, one.postcode, one.city) for one in found], KEPT_S)
    return found


def _base(country: str) -> str:
    return {
        Country.FR.value: settings.STREETS_FR_URL,
        Country.CH.value: settings.STREETS_CH_URL,
    }.get(country, "")


def _served(postcode: str, country: str) -> str | None:
    """None for a code at which nobody works, or that is none (yet)."""
    try:
        return served_postcode(postcode, country)
    except Refusal:
        return None


def _kept_as(typed: str, code: str, country: str) -> str:
    """Without the key nobody can tell from the cache what was typed."""
    words = "|".join((country, code, typed.casefold()))
    return f"streets:{salted_hmac('places.streets', words, algorithm='sha256').hexdigest()}"


# --- What is asked, and what an answer looks like


def _asked(typed: str, code: str, country: str) -> list[Line]:
    """At most MOST different lines, in the service's order. Raises NoAnswer."""
    path, read = _SERVICES[country]
    query = {
        "q": typed,
        "autocomplete": 1,
        "limit": MOST,
        **({"postcode": code} if code else {}),
    }
    if country == Country.CH.value:
        query = {
            "searchText": f"{typed} {code}".strip(),
            "type": "locations",
            "origins": "address",
            "limit": 4 * MOST,  # words are found anywhere: the right postcode may come late
        }
    document = _get(_base(country), f"{path}?{urlencode(query)}")
    try:
        found = [one for one in read(document) if code in ("", one.postcode)]
        served = (one for one in found if one.street and _served(one.postcode, country))
        return list(dict.fromkeys(served))[:MOST]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise NoAnswer(type(error).__name__) from None


def _french(document: Any) -> Iterator[Line]:
    for feature in document["features"]:
        facts = feature["properties"]
        if facts.get("type") in ("housenumber", "street") and facts.get("postcode"):
            yield Line(facts["name"][:LONGEST], facts["postcode"], facts.get("city", "")[:80])


# "Landstrasse # <b>8595 Altnau</b>": a street without numbers has that sign instead
_SWISS_LABEL = re.compile(r"(?P<street>.+?)\s*<b>(?P<code>\d{4})\s+(?P<city>[^<]+)</b>")


def _swiss(document: Any) -> Iterator[Line]:
    for result in document["results"]:
        facts = result["attrs"]
        label = _SWISS_LABEL.match(facts["label"]) if facts.get("origin") == "address" else None
        if label:
            street = unescape(re.sub(r"<[^>]*>", "", label["street"])).removesuffix("#").strip()
            yield Line(street[:LONGEST], label["code"], unescape(label["city"]).strip()[:80])


_SERVICES: dict[str, tuple[str, Callable[[Any], Iterator[Line]]]] = {
    Country.FR.value: ("/search", _french),
    Country.CH.value: ("/rest/services/api/SearchServer", _swiss),
}


# --- The call

_breakers = {country: Breaker((NoAnswer,), NoAnswer, rest=REST_S) for country in _SERVICES}


def _get(base: str, path: str) -> Any:
    """No redirect is followed (fault W11); an answer that trickles in is not waited for.

    What the service will not have (a question it finds too odd) is no failure: nobody may switch it
    off for all by asking oddly.
    """
    until = time.monotonic() + CALL_S
    server = urlsplit(base)
    kind = http.client.HTTPSConnection if server.scheme == "https" else http.client.HTTPConnection
    line = kind(server.netloc, timeout=CALL_S)
    try:
        line.request("GET", f"{server.path.rstrip('/')}{path}", headers={"User-Agent": "Mila"})
        answer = line.getresponse()
        if answer.status in (http.client.BAD_REQUEST, http.client.NOT_FOUND):
            return {"features": [], "results": []}
        if answer.status != http.client.OK:
            raise NoAnswer(f"status {answer.status}")
        return json.loads(_body(answer, until))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(type(error).__name__) from None
    finally:
        line.close()


def _body(answer: http.client.HTTPResponse, until: float) -> bytes:
    parts, left = [], LONGEST_ANSWER
    while part := answer.read1(left):
        parts.append(part)
        left -= len(part)
        if left <= 0 or time.monotonic() > until:
            raise NoAnswer("too long")
    return b"".join(parts)
