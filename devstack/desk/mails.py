"""The mails and text messages of the demo as the desk shows them: their links lead to wherever the
reader is.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from accounts.channels import sms
from accounts.models import Attempt
from accounts.notice_rows import Channel
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


@dataclass(frozen=True)
class Text:
    to: str
    line: list[tuple[str, str]]
    parts: int
    sent_at: datetime  # by the demo's clock


def texts(site: str = "", first: int = 8) -> list[Text]:
    """What has gone out by text message, the newest first; the words are those of the notice,
    written anew.
    """
    rows = Attempt.objects.filter(channel=Channel.SMS, sent_at__isnull=False).exclude(
        notification__context={}
    )
    return [
        Text(
            sms.phone_of(one.notification),
            _pieces(sms.text_of(one.notification), site),
            one.parts,
            one.sent_at,
        )
        for one in rows.select_related("notification").order_by("-sent_at")[:first]
    ]


def _pieces(line: str, site: str) -> list[tuple[str, str]]:
    """Words and links of a line in turn; words lead nowhere."""
    words = LINK.split(line)
    return [
        (piece, (piece.removeprefix(site) or "/") if number % 2 else "")
        for number, piece in enumerate(words)
        if piece
    ]
