"""How often one person may ask for the same thing: the table, and who counts
(fault S1, S2, A4; ASVS 2.4.1).

Counted in Redis by `limits`. Where Redis is away or slow nobody is refused for it: a page matters
more than its limit. Guesses at a door are counted in this process as well, always, so that they
stay few when Redis is killed between two.
"""

import threading
from dataclasses import dataclass
from functools import cache
from typing import cast

from django.conf import settings
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from mila.redis import RedisError, cache_redis, redis_breaker
from mila.web.client_address import client_block

MINUTE, HOUR = 60, 60 * 60
READ, SEND = frozenset({"GET", "HEAD"}), frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Limit:
    """At most `amount` within `seconds`.

    A window opens with the first; two that touch hold at most twice as many.
    """

    name: str
    amount: int
    seconds: int
    at_a_door: bool = False

    @property
    def item(self) -> RateLimitItemPerSecond:
        return RateLimitItemPerSecond(self.amount, self.seconds, namespace=self.name)


# --- The table: what is asked, by which methods, how often. Counted by person, or by block of
# addresses (client_block).

BOOKING = Limit("booking", 30, HOUR)
# each address that is typed may become a row, and a customer at Stripe
CONTACTS = Limit("contacts", 30, HOUR)
CARDS = Limit("cards", 120, HOUR)
# each address may be looked up at a geocoder, and tells who comes there
PLACES = Limit("places", 120, HOUR)
STARTS = Limit("starts", 240, HOUR)  # the same page: days and times are chosen on it too
PHOTOS = Limit("photos", 60, HOUR)
SEARCH = Limit("search", 120, MINUTE)
STREETS = Limit("streets", 120, MINUTE)  # each may be a question to a service of the state
LINKS = Limit("links", 300, MINUTE)
CHANGES = Limit("changes", 60, 10 * MINUTE)
POSITION = Limit("position", 60, MINUTE)
NOTES = Limit("notes", 60, 10 * MINUTE)
MESSAGES = Limit("messages", 30, 10 * MINUTE)
# a phone sends all that waited on it at once, each step once
LATER = Limit("later", 120, 10 * MINUTE)
DEVICES = Limit("devices", 30, 10 * MINUTE)  # each is a row, and a push service called for it
PUSH_TESTS = Limit("push_tests", 10, 10 * MINUTE)

LIMITS: dict[str, tuple[Limit, frozenset[str]]] = {
    "customer:book": (BOOKING, SEND),
    "customer:again": (BOOKING, SEND),
    "customer:draft_who": (CONTACTS, SEND),
    "customer:draft_tell_me": (CONTACTS, SEND),
    "customer:withdrawal": (CONTACTS, SEND),
    "customer:draft_place": (PLACES, SEND),
    "customer:draft_when": (STARTS, SEND),
    "customer:card": (CARDS, READ | SEND),  # a look opens a try at Stripe
    "customer:draft_photos": (PHOTOS, SEND),
    "customer:search": (SEARCH, READ),
    "customer:draft_postcodes": (SEARCH, SEND),
    "customer:book_postcodes": (SEARCH, SEND),
    "customer:streets": (STREETS, SEND),
    **dict.fromkeys(
        (
            "customer:booking",
            "customer:status",
            "customer:photo",
            "customer:photo_small",
            "customer:draft",
            "customer:pay",
            "partner:feed",
        ),
        (LINKS, READ),
    ),
    **dict.fromkeys(
        (
            "customer:cancel",
            "customer:withdraw",
            "customer:move",
            "customer:no_show",
            "customer:answer_time",
            "customer:not_again",
            "customer:access",
            "customer:refuse",
            "customer:rate",
            "customer:late",
            "customer:answer_price",
            "customer:sign",
            "customer:held",
            "customer:prove",
            "customer:renew",
            "customer:address",
            "customer:ended",
        ),
        (CHANGES, SEND),
    ),
    "partner:position": (POSITION, SEND),
    "partner:note": (NOTES, SEND),
    "customer:messages": (MESSAGES, SEND),
    "partner:messages": (MESSAGES, SEND),
    "partner:later": (LATER, SEND),
    **dict.fromkeys(
        ("customer:wake", "customer:rest", "partner:phone_wake", "partner:phone_rest"),
        (DEVICES, SEND),
    ),
    "partner:phone_test": (PUSH_TESTS, SEND),
}

# Guesses (fault S1): at most 20 of one block and 100 at one account reach the check of a password,
# also across the edge of two windows. A device that was signed in to this account before has tries
# of its own, which no stranger uses up.
GUESSES_BY_BLOCK = Limit("guesses_block", 10, 15 * MINUTE, at_a_door=True)
GUESSES_AT_ACCOUNT = Limit("guesses_account", 50, HOUR, at_a_door=True)
GUESSES_BY_DEVICE = Limit("guesses_device", 10, 15 * MINUTE, at_a_door=True)
GUESSES_AT_CODE = Limit("guesses_code", 10, 15 * MINUTE, at_a_door=True)
# as long as an app's code is taken, with tolerance
CODE_ONCE = Limit("code_once", 1, 2 * MINUTE, at_a_door=True)


# --- Counting


@cache
def _kept() -> FixedWindowRateLimiter:
    pool = cache_redis().connection_pool  # with its patience of 100 ms
    return FixedWindowRateLimiter(
        RedisStorage(
            settings.REDIS_URL, connection_pool=pool, key_prefix=f"limits:{settings.INSTANCE}"
        )
    )


@cache
def _near() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(MemoryStorage())


_breaker = redis_breaker()
# The library's memory counts by one thread at a time: two at once started its timer twice, and a
# sign-in broke off in the midst.
_nearby = threading.Lock()


def allow(limit: Limit, key: str) -> bool:
    """Count one more; whether it is still within the limit."""
    if not settings.LIMITS:
        return True
    near = _hit_near(limit, key) if limit.at_a_door else True
    try:
        with _breaker:
            return _kept().hit(limit.item, key) and near
    except RedisError:
        return near


def _hit_near(limit: Limit, key: str) -> bool:
    with _nearby:
        return _near().hit(limit.item, key)


def give_back(limit: Limit, key: str) -> None:
    """What turned out to be no guess is not counted; what others have used
    up stays so (fault S2).
    """
    if not settings.LIMITS:
        return
    with _nearby:
        cast(MemoryStorage, _near().storage).decr(limit.item.key_for(key))
    try:
        with _breaker:
            _kept().hit(limit.item, key, cost=-1)
    except RedisError:
        pass


def exceeded(request) -> Limit | None:
    """The limit of the table this request goes beyond, once its address is resolved."""
    found = LIMITS.get(request.resolver_match.view_name)
    if found is None or request.method not in found[1]:
        return None
    limit, _methods = found
    user = request.user
    key = f"user:{user.pk}" if user.is_authenticated else f"block:{client_block(request)}"
    return None if allow(limit, key) else limit
