"""What must hold of bookings, their people, clocks and notices."""

from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, Sum

from accounts.models import CalendarEntry, Notification, NotificationState, SkillSearch, Technician
from accounts.search import SCORED, expected_rows, policies
from backoffice.invariants.scope import Found, Ids, of
from catalogue.money import ceiling
from dispatch.models import Offer, OfferState
from mila.clock import mila_now
from payments.models import PriceRaise
from places.place import Country
from requests_app import deadlines
from requests_app.lifecycle import MOVES
from requests_app.models import (
    BY_THE_PAYER,
    ENDED,
    HAS_PARTNER,
    AcceptanceKind,
    Assignment,
    Booking,
    BookingEvent,
    Clock,
    ContactAccess,
    Quote,
    SignOff,
    State,
)

SLACK = timedelta(minutes=2)


def assignments(ids: Ids) -> Found:
    running = Assignment.objects.filter(booking=OuterRef("pk"), ended_at=None)
    bookings = of(Booking.objects.all(), ids, "pk")
    for pk in (
        bookings.filter(state__in=HAS_PARTNER).filter(~Exists(running)).values_list("pk", flat=True)
    ):
        yield f"booking {pk} has a partner and no assignment"
    for pk in (
        bookings.exclude(state__in=HAS_PARTNER).filter(Exists(running)).values_list("pk", flat=True)
    ):
        yield f"booking {pk} has an assignment and no partner"
    for assignment in of(Assignment.objects.filter(ended_at=None), ids).select_related("booking"):
        if assignment.technician_id != assignment.booking.technician_id:
            yield (
                f"booking {assignment.booking_id}: assignment {assignment.pk} is another "
                f"technician's"
            )
    if ids is None:
        lonely = CalendarEntry.objects.filter(kind="job", assignment__isnull=True)
        yield from (
            f"calendar entry {pk} belongs to no assignment"
            for pk in lonely.values_list("pk", flat=True)
        )


def events(ids: Ids) -> Found:
    last: dict[int, str] = {}
    sequence: dict[int, int] = {}
    for event in of(BookingEvent.objects.order_by("booking", "sequence"), ids):
        move = MOVES.get(event.move)
        if (
            move is None
            or event.source not in move.sources
            or event.target != move.target
            or event.role not in move.roles
        ):
            yield f"booking {event.booking_id}: event {event.sequence} is no row of the table"
        if (
            event.source != last.get(event.booking_id, State.DRAFT)
            or event.sequence != sequence.get(event.booking_id, 0) + 1
        ):
            yield f"booking {event.booking_id}: event {event.sequence} does not follow"
        last[event.booking_id], sequence[event.booking_id] = event.target, event.sequence
    for pk, state in of(Booking.objects.all(), ids, "pk").values_list("pk", "state"):
        if state != last.get(pk, State.DRAFT):
            yield f"booking {pk} is {state}, its last event says {last.get(pk)}"


def clocks(ids: Ids) -> Found:
    limit = mila_now() - SLACK
    for pk in of(Booking.objects.filter(due_at__lt=limit), ids, "pk").values_list("pk", flat=True):
        yield f"booking {pk} is overdue"
    for pk in of(Clock.objects.filter(done_at=None, due_at__lt=limit), ids).values_list(
        "pk", flat=True
    ):
        yield f"clock {pk} is overdue"
    for pk in of(
        Offer.objects.filter(state=OfferState.OPEN, expires_at__lt=limit), ids
    ).values_list("pk", flat=True):
        yield f"offer {pk} is overdue"
    for pk in of(
        Booking.objects.filter(state__in=ENDED, due_at__isnull=False), ids, "pk"
    ).values_list("pk", flat=True):
        yield f"booking {pk} has ended and its clock runs"


def notices(ids: Ids) -> Found:
    lost = Notification.objects.filter(state=NotificationState.QUEUED, due_at=None)
    if ids is not None:
        lost = lost.filter(subject_id__in=Booking.objects.filter(pk__in=ids).values("uuid"))
    yield from (
        f"notice {pk} is queued and not scheduled" for pk in lost.values_list("pk", flat=True)
    )


def accesses(ids: Ids) -> Found:
    for access in of(ContactAccess.objects.exclude(partner=None).select_related("booking"), ids):
        mine = Assignment.objects.filter(
            Q(ended_at=None) | Q(ended_at__gte=access.at),
            booking=access.booking_id,
            partner=access.partner_id,
            claimed_at__lte=access.at,
        )
        if not mine.exists():
            yield f"access {access.pk} to booking {access.booking_id} outside an assignment"
        booking = access.booking
        if booking.signed_off_at and access.at >= deadlines.contact_until(
            booking.signed_off_at, booking.policy
        ):
            yield f"access {access.pk} to booking {access.booking_id} too long after the sign-off"


def accepted_prices(ids: Ids) -> Found:
    accepted: dict[int, list[int]] = {}
    raised: dict[int, int] = {}
    for quote in of(
        Quote.objects.exclude(accepted_at=None).order_by("accepted_at", "version"), ids
    ).select_related("booking"):
        before = accepted.setdefault(quote.booking_id, [])
        if quote.acceptance_kind not in BY_THE_PAYER and quote.service_cents > max(
            before, default=0
        ):
            yield f"booking {quote.booking_id}: version {quote.version} rose without the payer"
        by_the_bank = quote.acceptance_kind == AcceptanceKind.BANK
        if by_the_bank and not PriceRaise.objects.filter(quote=quote, agreed_at__isnull=False):
            yield f"booking {quote.booking_id}: version {quote.version} by a bank never asked"
        limit = raised.get(quote.booking_id, 0)
        if not by_the_bank and quote.service_cents > max(
            limit, ceiling(quote.booking.service_cents, quote.booking.policy.ceiling_percent)
        ):
            yield f"booking {quote.booking_id}: version {quote.version} is above the ceiling"
        if by_the_bank:
            raised[quote.booking_id] = max(limit, quote.service_cents)
        before.append(quote.service_cents)
    for one in of(SignOff.objects.filter(quote__accepted_at=None), ids):
        yield f"booking {one.booking_id}: a version nobody accepted was signed"


def search_rows(ids: Ids) -> Found:
    if ids is not None:
        return
    facts = ("technician_id", "skill_id", "h3_cell", "radius_m", "valid_until", *SCORED)
    in_force = policies(Country.values)
    expected = {
        tuple(getattr(row, fact) for fact in facts)
        for technician in Technician.objects.select_related("partner").prefetch_related("skills")
        for row in expected_rows(technician, in_force[technician.partner.country])
    }
    there = set(SkillSearch.objects.values_list(*facts))
    yield from (f"missing or outdated: {row}" for row in sorted(expected - there, key=str))
    yield from (f"should not be found: {row}" for row in sorted(there - expected, key=str))
    points = Sum("faults__points", filter=Q(faults__counts=True), default=0)
    for one in Technician.objects.annotate(points=points).exclude(promises_broken=F("points")):
        yield (
            f"technician {one.pk}: {one.promises_broken} points, the ledger of faults says "
            f"{one.points}"
        )
