"""What production needs before it starts (mila.settings asks): every fault in a sentence, all in
one go, by name.

A value that is merely odd is found here and not by a customer.
"""

import binascii
import json
import os
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

SHORTEST_KEY = 50  # characters of a secret key, as Django's own check wants it
SHORTEST_SMS_KEY = 32
NOBODY = (
    ".example",
    "@example.com",
    "@example.org",
    "@example.net",
    ".invalid",
    ".test",
    "localhost",
)
MAILS = (
    "DEFAULT_FROM_EMAIL",
    "OPS_EMAIL",
    "SUPPORT_EMAIL_FR",
    "SUPPORT_EMAIL_CH",
    "SECURITY_EMAIL",
)
PHONES = ("SUPPORT_PHONE_FR", "SUPPORT_PHONE_CH")
EXAMPLE_PHONES = ("+33199001234", "+41445550123")
# Who runs the site: the law wants them named, and the terms name them.
OPERATOR = (
    "OPERATOR_COMPANY",
    "OPERATOR_ADDRESS",
    "OPERATOR_REGISTER",
    "OPERATOR_VAT",
    "OPERATOR_VAT_CH",
    "OPERATOR_DIRECTOR",
    "OPERATOR_HOST",
    "OPERATOR_MEDIATOR",
)
# The order of the curve P-256.
P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
INVENTED = re.compile(r"exemple|example|beispiel|esempio|00000000|000[ .]000[ .]000", re.IGNORECASE)
STORES = {
    "DATABASE_URL": ("postgres", "postgresql", "pgsql", "postgis"),
    "REDIS_URL": ("redis", "rediss", "unix"),
    "CELERY_BROKER_URL": ("redis", "rediss", "redis+socket"),
}
# What they must look like: payments.checks, once the apps are there.
STRIPE = (
    "STRIPE_SECRET_KEY",
    "STRIPE_PUBLISHABLE_KEY",
    "STRIPE_WEBHOOK_SECRETS",
    "STRIPE_CONNECT_WEBHOOK_SECRETS",
)
NEEDED = (
    "SECRET_KEY",
    "FIELD_KEYS",
    "SITE_URL",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    *STORES,
    "MEDIA_ROOT",
    "EMAIL_URL",
    *MAILS,
    *PHONES,
    *OPERATOR,
    *STRIPE,
    "VAPID_PRIVATE_KEY",
)


def faults(given: Mapping[str, str]) -> list[str]:
    """A sentence for each value of the environment that is missing or impossible; none means
    production may start.
    """
    missing = [f"{name} is missing." for name in NEEDED if not given.get(name, "").strip()]
    return missing + [
        sentence for name, sentence in _odd(given) if f"{name} is missing." not in missing
    ]


def _odd(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    def value(name: str) -> str:
        return given.get(name, "").strip()

    if value("DEBUG").lower() in ("1", "true", "yes", "on", "y", "ok"):
        yield "DEBUG", "DEBUG must be off: it shows settings and data to everybody."
    yield from _secret_key(value("SECRET_KEY"))
    for key in _list(value("FIELD_KEYS")):
        if not _is_fernet(key):
            yield "FIELD_KEYS", "FIELD_KEYS holds something that is no Fernet key."
            break
    parts = _split(value("SITE_URL"))
    if parts is None or parts.scheme != "https" or not parts.hostname or parts.path or parts.query:
        yield (
            "SITE_URL",
            "SITE_URL must be https:// and a host, with no path and no slash at the end.",
        )
    elif _is_nobodys(parts.hostname):
        yield "SITE_URL", "SITE_URL still names a host of the example file."
    if not re.fullmatch("[0-9]", value("TRUSTED_PROXIES")):
        yield (
            "TRUSTED_PROXIES",
            "TRUSTED_PROXIES must say how many proxies of your own stand before the pages: 1, or "
            "0.",
        )
    for name in ("MILA_AT", "MILA_DEMO"):
        if value(name):
            yield name, f"{name} is for development: production has one clock and no demo."
    yield from _hosts(_list(value("ALLOWED_HOSTS")), _split(value("SITE_URL")))
    for name, schemes in STORES.items():
        parts = _split(value(name))
        if (
            parts is None
            or parts.scheme not in schemes
            or not (parts.hostname or parts.path.strip("/"))
        ):
            yield name, f"{name} is no address of the kind {schemes[0]}://host/..."
    yield from _media(value("MEDIA_ROOT"))
    if ":" not in value("EMAIL_URL"):
        yield (
            "EMAIL_URL",
            "EMAIL_URL is no address of a mail server, such as smtp+tls://user:word@host:587.",
        )
    elif _is_nobodys(value("EMAIL_URL").rpartition("@")[2].partition(":")[0]):
        yield "EMAIL_URL", "EMAIL_URL still names the server of the example file."
    for name in MAILS:
        if not re.fullmatch(r"(.*<)?[^@<>\s]+@[^@<>\s]+\.[^@<>\s]+>?", value(name)):
            yield name, f"{name} is no mail address."
        elif _is_nobodys(value(name).rstrip(">")):
            yield name, f"{name} still ends in an example's domain: nobody would read it."
    for name in PHONES:
        if not re.fullmatch(r"\+[1-9]\d{6,14}", value(name)):
            yield name, f"{name} is no telephone number in international form, such as +33..."
        elif value(name) in EXAMPLE_PHONES:
            yield name, f"{name} is still the number of the example file."
    if not _is_vapid(value("VAPID_PRIVATE_KEY")):
        yield (
            "VAPID_PRIVATE_KEY",
            "VAPID_PRIVATE_KEY is no key of manage.py vapid_key, or the development's.",
        )
    if any("://" in name or "." not in name for name in _list(value("PUSH_SERVICES"))):
        yield (
            "PUSH_SERVICES",
            "PUSH_SERVICES must name hosts, not addresses: each is asked by https alone.",
        )
    yield from _texts(value)
    yield from _mail_provider(value)
    for name in OPERATOR:
        if INVENTED.search(value(name)):
            yield (
                name,
                f"{name} is still invented, as in the example file: the law wants the real one.",
            )


def _texts(value) -> Iterator[tuple[str, str]]:
    """Text messages are optional; an address without its keys would be sent to unsigned, or
    believed by anybody.
    """
    if not value("SMS_URL"):
        return
    parts = _split(value("SMS_URL"))
    if parts is None or parts.scheme != "https" or not parts.hostname:
        yield "SMS_URL", "SMS_URL must be an https:// address of a provider of text messages."
    if len(value("SMS_KEY")) < SHORTEST_SMS_KEY:
        yield (
            "SMS_KEY",
            f"SMS_KEY must be a random word of {SHORTEST_SMS_KEY} characters or more: it signs "
            f"what is sent.",
        )
    if min([len(key) for key in _list(value("SMS_RECEIPT_KEYS"))] or [0]) < SHORTEST_SMS_KEY:
        yield (
            "SMS_RECEIPT_KEYS",
            f"SMS_RECEIPT_KEYS must hold random words of {SHORTEST_SMS_KEY} characters or more: "
            f"receipts are signed.",
        )
    if not re.fullmatch(r"[A-Za-z0-9 ]{1,11}|\+[1-9]\d{6,14}", value("SMS_SENDER") or "Mila"):
        yield (
            "SMS_SENDER",
            "SMS_SENDER must be a name of at most 11 letters and digits, or a number such as "
            "+33...",
        )


def _mail_provider(value) -> Iterator[tuple[str, str]]:
    if not value("MAIL_PROVIDER"):
        return
    if not re.fullmatch("[a-z_]+", value("MAIL_PROVIDER")):
        yield "MAIL_PROVIDER", "MAIL_PROVIDER must be a name django-anymail knows, such as mailgun."
    try:
        options = json.loads(value("MAIL_PROVIDER_OPTIONS") or "{}")
    except ValueError:
        options = None
    if not isinstance(options, dict):
        yield (
            "MAIL_PROVIDER_OPTIONS",
            "MAIL_PROVIDER_OPTIONS must be the provider's settings as JSON.",
        )
    elif not options.get("WEBHOOK_SECRET"):
        yield (
            "MAIL_PROVIDER_OPTIONS",
            "MAIL_PROVIDER_OPTIONS needs a WEBHOOK_SECRET: without it anybody could say that mails "
            "came back.",
        )


def _secret_key(key: str) -> Iterator[tuple[str, str]]:
    if (
        len(key) < SHORTEST_KEY
        or len(set(key)) < 5
        or key.startswith(("django-insecure-", "development-only-"))
    ):
        yield (
            "SECRET_KEY",
            f"SECRET_KEY is not safe: it must be one random word of {SHORTEST_KEY} characters or "
            f"more.",
        )


def _hosts(hosts: list[str], site) -> Iterator[tuple[str, str]]:
    if any("*" in host for host in hosts):
        yield "ALLOWED_HOSTS", "ALLOWED_HOSTS must name hosts, not *."
    elif any("/" in host for host in hosts):
        yield "ALLOWED_HOSTS", "ALLOWED_HOSTS must name hosts, not addresses."
    elif (
        site is not None and site.hostname and not any(_fits(site.hostname, host) for host in hosts)
    ):
        yield "ALLOWED_HOSTS", f"ALLOWED_HOSTS must hold the host of SITE_URL, {site.hostname}."


def _fits(host: str, allowed: str) -> bool:
    return host == allowed.lower() or (
        allowed.startswith(".") and f".{host}".endswith(allowed.lower())
    )


def _media(folder: str) -> Iterator[tuple[str, str]]:
    if not Path(folder).is_absolute():
        yield "MEDIA_ROOT", "MEDIA_ROOT must be an absolute path."
    elif not Path(folder).is_dir():
        yield "MEDIA_ROOT", f"MEDIA_ROOT is no folder here: {folder}."
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield "MEDIA_ROOT", f"MEDIA_ROOT cannot be written to by this user: {folder}."


def _is_fernet(key: str) -> bool:
    try:
        return len(urlsafe_b64decode(key)) == 32
    except (binascii.Error, ValueError):
        return False


def _is_vapid(key: str) -> bool:
    """32 octets, base64url, below the curve's order, and not of the development's settings."""
    try:
        octets = urlsafe_b64decode(key + "=" * (-len(key) % 4))
    except (binascii.Error, ValueError):
        return False
    number = int.from_bytes(octets, "big")
    return len(octets) == 32 and 0 < number < P256 and not octets.startswith(b"development-only")


def _is_nobodys(address: str) -> bool:
    return f"{address}".lower().endswith(NOBODY)


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _split(url: str):
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (raises where it is no number)
    except ValueError:
        return None
    return parts
