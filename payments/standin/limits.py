"""How much a call may say, and in which money: Stripe refuses the rest before anything is done."""

from collections.abc import Iterator
from typing import Any

from payments.standin.problems import Problem

NAMES, NAME_LENGTH, VALUE_LENGTH = 50, 40, 500  # of metadata
# What stands on a card's or an account's statement.
STATEMENT, STATEMENT_LENGTH, NO_SIGNS = "statement_descriptor", 22, "<>\\'\"*"
# What this product, and Stripe's command line, ever charge in.
CURRENCIES = ("chf", "eur", "gbp", "usd")
# Where a person may be sent back to; without a lock only on this machine.
LINKS = ("https://", "http://localhost", "http://127.0.0.1")


def must_fit(params: dict[str, Any]) -> None:
    """Raises Problem with the parameter that is too long, of no known currency, or no link."""
    for problem in (*_metadata(params), *_texts(params), *_currency(params), *_links(params)):
        raise problem


def _metadata(params: dict[str, Any]) -> Iterator[Problem]:
    given = params.get("metadata")
    if not isinstance(given, dict):
        return
    if len(given) > NAMES:
        yield Problem(f"You can have at most {NAMES} metadata keys.", param="metadata")
    for name, value in given.items():
        if len(name) > NAME_LENGTH:
            words = f"Metadata keys must be no longer than {NAME_LENGTH} characters."
            yield Problem(words, param="metadata")
        if len(value) > VALUE_LENGTH:
            words = f"Metadata values must be no longer than {VALUE_LENGTH} characters."
            yield Problem(words, param=f"metadata[{name}]")


def _texts(params: dict[str, Any]) -> Iterator[Problem]:
    for name, value in params.items():
        if not name.startswith(STATEMENT) or not value:
            continue
        if len(value) > STATEMENT_LENGTH:
            words = f"The statement descriptor must be at most {STATEMENT_LENGTH} characters."
            yield Problem(words, param=name)
        if set(value) & set(NO_SIGNS) or not any(one.isascii() and one.isalpha() for one in value):
            words = f"It must contain at least one letter, and none of {' '.join(NO_SIGNS)}."
            yield Problem(words, param=name)


def _currency(params: dict[str, Any]) -> Iterator[Problem]:
    currency = params.get("currency")
    if isinstance(currency, str) and currency.lower() not in CURRENCIES:
        yield Problem(f"Invalid currency: {currency.lower()}.", param="currency")


def _links(params: dict[str, Any]) -> Iterator[Problem]:
    for name in ("return_url", "refresh_url"):
        if not str(params.get(name) or LINKS[0]).startswith(LINKS):
            yield Problem("Not a valid URL", code="url_invalid", param=name)
