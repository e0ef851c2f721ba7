"""The mails a site of development has sent: files that the mail backend writes, read back."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path

RULE = re.compile(rb"(?m)^-{79}\n")  # what the backend writes between two mails of one file


@dataclass(frozen=True)
class SentMail:
    to: str
    subject: str
    text: str
    sent_at: datetime  # by the machine's clock


def sent_mails(folder: Path) -> list[SentMail]:
    """All of them, the newest first."""
    found = []
    for path in sorted(folder.glob("*")):
        # What no line follows yet is still being written.
        pieces = (piece.strip() for piece in RULE.split(path.read_bytes())[:-1])
        found += [_read(piece) for piece in pieces if piece]
    return sorted(found, key=lambda mail: mail.sent_at, reverse=True)


def _read(source: bytes) -> SentMail:
    mail = message_from_bytes(source, policy=policy.default)
    body = mail.get_body(("plain",))
    return SentMail(
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        text=body.get_content() if body else "",
        sent_at=parsedate_to_datetime(str(mail["Date"])),
    )
