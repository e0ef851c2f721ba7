"""What the pages of offers show, before the claim: no name, no street, no exact point
(rule D8, fault A2).
"""

import math
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.models import CalendarEntry, Technician
from catalogue.money import split
from dispatch import eligibility, matching, offers
from dispatch.models import MAY_BE_OFFERED, Offer, OfferState
from dispatch.offers import reserving
from mila.formats import clock_time, day
from partner import offer_wording
from places.calendar import instant, wall_time
from places.distance import METRES_PER_DEGREE, rounded_km
from policy.queries import policy_at
from requests_app import caps
from requests_app.models import OFFERED, Booking, State, Wish

CANDIDATES = 200  # bookings near them that are looked at
# jobs of others they may be in reserve for: their own reserves first, then the nearest start
RESERVES = 20
STRIP_OPENS, STRIP_CLOSES, STRIP_WIDE = 8, 20, 350


@dataclass(frozen=True)
class Bar:
    """A piece of the day strip, in its own units."""

    x: float
    width: float


@dataclass(frozen=True)
class Choice:
    """A wish they are free for, with their other things of that day beside it."""

    rank: int
    start_at: datetime
    day: date
    this: Bar
    others: list[Bar]
    words: str


@dataclass(frozen=True)
class OfferCard:
    """One offer as seen now. `display_state`: live, queued, open, used, declined, closed, taken,
    reserve or mine.

    `may_reserve`: it is taken, and they may be in reserve (rule L2).
    """

    offer: Offer
    booking: Booking
    display_state: str
    now: datetime
    partner_cents: int
    km: int
    seconds: int
    held: bool = False
    may_reserve: bool = False
    choices: list[Choice] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return self.display_state == "live"

    @property
    def is_open(self) -> bool:
        return self.display_state == "open"

    @property
    def in_reserve(self) -> bool:
        return self.display_state == "reserve"

    @property
    def head(self) -> str:
        return str(offer_wording.DISPLAY_STATES[self.display_state].head)

    @property
    def text(self) -> str:
        words = offer_wording.DISPLAY_STATES[self.display_state]
        return str(words.held_text if self.held and words.held_text else words.text)


@dataclass(frozen=True)
class OpenJob:
    """A booking they may tap (rule D5, D6). `held`: a colleague is looking at it; `queued`: they
    are next in line.

    `reserve`: they were in reserve while it was taken (rule L2).
    """

    booking: Booking
    starts: list[datetime]
    km: int
    partner_cents: int
    held: bool
    queued: bool
    used: bool
    reserve: bool


@dataclass(frozen=True)
class ReserveJob:
    """Somebody else's booking: they are in reserve for it (`kept`), or may be (rule L2).

    `taken`: not lost yet.
    """

    booking: Booking
    starts: list[datetime]
    km: int
    partner_cents: int
    kept: bool
    taken: bool


def live_offer(technician: Technician, at: datetime) -> Offer | None:
    """The window that is theirs now. One query."""
    return Offer.objects.filter(
        technician=technician, state=OfferState.OPEN, expires_at__gt=at
    ).first()


def partner_cents(booking: Booking, technician: Technician) -> int:
    """What stays with the technician's partner of the booked price (rule M2, M3, D8)."""
    rate = booking.policy.commission_bp[technician.partner.kind]
    return split(booking.service_cents, rate, booking.booking_fee_cents).partner_cents


def offer_card(offer: Offer, at: datetime) -> OfferCard:
    """The full-screen card of their own offer, whatever became of it. At most five queries."""
    booking, technician = offer.booking, offer.technician
    display_state = _display_state(offer, at)
    reserve = reserve_jobs(technician, at, of=booking) if display_state == "taken" else []
    kept = any(job.kept for job in reserve)
    window = booking.policy.offer_window + technician.window_extra
    return OfferCard(
        offer=offer,
        booking=booking,
        display_state="reserve" if kept else display_state,
        now=at,
        partner_cents=partner_cents(booking, technician),
        km=rounded_km(offer.distance_m),
        seconds=int(window.total_seconds()),
        held=display_state == "open"
        and _windows(booking.pk).exclude(technician=technician).exists(),
        may_reserve=bool(reserve) and not kept,
        choices=_choices(offer) if display_state == "live" else [],
    )


def open_jobs(technician: Technician, at: datetime) -> list[OpenJob]:
    """What they may ask for now, the nearest start first. Five queries, whatever their number."""
    near = _near(technician, at)
    fitting = matching.fitting_bookings(technician.pk, [booking.pk for booking in near], at)
    own = list(
        Offer.objects.filter(technician=technician, booking__in=fitting, search__ended_at=None)
        .exclude(state=OfferState.WITHDRAWN)
        .values_list("booking_id", "state", "own_tap")
    )
    jobs = []
    for booking in near:
        candidate = fitting.get(booking.pk)
        if candidate is None or offers.in_quiet_hours(booking, technician, at):
            continue
        mine = [(state, own_tap) for pk, state, own_tap in own if pk == booking.pk]
        starts = [wish.start_at for wish in booking.wishes.all() if wish.rank in candidate.wishes]
        jobs.append(
            OpenJob(
                booking=booking,
                starts=starts,
                km=rounded_km(candidate.distance_m),
                partner_cents=partner_cents(booking, technician),
                held=booking.held,  # type: ignore[attr-defined]  # annotated
                queued=any(state == OfferState.QUEUED for state, _own in mine),
                used=sum(own_tap for _state, own_tap in mine) >= booking.policy.own_windows_max,
                reserve=candidate.reserve,
            )
        )
    return jobs


def reserve_jobs(
    technician: Technician, at: datetime, *, of: Booking | None = None
) -> list[ReserveJob]:
    """What they are in reserve for, then what they may be (rule L2); of one booking or of all.

    Two queries, whatever their number.
    """
    kept = Offer.objects.in_reserve().filter(booking=OuterRef("booking"), technician=technician)
    asked = (
        reserving.last_offers(technician.pk, at)
        .annotate(kept=Exists(kept))
        .filter(
            Q(kept=True, booking__state__in=MAY_BE_OFFERED) | Q(booking__state__in=reserving.TAKEN),
            booking__last_start_at__gt=at,
        )
        .select_related("booking__service")
        .prefetch_related("booking__wishes")
        .order_by("-kept", "booking__first_start_at", "pk")
    )
    if of is not None:
        asked = asked.filter(booking=of)
    return [
        ReserveJob(
            booking=offer.booking,
            starts=_starts(offer.booking),
            km=rounded_km(offer.distance_m),
            partner_cents=partner_cents(offer.booking, technician),
            kept=offer.kept,
            taken=offer.booking.technician_id is not None,
        )
        for offer in asked[:RESERVES]
        if not reserving.is_too_late(offer.booking, at)
    ]


def _starts(booking: Booking) -> list[datetime]:
    """The agreed start, else the wishes in their order."""
    return (
        [booking.start_at] if booking.start_at else [wish.start_at for wish in booking.wishes.all()]
    )


def _near(technician: Technician, at: datetime) -> list[Booking]:
    """Bookings of their skills within reach that stand in a pool or were offered to them in the
    running search.
    """
    reach = (technician.radius_m + eligibility.VAGUE_M) / METRES_PER_DEGREE
    wide = reach / math.cos(math.radians(technician.lat))
    mine = Offer.objects.filter(booking=OuterRef("pk"), technician=technician)
    return list(
        Booking.objects.filter(
            Q(searches__pool_at__isnull=False) | Exists(mine),
            state__in=OFFERED,
            searches__ended_at=None,
            last_start_at__gt=at,
            service__skill__in=technician.skills.values("skill"),
            contact__lat__range=(technician.lat - reach, technician.lat + reach),
            contact__lon__range=(technician.lon - wide, technician.lon + wide),
        )
        .exclude(technician=technician)
        .annotate(held=Exists(_windows(OuterRef("pk")).exclude(technician=technician)))
        .select_related("service")
        .prefetch_related("wishes", "assignments")
        .order_by("first_start_at", "pk")
        .distinct()[:CANDIDATES]
    )


def _windows(booking_id):
    return Offer.objects.filter(booking=booking_id, state=OfferState.OPEN)


def _display_state(offer: Offer, at: datetime) -> str:
    booking = offer.booking
    if booking.technician_id == offer.technician_id and booking.state != State.UNCONFIRMED:
        return "mine"
    if booking.state not in OFFERED:
        return "taken" if booking.technician_id else "closed"
    if offer.state == OfferState.OPEN and offer.epoch == booking.epoch and at < offer.expires_at:
        return "live"
    if offer.state in (OfferState.QUEUED, OfferState.DECLINED):
        return str(offer.state)
    if booking.pk not in matching.fitting_bookings(offer.technician_id, [booking.pk], at):
        return "closed"
    taps = Offer.objects.filter(
        booking=booking, technician_id=offer.technician_id, search__ended_at=None, own_tap=True
    ).exclude(state=OfferState.WITHDRAWN)
    return "used" if taps.count() >= booking.policy.own_windows_max else "open"


def _choices(offer: Offer) -> list[Choice]:
    """The wishes, the asked one first, each with the strip of its day. Two queries."""
    booking = offer.booking
    starts = dict(Wish.objects.filter(booking=booking).values_list("rank", "start_at"))
    wishes = [(rank, starts[rank]) for rank in offer.wishes if rank in starts]
    if not wishes:
        return []
    zone = booking.timezone
    days = [wall_time(start, zone).date() for _rank, start in wishes]
    begin, end = _edges(min(days), zone)[0], _edges(max(days), zone)[1]
    entries = CalendarEntry.objects.filter(
        technician=offer.technician, during__overlap=DateTimeTZRange(begin, end)
    )
    spans = sorted((one.during.lower, one.during.upper) for one in entries)
    length = timedelta(minutes=booking.duration_minutes)
    return [_choice(rank, start, start + length, spans, zone) for rank, start in wishes]


def _choice(
    rank: int, start: datetime, end: datetime, spans: list[tuple[datetime, datetime]], zone: str
) -> Choice:
    that_day = wall_time(start, zone).date()
    begins, ends = _edges(that_day, zone)
    others = [
        (max(lower, begins), min(upper, ends))
        for lower, upper in spans
        if lower < ends and upper > begins
    ]
    said = [
        _("something from %(start)s to %(end)s")
        % {"start": clock_time(lower, zone), "end": clock_time(upper, zone)}
        for lower, upper in others
    ]
    this = _("this job from %(start)s to %(end)s") % {
        "start": clock_time(start, zone),
        "end": clock_time(end, zone),
    }
    return Choice(
        rank=rank,
        start_at=start,
        day=that_day,
        this=_bar(start, end, begins),
        others=[_bar(lower, upper, begins) for lower, upper in others],
        words=f"{day(that_day)}: {', '.join([*said, this])}.",
    )


def _edges(that_day: date, zone: str) -> tuple[datetime, datetime]:
    """The strip of a day, as instants."""
    return (
        instant(datetime.combine(that_day, time(STRIP_OPENS)), zone),
        instant(datetime.combine(that_day, time(STRIP_CLOSES)), zone),
    )


def _bar(start: datetime, end: datetime, begins: datetime) -> Bar:
    scale = STRIP_WIDE / ((STRIP_CLOSES - STRIP_OPENS) * 60)
    left = min(max(0.0, (start - begins).total_seconds() / 60 * scale), STRIP_WIDE)
    right = min(max(left, (end - begins).total_seconds() / 60 * scale), STRIP_WIDE)
    return Bar(round(left, 1), round(right - left, 1))


def why_paused(technician: Technician, at: datetime) -> str:
    """What the technician reads in place of offers once a cap is reached
    (fault A4); else nothing.
    """
    policy = policy_at(at, technician.partner.country)
    return str(caps.Paused.sentence) if caps.is_paused(technician.pk, policy, at) else ""
