"""A calendar's file without the events of another time, told by their lines and before they are
read: to read one costs a hundred times as much (rule D1). Pure.

What is not plainly of another time stays: what repeats, one time of it that was moved, what says
its end otherwise than by an instant.
"""

import re
from contextlib import suppress
from datetime import date, timedelta

FOLD = re.compile(rb"\r?\n[ \t]")
EVENT = re.compile(rb"^BEGIN:VEVENT[ \t]*\r?\n.*?^END:VEVENT[ \t]*(?:\r?\n|\Z)", re.I | re.M | re.S)
NOT_PLAIN = re.compile(rb"^(?:RRULE|EXRULE|RDATE|RECURRENCE-ID|DURATION)[;:]", re.I | re.M)
INSTANT = re.compile(rb"^DT(?:START|END)[;:]", re.I | re.M)
DAY = re.compile(
    rb"^DT(?:START|END)\b[^\r\n]*:(\d{4})(\d\d)(\d\d)(?:T\d{6}Z?)?[ \t]*\r?$", re.I | re.M
)
# a day that has no end of its own, and how far the walls of two zones are apart
MARGIN = timedelta(days=3)


def near(document: bytes, begin: date, end: date) -> bytes:
    """The file without what lies wholly before or after these days."""

    def kept(event: re.Match[bytes]) -> bytes:
        return b"" if _is_far(event[0], begin, end) else event[0]

    return EVENT.sub(kept, FOLD.sub(b"", document))


def _is_far(event: bytes, begin: date, end: date) -> bool:
    if NOT_PLAIN.search(event):
        return False
    days = []
    with suppress(ValueError):
        days = [date(*map(int, found)) for found in DAY.findall(event)]
    if not days or len(days) != len(INSTANT.findall(event)):
        return False
    return max(days) + MARGIN < begin or min(days) - MARGIN > end
