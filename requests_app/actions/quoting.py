"""More or other work, proposed by the technician before it is done (rule L10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
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
from mila.transactions import verb
from requests_app import notices, price_versions
from requests_app.actions.assigning import is_free
from requests_app.actions.notes import HoldsPassword
from requests_app.actions.visit import PriceIsFixed, lock_own
from requests_app.lifecycle import IllegalMove, Role
from requests_app.live_pages import tell_both
from requests_app.models import NEGOTIABLE, AcceptanceKind, Assignment, Booking, Quote
from requests_app.passwords import mentions_password
from requests_app.price_versions import Line

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


class EnoughProposals(Refusal):
    sentence = _(
        "So many prices were proposed for this visit that no further one is possible. Please call "
        "Mila."
    )


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
    notices.drop_answered(booking)
    quote = price_versions.write(
        booking, lines, by=by, at=at, duration_minutes=minutes, reason=reason.strip(), key=key
    )
    notices.queue(booking, "price_proposed", round=quote.version)
    tell_both(booking, "proposed")
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


def above_ceiling(booking: Booking) -> AboveCeiling:
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


def longer(booking: Booking, minutes: int) -> tuple[Assignment, DateTimeTZRange | None]:
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
    assignment, during = longer(booking, minutes)
    return during is None or is_free(assignment.technician, during, but=assignment.calendar_entry)
