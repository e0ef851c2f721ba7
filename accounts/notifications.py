"""One message to one person about one thing, once (rule N1, N3; fault F10).

`queue` writes the row in the transaction of what it tells. `deliver` marks it `sending` and commits
before anything leaves the house; whoever finds it in that state later leaves it alone. So a message
is lost to staff's list at worst, never seen twice. Which booking message carries which facts:
requests_app.notices. The words: templates/emails.
"""

import json
import logging
import re
import smtplib
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template import Context, Engine, loader
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from accounts import calendar_file
from accounts.models import Notification, NotificationState, User
from mila.clock import MilaNow, mila_now
from mila.errors import Refusal
from mila.transactions import after_commit, verb
from policy.kept import KEPT
from policy.models import Paper

logger = logging.getLogger(__name__)

DELIVER = "accounts.deliver"
PUSH = "accounts.push"
# for devices alone: a mail about it would come too late to be of use
UNMAILED = frozenset({"arrived"})
# After the first try, the second, ...: an outage of an hour passes; after the sixth try it is
# staff's.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
MAX_TRIES = len(WAITS) + 1
REST = 30  # seconds without another try after the mail server could not be reached
MAIL_RESTS = "notifications:mail-rests"
BATCH = 50  # rows of one sweep
SWEEP_BUDGET = 20  # seconds of one sweep; the next one goes on
STUCK_AFTER = timedelta(minutes=5)
# What would end a line, hide or turn round text, or be refused by the database: never wanted in a
# fact.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
ADDRESS = re.compile(r"[^\s@<>()\[\]{}'\",;:]*@[^\s@<>()\[\]{}'\",;:]*")
ANSWER = 2000  # characters of an answer that are read at all

ROW = (
    "(%s, %s, %s, %s, %s, %s, %s, %s, 'queued', 0, '', coalesce(%s, mila_now()),"
    " CASE WHEN %s THEN coalesce(%s, mila_now()) END)"
)
INSERT = """
    INSERT INTO accounts_notification
        (kind, subject_id, round, user_id, email, language, context, sealed, state, tries, error,
          due_at,
         push_due_at)
    VALUES {rows}
    ON CONFLICT (subject_id, kind, email, round) DO NOTHING
    RETURNING id
"""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What `queue` is asked to write down."""

    kind: str
    subject_id: UUID
    round: int
    user: User | None = None
    email: str
    language: str
    context: dict[str, Any]
    sealed: dict[str, str] | None = None
    at: datetime | None = None
    push: bool = False  # to their devices, at once (accounts.push)


def queue(
    *,
    kind: str,
    subject_id: UUID,
    round: int,
    user: User | None = None,
    email: str,
    language: str,
    context: dict[str, Any],
    sealed: dict[str, str] | None = None,
    at: datetime | None = None,
) -> Notification | None:
    """Write the message down in the caller's transaction; it goes out after the commit, not before
    `at`.

    A repeat (same subject, kind, address and round) writes nothing and answers None. Instants in
    the context end in `_at`; one called `until_at` says when the message stops being true: later it
    is no longer sent. `sealed` facts, a secret link or a code, are encrypted: who reads the row
    cannot use them (rule B11).
    """
    message = Message(
        kind=kind,
        subject_id=subject_id,
        round=round,
        user=user,
        email=email,
        language=language,
        context=context,
        sealed=sealed,
        at=at,
    )
    return next(iter(queue_all([message])), None)


def queue_all(messages: Sequence[Message]) -> list[Notification]:
    """The same for several, in one statement; answers the rows it has written."""
    if not messages:
        return []
    values = [value for message in messages for value in _values(message)]
    written = Notification.objects.raw(INSERT.format(rows=", ".join([ROW] * len(messages))), values)
    rows = list(written)
    if rows and all(message.at is None for message in messages):
        after_commit(_kick, [row.pk for row in rows])
    if rows and any(message.push and message.at is None for message in messages):
        after_commit(_kick_push, [row.pk for row in rows])
    return rows


def _values(message: Message) -> list[Any]:
    return [
        message.kind,
        message.subject_id,
        message.round,
        message.user and message.user.pk,
        message.email,
        message.language,
        Jsonb(_storable(message.context)),
        _seal(message.sealed),
        message.at,
        message.push,
        message.at,
    ]


def _seal(facts: dict[str, str] | None) -> str:
    return Notification._meta.get_field("sealed").get_prep_value(json.dumps(facts) if facts else "")


def unsealed(row: Notification) -> dict[str, str]:
    """The facts of a message that open something; for its delivery, and for who plays the reader of
    the mail.
    """
    return json.loads(row.sealed) if row.sealed else {}


def reseal(subject_id: UUID, kinds: list[str], **sealed: str) -> None:
    """Messages of these kinds that wait to be sent get these sealed facts instead of those they
    have.
    """
    waiting = Notification.objects.select_for_update().filter(subject_id=subject_id, kind__in=kinds)
    for row in waiting.filter(state=NotificationState.QUEUED).order_by("pk"):
        row.sealed = json.dumps({**unsealed(row), **sealed})
        row.save(update_fields=["sealed"])


def give_up(subject_id: UUID, *, user: User) -> None:
    """What waits to be sent to this person about this is not sent: the address was a mistake."""
    waiting = Notification.objects.filter(
        subject_id=subject_id, user=user, state=NotificationState.QUEUED
    )
    waiting.update(
        state=NotificationState.FAILED, due_at=None, error="Not sent: the address was corrected."
    )


def deliver(notification_id: int) -> None:
    """Send one due message. Repeats and rivals find it no longer queued and do nothing.

    A failure before anything has left, or a plain refusal by the mail server, puts it back with a
    growing wait, up to six tries. An answer that never came leaves it `sending`: it may have
    arrived, so it is shown to staff instead.
    """
    if cache.get(MAIL_RESTS):
        return
    row = _take(notification_id)
    if row is None:
        return
    if row.kind in UNMAILED:
        _mark(row, state=NotificationState.SENT, sent_at=mila_now(), due_at=None, error="")
        return
    connection = mail.get_connection()  # with settings.EMAIL_TIMEOUT
    try:
        message = render(row)
        message.message()  # refuses a header that is none, before anybody is called
    except Exception as error:  # whatever is wrong with the words, the other messages must go out
        logger.exception("Notification %s could not be written", row.pk)
        _again(row, error)
        return
    try:
        connection.open()
    except OSError as error:  # smtplib's errors are OSErrors too
        logger.warning("Mail server not reached: %s", error)
        cache.set(MAIL_RESTS, True, REST)
        _again(row, error)
        return
    try:
        connection.send_messages([message])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        _again(row, error)
    except OSError as error:
        logger.error("Notification %s may or may not have gone out", row.pk)
        _mark(row, error=_words(error))
    else:
        _mark(row, state=NotificationState.SENT, sent_at=mila_now(), due_at=None, error="")
    finally:
        with suppress(OSError):
            connection.close()


def sweep() -> None:
    """Deliver what is due, oldest first: first tries the broker lost, and further tries."""
    due = Notification.objects.filter(
        state=NotificationState.QUEUED, due_at__lte=MilaNow()
    ).order_by("due_at")
    until = time.monotonic() + SWEEP_BUDGET
    for notification_id in due.values_list("pk", flat=True)[:BATCH]:
        if time.monotonic() > until:
            return
        deliver(notification_id)


def mark_reached(subject_id: UUID, *, user: User | None = None, email: str = "") -> int:
    """The person has opened the page the messages lead to: those sent to them have reached them.

    Answers how many.
    """
    whose = Q(user=user) if user is not None else Q(email__iexact=email)
    return Notification.objects.filter(
        whose, subject_id=subject_id, state=NotificationState.SENT
    ).update(state=NotificationState.REACHED, reached_at=MilaNow())


def needing_staff(at: datetime) -> QuerySet[Notification]:
    """Given up, or begun and never finished: a person must look, the machine does not send them
    again.

    One that failed so long ago that its words have gone (policy.kept) is nothing that could be
    sent.
    """
    kept = Q(queued_at__gte=at - KEPT["notices"])
    stuck = Q(state=NotificationState.SENDING, due_at__lte=at - STUCK_AFTER)
    return Notification.objects.filter(stuck | kept & Q(state=NotificationState.FAILED))


class NothingToSendAgain(Refusal):
    sentence = _("This notice has gone out, or waits for its turn.")


@verb
def send_again(notification_id: int) -> Notification:
    """Staff have looked: it is queued as if it were new. Whoever it may have reached already sees
    it a second time.

    Raises NothingToSendAgain unless it needs staff; so two clicks send it once.
    """
    at = mila_now()
    row = needing_staff(at).select_for_update(of=("self",)).filter(pk=notification_id).first()
    if row is None:
        raise NothingToSendAgain
    _mark(row, state=NotificationState.QUEUED, tries=0, due_at=at, error="")
    after_commit(_kick, [row.pk])
    return row


def render(row: Notification) -> mail.EmailMultiAlternatives:
    """The message in the person's language: templates/emails/<kind>.txt, whose first line is the
    subject.

    The HTML part says the same words. A line "label: address" of this site becomes a button.
    """
    with translation.override(row.language):
        facts = {"language": row.language, **_readable(row.context), **unsealed(row)}
        subject, _newline, body = _text(f"emails/{row.kind}.txt", facts).partition("\n")
        text = _text("emails/_frame.txt", {**facts, "body": body.strip()})
        page = loader.render_to_string(
            "emails/base.html",
            {"language": row.language, "subject": subject, "blocks": blocks(text)},
        )
        support = settings.SUPPORT.get(row.context.get("country"), settings.SUPPORT["FR"])
    message = mail.EmailMultiAlternatives(
        subject=" ".join(subject.split()),
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
        for paper in Paper.objects.filter(sha256__in=hashes).order_by("name"):
            message.attach(f"mila-{paper.name}-{paper.dated}.txt", paper.plain(), "text/plain")
    return message


def heading(row: Notification) -> str:
    """The first line of the message in the person's language: what a locked
    screen may show of it.
    """
    with translation.override(row.language):
        facts = {"language": row.language, **_readable(row.context), **unsealed(row)}
        return " ".join(_text(f"emails/{row.kind}.txt", facts).partition("\n")[0].split())


def until(row: Notification) -> datetime | None:
    """When the message stops being true; None when it stays so."""
    return _readable(row.context).get("until_at")


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


def _kick(notification_ids: list[int]) -> None:
    """A broker that is away costs a moment: the sweep finds the rows."""
    current_app.tasks[DELIVER].delay(notification_ids=notification_ids)


def _kick_push(notification_ids: list[int]) -> None:
    current_app.tasks[PUSH].delay(notification_ids=notification_ids)


def _take(notification_id: int) -> Notification | None:
    """The row marked `sending`, committed; None when it is not to be sent now, or never again."""
    with transaction.atomic(durable=True):
        at = mila_now()
        row = (
            Notification.objects.select_for_update(skip_locked=True)
            .filter(pk=notification_id, state=NotificationState.QUEUED, due_at__lte=at)
            .first()
        )
        if row is None:
            return None
        until = _readable(row.context).get("until_at")
        if until is not None and at >= until:
            _mark(
                row,
                state=NotificationState.FAILED,
                due_at=None,
                error="Not sent in time; it would no longer be true.",
            )
            return None
        _mark(row, state=NotificationState.SENDING, tries=row.tries + 1, due_at=at)
        return row


def _again(row: Notification, error: Exception) -> None:
    """Nothing has gone out: back into the queue after a wait, or to staff after the last try."""
    if row.tries >= MAX_TRIES:
        _mark(row, state=NotificationState.FAILED, due_at=None, error=_words(error))
    else:
        wait = WAITS[row.tries - 1]
        _mark(row, state=NotificationState.QUEUED, due_at=mila_now() + wait, error=_words(error))


def _mark(row: Notification, **changes: Any) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    row.save(update_fields=changes)


def _words(error: Exception) -> str:
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


def _storable(value: Any) -> Any:
    """Facts as JSON: instants as ISO texts, and no text that could end a line or a header
    (fault W7).
    """
    if isinstance(value, dict):
        return {key: _storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return UNPRINTABLE.sub(" ", value) if isinstance(value, str) else value


def _readable(context: dict[str, Any]) -> dict[str, Any]:
    """The facts with instants where the name ends in `_at`."""
    return {
        key: _instants(value) if key.endswith("_at") else value for key, value in context.items()
    }


def _instants(value: Any) -> Any:
    if isinstance(value, list):
        return [_instants(inner) for inner in value]
    return datetime.fromisoformat(value) if value else None
