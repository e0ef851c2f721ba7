"""Guesses at a password or a code, and the devices their owner has used before (fault S1, S2)."""

import secrets
import unicodedata
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

from mila.web import limits
from mila.web.client_address import client_block

COOKIE = "__Host-known" if settings.PRODUCTION else "known"
SALT = "accounts.known-device"
AGE = 400 * 24 * 60 * 60  # seconds; browsers keep no cookie longer
MOST = 5  # accounts a device remembers


def account_key(email: str) -> str:
    """One key for every spelling the database takes for the same address: case, width, and letters
    like ı and ſ.
    """
    text = "".join(
        one for one in unicodedata.normalize("NFKC", email) if unicodedata.category(one) != "Cf"
    )
    text = unicodedata.normalize("NFKC", text.strip().upper()).casefold()
    return salted_hmac(SALT, text, algorithm="sha256").hexdigest()[:32]


@dataclass(frozen=True)
class Guess:
    """One try: what it was counted in."""

    counted: tuple[tuple[limits.Limit, str], ...]
    allowed: bool

    def was_none(self) -> None:
        for limit, key in self.counted:
            limits.give_back(limit, key)


def begin(request, email: str) -> Guess:
    """Count before the password is looked at.

    A known device is counted apart: nobody can lock its owner out.
    """
    account = account_key(email)
    if device := known_devices(request).get(account):
        wanted = [(limits.GUESSES_BY_DEVICE, f"{account}:{device}")]
    else:
        wanted = [
            (limits.GUESSES_BY_BLOCK, client_block(request)),
            (limits.GUESSES_AT_ACCOUNT, account),
        ]
    counted = []
    for limit, key in wanted:
        counted.append((limit, key))
        if not limits.allow(limit, key):
            return Guess(tuple(counted), allowed=False)
    return Guess(tuple(counted), allowed=True)


# --- Known devices


def known_devices(request) -> dict[str, str]:
    """Account -> name of this device there; only what we signed."""
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=AGE)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def remember_device(request, response, email: str) -> None:
    """After a whole sign-in, second factor and all."""
    account = account_key(email)
    known = known_devices(request)
    device = known.pop(account, "") or secrets.token_urlsafe(12)
    newest_last = dict([*known.items(), (account, device)][-MOST:])
    response.set_cookie(
        COOKIE,
        signing.dumps(newest_last, salt=SALT, compress=True),
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
