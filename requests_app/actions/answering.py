"""The customer's answer to another price: by their own link, or on the technician's phone with a
number (rule L10).
"""

from datetime import timedelta
from enum import StrEnum

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from requests_app import notices, price_versions
from requests_app.actions.assigning import is_free
from requests_app.actions.quoting import NoTimeLeft, above_ceiling, longer, needs_bank
from requests_app.actions.signing import SignatureMissing
from requests_app.actions.visit import lock_own
from requests_app.lifecycle import Locked, lock_booking
from requests_app.live_pages import tell_both
from requests_app.models import (
    NEGOTIABLE,
    AcceptanceKind,
    Assignment,
    Booking,
    Clock,
    ClockKind,
    PriceCode,
    Quote,
    State,
)
from requests_app.price_versions import ByHand

DIGITS = 4


class ProposalGone(Refusal):
    sentence = _("This proposal no longer holds. Please look at the page once more.")


class Answer(StrEnum):
    """What became of an acceptance on the technician's screen."""

    ACCEPTED = "accepted"
    WRONG = "wrong"  # not the number that was sent
    SPENT = "spent"  # no try is left, or no number is out


@verb
def send_number(booking_id: int, technician_id: int, *, version: int) -> None:
    """Mail the payer a fresh number for this version; the one before is void.

    Raises ProposalGone, AboveCeiling, TooManyCodes.
    """
    booking = lock_own(booking_id, technician_id)
    if needs_bank(booking, open_proposal(booking, version)):
        raise above_ceiling(booking)
    _send_number(booking, version, on_page=False)


@verb
def send_number_to_page(booking_id: int, *, version: int) -> None:
    """The same for the payer's own page, where their bank is asked next: it says that it is they.

    Raises ProposalGone, TooManyCodes.
    """
    booking = lock_booking(booking_id)
    open_proposal(booking, version)
    _send_number(booking, version, on_page=True)


def _send_number(booking: Locked, version: int, *, on_page: bool) -> None:
    at = mila_now()
    row = PriceCode.objects.filter(booking=booking).first() or PriceCode(
        booking=booking, counted_from_at=at
    )
    row.count_message(at, an_hour=booking.policy.address_codes_an_hour)
    row.version = version
    until_at = at + booking.policy.address_code_life
    code = row.draw(DIGITS, until_at=until_at)
    row.save()
    notices.queue(
        booking, "price_code", round=row.rounds, code=code, until_at=until_at, on_page=on_page
    )


def number_is_out(booking: Booking, quote: Quote) -> bool:
    """Whether a number for this version was sent, and can still be typed."""
    row = PriceCode.objects.filter(booking=booking, version=quote.version).first()
    return (
        row is not None
        and row.is_out(mila_now(), tries=booking.policy.code_tries)
        and tries_left(booking) > 0
    )


def tries_left(booking: Booking) -> int:
    """Over all the versions of this assignment."""
    running = (
        Assignment.objects.filter(booking=booking, ended_at=None)
        .values_list("number_tries", flat=True)
        .first()
    )
    return max(0, booking.policy.code_tries - (running or 0))


def rises(booking: Booking, quote: Quote) -> bool:
    """Whether it is more than what is agreed: then the payer accepts it by their own channel
    (rule B8, L10).
    """
    return quote.service_cents > price_versions.agreed(booking).service_cents


@verb
def accept(
    booking_id: int,
    *,
    version: int,
    by: User | None,
    words: str = "",
    device: str = "",
    kind: str = AcceptanceKind.OWN_DEVICE,
) -> Booking:
    """On the customer's own device, by their link. A repeat returns the booking.

    `kind`: BANK where their bank has just said yes (payments.raising), which alone accepts what is
    above the ceiling. Raises ProposalGone, AboveCeiling, NoTimeLeft.
    """
    booking = lock_booking(booking_id)
    quote = booking.quotes.filter(version=version, withdrawn_at=None).first()
    if quote is not None and quote.accepted_at is not None:
        return booking
    _take(
        booking,
        open_proposal(booking, version),
        kind,
        by,
        ByHand(words, device=device[:200]),
    )
    return booking


@verb
def accept_on_screen(
    booking_id: int, technician_id: int, *, version: int, by: User, number: str = "", hand: ByHand
) -> Answer:
    """On the technician's phone turned round: a signature, and where the price rises the number
    sent to the payer.

    A wrong number uses up a try, which is kept: so this answers, and raises nothing for it. A
    repeat answers the same. Raises NotYours, SignatureMissing, ProposalGone, AboveCeiling,
    NoTimeLeft.
    """
    booking = lock_own(booking_id, technician_id)
    quote = booking.quotes.filter(version=version, withdrawn_at=None).first()
    if quote is not None and quote.accepted_at is not None:
        return Answer.ACCEPTED
    quote = open_proposal(booking, version)
    if not hand.signer.strip() or not hand.signature.strip():
        raise SignatureMissing
    if needs_bank(booking, quote):
        raise above_ceiling(booking)
    kind = AcceptanceKind.SCREEN
    if rises(booking, quote):
        answer = _try_number(booking, quote, number)
        if answer != Answer.ACCEPTED:
            return answer
        kind = AcceptanceKind.NUMBER
    _take(booking, quote, kind, by, hand)
    return Answer.ACCEPTED


@verb
def prove_payer(booking_id: int, *, version: int, number: str) -> Answer:
    """The number that was sent for this version, typed on the payer's own page: it accepts nothing.

    Raises ProposalGone.
    """
    booking = lock_booking(booking_id)
    return _try_number(booking, open_proposal(booking, version), number)


def _try_number(booking: Locked, quote: Quote, number: str) -> Answer:
    at, tries = mila_now(), booking.policy.code_tries
    row = PriceCode.objects.filter(booking=booking, version=quote.version).first()
    if row is None or not row.is_out(at, tries=tries) or tries_left(booking) == 0:
        return Answer.SPENT
    if row.takes(number, at, tries=tries):
        return Answer.ACCEPTED
    Assignment.objects.filter(booking=booking, ended_at=None).update(
        number_tries=F("number_tries") + 1
    )
    return Answer.WRONG if tries_left(booking) else Answer.SPENT


@verb
def decline(booking_id: int, *, version: int, by: User | None, device: str = "") -> Booking:
    """The customer does not want it: what was agreed before goes on.

    A repeat returns the booking.
    """
    booking = lock_booking(booking_id)
    return _decline(booking, version, by, device)


@verb
def decline_on_screen(
    booking_id: int, technician_id: int, *, version: int, by: User, device: str = ""
) -> Booking:
    """The same on the technician's phone. Raises NotYours."""
    return _decline(lock_own(booking_id, technician_id), version, by, device)


def _decline(booking: Locked, version: int, by: User | None, device: str) -> Booking:
    quote = booking.quotes.filter(version=version).first()
    if quote is not None and quote.declined_at is not None:
        return booking
    quote = open_proposal(booking, version)
    price_versions.decline(quote, by=by, at=mila_now(), device=device[:200])
    notices.drop_answered(booking)
    notices.queue(booking, "job_price_answered", round=quote.version, accepted=False)
    tell_both(booking, "answered")
    return booking


def open_proposal(booking: Booking, version: int) -> Quote:
    """The proposal of this number, if it waits for an answer, while one may be given."""
    quote = price_versions.proposal(booking)
    if booking.state not in NEGOTIABLE or quote is None or quote.version != version:
        raise ProposalGone
    return quote


def _take(booking: Locked, quote: Quote, kind: str, by: User | None, hand: ByHand) -> None:
    """It is the price from now on, and the visit is as long as it says.

    Raises AboveCeiling, NoTimeLeft.
    """
    at = mila_now()
    if kind != AcceptanceKind.BANK and needs_bank(booking, quote):
        raise above_ceiling(booking)
    if quote.duration_minutes != booking.duration_minutes:
        _make_room(booking, quote.duration_minutes)
    price_versions.accept(quote, kind, by=by, at=at, hand=hand)
    notices.drop_answered(booking)
    on_screen = kind in (AcceptanceKind.NUMBER, AcceptanceKind.SCREEN)
    notices.queue(booking, "price_agreed", round=quote.version, on_screen=on_screen)
    notices.queue(booking, "job_price_answered", round=quote.version, accepted=True)
    tell_both(booking, "answered")


def _make_room(booking: Locked, minutes: int) -> None:
    """The calendar entry ends so much later, or earlier; so does the clock over the work."""
    assignment, during = longer(booking, minutes)
    more = timedelta(minutes=minutes - booking.duration_minutes)
    if during is not None and assignment.calendar_entry is not None:
        if more > timedelta(0) and not is_free(
            assignment.technician, during, but=assignment.calendar_entry
        ):
            raise NoTimeLeft
        assignment.calendar_entry.during = during
        assignment.calendar_entry.save(update_fields=["during"])
    booking.duration_minutes = minutes
    booking.save(update_fields=["duration_minutes"])
    if booking.state == State.IN_PROGRESS:
        clocks = Clock.objects.filter(booking=booking, kind=ClockKind.OVERDUE_WORK, done_at=None)
        clocks.update(due_at=F("due_at") + more)
