"""What a log may keep of an address: all but the keys in it (rule B11, fault S14).

Whoever holds a secret link may follow, sign and cancel; a log is read by more people than one
booking has.
"""

import logging
import re
from typing import Any

# A long piece of a path that is no public id, wherever the path stands; and what a query calls a
# secret.
KEY = re.compile(
    r"(?:(?<=/)|(?<=%2F))(?![0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w:-]))[\w:-]{32,}"
    r"|(?<=secret=|ticket=)[^&\s\"']+"
)


def without_keys(text: str) -> str:
    return KEY.sub("…", text)


class WithoutKeys(logging.Formatter):
    """Message and traceback, without the keys that addresses in them hold."""

    def format(self, record: logging.LogRecord) -> str:
        return without_keys(super().format(record))


def to_console(level: str) -> dict[str, Any]:
    """For `logging.config`: all of it to the console, without keys."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {
                "class": "mila.logs.WithoutKeys",
                "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
        "loggers": {
            "stripe": {"level": "WARNING"},  # a line for each call
            "drafthorse": {"level": "WARNING"},  # a line for each paper
            # below it, for each word a template lacks: all the page knows
            "django.template": {"level": "INFO"},
        },
        "root": {"handlers": ["console"], "level": level},
    }
