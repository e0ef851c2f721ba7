"""The steps a phone may make without network: the same forms and the same verbs as the pages'
(rule L1, L9, L12, L14).

Each gets the booking as it is now and the fields as they were sent, and answers a sentence or none.
A photo was read and taken in before: nobody waits for a decoder with the booking locked.
What is wrong with the fields is a refusal like any other: nobody stands at the form any more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django import forms
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import Technician, User
from customer.forms.messages import MessageForm
from customer.forms.signing import SignForm
from customer.forms.visit import RatingForm
from customer.views.sign_off import signer_of
from mila.errors import Refusal
from partner import calling
from partner.forms.jobs import CallForm, CodeForm, FinishForm, NoteForm
from partner.forms.ticks import read_ticks
from requests_app import access, price_versions, statement
from requests_app.actions import checking, meeting, messaging, notes, reviewing, signing, visit
from requests_app.actions.offline import was_tried
from requests_app.models import Author, Booking, BookingPhoto, SignOffKind, State
from requests_app.photos.decoder import Redrawn

WRONG_CODE = _("The code was not right. It counted as one try.")


class NotReadable(Refusal):
    """Raised with what the form says."""


@dataclass(frozen=True)
class Sent:
    """What has arrived: of whom, about which booking, with which fields, from which device, under
    which key.
    """

    booking: Booking
    technician: Technician
    user: User
    fields: QueryDict
    device: str
    key: str
    picture: Redrawn | None = None
    photo: BookingPhoto | None = None  # the picture, taken in
    unread: Refusal | None = None  # why what came as a picture is none


def fields_of(words: Mapping[str, str]) -> QueryDict:
    """As a page's form would have sent them."""
    found = QueryDict(mutable=True)
    found.update(words)
    return found


F = TypeVar("F", bound=forms.Form)


def _valid(form: F) -> F:
    if not form.is_valid():
        raise NotReadable(
            " ".join(str(error) for errors in form.errors.values() for error in errors)
        )
    return form


def call(sent: Sent) -> str:
    form = _valid(CallForm(sent.fields))
    calling.record_call(sent.booking.pk, sent.technician.pk, by=sent.user, noted=form.cleaned_data)
    return ""


def arrive(sent: Sent) -> str:
    visit.arrive(sent.booking.pk, sent.technician.pk, by=sent.user)
    return ""


def note(sent: Sent) -> str:
    form = _valid(NoteForm(sent.fields))
    notes.post_note(sent.booking.pk, sent.technician.pk, **form.note)
    return ""


def tick(sent: Sent) -> str:
    """One box of a list; its other boxes are as this phone last saw them, and not touched."""
    ticks = read_ticks(sent.fields, sent.fields.get("item", "").split(","))
    checking.keep_ticks(sent.booking.pk, sent.technician.pk, **ticks)
    return ""


def messages(sent: Sent) -> str:
    """Words or a photo to the customer."""
    if sent.unread is not None:
        raise sent.unread
    form = _valid(MessageForm(sent.fields, {"photo": sent.picture}, author=Author.TECHNICIAN))
    said = {**form.message, "photo": sent.photo}
    del said["picture"]
    messaging.write_beside(sent.booking.pk, form.author, technician_id=sent.technician.pk, **said)
    return ""


def code(sent: Sent) -> str:
    """One try on arrival; a wrong one is said, and stays one."""
    form = _valid(CodeForm(sent.fields))
    if was_tried(sent.technician.pk, key=sent.key):
        return str(WRONG_CODE)
    answer = meeting.type_code(sent.booking.pk, sent.technician.pk, code=form.cleaned_data["code"])
    return "" if answer == meeting.Code.RIGHT else str(WRONG_CODE)


def start(sent: Sent) -> str:
    """The work has begun: with a wrong code it has begun without one, and the signature asks the
    payer (rule L9b).
    """
    sentence = code(sent) if sent.fields.get("code") and "without" not in sent.fields else ""
    visit.start(sent.booking.pk, sent.technician.pk, by=sent.user)
    return sentence


def finish(sent: Sent) -> str:
    booking = access.job_for_technician(sent.technician, sent.booking.uuid)
    form = _valid(FinishForm(sent.fields, booking=booking, agreed=price_versions.agreed(booking)))
    visit.finish(
        booking.pk,
        sent.technician.pk,
        by=sent.user,
        report=form.report,
        service_cents=form.cleaned_data.get("price"),
    )
    return ""


def sign(sent: Sent) -> str:
    """What they read on the phone must be, word for word, what they would
    sign here now (rule L12).
    """
    booking, form = (
        access.job_for_technician(sent.technician, sent.booking.uuid),
        _valid(SignForm(sent.fields)),
    )
    contact = access.reveal_contact(booking, sent.technician, reason="signature")
    quote = price_versions.agreed(booking)
    if (
        not form.cleaned_data["late"]
        and signing.closed_unsigned(booking) is None
        and booking.state == State.FINISHED
    ):
        with translation.override(booking.language):
            words = statement.text(booking, quote)
        if _plain(sent.fields.get("words", "")) != _plain(words):
            raise signing.PriceChanged
    signing.sign_off(
        booking.pk,
        key=form.key_of(booking),
        kind=SignOffKind.SCREEN,
        quote_version=form.cleaned_data["quote_version"],
        signer=form.cleaned_data["typed"] or signer_of(contact),
        signature=form.signature,
        device=sent.device,
        by=sent.user,
        late=form.cleaned_data["late"],
    )
    return ""


def _plain(words: str) -> str:
    """Line ends and spaces as they may come back from a page."""
    return "\n".join(" ".join(line.split()) for line in words.split("\n") if line.strip())


def rate(sent: Sent) -> str:
    form = _valid(RatingForm(sent.fields))
    reviewing.rate(sent.booking.pk, on_technicians_screen=True, **form.cleaned_data)
    return ""


STEPS: dict[str, Callable[[Sent], str]] = {
    step.__name__: step
    for step in (call, arrive, note, tick, messages, code, start, finish, sign, rate)
}
