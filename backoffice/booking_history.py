"""The whole story of a booking on one page for ops (rule O1), in the order of
backoffice/admin/bookings.py.

Contact data is masked here; requests_app.actions.contact_access unmasks it with a reason
(fault A11).
"""

import json
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.mail_words import headline
from accounts.models import Attempt, Notification, NotificationState
from backoffice import wording
from mila.adminkit.acts import BAD, GOOD, WARN, Section, linked, stamp, toned
from mila.formats import left, minutes, moment, money
from payments.models import PriceRaise
from requests_app.models import (
    Assignment,
    Booking,
    BookingContact,
    BookingEvent,
    ClockKind,
    DecisionAppeal,
    Fault,
    FaultEntry,
    PhotoSize,
    Quote,
    QuoteOrigin,
)
from requests_app.notices import KINDS, To

HIDDEN = "•••"
TO_CUSTOMER = [name for name, kind in KINDS.items() if kind.to == To.CUSTOMER]


def masked(text: str) -> str:
    """That there is something, and not what: an address keeps its first letter and its domain."""
    if not text:
        return ""
    name, at, domain = text.partition("@")
    return f"{name[:1]}{HIDDEN}@{domain}" if at else HIDDEN


def facts(b: Booking, at: datetime) -> Section:
    zone = b.timezone
    contact = BookingContact.objects.filter(booking=b).first() or BookingContact()
    return Section(
        "facts",
        _("Facts"),
        facts=[
            (_("Service"), b.service),
            (_("Duration"), minutes(b.duration_minutes)),
            (_("Place"), f"{b.postcode} {b.city} ({b.country})"),
            (_("Start"), moment(b.start_at, zone)),
            (
                _("Partner"),
                b.partner and linked(b.partner, "accounts_partnerprofile_change", b.partner_id),
            ),
            (
                _("Technician"),
                b.technician
                and linked(b.technician, "accounts_technician_change", b.technician_id),
            ),
            (_("Booked price"), money(b.service_cents, b.currency)),
            (_("Booking fee"), money(b.booking_fee_cents, b.currency)),
            (_("Card saved"), stamp(b.card_saved_at, zone)),
            (_("Placed"), stamp(b.placed_at, zone)),
            (_("Claimed"), stamp(b.claimed_at, zone)),
            (_("Finished"), stamp(b.finished_at, zone)),
            (_("Signed off"), stamp(b.signed_off_at, zone)),
            (_("Cost of the end"), money(b.fee_cents, b.currency) if b.fee_cents else ""),
            (_("Reason of the end"), b.end_reason),
            (_("Whose fault"), Fault(b.end_fault).label if b.end_fault else ""),
            (_("Language"), ", ".join([b.get_language_display(), *b.spoken])),
            (_("To be written to"), _("Yes, not called") if b.prefers_writing else ""),
            (
                _("Customer"),
                b.customer
                and linked(masked(b.customer.email), "accounts_user_change", b.customer_id),
            ),
            (_("Name"), masked(contact.name)),
            (_("Phone"), masked(contact.phone)),
            (_("Street"), masked(contact.street)),
            (_("Door code"), masked(contact.door_code)),
            (_("At the door"), masked(contact.at_the_door)),
            (_("Problem"), masked(contact.problem)),
            (_("Photos"), b.photos.of_the_problem().count() or ""),
        ],
        folds=[
            (_("What the technician reported"), json.dumps(b.report, indent=2, ensure_ascii=False))
        ]
        if b.report
        else [],
    )


def clocks(b: Booking, at: datetime) -> Section:
    rows = []
    if b.due_at:
        words = toned(wording.falls_due(b.state), WARN)
        rows.append([words, stamp(b.due_at, b.timezone), left(b.due_at, at), ""])
    for clock in b.clocks.all():
        end = ""
        if clock.done_at:
            how = _("fell due") if clock.fired else _("kept or called off")
            end = f"{how}, {stamp(clock.done_at, b.timezone)}"
        waits = "" if clock.done_at else left(clock.due_at, at)
        rows.append([str(ClockKind(clock.kind).label), stamp(clock.due_at, b.timezone), waits, end])
    return Section("clocks", _("Clocks"), [_("Clock"), _("Due"), _("Left"), _("End")], rows)


def wishes(b: Booking, at: datetime) -> Section:
    rows = [[wish.rank, moment(wish.start_at, b.timezone), wish.wall] for wish in b.wishes.all()]
    return Section("wishes", _("Wishes"), [_("Rank"), _("Start"), _("As chosen")], rows)


def quotes(b: Booking, at: datetime) -> Section:
    rows = []
    for quote in b.quotes.select_related("created_by", "price_raise").prefetch_related("lines"):
        lines = "; ".join(
            f"{one.quantity} × {one.label} {money(one.cents, b.currency)}"
            for one in quote.lines.all()
        )
        total = money(quote.service_cents, b.currency)
        rows.append(
            [
                quote.version,
                QuoteOrigin(quote.origin).label,
                lines,
                total,
                minutes(quote.duration_minutes),
                quote.reason,
                stamp(quote.created_at, b.timezone),
                _answer(quote, b.timezone),
            ]
        )
    columns = [
        _("Version"),
        _("Origin"),
        _("Lines"),
        _("Sum"),
        _("Length"),
        _("Why"),
        _("Made"),
        _("Answer"),
    ]
    return Section("quotes", _("Prices"), columns, rows)


def _answer(quote: Quote, zone: str) -> str:
    """How it was accepted, and what else became of it."""
    accepted = (
        quote.acceptance_kind
        and f"{quote.get_acceptance_kind_display()}, {stamp(quote.accepted_at, zone)}"
    )
    declined = quote.declined_at and _("declined, %(at)s") % {"at": stamp(quote.declined_at, zone)}
    fell = quote.withdrawn_at and _("fell, %(at)s") % {"at": stamp(quote.withdrawn_at, zone)}
    asked: PriceRaise | None = getattr(quote, "price_raise", None)
    bank = asked and _("bank asked, %(at)s") % {"at": stamp(asked.asked_at, zone)}
    return "; ".join(str(one) for one in (bank, accepted, declined, fell) if one)


def events(b: Booking, at: datetime) -> Section:
    rows = [
        [
            event.sequence,
            stamp(event.at, b.timezone),
            wording.happened(event),
            wording.state(event.target),
            _who(event, b),
            event.reason,
            json.dumps(event.data) if event.data else "",
        ]
        for event in b.events.select_related("by")
    ]
    columns = ["#", _("At"), _("Move"), _("To"), _("Who"), _("Why"), _("Data")]
    return Section("events", _("What happened"), columns, rows)


def _who(event: BookingEvent, b: Booking) -> str:
    words = wording.role(event.role)
    return f"{words}, {event.by}" if event.by and event.by_id != b.customer_id else words


def assignments(b: Booking, at: datetime) -> Section:
    rows = [
        [
            linked(one.technician, "accounts_technician_change", one.technician_id),
            one.partner,
            moment(one.start_at, b.timezone),
            stamp(one.claimed_at, b.timezone),
            stamp(one.ended_at, b.timezone),
            _end(one),
        ]
        for one in b.assignments.select_related("technician", "partner")
    ]
    columns = [_("Technician"), _("Partner"), _("Start"), _("Claimed"), _("Ended"), _("By")]
    return Section("assignments", _("Assignments"), columns, rows)


def _end(one: Assignment) -> str:
    words = wording.move(one.end)
    return toned(_("%(move)s, their fault") % {"move": words}, BAD) if one.fault else words


def faults(b: Booking, at: datetime) -> Section:
    """What went wrong, whose it was, and whether it still counts (rule L17)."""
    rows = [
        [
            stamp(one.at, b.timezone),
            one.get_kind_display(),
            one.get_who_display(),
            one.technician
            and linked(one.technician, "accounts_technician_change", one.technician_id),
            one.points or "",
            stamp(one.until_at, b.timezone),
            one.get_void_reason_display() if one.void_at else "",
            _appeal(one),
        ]
        for one in b.faults.select_related("technician", "appeal").order_by("pk")
    ]
    columns = [
        _("At"),
        _("What"),
        _("Who"),
        _("Technician"),
        _("Points"),
        _("Until"),
        _("Void"),
        _("Appeal"),
    ]
    return Section("faults", _("Faults"), columns, rows)


def customers_appeals(b: Booking, at: datetime) -> Section:
    rows = [
        [
            stamp(one.at, b.timezone),
            one.decision.by,
            one.words,
            _appeal_photo(one),
            stamp(one.due_at, b.timezone),
            one.get_verdict_display() or toned(_("Waits"), WARN),
            one.decided_by,
            one.reason,
        ]
        for one in DecisionAppeal.objects.filter(booking=b).select_related(
            "decision__by", "decided_by", "photo"
        )
    ]
    columns = [
        _("At"),
        _("Against the decision of"),
        _("Words"),
        _("Photo"),
        _("To be decided by"),
        _("Verdict"),
        _("Verdict by"),
        _("Reason"),
    ]
    return Section("appeals", _("Appeals of the customer"), columns, rows)


def _appeal_photo(one: DecisionAppeal):
    """Opened by whoever may see contact data; each look leaves a row (fault A11)."""
    photo = one.kept_photo
    if photo is None:
        return ""
    url = reverse(
        "admin:requests_app_booking_photo", args=[one.booking_id, photo.key, PhotoSize.LARGE]
    )
    return format_html('<a class="b-link" href="{}">{}</a>', url, _("Open the photo"))


def _appeal(one: FaultEntry):
    appeal = getattr(one, "appeal", None)
    if appeal is None:
        return ""
    return linked(
        appeal.get_verdict_display() or _("Waits"), "requests_app_appeal_change", appeal.pk
    )


def customer_notices(b: Booking, at: datetime) -> Section:
    """Apart from the offers, of which a long search makes dozens."""
    kinds = Q(kind__in=TO_CUSTOMER)
    return _notices(b, "notices", _("Notices to the customer"), kinds)


def other_notices(b: Booking, at: datetime) -> Section:
    kinds = ~Q(kind__in=TO_CUSTOMER)
    return _notices(b, "other-notices", _("Notices to technicians and staff"), kinds)


TOLD = {
    NotificationState.FAILED: BAD,
    NotificationState.SENDING: WARN,
    NotificationState.REACHED: GOOD,
    NotificationState.SEEN: GOOD,
}


def _notices(b: Booking, name: str, title: str, kinds: Q) -> Section:
    rows, told = [], Notification.objects.filter(kinds, subject_id=b.uuid)
    for row in told.order_by("pk").prefetch_related("attempts"):
        state = toned(row.get_state_display(), TOLD.get(NotificationState(row.state), ""))
        rows.append(
            [
                linked(headline(row) or row.kind, "accounts_notification_change", row.pk),
                masked(row.email),
                state,
                stamp(row.queued_at, b.timezone),
                stamp(row.sent_at, b.timezone),
                stamp(row.reached_at, b.timezone),
                "; ".join(_way(one, b.timezone) for one in row.attempts.all()),
                row.error,
            ]
        )
    columns = [
        _("Notice"),
        _("To"),
        _("State"),
        _("Queued"),
        _("Sent"),
        _("Reached"),
        _("Channels"),
        _("Error"),
    ]
    return Section(name, title, columns, rows)


def _way(one: Attempt, zone: str) -> str:
    """What became of it on one channel."""
    at = stamp(one.seen_at or one.reached_at or one.sent_at, zone)
    return " ".join(
        part
        for part in (f"{one.get_channel_display()}: {one.get_state_display()}", at, one.error)
        if part
    )


def accesses(b: Booking, at: datetime) -> Section:
    rows = [
        [stamp(one.at, b.timezone), one.partner, one.user, one.reason]
        for one in b.contact_accesses.select_related("partner", "user").order_by("at")
    ]
    columns = [_("At"), _("Partner"), _("Person"), _("Reason")]
    return Section("accesses", _("Who saw the contact data"), columns, rows)
