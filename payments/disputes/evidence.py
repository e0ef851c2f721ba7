"""The evidence pack: what the booking itself says, in words a bank reads; no name, no address, no
telephone (law R17).

The bank knows its customer. What it lacks is that the visit took place, what was agreed, and who
signed.
"""

from collections.abc import Iterator

from django.utils import translation

from mila.formats import moment, money
from payments.models import Charge
from requests_app.models import Booking, CallAttempt, QuoteStep

LONGEST = 20_000  # characters of a field that a bank will read; Stripe takes 150,000 in all
LANGUAGE = "en"


def pack(charge: Charge, words: str = "") -> dict[str, str]:
    """Stripe's fields. `words`: what our staff add for the bank."""
    booking = charge.booking
    with translation.override(LANGUAGE):
        found = {
            "product_description": _what(booking, charge),
            "service_date": moment(booking.finished_at or booking.start_at, booking.timezone),
            "access_activity_log": "\n".join(_log(booking)),
            "cancellation_policy_disclosure": _terms(booking),
            "refund_policy_disclosure": _refunds(charge),
            "uncategorized_text": "\n\n".join(
                part for part in (words, *_signatures(booking)) if part
            ),
        }
    return {name: text[:LONGEST] for name, text in found.items() if text}


def _what(booking: Booking, charge: Charge) -> str:
    price = money(charge.amount_cents, charge.currency)
    return (
        f"{booking.service.name}, technical help at the customer's home, booking {booking.number}, "
        f"{price}."
    )


def _log(booking: Booking) -> Iterator[str]:
    """Every step with its instant, by role: the booking's own, and the prices that were agreed."""
    steps = [
        (event.at, f"{event.move.replace('_', ' ')} ({event.role})")
        for event in booking.events.all()
    ]
    calls = CallAttempt.objects.filter(assignment__booking=booking)
    steps += [(call.at, f"telephone call, reached: {call.reached}") for call in calls]
    for quote in booking.quotes.all():
        price = money(quote.service_cents, booking.currency)
        steps += [
            (event.at, f"price version {quote.version}, {price}: {event.step}")
            for event in quote.events.exclude(step=QuoteStep.WRITTEN)
        ]
    for at, said in sorted(steps, key=lambda one: one[0]):
        yield f"{moment(at, booking.timezone)}: {said}"


def _signatures(booking: Booking) -> Iterator[str]:
    for signed in booking.sign_offs.all():
        at = moment(signed.signed_at, booking.timezone)
        total = money(signed.charge_cents, signed.currency)
        yield (
            f"Signed off {at} ({signed.get_kind_display()}), {total}, statement SHA-256 "
            f"{signed.sha256}."
        )
    for door in booking.assignments.filter(code_typed_at__isnull=False):
        at = moment(door.code_typed_at, booking.timezone)
        yield f"At the door the customer told the technician their visit code; it was typed {at}."


def _terms(booking: Booking) -> str:
    fee = money(booking.policy.cancel_fee_cents[booking.currency], booking.currency)
    hours = round(booking.policy.cancel_free_lead.total_seconds() / 3600)
    return (
        f"Shown before the order: cancelling is free until {hours} hours before the start, then it "
        f"costs {fee}."
    )


def _refunds(charge: Charge) -> str:
    back = money(charge.refunded_cents, charge.currency)
    return (
        f"Refunded so far: {back}. The receipt says until when the customer may say that something "
        f"is not right."
    )
