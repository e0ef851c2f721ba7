"""The mails a site of development has sent: files that the mail backend writes, read back."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path

RULE = re.compile(rb"(?m)^-{79}\n")  # what the backend writes between two mails of one file

LINK = re.compile(r"(https?://\S*[\w/=-])")


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    lines: list[list[tuple[str, str]]]  # each line in pieces: words, and where they lead to
    sent_at: datetime  # by the machine's clock


def sent(folder: Path, site: str = "") -> list[Mail]:
    """All of them, the newest first. Links to `site` are told without it: they lead to wherever the reader is."""
    found = []
    for path in sorted(folder.glob("*")):
        # What no line follows yet is still being written.
        pieces = (piece.strip() for piece in RULE.split(path.read_bytes())[:-1])
        found += [_read(piece, site) for piece in pieces if piece]
    return sorted(found, key=lambda mail: mail.sent_at, reverse=True)


def _read(source: bytes, site: str) -> Mail:
    mail = message_from_bytes(source, policy=policy.default)
    body = mail.get_body(("plain",))
    return Mail(
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        lines=[_pieces(line, site) for line in (body.get_content() if body else "").splitlines()],
        sent_at=parsedate_to_datetime(str(mail["Date"])),
    )


def _pieces(line: str, site: str) -> list[tuple[str, str]]:
    """Words and links of a line in turn; words lead nowhere."""
    words = LINK.split(line)
    return [
        (piece, (piece.removeprefix(site) or "/") if number % 2 else "") for number, piece in enumerate(words) if piece
    ]
