"""A visit as a calendar's file (RFC 5545): one entry with a name of its own, that a later file
moves or takes away.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.mime.text import MIMEText
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext

NAME = "mila.ics"
LONGEST = 75  # bytes of a line


def attachment(
    facts: Mapping[str, Any], about: Mapping[str, Any], uid: Any, at: datetime, email: str
) -> MIMEText:
    """`facts`: what requests_app.notices says of the visit; `about`: service and number; in the
    active language.
    """
    method = "PUBLISH" if facts["stands"] else "CANCEL"
    part = MIMEText(text(facts, about, uid, at, email), "calendar", "utf-8")
    part.set_param("method", method)
    part.add_header("Content-Disposition", "attachment", filename=NAME)
    return part


@dataclass(frozen=True)
class Visit:
    """One entry of a feed. `sequence` grows with each change, so that a calendar takes the newer
    one.
    """

    uid: str
    sequence: int
    start: datetime
    end: datetime
    summary: str
    where: str


def feed(visits: Iterable[Visit], at: datetime) -> str:
    """All of somebody's visits as they stand, in UTC; whoever subscribes asks again after a quarter
    of an hour.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Mila//Feed//EN",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Mila",
    ]
    lines += ["REFRESH-INTERVAL;VALUE=DURATION:PT15M", "X-PUBLISHED-TTL:PT15M"]
    for visit in visits:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{visit.uid}@{urlsplit(settings.SITE_URL).hostname}",
            f"SEQUENCE:{visit.sequence}",
            f"DTSTAMP:{_instant(at)}",
            f"DTSTART:{_instant(visit.start)}",
            f"DTEND:{_instant(visit.end)}",
            f"SUMMARY:{_escaped(visit.summary)}",
            f"LOCATION:{_escaped(visit.where)}",
            "STATUS:CONFIRMED",
            "END:VEVENT",
        ]
    return "".join(_folded(line) + "\r\n" for line in [*lines, "END:VCALENDAR"])


def text(
    facts: Mapping[str, Any], about: Mapping[str, Any], uid: Any, at: datetime, email: str
) -> str:
    start = datetime.fromisoformat(facts["from"])
    stands, who = facts["stands"], facts["who"]
    words = gettext("Booking %(number)s") % {"number": about["number"]}
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Mila//Visit//EN",
        f"METHOD:{'PUBLISH' if stands else 'CANCEL'}",
        "BEGIN:VEVENT",
        f"UID:{uid}@{urlsplit(settings.SITE_URL).hostname}",
        f"SEQUENCE:{facts['sequence']}",
        f"DTSTAMP:{_instant(at)}",
        f"DTSTART:{_instant(start)}",
        f"DTEND:{_instant(start + timedelta(minutes=facts['minutes']))}",
        "SUMMARY:"
        + _escaped("Mila: " + ", ".join(part for part in (about["service"], who) if part)),
        f"LOCATION:{_escaped(facts['where'])}",
        f"DESCRIPTION:{_escaped(words)}",
        f"ORGANIZER;CN=Mila:mailto:{email}",
        f"STATUS:{'CONFIRMED' if stands else 'CANCELLED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(_folded(line) + "\r\n" for line in lines)


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(words: str) -> str:
    """Of what people typed nothing may end a line or a value."""
    for sign in ("\\", ";", ","):
        words = words.replace(sign, "\\" + sign)
    return " ".join(words.split())


def _folded(line: str) -> str:
    """Lines of at most 75 bytes, never cut within a letter."""
    found, rest = "", ""
    for letter in line:
        if len((rest + letter).encode()) > LONGEST:
            found, rest = f"{found}{rest}\r\n", " "
        rest += letter
    return found + rest
