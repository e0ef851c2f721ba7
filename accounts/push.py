"""Push: to which devices of a person a message goes, what it says, and what the device answers
(rule N1, D4).

`send_push` is the one entry: it sends at once and must not be called in a transaction. What a
locked screen shows is the first line of the mail, which names nobody's address, phone or house
(fault A17). The words travel sealed for the device alone; with them a token by which it says that
it has shown them.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext

from accounts import receipts
from accounts.mail_words import headline, readable, unsealed
from accounts.models import Notification, PushSubscription, User
from accounts.notice_rows import Channel
from mila import web_push
from mila.clock import MilaNow, mila_now
from mila.encrypted_fields import fingerprint
from mila.transactions import verb

logger = logging.getLogger(__name__)
SALT = "accounts.push"
DEVICE = "device"  # in a session: the fingerprint of the browser that is woken for it
MOST_DEVICES = 5  # of one person for one purpose: the oldest makes room
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TEST_TTL = 60  # seconds
TOKEN_AGE = 2 * DAY  # longer than the longest message is kept by a push service


@dataclass(frozen=True)
class Kind:
    """How one kind of notice is pushed. `keeps`: how long it is worth showing, if the notice does
    not say it itself.

    `rings`: it may wake a sleeping phone, and stays until it is answered. `lost`: the job is no
    longer theirs, what the phone keeps of it goes.
    """

    keeps: timedelta = 4 * HOUR
    urgent: bool = True
    rings: bool = False
    lost: bool = False


KINDS: dict[str, Kind] = {
    # To the technician
    "offer": Kind(rings=True),
    "job_assigned": Kind(rings=True),
    "job_moved": Kind(),
    "job_price_answered": Kind(),
    "call_reminder": Kind(urgent=False),
    "confirm_reminder": Kind(urgent=False),
    "confirm_missed": Kind(),
    "late_said": Kind(),
    "door_waited": Kind(),
    "job_time_declined": Kind(urgent=False),
    "job_second_visit": Kind(urgent=False),
    "message_for_partner": Kind(keeps=DAY, urgent=False),
    "job_contested": Kind(keeps=DAY, urgent=False),
    "call_missed": Kind(lost=True),
    "job_released": Kind(lost=True),
    "job_taken": Kind(lost=True),
    "job_lost": Kind(lost=True),
    "no_show": Kind(lost=True),
    "job_cancelled": Kind(lost=True),
    "job_withdrawn": Kind(lost=True),
    # To whoever follows one booking
    "search_warning": Kind(urgent=False),
    "unfilled": Kind(keeps=DAY),
    "outage_start": Kind(),
    "price_proposed": Kind(),
    "bank_waits": Kind(keeps=HOUR),
    "en_route": Kind(),
    "arrived": Kind(keeps=HOUR),
    "late": Kind(),
    "please_sign": Kind(keeps=DAY),
}


# --- Devices


@verb
def subscribe(
    user: User, device: web_push.Device, *, subject_id: UUID | None = None, page: str = ""
) -> PushSubscription:
    """This browser is woken for them from now on. A repeat changes nothing but what it says.

    Without `subject_id` for all that is theirs: a browser is one account's at a time, the one who
    signed in last. With it for one booking alone, whose page is `page`. Raises web_push.NoDevice.
    """
    web_push.check(device)
    # two at once count the devices one by one
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    row, _new = PushSubscription.objects.update_or_create(
        endpoint_hash=fingerprint(device.endpoint),
        subject_id=subject_id,
        defaults={
            "user": user,
            "endpoint": device.endpoint,
            "p256dh": device.p256dh,
            "auth": device.auth,
            "page": page,
            "session_hash": "" if subject_id else user.get_session_auth_hash(),
        },
    )
    others = PushSubscription.objects.filter(user=user, subject_id=subject_id).exclude(pk=row.pk)
    too_many = others.order_by("-created_at").values_list("pk", flat=True)[MOST_DEVICES - 1 :]
    PushSubscription.objects.filter(pk__in=list(too_many)).delete()
    return row


def unsubscribe(user: User, endpoint: str, *, subject_id: UUID | None = None) -> int:
    """This browser is left alone. Answers whether it was woken before."""
    mine = PushSubscription.objects.filter(
        user=user, subject_id=subject_id, endpoint_hash=fingerprint(endpoint)
    )
    return mine.delete()[0]


def forget_device(user: User, endpoint_hash: str) -> None:
    """The person signs out on this device: nothing that is theirs appears there any more."""
    PushSubscription.objects.filter(
        user=user, subject_id=None, endpoint_hash=endpoint_hash
    ).delete()


def device_of(
    user: User, endpoint: str, *, subject_id: UUID | None = None
) -> PushSubscription | None:
    """What is known of this browser; None when it is not woken for them."""
    mine = PushSubscription.objects.filter(
        user=user, subject_id=subject_id, endpoint_hash=fingerprint(endpoint)
    )
    return next((row for row in mine.select_related("user") if _stands(row)), None)


def forget_subject(subject_id: UUID) -> None:
    """The link has become another one: who followed the booking by the old one hears nothing more
    (rule B11).
    """
    PushSubscription.objects.filter(subject_id=subject_id).delete()


def follows(user: User, subject_id: UUID) -> bool:
    """Whether any browser is woken for this booking."""
    return PushSubscription.objects.filter(user=user, subject_id=subject_id).exists()


def _stands(row: PushSubscription) -> bool:
    """Of an account whose sessions of then would still hold; a booking's own lasts as long as its
    link.
    """
    if not row.user.is_active:
        return False
    if row.subject_id is not None:
        return True
    hashes = [row.user.get_session_auth_hash(), *row.user.get_session_auth_fallback_hash()]
    return row.session_hash in hashes


# --- Sending


def reaches(notice: Notification) -> bool:
    """Whether a device is woken for its person and subject."""
    return bool(_devices(notice))


def send_push(notice: Notification) -> int:
    """To each device of theirs that may hear of it, now. Answers how many push services took it; 0:
    nobody is woken.

    Outside any transaction. A device that is gone is forgotten; one that could not be reached is
    not tried again: the next step of the ladder is the answer to that. Nothing is sent that is no
    longer true.
    """
    at, until = mila_now(), readable(notice.context).get("until_at")
    if until is not None and until <= at:
        return 0
    kind = KINDS.get(notice.kind, Kind())
    ends = until or at + kind.keeps
    ttl, taken = int((ends - at).total_seconds()), 0
    for row in _devices(notice):
        message = _words(row, notice, kind, ends)
        taken += _send(row, message, ttl=ttl, urgent=kind.urgent, topic=notice.subject_id.hex)
    return taken


def send_test(device_id: int) -> int:
    """The person's own test; says in words what it is."""
    row = PushSubscription.objects.select_related("user").filter(pk=device_id).first()
    if row is None or not _stands(row):
        return 0
    with translation.override(row.user.language):
        title, body = gettext("This is the test"), gettext("Mila reaches this phone.")
    message = {
        "title": title,
        "body": body,
        "url": "/partner/phone/",
        "tag": "test",
        "token": _token(row, None),
    }
    return _send(row, message, ttl=TEST_TTL, urgent=True, topic="test")


def _send(
    row: PushSubscription, message: dict[str, Any], *, ttl: int, urgent: bool, topic: str
) -> int:
    device = web_push.Device(row.endpoint, row.p256dh, row.auth)
    if not web_push.is_push_service(row.endpoint):
        row.delete()  # the list of services has become shorter
        return 0
    try:
        web_push.send(
            device,
            json.dumps(message, ensure_ascii=False).encode(),
            ttl=ttl,
            urgent=urgent,
            topic=topic,
        )
    except web_push.Gone:
        row.delete()
        return 0
    except web_push.NotTaken as error:
        logger.warning("Device %s not reached: %s", row.pk, error)
        return 0
    return 1


def _devices(notice: Notification) -> list[PushSubscription]:
    """Those that may hear of it; those of sessions that are over are forgotten."""
    mine = Q(subject_id=None) if _is_partners(notice) else Q(subject_id=notice.subject_id)
    found = []
    rows = PushSubscription.objects.filter(mine, user=notice.user_id, user__isnull=False)
    for row in rows.select_related("user").order_by("pk"):
        if _stands(row):
            found.append(row)
        else:
            row.delete()
    return found


def _is_partners(notice: Notification) -> bool:
    """What leads into the partner's app goes to an account; the rest to whoever follows the
    booking.
    """
    return _path(notice).startswith("/partner/")


def _path(notice: Notification) -> str:
    link = unsealed(notice).get("link", "")
    parts = urlsplit(link)
    return parts.path if link.startswith(f"{settings.SITE_URL}/") else "/"


def _words(
    row: PushSubscription, notice: Notification, kind: Kind, until: datetime
) -> dict[str, Any]:
    """What the device shows. `page`, not the notice's link: that one proves an address, and is for
    the mailbox.
    """
    message: dict[str, Any] = {
        "title": "",
        "body": "",
        "url": row.page or _path(notice),
        "tag": notice.subject_id.hex,
        "until": until.isoformat(),
        "token": _token(row, notice),
        "rings": kind.rings,
    }
    with translation.override(notice.language):
        message["title"] = headline(notice)
        if notice.kind == "offer" and "until_at" in notice.context:
            message["body"] = gettext(
                "Yours alone for a short while: look, and take it or let it pass."
            )
            message["actions"] = [
                {"action": "look", "title": gettext("Look")},
                {"action": "pass", "title": gettext("Not for me")},
            ]
        if kind.lost:
            message["lost"] = str(notice.subject_id)
    return message


# --- What the device answers


@dataclass(frozen=True)
class Heard:
    """A device and what it has shown; a test has no notice."""

    device: PushSubscription
    notice: Notification | None


def _token(row: PushSubscription, notice: Notification | None) -> str:
    return signing.dumps([str(row.public_id), notice.pk if notice else 0], salt=SALT, compress=True)


def heard(token: str) -> Heard | None:
    """The device has shown it: the ladder of the notice stops. None for a token that is not ours,
    too old, or of a device that is gone.

    A repeat changes nothing.
    """
    found = read_token(token)
    if found is None:
        return None
    PushSubscription.objects.filter(pk=found.device.pk).update(heard_at=MilaNow())
    if found.notice is not None:
        attempt = found.notice.attempts.filter(channel=Channel.PUSH).first()
        if attempt is not None:
            receipts.arrived(attempt.pk)
    return found


def read_token(token: str) -> Heard | None:
    """Whose message it was, and which: whoever holds the token has read it, and nobody else could
    (RFC 8291).
    """
    try:
        public_id, notice_id = signing.loads(token, salt=SALT, max_age=TOKEN_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    device = PushSubscription.objects.select_related("user").filter(public_id=public_id).first()
    if device is None or not _stands(device):
        return None
    notice = (
        Notification.objects.filter(pk=notice_id, user=device.user_id).first()
        if notice_id
        else None
    )
    return Heard(device, notice) if notice or not notice_id else None
