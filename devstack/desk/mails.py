"""The mails of the demo as the desk shows them: line by line, their links leading to wherever the
reader is.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from devstack.sent_mails import sent_mails

LINK = re.compile(r"(https?://\S*[\w/=-])")


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    lines: list[list[tuple[str, str]]]  # each line in pieces: words, and where they lead to
    sent_at: datetime  # by the machine's clock


def sent(folder: Path, site: str = "") -> list[Mail]:
    """All of them, the newest first. Links to `site` are told without it."""
    return [
        Mail(
            mail.to,
            mail.subject,
            [_pieces(line, site) for line in mail.text.splitlines()],
            mail.sent_at,
        )
        for mail in sent_mails(folder)
    ]


def _pieces(line: str, site: str) -> list[tuple[str, str]]:
    """Words and links of a line in turn; words lead nowhere."""
    words = LINK.split(line)
    return [
        (piece, (piece.removeprefix(site) or "/") if number % 2 else "")
        for number, piece in enumerate(words)
        if piece
    ]
