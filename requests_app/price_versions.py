"""The versions of the price: written, answered and fallen here alone, each step chained to the one
before (rule L10).

Who may do what stands in the verbs (requests_app.actions.quoting, answering); the caller holds the
booking's lock.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from catalogue.models import Package
from requests_app import deadlines
from requests_app.chain import link
from requests_app.models import (
    BY_HAND,
    Booking,
    Quote,
    QuoteEvent,
    QuoteLine,
    QuoteOrigin,
    QuoteStep,
    last_made_at,
)


@dataclass(frozen=True)
class Line:
    """One line of a version; `cents` of the whole line.

    `own`: the label is the technician's own words.
    """

    label: str
    cents: int
    package: Package | None = None
    quantity: int = 1
    own: bool = False


@dataclass(frozen=True)
class ByHand:
    """The hand that answered: the words before it, and on whose device."""

    words: str = ""
    signer: str = ""
    signature: str = ""
    device: str = ""


NO_HAND = ByHand()


@dataclass(frozen=True)
class Difference:
    """One line as it was agreed and as it would be; None where it is not there."""

    label: str
    before_cents: int | None
    after_cents: int | None

    @property
    def is_new(self) -> bool:
        return self.before_cents != self.after_cents


def agreed(booking: Booking) -> Quote:
    """The price as it is now: the last version that was accepted and stands."""
    return booking.quotes.agreed().prefetch_related("lines").latest("version")


def booked(booking: Booking) -> Quote:
    """Version 1."""
    return booking.quotes.prefetch_related("lines").earliest("version")


def proposal(booking: Booking) -> Quote | None:
    """The version that waits for the customer's answer, if one does."""
    return booking.quotes.open().prefetch_related("lines").first()


def lines_of(quote: Quote) -> list[Line]:
    return [
        Line(line.label, line.cents, line.package, line.quantity, line.in_own_words)
        for line in quote.lines.select_related("package")
    ]


def charged_from(booking: Booking) -> datetime | None:
    """Before which instant the card must not be charged, because more or other work was agreed at
    the door (law R7). None: no such rule at the order, or nothing was agreed there.

    At the door is from the arrival on; before it the customer was alone with the page.
    """
    if not booking.policy.door_payment_wait:
        return None
    arrived_at = last_made_at(booking, "arrive")
    if arrived_at is None:
        return None
    there = booking.quotes.agreed().filter(
        origin=QuoteOrigin.PARTNER, acceptance_kind__in=BY_HAND, accepted_at__gte=arrived_at
    )
    last = there.order_by("accepted_at").values_list("accepted_at", flat=True).last()
    return deadlines.door_price_from(last, booking.policy) if last else None


def differences(before: Quote, after: Quote) -> list[Difference]:
    """Line by line, in the order of the new version; what is no longer there comes last."""
    old = dict(_named(before))
    rows = [Difference(label, old.pop(label, None), cents) for label, cents in _named(after)]
    return rows + [Difference(label, cents, None) for label, cents in old.items()]


def _named(quote: Quote) -> Iterator[tuple[str, int]]:
    """Each line under its own name; the same name again is told apart by a number."""
    seen: dict[str, int] = {}
    for line in quote.lines.all():
        name = f"{line.quantity} × {line.label}" if line.quantity > 1 else line.label
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), line.cents


def write(
    booking: Booking,
    lines: Sequence[Line],
    *,
    by: User | None,
    at: datetime,
    origin: str = QuoteOrigin.PARTNER,
    duration_minutes: int | None = None,
    reason: str = "",
    key: str | None = None,
) -> Quote:
    """The next version, not accepted by anybody yet."""
    last = booking.quotes.order_by("-version").values_list("version", flat=True).first() or 0
    quote = Quote.objects.create(
        booking=booking,
        version=last + 1,
        origin=origin,
        service_cents=sum(line.cents for line in lines),
        duration_minutes=booking.duration_minutes if duration_minutes is None else duration_minutes,
        reason=reason,
        key=key,
        created_at=at,
        created_by=by,
    )
    for line in lines:
        QuoteLine.objects.create(
            quote=quote,
            label=line.label,
            package=line.package,
            quantity=line.quantity,
            cents=line.cents,
            in_own_words=line.own,
        )
    _record(
        quote, QuoteStep.WRITTEN, by=by, at=at, data=figures(quote), hand=ByHand(words=words(quote))
    )
    return quote


def accept(
    quote: Quote, kind: str, *, by: User | None, at: datetime, hand: ByHand = NO_HAND
) -> None:
    """It counts from now on."""
    quote.accepted_at, quote.acceptance_kind, quote.accepted_by_payer = at, kind, kind in BY_HAND
    quote.save(update_fields=["accepted_at", "acceptance_kind", "accepted_by_payer"])
    _record(quote, QuoteStep.ACCEPTED, by=by, at=at, kind=kind, hand=hand)


def decline(quote: Quote, *, by: User | None, at: datetime, device: str = "") -> None:
    quote.declined_at = at
    quote.save(update_fields=["declined_at"])
    _record(quote, QuoteStep.DECLINED, by=by, at=at, hand=ByHand(device=device))


def fall(quotes: Iterable[Quote], at: datetime) -> int:
    """They count no longer, and can no longer be answered.

    Answers how many of them had been accepted.
    """
    counted = 0
    for quote in quotes:
        quote.withdrawn_at = at
        quote.save(update_fields=["withdrawn_at"])
        _record(quote, QuoteStep.FELL, by=None, at=at)
        counted += quote.accepted_at is not None
    return counted


def fall_with_the_assignment(booking: Booking, at: datetime) -> int:
    """Version 1 counts again, with the packages that are in it, at its own length (rule L10).

    The caller saves that.
    """
    fallen = fall(
        booking.quotes.standing().filter(origin=QuoteOrigin.PARTNER, declined_at=None), at
    )
    if fallen:
        booking.duration_minutes = booked(booking).duration_minutes or booking.duration_minutes
    return fallen


# --- The chain


def figures(quote: Quote) -> dict[str, Any]:
    """Of a version what is no word of anybody."""
    return {
        "version": quote.version,
        "origin": quote.origin,
        "service_cents": quote.service_cents,
        "duration_minutes": quote.duration_minutes,
        "lines": [
            [line.package_id, line.quantity, line.cents, line.in_own_words]
            for line in quote.lines.order_by("pk")
        ],
    }


def words(quote: Quote) -> str:
    """Of a version its words: why, and what its lines are called."""
    return json.dumps(
        [quote.reason, *(line.label for line in quote.lines.order_by("pk"))], ensure_ascii=False
    )


def is_as_written(quote: Quote, event: QuoteEvent) -> bool:
    """Whether a version is what its step says; of an erased one the words are
    gone on both sides.
    """
    same_words = not event.words or event.words == words(quote)
    made = (quote.created_at, quote.created_by_id) == (event.at, event.by_id)
    return event.data == figures(quote) and same_words and made


def is_as_answered(quote: Quote, steps: Mapping[str, QuoteEvent]) -> bool:
    """Whether what became of it is what its steps say."""
    found = (quote.accepted_at, quote.declined_at, quote.withdrawn_at)
    said = tuple(
        steps[step].at if step in steps else None
        for step in (QuoteStep.ACCEPTED, QuoteStep.DECLINED, QuoteStep.FELL)
    )
    kind = steps[QuoteStep.ACCEPTED].kind if QuoteStep.ACCEPTED in steps else ""
    return (
        found == said
        and quote.acceptance_kind == kind
        and quote.accepted_by_payer == (kind in BY_HAND)
    )


def event_hash(previous: str, event: QuoteEvent) -> str:
    """SHA-256 over one step and the hash before it."""
    return link(
        previous,
        event.booking_id,
        event.sequence,
        event.quote_id,
        event.step,
        event.kind,
        event.by_id,
        event.at.isoformat(),
        event.data,
        event.words,
        event.signer,
        event.signature,
        event.device,
    )


def _record(
    quote: Quote,
    step: str,
    *,
    by: User | None,
    at: datetime,
    kind: str = "",
    data: dict[str, Any] | None = None,
    hand: ByHand = NO_HAND,
) -> QuoteEvent:
    """One more link; the booking keeps the last one, so that a chain without its end is found."""
    booking = quote.booking
    chain = (
        QuoteEvent.objects.filter(booking=booking)
        .order_by("-sequence")
        .values_list("sequence", "hash")
    )
    last, last_hash = chain.first() or (0, "")
    event = QuoteEvent(
        booking=booking,
        quote=quote,
        sequence=last + 1,
        step=step,
        kind=kind,
        by=by,
        at=at,
        data=data or {},
        words=hand.words,
        signer=hand.signer,
        signature=hand.signature,
        device=hand.device,
    )
    event.hash = event_hash(last_hash, event)
    event.save(force_insert=True)
    booking.quotes_hash = event.hash
    Booking.objects.filter(pk=booking.pk).update(quotes_hash=event.hash)
    return event
