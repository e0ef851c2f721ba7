"""The thread between customer and technician: each message kept once, told live and mailed on
(rule L1, D8).

Open as long as the technician may see the customer's contact data (access.may_see_contact), for
both sides alike.
"""

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts import search
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from requests_app import access, notices
from requests_app.actions import photographing, visit
from requests_app.actions.notes import NothingWritten
from requests_app.comments import without_contact_data
from requests_app.lifecycle import Locked, Role, advance, lock_booking
from requests_app.live_pages import tell_both
from requests_app.models import (
    BEFORE_DEPARTURE,
    PHRASES,
    Assignment,
    Author,
    Booking,
    BookingPhoto,
    CallAttempt,
    CallChannel,
    Message,
    State,
)
from requests_app.passwords import mentions_password
from requests_app.photos.decoder import Redrawn

LONGEST = 1000  # characters
MOST = 100  # of one side about one booking: who needs more should call
BEFORE_THE_VISIT = BEFORE_DEPARTURE | {State.EN_ROUTE}


class ThreadClosed(Refusal):
    sentence = _("You can no longer write to each other about this booking.")


class MessageTooLong(Refusal):
    sentence = _("Please write at most 1000 characters.")


class HoldsPassword(Refusal):
    sentence = _(
        "This looks like a password. Please say it during the visit: it must not be kept here."
    )


class EnoughMessages(Refusal):
    sentence = _("These are very many messages. Please call instead.")


def write(
    booking_id: int,
    author: Author,
    *,
    key: str,
    technician_id: int | None = None,
    phrase: str = "",
    text: str = "",
    picture: Redrawn | None = None,
) -> Message:
    """Keep one message: a phrase of that side (PHRASES), or own words, or a photo with or without
    them.

    `technician_id`: of the technician who writes; the customer writes to whoever has the job. Not a
    move: no state, no event. Before the visit contact data is masked. `key` is one-time within the
    booking: sent twice it is the same message. No transaction of the caller's. Raises NotYours,
    ThreadClosed, NothingWritten, MessageTooLong, HoldsPassword, EnoughMessages, NoRoomForPhotos;
    then nothing is left of it.
    """
    with photographing.taken_in(picture) as photo:
        return write_beside(
            booking_id,
            author,
            key=key,
            technician_id=technician_id,
            phrase=phrase,
            text=text,
            photo=photo,
        )


@verb
def write_beside(
    booking_id: int,
    author: Author,
    *,
    key: str,
    technician_id: int | None,
    phrase: str,
    text: str,
    photo: BookingPhoto | None,
) -> Message:
    """The same, where the caller has taken the photo in and lets go of one that is not kept.

    Locks the booking, and the technician where the answer keeps the promise to call.
    """
    text = text.strip()
    by_customer = author == Author.CUSTOMER
    booking = (
        lock_booking(booking_id)
        if technician_id is None
        else visit.lock_own(booking_id, technician_id)
    )
    if sent := booking.messages.filter(key=key).first():
        return sent
    if not is_open(booking):
        raise ThreadClosed
    text = "" if phrase else text
    if phrase not in PHRASES[author] and (phrase or not (text or photo)):
        raise NothingWritten
    if len(text) > LONGEST:
        raise MessageTooLong
    if mentions_password(text):
        raise HoldsPassword
    if booking.messages.filter(author=author).count() >= MOST:
        raise EnoughMessages
    if booking.state in BEFORE_THE_VISIT:
        text = without_contact_data(text)
    at = mila_now()
    message = Message.objects.create(
        booking=booking,
        technician_id=booking.technician_id,
        author=author,
        key=key,
        phrase=phrase,
        text=None if phrase else text,
        photo=photographing.keep(photo, booking),
        at=at,
    )
    if by_customer:
        notices.queue(booking, "message_for_partner", round=message.pk)
    else:
        # the customer reads a phrase in their own language
        with translation.override(booking.language):
            notices.queue(
                booking, "message_for_customer", round=message.pk, words=str(message.words)
            )
    tell_both(booking, "written")
    if by_customer:
        _keep_the_promise(booking, at)
    return message


def is_open(booking: Booking) -> bool:
    """Whether the two may write to each other now. Asks the database."""
    return booking.technician is not None and access.may_see_contact(booking, booking.technician)


def _keep_the_promise(booking: Locked, at: datetime) -> None:
    """Where the customer asked to be written to, a message of the technician that they answer is
    the call (rule L1).
    """
    if not booking.prefers_writing or booking.state != State.CLAIMED:
        return
    running = Assignment.objects.get(booking=booking, ended_at=None)
    asked = booking.messages.filter(author=Author.TECHNICIAN, technician=running.technician_id)
    if not asked.filter(at__gte=running.claimed_at).exists():
        return
    assert booking.technician is not None
    CallAttempt.objects.create(assignment=running, at=at, channel=CallChannel.WRITE, reached=True)
    search.count_promise(booking.technician)
    advance(
        booking,
        "record_call",
        role=Role.SYSTEM,
        by=None,
        at=at,
        data={"reached": True, "written": True},
    )
