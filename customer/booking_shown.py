"""What a customer's booking page shows, in a fixed number of queries."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Technician, TechnicianSkill
from customer import booking_words, technician_page, unpaid
from customer.appeals import AppealState, appeal_state
from customer.lateness import Lateness, lateness
from customer.mini_map import MiniMap, draw
from customer.price_change import PriceChange, change_of
from customer.price_lines import label_of
from customer.reviews import OwnReview, own_review
from customer.wording_parts import Facts, Line, first_name, language_name
from mila.formats import moment
from papers.access import papers_of_booking
from payments import charges, refunds
from payments.models import ChargeState
from requests_app import deadlines, price_versions
from requests_app.actions import signing
from requests_app.actions.meeting import CODE_STATES, tries_left
from requests_app.models import (
    ENDED,
    HAS_PARTNER,
    NEGOTIABLE,
    UNSIGNED,
    Booking,
    BookingEvent,
    LateSignature,
    Position,
    ProgressNote,
    Quote,
    Rating,
    SignOff,
    State,
    standing,
)
from requests_app.moves import CHOOSES

S = State
HOLDING = frozenset({S.SIGNED_OFF, S.FAILED, S.CANCELLED})
SIGNED = frozenset({S.SIGNED_OFF, S.SETTLED})
OVER = frozenset({S.SETTLED, S.CANCELLED, S.FAILED})
CURRENT = {S.EN_ROUTE: "depart", S.ARRIVED: "arrive", S.IN_PROGRESS: "start"}


@dataclass(frozen=True)
class PartnerCard:
    """Who comes (rule B11). The phone is empty once nobody needs to call any more."""

    name: str
    line: str
    stars: float | None
    reviews: int
    phone: str
    contract: str
    again: str  # where the same person is booked again; empty before the visit is over
    profile: str


@dataclass(frozen=True)
class Version:
    number: int
    total_cents: int
    at: datetime
    reason: str
    state: str


class BookingShown:
    """What the booking page shows at one instant; customer/booking_page.py adds what may be done.

    `cost_cents`: what cancelling would cost now.
    """

    def __init__(self, booking: Booking, at: datetime, *, cost_cents: int, own: bool = False):
        self.booking, self.at, self.cost_cents, self.own = booking, at, cost_cents, own
        self.state = State(booking.state)
        self.zone = booking.timezone
        self.contact = booking.contact
        self.wishes = list(booking.wishes.all())
        self.photos = list(booking.photos.of_the_problem())
        self.quotes: list[Quote] = list(booking.quotes.prefetch_related("lines__package"))
        counts = [one for one in self.quotes if one.accepted_at and not one.withdrawn_at]
        self.agreed: Quote | None = counts[-1] if counts else None
        waits = [one for one in self.quotes if one.is_open and self.state in NEGOTIABLE]
        self.proposal: Quote | None = waits[0] if waits else None
        self.events: list[BookingEvent] = list(booking.events.all())
        self.assignments = list(booking.assignments.all())
        here = {booking.technician_id: booking.technician}
        gone = {assignment.technician_id for assignment in self.assignments} - here.keys()
        here |= Technician.objects.in_bulk(gone) if gone else {}
        for assignment in self.assignments:
            assignment.technician = here[assignment.technician_id]
        self.sign_off = (
            SignOff.objects.filter(booking=booking).last() if self.state in SIGNED else None
        )
        closed = self.sign_off is not None and self.sign_off.kind in UNSIGNED
        self.late = LateSignature.objects.filter(booking=booking).first() if closed else None
        unsigned = closed and self.late is None
        self.may_sign_late = unsigned and not signing.was_contested(self.events)
        self.rated = Rating.objects.filter(booking=booking).first()
        self.position = (
            Position.objects.filter(booking=booking).first() if self.state == S.EN_ROUTE else None
        )
        self.unpaid = bool(
            (self.sign_off or booking.fee_cents)
            and booking.charges.filter(state__in=charges.WAITING).exists()
        )
        self.held = (
            self.state in HOLDING and booking.charges.filter(state=ChargeState.HELD).exists()
        )
        ended = self.state in ENDED
        self.papers = list(papers_of_booking(booking)) if ended else []
        self.papers_follow = ended and booking.charges.filter(papers_due_at__isnull=False).exists()
        self.withdrawn = bool(self.events) and self.events[-1].move == "withdraw"
        self.facts = Facts(
            at=at,
            lost_one=any(assignment.ended_at for assignment in self.assignments),
            unpaid=self.unpaid,
            held=self.held,
            proposed=self.proposal is not None,
            unsigned=unsigned,
            eta_at=self.eta_at,
            charged_from=price_versions.charged_from(booking),
            final_cents=self.final_cents,
            rated=self.rated is not None,
            chosen_at=max(
                (event.at for event in self.events if event.move in CHOOSES), default=None
            ),
            withdrawn=self.withdrawn,
        )

    @cached_property
    def eta_at(self) -> datetime | None:
        """When they will be there, as far as their last place tells; an hour that has passed tells
        nothing.
        """
        eta_at = self.position.eta_at if self.position else None
        return eta_at if eta_at is not None and eta_at > self.at else None

    # --- words

    @cached_property
    def title(self) -> str:
        return booking_words.headline(self.booking, self.facts)

    @cached_property
    def badge(self) -> tuple[str, str]:
        return booking_words.badge(self.booking, self.facts)

    @cached_property
    def explanation(self) -> str:
        return booking_words.explanation(self.booking, self.facts)

    @cached_property
    def starts(self) -> list[datetime]:
        """The claimed start, else the wishes."""
        return (
            [self.booking.start_at]
            if self.booking.start_at
            else [wish.start_at for wish in self.wishes]
        )

    @cached_property
    def timeline(self) -> list[Line]:
        """What happened, what is going on, what comes next."""
        events, since = standing(self.events), None
        if events and CURRENT.get(self.state) == events[-1].move:
            since = events.pop().at
        names = self._names()
        lines = [
            self._noted(event, line)
            for event in events
            if (line := booking_words.timeline_line(event, names.get(event.pk, "")))
        ]
        if self.late:
            lines = sorted([*lines, booking_words.late_line(self.late)], key=lambda line: line.at)
        now = booking_words.under_way(self.booking, self.facts, since)
        if now and self.state == S.IN_PROGRESS:
            now = replace(now, notes=self.notes)
        return [*lines, *([now] if now else []), *booking_words.to_come(self.booking, self.facts)]

    def _noted(self, event: BookingEvent, line: Line) -> Line:
        """The notes belong to the work (rule L9)."""
        return replace(line, notes=self.notes) if event.move == "start" else line

    @cached_property
    def notes(self) -> list[ProgressNote]:
        return list(self.booking.progress_notes.all())

    def _names(self) -> dict[int, str]:
        """Who had the job at each event: every claim began the next assignment.

        In full when first named.
        """
        coming, names, name = iter(self.assignments), {}, ""
        for event in self.events:
            if event.move in ("claim", "assign"):
                assignment = next(coming, None)
                name = assignment.technician.name if assignment else ""
                names[event.pk] = name
            else:
                names[event.pk] = name.partition(" ")[0]
        return names

    @cached_property
    def own_review(self) -> OwnReview | None:
        return own_review(self.rated, first_name(self.booking)) if self.rated else None

    # --- what the page shows beside them

    @property
    def awaits_signature(self) -> bool:
        """The report is there to be read: that it was seen is told."""
        return self.state == S.FINISHED

    @cached_property
    def lateness(self) -> Lateness | None:
        """Nobody has come in time: what may be said and done (rule L9)."""
        return lateness(self.booking, self.at)

    @property
    def at_work(self) -> bool:
        return self.state == S.IN_PROGRESS

    @property
    def before_work(self) -> bool:
        """The code is still for the door; later it only proves who came."""
        return self.state in (S.EN_ROUTE, S.ARRIVED)

    # --- who

    @cached_property
    def visit_code(self) -> str:
        """From departure on, as long as it may be typed; empty before, and
        once it was (rule L9b).
        """
        running = next((one for one in self.assignments if one.ended_at is None), None)
        if running is None or self.state not in CODE_STATES | {S.EN_ROUTE} or running.code_typed_at:
            return ""
        return running.code if tries_left(self.booking, running) else ""

    @cached_property
    def code_message(self) -> str:
        """What the payer may send on to whoever opens the door: code and time, nothing else
        (rule L9b).
        """
        if not self.visit_code or not self.contact.at_the_door:
            return ""
        values = {"code": self.visit_code, "moment": moment(self.booking.start_at, self.zone)}
        return _("Mila, %(moment)s: the code to say at the door is %(code)s.") % values

    @cached_property
    def partner(self) -> PartnerCard | None:
        b = self.booking
        if self.state not in HAS_PARTNER:
            return None
        technician, partner = b.technician, b.partner
        skill = TechnicianSkill.objects.filter(
            technician=technician, skill=b.service.skill_id
        ).first()
        parts = [
            _("Friend") if partner.is_friend else _("Pro, %(company)s") % {"company": partner.name}
        ]
        if skill:
            parts.append(_("level %(level)d") % {"level": skill.level})
        parts += [language_name(code) for code in technician.languages]
        return PartnerCard(
            name=technician.name,
            line=", ".join(parts),
            stars=technician.stars,
            reviews=technician.star_count,
            phone=str(technician.phone) if self._may_call() else "",
            contract=_("Your contract is with %(name)s; Mila mediates.") % {"name": partner.name}
            if partner.is_friend
            else _("Your contract is with Mila; %(name)s carries it out.") % {"name": partner.name},
            again=reverse("customer:again", args=[b.token]) if may_book_again(b) else "",
            profile=technician_page.address(technician, partner),
        )

    @cached_property
    def decision_appeal(self) -> AppealState | None:
        return appeal_state(self.booking, self.events, self.at)

    def _may_call(self) -> bool:
        """As long as the partner may see the customer's own number (rule D8)."""
        if self.state in SIGNED:
            return self.at < deadlines.contact_until(
                self.booking.signed_off_at, self.booking.policy
            )
        return self.state != S.FAILED

    @cached_property
    def mini_map(self) -> MiniMap | None:
        """Only while they are on their way (fault A16)."""
        if self.position is None or self.contact.lat is None:
            return None
        return draw(self.contact.lat, self.contact.lon, self.position, self.booking.city)

    # --- how much

    @property
    def final_cents(self) -> int:
        """What is agreed, with the booking fee."""
        service = self.agreed.service_cents if self.agreed else self.booking.service_cents
        return service + self.booking.booking_fee_cents

    @cached_property
    def receipt(self) -> tuple[list[tuple[str, int]], int]:
        """Lines and total: what was signed, what ending it costs, else the last version."""
        b = self.booking
        if self.state in (S.CANCELLED, S.FAILED):
            words = _("Cancellation") if self.state == S.CANCELLED else _("Visit in vain")
            if self.withdrawn:
                words = _("Work done until the withdrawal")
            return ([(words, b.fee_cents)] if b.fee_cents else []), b.fee_cents
        quote = self.agreed
        if self.sign_off:
            quote = next(one for one in self.quotes if one.pk == self.sign_off.quote_id)
        lines = (
            [(label_of(line, self.booking), line.cents) for line in quote.lines.all()]
            if quote
            else []
        )
        fee = (_("Booking and guarantee"), b.booking_fee_cents)
        total = self.sign_off.charge_cents if self.sign_off else self.final_cents
        return [*(lines or [(b.service.name, b.service_cents)]), fee], total

    @cached_property
    def refunded_cents(self) -> int:
        """What went back to the card, whoever bears it; what the bank sent back is not there yet
        (rule M6).
        """
        return refunds.arrived_cents(self.booking.pk) if self.state in ENDED else 0

    @property
    def is_over(self) -> bool:
        """Then what happened is folded: what counts now comes first."""
        return self.state in OVER

    @cached_property
    def open_payment(self) -> unpaid.Failure | None:
        """Why it did not go through; and with which card, for its owner alone (rule B11, M4)."""
        if not self.unpaid:
            return None
        charge = self.booking.charges.filter(state__in=charges.WAITING).latest("pk")
        return unpaid.failure(charge, own=self.own)

    @property
    def version(self) -> int:
        """The number of the price that is shown; an act on the page says that this one was read."""
        return self.agreed.version if self.agreed else 1

    @cached_property
    def versions(self) -> list[Version]:
        """The versions of the price and what became of them, when there is more than the first
        (rule L10).
        """
        fee = self.booking.booking_fee_cents
        many = self.quotes if len(self.quotes) > 1 else []
        return [
            Version(
                one.version,
                one.service_cents + fee,
                one.created_at,
                one.reason,
                booking_words.version_state(one),
            )
            for one in many
        ]

    @cached_property
    def change(self) -> PriceChange | None:
        """What is proposed, beside what is agreed (rule L10)."""
        return (
            change_of(self.booking, self.agreed, self.proposal)
            if self.agreed and self.proposal
            else None
        )


def may_book_again(booking: Booking) -> bool:
    """Once a visit is over, with whoever did it (rule D2)."""
    return booking.state in SIGNED and booking.technician_id is not None
