"""Bookings as customers make them: through the verbs of the four steps, with a card typed into the
stand-in.
"""

import random
from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from catalogue.models import Service
from payments import cards
from payments.standin import user_actions
from places.place import Place
from requests_app.actions import drafting, placing
from requests_app.lifecycle import Role
from requests_app.models import Booking

GOOD_CARD = "4242424242424242"
DECLINES_LATER = "4000000000000341"
ASKS_EVERY_TIME = "4000002760003184"


def any_card(dice: random.Random) -> str:
    """A good one for all but six in a hundred."""
    return dice.choices((GOOD_CARD, DECLINES_LATER, ASKS_EVERY_TIME), weights=(94, 3, 3))[0]


def draft(
    service: Service,
    customer: User,
    street: str,
    place: Place,
    walls: Sequence[datetime],
    *,
    phone: str,
    problem: str,
) -> Booking:
    """Everything but the card."""
    booking = drafting.start_draft(
        service, country=place.country, language=customer.language, by=customer
    )
    drafting.set_place(booking.pk, place, street=street, door_code="2e étage, code 4180A")
    drafting.set_wishes(booking.pk, walls)
    return drafting.set_contact(
        booking.pk,
        customer=customer,
        name=customer.name,
        phone=phone,
        problem=problem,
        at_the_door="",
        signed_in=True,
    )


def save_card(booking: Booking, number: str = GOOD_CARD) -> None:
    """The customer types this number; the bank agrees."""
    setup = cards.open_setup(booking, by=booking.customer)
    user_actions.type_card(setup.client_secret, number)
    cards.finish_setup(setup)


def order(booking: Booking) -> Booking:
    return placing.place(
        booking.pk,
        role=Role.CUSTOMER,
        by=booking.customer,
        waives_withdrawal=booking.country == "FR",
    )
