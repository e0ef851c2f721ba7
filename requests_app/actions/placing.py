"""From a draft to a placed booking: its card, what is agreed to, the order (rule B7, B8)."""

from datetime import date, datetime

from django.db.models import Max, Min
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.formats import full_day, moment
from mila.transactions import verb
from places.calendar import wall_time
from policy import conditions
from requests_app import price_versions
from requests_app.actions.drafting import Incomplete, check_wish
from requests_app.lifecycle import IllegalMove, Role, advance, lock_booking
from requests_app.models import AcceptanceKind, Booking, BookingContact, QuoteOrigin, State


class WishPassed(Refusal):
    sentence = _(
        "One of your times is no longer possible. Please choose another one; everything else is "
        "kept."
    )


class CardMissing(Refusal):
    sentence = _("Please save a card first. Nothing is charged before the work.")


class CardEnds(Refusal):
    """No visit is agreed that lies after the last day of the card that is to
    pay for it (rule B7).
    """


def card_ends(booking: Booking) -> CardEnds | None:
    """Why the wishes as they stand do not fit the booking's card; None where the last of them lies
    within it.
    """
    ends, last = booking.card_ends_on, booking.last_start_at
    if ends is None or last is None or ends >= wall_time(last, booking.timezone).date():
        return None
    sentence = gettext(
        "Your card ends on %(day)s, before the visit on %(moment)s. "
        "Please use another card, or choose times until then."
    )
    return CardEnds(sentence % {"day": full_day(ends), "moment": moment(last, booking.timezone)})


@verb
def save_card(booking_id: int, *, card: str, ends_on: date | None = None) -> Booking:
    """The payment method that strong authentication has just confirmed; a later one replaces it.

    `ends_on`: the last day on which it can be charged. Whether the visit lies before it is asked at
    the order.
    """
    booking = lock_booking(booking_id)
    if booking.card != card:
        booking.card, booking.card_saved_at, booking.card_ends_on = card, mila_now(), ends_on
        booking.save(update_fields=["card", "card_saved_at", "card_ends_on"])
    return booking


@verb
def follow_card(booking_id: int, *, card: str, ends_on: date) -> None:
    """The bank has renewed the booking's card: it lasts until another day. Repeatable."""
    booking = lock_booking(booking_id)
    if booking.card == card and booking.card_ends_on != ends_on:
        booking.card_ends_on = ends_on
        booking.save(update_fields=["card_ends_on"])


@verb
def drop_card(booking_id: int, *, unless: str) -> None:
    """Another browser writes to the draft: the card it has not typed is not that visit's
    (rule B12). Repeatable.
    """
    booking = lock_booking(booking_id)
    if booking.state == State.DRAFT and booking.card and booking.card != unless:
        booking.card, booking.card_saved_at, booking.card_ends_on = "", None, None
        booking.save(update_fields=["card", "card_saved_at", "card_ends_on"])


def terms_of(booking: Booking, language: str, at: datetime) -> conditions.Text:
    """The terms with the figures this booking is made under."""
    return conditions.text(
        "terms", language, at, {**conditions.in_force(at), booking.country: booking.policy}
    )


@verb
def place(
    booking_id: int,
    *,
    role: Role,
    by: User | None,
    waives_withdrawal: bool = False,
    keeps_door_code: bool = True,
) -> Booking:
    """Order it: version 1 of the price is frozen and the search begins (rule B6, B7).

    `keeps_door_code`: false where the way to the door was not shown; whoever orders then does not
    take it along, or a mistyped mailbox would read it once it has proved itself. A repeat returns
    the booking as it is. Raises Incomplete, CardMissing, CardEnds or WishPassed and leaves the
    draft alone.
    """
    booking = lock_booking(booking_id)
    if booking.state != State.DRAFT and booking.placed_at is not None:
        return booking
    if booking.state != State.DRAFT:
        raise IllegalMove("place", booking.state, role)
    wishes = list(booking.wishes.all())
    if not (wishes and booking.customer_id and booking.postcode and booking.contact.street):
        raise Incomplete
    if not booking.card:
        raise CardMissing
    at = mila_now()
    for wish in wishes:
        try:
            check_wish(booking, datetime.fromisoformat(wish.wall), at)
        except Refusal as error:
            raise WishPassed from error
    if refusal := card_ends(booking):
        raise refusal
    if not keeps_door_code:
        BookingContact.objects.filter(booking=booking).update(door_code="")
    with translation.override(booking.language):
        lines = [price_versions.Line(booking.service.name, booking.bare_cents)]
        lines += [
            price_versions.Line(one.package.name, one.cents, one.package)
            for one in booking.chosen_extras
        ]
    quote = price_versions.write(booking, lines, by=by, at=at, origin=QuoteOrigin.BOOKING)
    price_versions.accept(quote, AcceptanceKind.BOOKING, by=by, at=at)
    booking.photos.update(delete_after_at=None)
    span = booking.wishes.aggregate(first=Min("start_at"), last=Max("start_at"))
    return advance(
        booking,
        "place",
        role=role,
        by=by,
        at=at,
        placed_at=at,
        first_start_at=span["first"],
        last_start_at=span["last"],
        withdrawal_waived_at=at if waives_withdrawal else None,
        terms=conditions.keep(terms_of(booking, booking.language, at)),
    )
