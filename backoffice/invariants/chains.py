"""What must hold of evidence: hash chains, signatures, and what an erasure leaves."""

from django.db.models import Count, Exists, F, OuterRef, Q

from accounts.models import Notification
from backoffice import erasure
from backoffice.invariants.scope import Found, Ids, of
from requests_app import price_versions, statement
from requests_app.lifecycle_events import event_hash
from requests_app.models import (
    Booking,
    BookingEvent,
    LateSignature,
    Quote,
    QuoteEvent,
    QuoteStep,
    SignOff,
)

SIGNS = ("sign_off", "decide")


def chains(ids: Ids) -> Found:
    yield from _event_chain(ids)
    yield from _price_chain(ids)
    ends = (
        Count("sign_offs", distinct=True),
        Count("events", filter=Q(events__move__in=SIGNS), distinct=True),
    )
    bookings = of(Booking.objects.exclude(placed_at=None), ids, "pk").annotate(
        signed=ends[0], said=ends[1]
    )
    for booking in bookings.exclude(signed=F("said")):
        yield f"booking {booking.pk}: {booking.signed} sign-offs, and {booking.said} events say so"
    if ids is None:
        yield from _bookings_gone()


def _bookings_gone() -> Found:
    """An ordered booking was told to somebody, and that row hangs on no other. Who takes every row
    of a booking away leaves it.
    """
    there = Booking.objects.filter(uuid=OuterRef("subject_id"))
    told = Notification.objects.filter(kind="booked").exclude(Exists(there))
    for subject in told.order_by("subject_id").values_list("subject_id", flat=True).distinct():
        yield f"booking {subject} was ordered, and no row of it is left"


def _price_chain(ids: Ids) -> Found:
    previous: dict[int, QuoteEvent] = {}
    erased = erasure.remaining_hashes(QuoteEvent)
    written: dict[int, QuoteEvent] = {}
    answers: dict[int, dict[str, QuoteEvent]] = {}
    for event in of(QuoteEvent.objects.order_by("booking", "sequence"), ids):
        before = previous.get(event.booking_id)
        found = price_versions.event_hash(before.hash if before else "", event)
        stands = found == event.hash or erasure.is_left(event, found, erased)
        if not stands or event.sequence != (before.sequence if before else 0) + 1:
            yield f"booking {event.booking_id}: step {event.sequence} of its prices was altered"
        previous[event.booking_id] = event
        if event.step == QuoteStep.WRITTEN:
            written[event.quote_id] = event
        answers.setdefault(event.quote_id, {})[event.step] = event
    for booking in of(Booking.objects.exclude(placed_at=None), ids, "pk"):
        last = previous.get(booking.pk)
        if booking.quotes_hash != (last.hash if last else "") or last is None:
            yield f"booking {booking.pk}: the end of its prices is missing"
    numbers: dict[int, int] = {}
    for quote in of(Quote.objects.order_by("booking", "version"), ids):
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


def _event_chain(ids: Ids) -> Found:
    previous: dict[int, str] = {}
    erased = erasure.remaining_hashes(BookingEvent)
    for event in of(BookingEvent.objects.order_by("booking", "sequence"), ids):
        found = event_hash(previous.get(event.booking_id, ""), event)
        if found != event.hash and not erasure.is_left(event, found, erased):
            yield f"booking {event.booking_id}: event {event.sequence} was altered"
        previous[event.booking_id] = event.hash
    for pk, last in of(Booking.objects.all(), ids, "pk").values_list("pk", "events_hash"):
        if last != previous.get(pk, ""):
            yield f"booking {pk}: the end of its events is missing"


def signatures(ids: Ids) -> Found:
    for model in (SignOff, LateSignature):
        erased = erasure.remaining_hashes(model)
        for signed in of(model.objects.select_related("booking", "quote"), ids).iterator():
            found = statement.sha256(signed)
            if found != signed.sha256 and not erasure.is_left(signed, found, erased):
                yield f"booking {signed.booking_id}: its {model._meta.verbose_name} was altered"
            elif signed.quote.booking_id != signed.booking_id:
                yield f"booking {signed.booking_id}: what was signed is another's price"


def erased_people(ids: Ids) -> Found:
    if ids is None:
        yield from erasure.leftovers()
