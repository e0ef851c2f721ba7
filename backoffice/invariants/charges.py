"""What must hold of charges and of what is asked of Stripe."""

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

from backoffice.invariants.scope import Found, Ids, of
from mila.clock import mila_now
from payments.models import (
    Charge,
    ChargeKind,
    ChargeState,
    Operation,
    OperationState,
    Payout,
    PayoutState,
    StripeEvent,
)
from requests_app.models import (
    UNSIGNED,
    Assignment,
    Booking,
    BookingEvent,
    LateSignature,
    SignOff,
    SignOffKind,
    State,
    was_at_the_door,
)
from requests_app.withdrawal import is_proved


def charges(ids: Ids) -> Found:
    paid = Charge.objects.filter(state=ChargeState.SUCCEEDED)
    job = paid.filter(booking=OuterRef("pk"), kind=ChargeKind.JOB)
    bookings = of(Booking.objects.all(), ids, "pk")
    last = SignOff.objects.filter(booking=OuterRef("pk")).order_by("-pk").values("charge_cents")[:1]
    settled = bookings.annotate(total=Subquery(last)).filter(state=State.SETTLED, total__gt=0)
    for pk in settled.filter(~Exists(job)).values_list("pk", flat=True):
        yield f"booking {pk} is settled and not paid"
    for pk in (
        bookings.exclude(state=State.SETTLED).filter(Exists(job)).values_list("pk", flat=True)
    ):
        yield f"booking {pk} is paid and not settled"
    fees = of(Charge.objects.filter(kind=ChargeKind.FEE), ids).exclude(
        booking__fee_cents=F("amount_cents")
    )
    fees = fees.exclude(state=ChargeState.OBJECTED)
    yield from (
        f"charge {pk} is not the fee that was due" for pk in fees.values_list("pk", flat=True)
    )
    several = of(paid, ids).values("booking", "kind").annotate(n=Count("pk")).filter(n__gt=1)
    yield from (f"booking {row['booking']} was charged {row['n']} times" for row in several)


def amounts(ids: Ids) -> Found:
    jobs = Charge.objects.filter(kind=ChargeKind.JOB).exclude(state=ChargeState.OBJECTED)
    for charge in of(jobs, ids).select_related("booking"):
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
        for signed in of(model.objects.all(), ids).select_related("quote"):
            if signed.service_cents != signed.quote.service_cents:
                yield f"{model._meta.verbose_name} {signed.pk} differs from its quote"
    for late in of(LateSignature.objects.exclude(booking__sign_offs__kind__in=UNSIGNED), ids):
        yield f"booking {late.booking_id} was signed afterwards and not closed without a signature"


def held(ids: Ids) -> Found:
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
        of(Charge.objects.filter(kind=ChargeKind.FEE, agreed_at=None), ids)
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
        sent = of(charges_, ids).exclude(state__in=[ChargeState.HELD, ChargeState.OBJECTED])
        passed = Q(agreed_at__isnull=False) | Q(opened_at__isnull=False, held_until__lte=mila_now())
        for pk in sent.exclude(passed).values_list("pk", flat=True):
            yield f"charge {pk} was sent before the payer let it pass"
    silent = fees.filter(end="fail_visit", agreed_at=None).exclude(
        state__in=[ChargeState.HELD, ChargeState.OBJECTED]
    )
    for fee in of(silent, ids).select_related("booking"):
        if not was_at_the_door(fee.booking):
            yield (
                f"charge {fee.pk} went on by silence, and nothing shows that anybody was at the "
                f"door"
            )


def messages(ids: Ids) -> Found:
    if ids is None:
        lost = StripeEvent.objects.filter(done_at=None, next_at=None)
        yield from (
            f"event {pk} is neither done nor scheduled" for pk in lost.values_list("pk", flat=True)
        )
    waiting = [ChargeState.PLANNED, ChargeState.SENT, ChargeState.UNKNOWN]
    for pk in of(Charge.objects.filter(state__in=waiting, next_at=None), ids).values_list(
        "pk", flat=True
    ):
        yield f"charge {pk} is open and not scheduled"
    unanswered = Operation.objects.filter(state__in=[OperationState.PLANNED, OperationState.SENT])
    for operation in of(unanswered.exclude(charge=None), ids, "charge__booking").select_related(
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
