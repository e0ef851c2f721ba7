"""Whose address it is, and a new secret link (rule B11, B12)."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts import notifications
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from requests_app import notices
from requests_app.actions.drafting import customer_for
from requests_app.lifecycle import Locked, lock_booking
from requests_app.models import ENDED, AddressCode, Booking, State, new_token
from requests_app.secret_link import ends_at, is_from_mail

DIGITS = 6


class AddressProved(Refusal):
    sentence = _(
        "This address is confirmed already and can no longer be corrected here. Please call us."
    )


def mark_proved(booking: Locked, at: datetime) -> None:
    """The customer's address is the customer's. The first proof stands."""
    if booking.email_proved_at is None:
        booking.email_proved_at = at
        booking.save(update_fields=["email_proved_at"])


@verb
def open_from_mail(booking_id: int, proof: str) -> bool:
    """The link of a mail was opened: it proves the address it was sent to. False for any other
    proof; repeatable.

    Of a draft it proves nothing yet: whoever begins one may still mistype the address, and put it
    right by typing on.
    """
    booking = lock_booking(booking_id)
    if booking.state == State.DRAFT or not is_from_mail(booking, proof):
        return False
    mark_proved(booking, mila_now())
    return True


@verb
def open_by_account(booking_id: int) -> Booking:
    """The account that has proved the address looks at its booking.

    An ended link is made anew for it alone.
    """
    booking = lock_booking(booking_id)
    at = mila_now()
    mark_proved(booking, at)
    until = ends_at(booking)
    if until is not None and at >= until:
        _new_link(booking)
    return booking


@verb
def send_code(booking_id: int) -> None:
    """Mail a fresh code to the booking's address; the one before is void. Raises TooManyCodes."""
    booking = lock_booking(booking_id)
    at = mila_now()
    row = _count_message(booking, at)
    code = row.draw(DIGITS, until_at=at + booking.policy.address_code_life)
    row.save()
    notices.queue(booking, "address_code", round=row.rounds, code=code, until_at=row.until_at)


@verb
def check_code(booking_id: int, code: str) -> bool:
    """Whether this is the code that was mailed last: then the address is proved, and the code is
    used up.

    A wrong try counts, whoever makes it; after the last one no code is right (so this answers, and
    does not raise).
    """
    booking = lock_booking(booking_id)
    at = mila_now()
    row = AddressCode.objects.filter(booking=booking).first()
    if row is None or not row.takes(code, at, tries=booking.policy.address_code_tries):
        return False
    mark_proved(booking, at)
    return True


def code_is_out(booking: Booking) -> bool:
    """Whether a code is on its way that can still be typed."""
    row = AddressCode.objects.filter(booking=booking).first()
    return row is not None and row.is_out(mila_now(), tries=booking.policy.address_code_tries)


@verb
def renew_link(booking_id: int) -> Booking:
    """A new secret link; the old one leads nowhere from this instant. For who has proved to be the
    customer.

    The new one goes to the booking's address, and nowhere else; messages that wait to be sent carry
    it too.
    """
    booking = lock_booking(booking_id)
    _new_link(booking)
    row = _counter(booking, mila_now())
    row.rounds += 1
    row.save()
    notices.queue(booking, "link_renewed", round=row.rounds)
    return booking


@verb
def send_new_link(booking_id: int) -> None:
    """The link has ended: who still holds it has a new one sent to the booking's address.

    Raises TooManyCodes.
    """
    booking = lock_booking(booking_id)
    row = _count_message(booking, mila_now())
    row.save()
    _new_link(booking)
    notices.queue(booking, "link_renewed", round=row.rounds)


@verb
def correct_email(booking_id: int, email: str) -> Booking:
    """The browser that ordered puts a mistyped address right, until it is proved. Raises
    AddressProved, TooManyCodes.

    The wrong address has had the link by mail: it leads nowhere any more, and a new one goes to the
    right address.
    """
    booking = lock_booking(booking_id)
    if booking.email_proved_at is not None or booking.state in ENDED:
        raise AddressProved
    customer = customer_for(email, name=booking.contact.name, language=booking.language)
    if customer.pk == booking.customer_id:
        return booking
    row = _count_message(booking, mila_now())
    row.mac = ""
    row.save()
    notifications.give_up(booking.uuid, user=booking.customer)
    booking.customer = customer
    booking.save(update_fields=["customer"])
    _new_link(booking)
    notices.queue(booking, "link_renewed", round=row.rounds)
    return booking


def _new_link(booking: Locked) -> None:
    booking.token, booking.link_from_at = new_token(), mila_now()
    booking.save(update_fields=["token", "token_hash", "link_from_at"])
    if booking.customer is not None:
        notices.reseal(booking)


def _count_message(booking: Booking, at: datetime) -> AddressCode:
    """One more message to this address by the wish of who holds the link; not more than the
    policy's, an hour.
    """
    row = _counter(booking, at)
    row.count_message(at, an_hour=booking.policy.address_codes_an_hour)
    return row


def _counter(booking: Booking, at: datetime) -> AddressCode:
    row = AddressCode.objects.filter(booking=booking).first() or AddressCode(
        booking=booking, counted_from_at=at
    )
    row.begin_the_hour(at)
    return row
