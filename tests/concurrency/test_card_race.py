"""A card is removed while a booking is ordered with it (rule B7): it stays with the booking, or the
draft has lost it, never an order without a card.
"""

import threading

import pytest
from django.db import connections

from mila.clock import reset_clock, set_clock
from payments import own_cards
from payments.models import SavedCard
from requests_app.actions import placing
from requests_app.models import Booking, State
from requests_app.moves import Role
from tests import factories
from tests.cast import MORNING
from tests.payments import cast

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]


@pytest.fixture
def draft(customer):
    """With a card of the customer's own."""
    set_clock(MORNING, speed=0)
    yield factories.DraftFactory(customer=customer, card=cast.saved_card(customer))
    reset_clock()


def order(draft):
    """In a connection of its own, whole."""

    def run():
        try:
            placing.place(draft.pk, role=Role.CUSTOMER, by=draft.customer)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


@pytest.fixture
def ordered_between(draft, monkeypatch):
    """The order comes when the removal has looked for drafts, and not dropped their card yet."""
    drop = placing.drop_card

    def first_ordered(booking_id, *, unless):
        order(draft)
        return drop(booking_id, unless=unless)

    monkeypatch.setattr(placing, "drop_card", first_ordered)


def remove(draft):
    own_cards.remove(draft.customer, SavedCard.objects.get().pk)


def test_what_is_ordered_meanwhile_keeps_its_card(draft, ordered_between):
    with pytest.raises(own_cards.CardNeeded):
        remove(draft)

    booking = Booking.objects.get(pk=draft.pk)
    card = SavedCard.objects.get()
    assert booking.state == State.SEARCHING
    assert (booking.card, card.removed_at, card.detached_at) == (card.stripe_id, None, None)


def test_control_without_the_question_the_order_has_no_card_left(
    draft, ordered_between, monkeypatch
):
    monkeypatch.setattr(own_cards, "needing", lambda card: Booking.objects.none())

    remove(draft)

    assert Booking.objects.get(pk=draft.pk).state == State.SEARCHING
    assert SavedCard.objects.get().removed_at is not None


def test_ordered_before_it_is_refused_and_drafts_keep_theirs(draft, customer):
    other = factories.DraftFactory(customer=customer, card=draft.card)
    order(draft)

    with pytest.raises(own_cards.CardNeeded):
        remove(draft)

    assert Booking.objects.get(pk=other.pk).card == draft.card
