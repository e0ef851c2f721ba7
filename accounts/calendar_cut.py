"""A calendar's file without the events of another time, told by their lines and before they are
read: to read one costs a hundred times as much (rule D1). Pure.

What is not plainly of another time stays: what repeats, one time of it that was moved, what says
its end otherwise than by an instant.
"""

import re
from contextlib import suppress
from datetime import date, timedelta

FOLD = re.compile(rb"\r?\n[ \t]")
EDGE = re.compile(rb"^(BEGIN|END):VEVENT[ \t]*(?:\r?\n|\Z)", re.I | re.M)
NOT_PLAIN = re.compile(rb"^(?:RRULE|EXRULE|RDATE|RECURRENCE-ID|DURATION)[;:]", re.I | re.M)
INSTANT = re.compile(rb"^DT(?:START|END)[;:]", re.I | re.M)
DAY = re.compile(
    rb"^DT(?:START|END)\b[^\r\n]*:(\d{4})(\d\d)(\d\d)(?:T\d{6}Z?)?[ \t]*\r?$", re.I | re.M
)
# a day that has no end of its own, and how far the walls of two zones are apart
MARGIN = timedelta(days=3)


def near(document: bytes, begin: date, end: date) -> bytes:
    """The file without what lies wholly before or after these days.

    Edge by edge: an expression over whole events takes hours for a file of beginnings alone, and
    anybody may send one.
    """
    text = FOLD.sub(b"", document)
    kept, at, begun = [], 0, None
    for edge in EDGE.finditer(text):
        if edge[1].upper() == b"BEGIN":
            begun = edge.start()
        elif begun is not None:
            if _is_far(text[begun : edge.end()], begin, end):
                kept.append(text[at:begun])
                at = edge.end()
            begun = None
    return b"".join((*kept, text[at:]))


def _is_far(event: bytes, begin: date, end: date) -> bool:
    if NOT_PLAIN.search(event):
        return False
    days = []
    with suppress(ValueError):
        days = [date(*map(int, found)) for found in DAY.findall(event)]
    if not days or len(days) != len(INSTANT.findall(event)):
        return False
    return max(days) + MARGIN < begin or min(days) - MARGIN > end
