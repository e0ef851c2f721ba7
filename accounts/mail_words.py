"""A notice in words: the mail with its two parts, and the line that stands for it elsewhere
(rule N2).

Templates/emails/<kind>.txt, in the person's language; the first line is the subject. Which facts a
message carries: requests_app.notices.
"""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import mail
from django.template import Context, Engine, loader
from django.utils import translation

from accounts import calendar_file
from accounts.models import Notification
from mila.cleaning import one_line
from mila.clock import mila_now
from policy.models import PublishedText

# What would end a line, hide or turn round text, or be refused by the database: never wanted in a
# fact.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
ADDRESS = re.compile(r"[^\s@<>()\[\]{}'\",;:]*@[^\s@<>()\[\]{}'\",;:]*")
ANSWER = 2000  # characters of an answer that are read at all


def unsealed(row: Notification) -> dict[str, str]:
    """The facts of a message that open something; for its delivery, and for who plays the reader of
    the mail.
    """
    return json.loads(row.sealed) if row.sealed else {}


def headline(row: Notification) -> str:
    """The first line of its mail, in the language that is active; empty where its facts have gone
    (policy.kept).

    Without what is sealed: whoever reads a list of what was said must not find a code in it.
    """
    if not row.context:
        return ""
    facts = {"language": row.language, **readable(row.context)}
    return one_line(_text(f"emails/{row.kind}.txt", facts).partition("\n")[0])


def render(row: Notification) -> mail.EmailMultiAlternatives:
    """The message in the person's language: templates/emails/<kind>.txt, whose first line is the
    subject.

    The HTML part says the same words. A line "label: address" of this site becomes a button.
    """
    with translation.override(row.language):
        facts = {"language": row.language, **readable(row.context), **unsealed(row)}
        subject, _newline, body = _text(f"emails/{row.kind}.txt", facts).partition("\n")
        text = _text("emails/_frame.txt", {**facts, "body": body.strip()})
        page = loader.render_to_string(
            "emails/base.html",
            {"language": row.language, "subject": subject, "blocks": blocks(text)},
        )
        support = settings.SUPPORT.get(row.context.get("country"), settings.SUPPORT["FR"])
    message = mail.EmailMultiAlternatives(
        subject=one_line(subject),
        body=text + "\n",
        to=[row.email],
        reply_to=[support["email"]],
        headers={
            "Message-ID": f"<{row.pk}.{row.subject_id}@{urlsplit(settings.SITE_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(page, "text/html")
    if facts.get("calendar"):
        with translation.override(row.language):
            message.attach(
                calendar_file.attachment(
                    facts["calendar"],
                    facts,
                    row.subject_id,
                    row.queued_at or mila_now(),
                    support["email"],
                )
            )
    if hashes := row.context.get("papers"):
        for paper in PublishedText.objects.filter(sha256__in=hashes).order_by("name"):
            message.attach(f"mila-{paper.name}-{paper.dated}.txt", paper.plain(), "text/plain")
    return message


def blocks(text: str) -> list[dict[str, Any]]:
    """Paragraphs for the HTML part: `text` with its lines, `list` with its items, `link` with label
    and url.
    """
    link = re.compile(rf"(?P<label>.+?)\s*:\s(?P<url>{re.escape(settings.SITE_URL)}/\S*)")
    found: list[dict[str, Any]] = []
    for paragraph in text.split("\n\n"):
        before = ""
        for line in paragraph.split("\n"):
            if match := link.fullmatch(line):
                found.append({"type": "link", **match.groupdict()})
                before = "link"
                continue
            kind = "list" if line.startswith("- ") else "text"
            if kind != before:
                found.append({"type": kind, "lines": []})
                before = kind
            found[-1]["lines"].append(line.removeprefix("- "))
    return found


def shown_error(error: Exception) -> str:
    """What a mail server answers often names the address; staff read what went wrong, not with
    whom.
    """
    words = UNPRINTABLE.sub(" ", f"{type(error).__name__}: {error}"[:ANSWER])
    return ADDRESS.sub("•••", words)[:500]


def _text(name: str, facts: dict[str, Any]) -> str:
    """A text template without HTML escaping; lines trimmed, never two blank ones in a row."""
    text = Engine.get_default().get_template(name).render(Context(facts, autoescape=False))
    lines = "\n".join(line.strip() for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines)


def storable(value: Any) -> Any:
    """Facts as JSON: instants as ISO texts, and no text that could end a line or a header
    (fault W7).
    """
    if isinstance(value, dict):
        return {key: storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return UNPRINTABLE.sub(" ", value) if isinstance(value, str) else value


def readable(context: dict[str, Any]) -> dict[str, Any]:
    """The facts with instants where the name ends in `_at`."""
    return {
        key: _instants(value) if key.endswith("_at") else value for key, value in context.items()
    }


def _instants(value: Any) -> Any:
    if isinstance(value, list):
        return [_instants(inner) for inner in value]
    return datetime.fromisoformat(value) if value else None
