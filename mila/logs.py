"""What a log may keep of an address: all but the keys in it (rule B11, fault S14).

Whoever holds a secret link may follow, sign and cancel; a log is read by more people than one
booking has.
"""

import logging
import re

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
