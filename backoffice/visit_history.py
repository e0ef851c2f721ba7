"""What happened at a booking's visit, for ops: calls, the door, the work, the signature."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from backoffice.booking_history import masked
from mila.adminkit.acts import GOOD, WARN, Section, stamp, toned
from mila.formats import money
from requests_app.actions.hiding import ANSWER, COMMENT
from requests_app.models import (
    Booking,
    CallAttempt,
    ChecklistTick,
    DoorPlace,
    LateSignature,
    Rating,
    SignedStatement,
    SignOff,
    SignOffKind,
)


def calls(b: Booking, at: datetime) -> Section:
    tries = CallAttempt.objects.filter(assignment__booking=b).select_related(
        "assignment__technician"
    )
    rows = [
        [
            stamp(one.at, b.timezone),
            one.assignment.technician,
            one.get_channel_display(),
            toned(_("reached"), GOOD) if one.reached else toned(_("not reached"), WARN),
            _("wants another time") if one.wants_other_time else "",
            masked(one.note),
        ]
        for one in tries
    ]
    columns = [_("At"), _("Technician"), _("Channel"), _("Outcome"), _("Wish"), _("Note")]
    return Section("calls", _("Calls"), columns, rows)


def door(b: Booking, at: datetime) -> Section:
    """Where the technician's phone was when a wait at the door began and ended (rule B10)."""
    rows = [
        [
            stamp(one.at, b.timezone),
            one.assignment.technician,
            one.get_move_display(),
            _("the door's own point is not known") if one.metres is None else f"{one.metres} m",
            f"± {one.accuracy_m} m",
            toned(_("at the door"), GOOD) if one.is_near(b.policy) else toned(_("not shown"), WARN),
        ]
        for one in DoorPlace.objects.filter(assignment__booking=b).select_related(
            "assignment__technician"
        )
    ]
    columns = [_("At"), _("Technician"), _("Moment"), _("From the door"), _("Accuracy"), _("Says")]
    note = "" if rows else _("The phone gave no place.")
    return Section("door", _("Place of the wait"), columns, rows, note=note)


def notes(b: Booking, at: datetime) -> Section:
    """What the technician told the customer from the work."""
    rows = [
        [stamp(one.at, b.timezone), one.technician, one.words]
        for one in b.progress_notes.select_related("technician")
    ]
    return Section("notes", _("Notes from the work"), [_("At"), _("Technician"), _("Note")], rows)


def checklists(b: Booking, at: datetime) -> Section:
    """What the technician ticked and when, in the words that stood there."""
    rows = [
        [
            stamp(one.at, b.timezone),
            one.assignment.technician,
            str(one.checklist),
            one.words,
            toned(_("ticked"), GOOD) if one.ticked else toned(_("taken back"), WARN),
        ]
        for one in ChecklistTick.objects.filter(assignment__booking=b).select_related(
            "assignment__technician", "checklist"
        )
    ]
    columns = [_("At"), _("Technician"), _("List"), _("Item"), _("Tick")]
    return Section("checklists", _("Checklists"), columns, rows)


def messages(b: Booking, at: datetime) -> Section:
    """That customer and technician wrote, and when; what they wrote is shown with the contact data
    (fault A11).
    """
    rows = [
        [
            stamp(one.at, b.timezone),
            one.get_author_display(),
            one.technician,
            one.get_phrase_display() or masked(one.text or ""),
            _("with a photo") if one.photo_id else "",
        ]
        for one in b.messages.select_related("technician")
    ]
    columns = [_("At"), _("From"), _("Technician"), _("Message"), _("Photo")]
    return Section("messages", _("Messages"), columns, rows)


def sign_off(b: Booking, at: datetime) -> Section:
    frozen = SignOff.objects.filter(booking=b).select_related("quote").first()
    rating = Rating.objects.filter(booking=b).first()
    stars = f"{rating.quality}, {rating.punctuality}, {rating.friendliness}" if rating else ""
    judged = [
        (_("Stars: quality, punctuality, friendliness"), stars),
        (_("Comment"), rating and rating.comment),
        (_("Comment hidden"), rating and _hidden(rating, COMMENT, b.timezone)),
        (_("Answer"), rating and rating.answer),
        (_("Answer hidden"), rating and _hidden(rating, ANSWER, b.timezone)),
    ]
    if frozen is None:
        return Section(
            "sign-off", _("Sign-off"), facts=judged if rating else [], note=_("Not signed off.")
        )
    return Section(
        "sign-off",
        _("Sign-off"),
        facts=[*_frozen(frozen, b.timezone), *(judged if rating else [])],
        folds=[(_("The frozen words"), frozen.text)],
    )


def _hidden(rating: Rating, words: str, zone: str) -> str:
    """When, by whom and why; nothing of what is public."""
    at, by, reason = (getattr(rating, f"{words}_{column}") for column in ("at", "by", "reason"))
    return f"{stamp(at, zone)}, {by}: {reason}" if at else ""


def late_signature(b: Booking, at: datetime) -> Section:
    """Evidence that came after the end (rule L13)."""
    name, title = "late-signature", _("Signed afterwards")
    late = LateSignature.objects.filter(booking=b).select_related("quote", "by").first()
    if late is None:
        return Section(name, title, note=_("No signature came after the end."))
    return Section(
        name,
        title,
        facts=[*_frozen(late, b.timezone), (_("Signed in as"), late.by and masked(late.by.email))],
        folds=[(_("The frozen words"), late.text)],
        note=_("Kept as evidence. It charges nothing and changes no amount."),
    )


def _frozen(frozen: SignedStatement, zone: str) -> list[tuple[Any, Any]]:
    return [
        (_("How"), SignOffKind(frozen.kind).label),
        (_("At"), stamp(frozen.signed_at, zone)),
        (_("Version"), frozen.quote.version),
        (_("Signed by"), masked(frozen.signer)),
        (_("Device"), frozen.device),
        (_("Price"), money(frozen.service_cents, frozen.currency)),
        (_("Booking fee"), money(frozen.booking_fee_cents, frozen.currency)),
        (_("Commission"), money(frozen.commission_cents, frozen.currency)),
        (_("Partner's share"), money(frozen.partner_cents, frozen.currency)),
        (_("Total"), money(frozen.charge_cents, frozen.currency)),
        ("SHA-256", frozen.sha256),
    ]
