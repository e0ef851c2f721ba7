"""More or other work: proposed by the technician, accepted or declined by the customer before it is
done (rule L10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.search import lock_technician
from catalogue import money
from catalogue.queries import packages_for
from mila import formats
from mila.clock import mila_now
from mila.errors import Refusal
from mila.streams import publish
from mila.transactions import verb
from requests_app import notices, price_versions
from requests_app.actions.assigning import is_free
from requests_app.actions.notes import HoldsPassword
from requests_app.actions.signing import SignatureMissing
from requests_app.actions.visit import PriceIsFixed, lock_own
from requests_app.lifecycle import IllegalMove, Locked, Role, lock_booking
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
from requests_app.passwords import mentions_password
from requests_app.price_versions import ByHand, Line

DIGITS = 4
MOST_OWN_LINES = 3
LONGEST_EXTRA = 480  # minutes: nobody works longer at somebody's home than a day
MOST_VERSIONS = 30  # since the claim: who proposes more often does not negotiate


class NothingNew(Refusal):
    sentence = _("This is what is agreed already. Please change the price, the work or the time.")


class AgreedMeanwhile(Refusal):
    sentence = _("What is agreed has changed meanwhile. Please look at it once more, then propose.")


class AboveCeiling(Refusal):
    """It takes the payer's bank; raised with what the card was saved for."""


class NoTimeLeft(Refusal):
    sentence = _(
        "There is no time for this: the next visit would begin before the end of this one."
    )


class ProposalGone(Refusal):
    sentence = _("This proposal no longer holds. Please look at the page once more.")


class EnoughProposals(Refusal):
    sentence = _(
        "So many prices were proposed for this visit that no further one is possible. Please call "
        "Mila."
    )


class Answer(StrEnum):
    """What became of an acceptance on the technician's screen."""

    ACCEPTED = "accepted"
    WRONG = "wrong"  # not the number that was sent
    SPENT = "spent"  # no try is left, or no number is out


@dataclass(frozen=True)
class Wanted:
    """What a version would be. `service_cents`: a Friend's price for the booked work; None leaves
    it as it is.

    `packages`: package id to quantity. `own`: a Friend's further lines, words and cents.
    `more_minutes`: beside what the packages take, counted from the booked length.
    """

    service_cents: int | None = None
    packages: Mapping[int, int] = field(default_factory=dict)
    own: Sequence[tuple[str, int]] = ()
    more_minutes: int = 0


@verb
def propose(
    booking_id: int,
    technician_id: int,
    *,
    by: User,
    key: str,
    agreed_version: int,
    wanted: Wanted,
    reason: str,
) -> Quote:
    """The next version, for the customer to accept or decline; one that waited before falls.

    `agreed_version`: what the page showed as agreed, so that a page left open proposes nothing over
    a newer price. `key`: of the form; sent twice it is one proposal. Raises NotYours, IllegalMove,
    AgreedMeanwhile, PriceIsFixed, NothingNew, NoTimeLeft, EnoughProposals, HoldsPassword, NotSold.
    """
    booking = lock_own(booking_id, technician_id)
    if sent := booking.quotes.filter(key=key).first():
        return sent
    if booking.state not in NEGOTIABLE:
        raise IllegalMove("propose", booking.state, Role.PARTNER)
    if booking.quotes.filter(created_at__gte=booking.claimed_at).count() >= MOST_VERSIONS:
        raise EnoughProposals
    if any(mentions_password(text) for text in (reason, *(words for words, _cents in wanted.own))):
        raise HoldsPassword
    at = mila_now()
    agreed = price_versions.agreed(booking)
    if agreed.version != agreed_version:
        raise AgreedMeanwhile
    with translation.override(booking.language):  # the customer reads these words
        lines, package_minutes = _lines(booking, agreed, wanted, at)
    minutes = booked_minutes(booking) + package_minutes + wanted.more_minutes
    if (
        _told(lines) == _told(price_versions.lines_of(agreed))
        and minutes == booking.duration_minutes
    ):
        raise NothingNew
    if minutes > booking.duration_minutes and not _has_time(booking, minutes, at):
        raise NoTimeLeft
    price_versions.fall(booking.quotes.open(), at)
    quote = price_versions.write(
        booking, lines, by=by, at=at, duration_minutes=minutes, reason=reason.strip(), key=key
    )
    notices.queue(booking, "price_proposed", round=quote.version)
    _tell_pages(booking, "proposed")
    return quote


def ceiling_cents(booking: Booking) -> int:
    """The most a visit may come to without the booking fee before the payer's bank is asked: what
    the card was authenticated for, at the order or for a version since (rule L10, M4).
    """
    at_the_order = money.ceiling(booking.service_cents, booking.policy.ceiling_percent)
    by_the_bank = booking.quotes.agreed().filter(acceptance_kind=AcceptanceKind.BANK)
    return max([at_the_order, *by_the_bank.values_list("service_cents", flat=True)])


def needs_bank(booking: Booking, quote: Quote) -> bool:
    """Whether it is more than the card was authenticated for: payments.raising (rule L10)."""
    return quote.service_cents > ceiling_cents(booking)


def _above_ceiling(booking: Booking) -> AboveCeiling:
    most = formats.money(ceiling_cents(booking), booking.currency)
    return AboveCeiling(
        gettext(
            "Above %(most)s the bank of whoever pays is asked. They accept it on their own page: "
            "the link is in their e-mail."
        )
        % {"most": most}
    )


def _lines(booking: Booking, agreed: Quote, wanted: Wanted, at: datetime) -> tuple[list[Line], int]:
    """The lines in the active language, and the minutes its packages take.

    A package unchanged keeps its price.
    """
    assert booking.partner is not None
    base, is_friend = price_versions.booked(booking), booking.partner.is_friend
    service_cents = (
        agreed_service_cents(booking, agreed)
        if wanted.service_cents is None
        else wanted.service_cents
    )
    if not is_friend and (wanted.own or service_cents != agreed_service_cents(booking, base)):
        raise PriceIsFixed
    lines = [
        Line(
            base.lines.first().label if base.lines.exists() else booking.service.name, service_cents
        )
    ]
    kept = {
        (line.package.pk, line.quantity): line.cents
        for line in price_versions.lines_of(agreed)
        if line.package
    }
    minutes = 0
    for package in packages_for(booking.service, booking.country, at):
        count = wanted.packages.get(package.pk, 0)
        if count > 0:
            cents = kept.get((package.pk, count), count * package.price_cents)
            lines.append(Line(package.name, cents, package, count))
            minutes += count * package.duration_minutes
    lines += [Line(words, cents, own=True) for words, cents in wanted.own[:MOST_OWN_LINES]]
    return lines, minutes


def agreed_service_cents(booking: Booking, agreed: Quote) -> int:
    """Of the agreed price what is neither a package nor a line of the technician's own."""
    return sum(
        line.cents
        for line in price_versions.lines_of(agreed)
        if line.package is None and not line.own
    )


def _told(lines: Sequence[Line]) -> list[tuple[object, ...]]:
    return [
        (line.label, line.package and line.package.pk, line.quantity, line.cents) for line in lines
    ]


def booked_minutes(booking: Booking) -> int:
    """Of the booked visit, without the packages that were chosen with it."""
    whole = price_versions.booked(booking).duration_minutes or booking.duration_minutes
    return whole - sum(extra.duration_minutes for extra in booking.chosen_extras)


def _longer(booking: Booking, minutes: int) -> tuple[Assignment, DateTimeTZRange | None]:
    """The running assignment and its longer slot.

    Locks the technician first, as all writers of calendars do.
    """
    assert booking.technician_id is not None
    lock_technician(booking.technician_id)
    assignment = Assignment.objects.select_related("calendar_entry").get(
        booking=booking, ended_at=None
    )
    if assignment.calendar_entry is None:
        return assignment, None
    lower = assignment.calendar_entry.during.lower
    more = timedelta(minutes=minutes - booking.duration_minutes)
    return assignment, DateTimeTZRange(
        lower, max(lower, assignment.calendar_entry.during.upper + more), "[)"
    )


def _has_time(booking: Booking, minutes: int, at: datetime) -> bool:
    """Whether nothing else of theirs begins before the end of a visit that is so long."""
    assignment, during = _longer(booking, minutes)
    return during is None or is_free(assignment.technician, during, but=assignment.calendar_entry)


@verb
def send_number(booking_id: int, technician_id: int, *, version: int) -> None:
    """Mail the payer a fresh number for this version; the one before is void.

    Raises ProposalGone, AboveCeiling, TooManyCodes.
    """
    booking = lock_own(booking_id, technician_id)
    if needs_bank(booking, open_proposal(booking, version)):
        raise _above_ceiling(booking)
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
        raise _above_ceiling(booking)
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
    notices.queue(booking, "job_price_answered", round=quote.version, accepted=False)
    _tell_pages(booking, "answered")
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
        raise _above_ceiling(booking)
    if quote.duration_minutes != booking.duration_minutes:
        _make_room(booking, quote.duration_minutes)
    price_versions.accept(quote, kind, by=by, at=at, hand=hand)
    on_screen = kind in (AcceptanceKind.NUMBER, AcceptanceKind.SCREEN)
    notices.queue(booking, "price_agreed", round=quote.version, on_screen=on_screen)
    notices.queue(booking, "job_price_answered", round=quote.version, accepted=True)
    _tell_pages(booking, "answered")


def _make_room(booking: Locked, minutes: int) -> None:
    """The calendar entry ends so much later, or earlier; so does the clock over the work."""
    assignment, during = _longer(booking, minutes)
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


def _tell_pages(booking: Booking, event: str) -> None:
    """Both sides have it before them at once."""
    publish.publish(f"booking:{booking.uuid}", event)
    publish.publish(f"technician:{booking.technician_id}", event)
