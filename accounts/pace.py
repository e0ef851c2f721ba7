"""Answers that must not tell by their time whether an address is known: none comes sooner than this
(rule B12).

The work is nearly the same (one hash, one message as a row). What is left, a few rows more or less,
is two to five milliseconds, and 200 tries find those. The floors lie above what the work takes on a
machine that is not overloaded.
"""

import time

SIGN_UP = SIGN_IN = 0.5  # seconds; signing in: only what is refused
RESET = 0.1


def now() -> float:
    """For the beginning: before the address is looked up."""
    return time.monotonic()


def even_out(begun: float | None, floor: float) -> None:
    if begun is not None:
        time.sleep(max(0.0, floor - (now() - begun)))
