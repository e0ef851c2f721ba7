"""What must always hold, as questions to the database (invariant I1-I14).

Each answers its violations.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum

from accounts.models import CalendarEntry, Notification, NotificationState, SkillSearch, Technician
from accounts.search import SCORED, expected_rows, policies
from backoffice import erasure, paper_checks, return_faults
from catalogue.money import ceiling
from dispatch.models import Offer, OfferState
from mila.clock import mila_now
from payments.ledger import way_key
from payments.models import (
    Account,
    Charge,
    ChargeKind,
    ChargeState,
    Earning,
    LedgerEntry,
    Operation,
    OperationState,
    Payout,
    PayoutState,
    StripeEvent,
    WayPay,
)
from places.place import Country
from requests_app import deadlines, price_versions, statement
from requests_app.lifecycle import MOVES, event_hash
from requests_app.models import (
    BY_THE_PAYER,
    ENDED,
    HAS_PARTNER,
    UNSIGNED,
    Assignment,
    Booking,
    BookingEvent,
    Clock,
    ContactAccess,
    LateSignature,
    Quote,
    QuoteEvent,
    QuoteStep,
    SignOff,
    SignOffKind,
    State,
    was_at_the_door,
)
from requests_app.withdrawal import is_proved

SLACK = timedelta(minutes=2)
SIGNS = ("sign_off", "decide")

Found = Iterator[str]
Invariant = Callable[[list[int] | None], Found]
INVARIANTS: dict[str, tuple[str, Invariant]] = {}


def invariant(name: str, sentence: str):
    def register(function: Invariant) -> Invariant:
        INVARIANTS[name] = (sentence, function)
        return function

    return register


def violations(booking_ids: list[int] | None = None) -> dict[str, list[str]]:
    """Every broken invariant with what breaks it; empty when all is well. None: all bookings."""
    found = {name: list(check(booking_ids)) for name, (_sentence, check) in INVARIANTS.items()}
    return {name: rows for name, rows in found.items() if rows}


def _of(queryset, ids: list[int] | None, column: str = "booking"):
    return queryset if ids is None else queryset.filter(**{f"{column}__in": ids})


@invariant(
    "I1", "At most one running assignment per booking, and exactly one while it has a partner"
)
def assignments(ids):
    running = Assignment.objects.filter(booking=OuterRef("pk"), ended_at=None)
    bookings = _of(Booking.objects.all(), ids, "pk")
    for pk in (
        bookings.filter(state__in=HAS_PARTNER).filter(~Exists(running)).values_list("pk", flat=True)
    ):
        yield f"booking {pk} has a partner and no assignment"
    for pk in (
        bookings.exclude(state__in=HAS_PARTNER).filter(Exists(running)).values_list("pk", flat=True)
    ):
        yield f"booking {pk} has an assignment and no partner"
    for assignment in _of(Assignment.objects.filter(ended_at=None), ids).select_related("booking"):
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


@invariant(
    "I2",
    "A settled booking above zero has exactly one paid charge; an ended one only the fee that was "
    "due",
)
def charges(ids):
    paid = Charge.objects.filter(state=ChargeState.SUCCEEDED)
    job = paid.filter(booking=OuterRef("pk"), kind=ChargeKind.JOB)
    bookings = _of(Booking.objects.all(), ids, "pk")
    last = SignOff.objects.filter(booking=OuterRef("pk")).order_by("-pk").values("charge_cents")[:1]
    settled = bookings.annotate(total=Subquery(last)).filter(state=State.SETTLED, total__gt=0)
    for pk in settled.filter(~Exists(job)).values_list("pk", flat=True):
        yield f"booking {pk} is settled and not paid"
    for pk in (
        bookings.exclude(state=State.SETTLED).filter(Exists(job)).values_list("pk", flat=True)
    ):
        yield f"booking {pk} is paid and not settled"
    fees = _of(Charge.objects.filter(kind=ChargeKind.FEE), ids).exclude(
        booking__fee_cents=F("amount_cents")
    )
    fees = fees.exclude(state=ChargeState.OBJECTED)
    yield from (
        f"charge {pk} is not the fee that was due" for pk in fees.values_list("pk", flat=True)
    )
    several = _of(paid, ids).values("booking", "kind").annotate(n=Count("pk")).filter(n__gt=1)
    yield from (f"booking {row['booking']} was charged {row['n']} times" for row in several)


@invariant("I3", "Charge = frozen total; commission + partner's share = service price")
def amounts(ids):
    jobs = Charge.objects.filter(kind=ChargeKind.JOB).exclude(state=ChargeState.OBJECTED)
    for charge in _of(jobs, ids).select_related("booking"):
        frozen = charge.booking.sign_offs.last()
        if frozen is None:
            yield f"charge {charge.pk} is for a job nobody signed"
            continue
        shares = (
            charge.amount_cents,
            charge.commission_cents,
            charge.partner_cents,
            charge.currency,
        )
        if shares != (
            frozen.charge_cents,
            frozen.commission_cents,
            frozen.partner_cents,
            frozen.currency,
        ):
            yield f"charge {charge.pk} differs from what was signed"
    for model in (SignOff, LateSignature):
        for frozen in _of(model.objects.all(), ids).select_related("quote"):
            if frozen.service_cents != frozen.quote.service_cents:
                yield f"{model._meta.verbose_name} {frozen.pk} differs from its quote"
    for late in _of(LateSignature.objects.exclude(booking__sign_offs__kind__in=UNSIGNED), ids):
        yield f"booking {late.booking_id} was signed afterwards and not closed without a signature"


@invariant(
    "held",
    "Without the visit code a signature on the partner's screen charges only what the payer let "
    "pass",
)
def held(ids):
    met = Assignment.objects.filter(
        booking=OuterRef("booking"), ended_at=None, code_typed_at__isnull=False
    )
    last = SignOff.objects.filter(booking=OuterRef("booking")).order_by("-pk").values("kind")[:1]
    jobs = Charge.objects.filter(kind=ChargeKind.JOB).annotate(end=Subquery(last), met=Exists(met))
    fees = Charge.objects.filter(kind=ChargeKind.FEE, booking__state=State.FAILED).annotate(
        end=Subquery(
            BookingEvent.objects.filter(booking=OuterRef("booking"))
            .order_by("-sequence")
            .values("move")[:1]
        )
    )
    asks = [jobs.filter(end=SignOffKind.SCREEN, met=False), fees.filter(end="fail_visit")]
    for fee in (
        _of(Charge.objects.filter(kind=ChargeKind.FEE, agreed_at=None), ids)
        .filter(
            booking__state=State.CANCELLED,
            booking__events__move="withdraw",
        )
        .exclude(state__in=[ChargeState.HELD, ChargeState.OBJECTED])
        .select_related("booking")
    ):
        if not is_proved(fee.booking):
            yield f"charge {fee.pk} for a withdrawal rests on a word, and nobody agreed to it"
    for charges_ in asks:
        sent = _of(charges_, ids).exclude(state__in=[ChargeState.HELD, ChargeState.OBJECTED])
        passed = Q(agreed_at__isnull=False) | Q(opened_at__isnull=False, held_until__lte=mila_now())
        for pk in sent.exclude(passed).values_list("pk", flat=True):
            yield f"charge {pk} was sent before the payer let it pass"
    silent = fees.filter(end="fail_visit", agreed_at=None).exclude(
        state__in=[ChargeState.HELD, ChargeState.OBJECTED]
    )
    for fee in _of(silent, ids).select_related("booking"):
        if not was_at_the_door(fee.booking):
            yield (
                f"charge {fee.pk} went on by silence, and nothing shows that anybody was at the "
                f"door"
            )


@invariant(
    "L10",
    "Nothing above what the payer accepted is signed or charged, and nothing above the ceiling "
    "accepted",
)
def accepted_prices(ids):
    accepted: dict[int, list[int]] = {}
    for quote in _of(
        Quote.objects.exclude(accepted_at=None).order_by("accepted_at", "version"), ids
    ).select_related("booking"):
        before = accepted.setdefault(quote.booking_id, [])
        if quote.acceptance_kind not in BY_THE_PAYER and quote.service_cents > max(
            before, default=0
        ):
            yield f"booking {quote.booking_id}: version {quote.version} rose without the payer"
        if quote.service_cents > ceiling(
            quote.booking.service_cents, quote.booking.policy.ceiling_percent
        ):
            yield f"booking {quote.booking_id}: version {quote.version} is above the ceiling"
        before.append(quote.service_cents)
    for one in _of(SignOff.objects.filter(quote__accepted_at=None), ids):
        yield f"booking {one.booking_id}: a version nobody accepted was signed"


@invariant("I4", "The ledger sums to zero per entry and currency, and holds each paid charge")
def ledger(ids):
    entries = (
        LedgerEntry.objects.values("entry", "currency")
        .annotate(total=Sum("cents"))
        .exclude(total=0)
    )
    yield from (f"entry {row['entry']} leaves {row['total']} {row['currency']}" for row in entries)
    for charge in _of(Charge.objects.filter(state=ChargeState.SUCCEEDED), ids).annotate(
        booked=Sum("ledger__cents", filter=Q(ledger__account="stripe"))
    ):
        if charge.booked != charge.amount_cents:
            yield f"charge {charge.pk}: {charge.booked} in the ledger, {charge.amount_cents} paid"


@invariant("way", "Mila pays a way once, in all, where a visit was in vain and no customer pays it")
def paid_ways(ids):
    lines = LedgerEntry.objects.filter(account=Account.MILA).exclude(
        Q(key__startswith="refund-") | Q(key__startswith="dispute-")
    )
    for way in _of(WayPay.objects.filter(cents__isnull=False).select_related("booking"), ids):
        booking, amount = way.booking, way.booking.policy.cancel_fee_cents[way.booking.currency]
        booked = {
            line.account: (line.cents, line.partner_id)
            for line in LedgerEntry.objects.filter(key=way_key(way))
        }
        due = (
            {"mila": (way.cents, None), "partner": (-way.cents, way.partner_id)}
            if way.cents
            else {}
        )
        if booked != due:
            yield f"booking {booking.pk}: its way stands otherwise in the ledger"
        if way.cents not in (0, amount) or booking.state != State.FAILED or booking.fee_cents:
            yield f"booking {booking.pk}: Mila paid a way that was not Mila's to pay"
        lines = lines.exclude(key=way_key(way))
    yield from (
        f"ledger line {pk} pays no way" for pk in _of(lines, ids).values_list("pk", flat=True)
    )


@invariant(
    "I6",
    "A payout takes what is paid, free and not frozen, once, is its sum, and left as the ledger "
    "says",
)
def paid_out(ids):
    yield from (f"payout {pk}: {words}" for pk, words in _payout_faults(ids))
    held = Q(free_at__gt=F("payout__created_at"), cents__gt=0) | Q(frozen_at__isnull=False)
    unpaid = Q(charge__isnull=False) & ~Q(charge__state=ChargeState.SUCCEEDED)
    early = Earning.objects.exclude(payout=None).filter(held | unpaid)
    yield from (
        f"earning {pk} was paid out too early"
        for pk in _of(early, ids).values_list("pk", flat=True)
    )


def _payout_faults(ids):
    payouts = Payout.objects.prefetch_related("earnings")
    for payout in payouts if ids is None else payouts.filter(earnings__booking__in=ids).distinct():
        shares = list(payout.earnings.all())
        over = payout.state in (PayoutState.FAILED, PayoutState.DROPPED)
        if (over and shares) or (not over and sum(one.cents for one in shares) != payout.cents):
            yield payout.pk, "is not the sum of its shares"
        if (
            len(
                {(one.partner_id, one.currency) for one in shares}
                | {(payout.partner_id, payout.currency)}
            )
            != 1
        ):
            yield payout.pk, "holds a share of somebody else, or of another currency"
        left = LedgerEntry.objects.filter(
            key__startswith=f"payout-{payout.pk}-", account=Account.PARTNER
        )
        booked = left.aggregate(cents=Sum("cents"))["cents"] or 0
        if booked != (
            payout.cents if payout.state in (PayoutState.ON_ITS_WAY, PayoutState.PAID) else 0
        ):
            yield payout.pk, f"{booked} in the ledger"


@invariant(
    "earned",
    "Each share of a partner is earned once, and what the ledger owes them is what is not paid out",
)
def earned(ids):
    paid = Charge.objects.filter(
        state=ChargeState.SUCCEEDED, partner__isnull=False, partner_cents__gt=0
    )
    for charge in _of(paid, ids).exclude(earning__cents=F("partner_cents")):
        yield f"charge {charge.pk} has brought the partner nothing, or something else"
    for way in _of(WayPay.objects.filter(cents__gt=0), ids).exclude(earning__cents=F("cents")):
        yield (
            f"the way of booking {way.booking_id} has brought the partner nothing, or something "
            f"else"
        )
    gone = Q(payout__state__in=[PayoutState.ON_ITS_WAY, PayoutState.PAID])
    here = (
        _of(Earning.objects.exclude(gone), ids)
        .values("booking", "partner")
        .annotate(cents=Sum("cents"))
    )
    owed = _of(LedgerEntry.objects.filter(account=Account.PARTNER), ids).values(
        "booking", "partner"
    )
    rests = {(row["booking"], row["partner"]): row["cents"] for row in here.order_by()}
    for row in owed.annotate(cents=Sum("cents")).order_by():
        if -row["cents"] != rests.get((row["booking"], row["partner"]), 0):
            yield (
                f"booking {row['booking']}: the ledger owes partner {row['partner']} "
                f"{-row['cents']}"
            )


@invariant("refunds", "Never more goes back than was paid, and each bears exactly their part of it")
def refunds(ids):
    yield from return_faults.of_refunds(ids)


@invariant(
    "disputes",
    "What a bank contests is in the ledger as it moved, and nothing of it is paid out meanwhile",
)
def disputes(ids):
    yield from return_faults.of_disputes(ids)


@invariant(
    "I7", "Every state is the last event's, and every event a row of the table, in unbroken order"
)
def events(ids):
    last: dict[int, str] = {}
    sequence: dict[int, int] = {}
    for event in _of(BookingEvent.objects.order_by("booking", "sequence"), ids):
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
    for pk, state in _of(Booking.objects.all(), ids, "pk").values_list("pk", "state"):
        if state != last.get(pk, State.DRAFT):
            yield f"booking {pk} is {state}, its last event says {last.get(pk)}"


@invariant("I8", "No clock is overdue by more than two minutes")
def clocks(ids):
    limit = mila_now() - SLACK
    for pk in _of(Booking.objects.filter(due_at__lt=limit), ids, "pk").values_list("pk", flat=True):
        yield f"booking {pk} is overdue"
    for pk in _of(Clock.objects.filter(done_at=None, due_at__lt=limit), ids).values_list(
        "pk", flat=True
    ):
        yield f"clock {pk} is overdue"
    for pk in _of(
        Offer.objects.filter(state=OfferState.OPEN, expires_at__lt=limit), ids
    ).values_list("pk", flat=True):
        yield f"offer {pk} is overdue"
    for pk in _of(
        Booking.objects.filter(state__in=ENDED, due_at__isnull=False), ids, "pk"
    ).values_list("pk", flat=True):
        yield f"booking {pk} has ended and its clock runs"


@invariant(
    "I9", "Every message from Stripe is done or scheduled, every call to it answered or scheduled"
)
def messages(ids):
    if ids is None:
        lost = StripeEvent.objects.filter(done_at=None, next_at=None)
        yield from (
            f"event {pk} is neither done nor scheduled" for pk in lost.values_list("pk", flat=True)
        )
    waiting = [ChargeState.PLANNED, ChargeState.SENT, ChargeState.UNKNOWN]
    for pk in _of(Charge.objects.filter(state__in=waiting, next_at=None), ids).values_list(
        "pk", flat=True
    ):
        yield f"charge {pk} is open and not scheduled"
    unanswered = Operation.objects.filter(state__in=[OperationState.PLANNED, OperationState.SENT])
    for operation in _of(unanswered.exclude(charge=None), ids, "charge__booking").select_related(
        "charge"
    ):
        if operation.charge.state != ChargeState.SUCCEEDED and operation.charge.next_at is None:
            yield f"operation {operation.pk} has no answer and is not scheduled"
    moving = [PayoutState.PLANNED, PayoutState.SENT, PayoutState.UNKNOWN, PayoutState.ON_ITS_WAY]
    silent = Payout.objects.filter(state__in=moving, next_at=None)
    silent = silent if ids is None else silent.filter(earnings__booking__in=ids)
    yield from (
        f"payout {pk} is open and not scheduled" for pk in silent.values_list("pk", flat=True)
    )


@invariant("I10", "Every notice is sent, scheduled, or shown to staff as failed")
def notices(ids):
    lost = Notification.objects.filter(state=NotificationState.QUEUED, due_at=None)
    if ids is not None:
        lost = lost.filter(subject_id__in=Booking.objects.filter(pk__in=ids).values("uuid"))
    yield from (
        f"notice {pk} is queued and not scheduled" for pk in lost.values_list("pk", flat=True)
    )


@invariant(
    "I11",
    "Every look at contact data lies inside that partner's assignment, at most 7 days after the "
    "sign-off",
)
def accesses(ids):
    for access in _of(ContactAccess.objects.exclude(partner=None).select_related("booking"), ids):
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


@invariant(
    "I12",
    "Papers are numbered without gaps, unchanged since they were issued, and add up to what was "
    "charged",
)
def papers(ids):
    yield from paper_checks.found(ids)


@invariant(
    "I13",
    "The hash chains of each booking's events and prices are unbroken, from the first to the last",
)
def chains(ids):
    yield from _event_chain(ids)
    yield from _price_chain(ids)
    ends = (
        Count("sign_offs", distinct=True),
        Count("events", filter=Q(events__move__in=SIGNS), distinct=True),
    )
    bookings = _of(Booking.objects.exclude(placed_at=None), ids, "pk").annotate(
        signed=ends[0], said=ends[1]
    )
    for booking in bookings.exclude(signed=F("said")):
        yield f"booking {booking.pk}: {booking.signed} sign-offs, and {booking.said} events say so"
    if ids is None:
        yield from _bookings_gone()


def _bookings_gone():
    """An ordered booking was told to somebody, and that row hangs on no other. Who takes every row
    of a booking away leaves it.
    """
    there = Booking.objects.filter(uuid=OuterRef("subject_id"))
    told = Notification.objects.filter(kind="booked").exclude(Exists(there))
    for subject in told.order_by("subject_id").values_list("subject_id", flat=True).distinct():
        yield f"booking {subject} was ordered, and no row of it is left"


def _price_chain(ids):
    previous: dict[int, QuoteEvent] = {}
    erased = erasure.remaining_hashes(QuoteEvent)
    written: dict[int, QuoteEvent] = {}
    answers: dict[int, dict[str, QuoteEvent]] = {}
    for event in _of(QuoteEvent.objects.order_by("booking", "sequence"), ids):
        before = previous.get(event.booking_id)
        found = price_versions.event_hash(before.hash if before else "", event)
        stands = found == event.hash or erasure.is_left(event, found, erased)
        if not stands or event.sequence != (before.sequence if before else 0) + 1:
            yield f"booking {event.booking_id}: step {event.sequence} of its prices was altered"
        previous[event.booking_id] = event
        if event.step == QuoteStep.WRITTEN:
            written[event.quote_id] = event
        answers.setdefault(event.quote_id, {})[event.step] = event
    for booking in _of(Booking.objects.exclude(placed_at=None), ids, "pk"):
        last = previous.get(booking.pk)
        if booking.quotes_hash != (last.hash if last else "") or last is None:
            yield f"booking {booking.pk}: the end of its prices is missing"
    numbers: dict[int, int] = {}
    for quote in _of(Quote.objects.order_by("booking", "version"), ids):
        numbers[quote.booking_id] = numbers.get(quote.booking_id, 0) + 1
        event = written.get(quote.pk)
        if (
            quote.version != numbers[quote.booking_id]
            or event is None
            or not price_versions.is_as_written(quote, event)
        ):
            yield f"booking {quote.booking_id}: version {quote.version} of its price was altered"
        elif not price_versions.is_as_answered(quote, answers[quote.pk]):
            yield f"booking {quote.booking_id}: the answer to version {quote.version} was altered"


def _event_chain(ids):
    previous: dict[int, str] = {}
    erased = erasure.remaining_hashes(BookingEvent)
    for event in _of(BookingEvent.objects.order_by("booking", "sequence"), ids):
        found = event_hash(previous.get(event.booking_id, ""), event)
        if found != event.hash and not erasure.is_left(event, found, erased):
            yield f"booking {event.booking_id}: event {event.sequence} was altered"
        previous[event.booking_id] = event.hash
    for pk, last in _of(Booking.objects.all(), ids, "pk").values_list("pk", "events_hash"):
        if last != previous.get(pk, ""):
            yield f"booking {pk}: the end of its events is missing"


@invariant("I14", "Of an erased person nothing is left but what the law keeps")
def erased_people(ids):
    if ids is None:
        yield from erasure.leftovers()


@invariant(
    "L12",
    "The SHA-256 of each signature is that of what was frozen with it, or of what an erasure has "
    "left",
)
def signatures(ids):
    for model in (SignOff, LateSignature):
        erased = erasure.remaining_hashes(model)
        for signed in _of(model.objects.select_related("booking", "quote"), ids).iterator():
            found = statement.sha256(signed)
            if found != signed.sha256 and not erasure.is_left(signed, found, erased):
                yield f"booking {signed.booking_id}: its {model._meta.verbose_name} was altered"
            elif signed.quote.booking_id != signed.booking_id:
                yield f"booking {signed.booking_id}: what was signed is another's price"


@invariant(
    "search",
    "What the search reads of a technician is what their own rows and the ledger of faults say",
)
def search_rows(ids):
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
