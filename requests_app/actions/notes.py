"""Short notes while the technician is at work; the customer reads them live (rule L9)."""

from django.utils.translation import gettext_lazy as _

from mila.clock import mila_now
from mila.errors import Refusal
from mila.streams import publish
from mila.transactions import verb
from requests_app.actions import visit
from requests_app.lifecycle import IllegalMove, Role
from requests_app.models import NotePhrase, ProgressNote, State
from requests_app.passwords import mentions_password

LONGEST_NOTE = 200  # characters
MOST_NOTES = 20  # a visit: who writes more does not work


class NothingWritten(Refusal):
    sentence = _("Please tap a sentence, or write one.")


class NoteTooLong(Refusal):
    sentence = _("Please write at most 200 characters.")


class HoldsPassword(Refusal):
    sentence = _(
        "This looks like a password. Never write the customer's passwords here. Please say it "
        "without."
    )


class EnoughNotes(Refusal):
    sentence = _("These are enough notes for one visit. Please tell the customer yourself.")


@verb
def post_note(
    booking_id: int, technician_id: int, *, key: str, phrase: str = "", text: str = ""
) -> ProgressNote:
    """Keep a phrase (a NotePhrase), or own words of at most 200 characters, while the work is in
    progress.

    Not a move: no state, no event, no notice. `key` is one-time within the booking: sent twice it
    is the same note. Locks the booking. Raises NotYours, IllegalMove, NothingWritten, NoteTooLong,
    HoldsPassword, EnoughNotes.
    """
    booking = visit.lock_own(booking_id, technician_id)
    notes = ProgressNote.objects.filter(booking=booking)
    if sent := notes.filter(key=key).first():
        return sent
    if booking.state != State.IN_PROGRESS:
        raise IllegalMove("note", booking.state, Role.PARTNER)
    text = "" if phrase else text.strip()
    if not text and phrase not in NotePhrase.values:
        raise NothingWritten
    if len(text) > LONGEST_NOTE:
        raise NoteTooLong
    if mentions_password(text):
        raise HoldsPassword
    if notes.count() >= MOST_NOTES:
        raise EnoughNotes
    note = ProgressNote.objects.create(
        booking=booking,
        technician_id=technician_id,
        key=key,
        phrase=phrase,
        text=text or None,
        at=mila_now(),
    )
    publish.publish(f"booking:{booking.uuid}", "noted")
    return note
