"""Another card is taken for a booking under way while it is removed, or while the end is charged
(rule B7): never a booking with a card that is gone, never a charge on a card it has not.
"""

import pytest

from mila.clock import reset_clock, set_clock
from mila.errors import Refusal
from payments import another_card, charges, own_cards
from payments.models import Charge, SavedCard
from requests_app.models import Booking, State
from tests import cast, factories
from tests.concurrency.threads import raised
from tests.payments import cast as paid

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]


@pytest.fixture
def booking(customer):
    set_clock(cast.MORNING)
    yield factories.placed_booking(customer=customer, card=paid.saved_card(customer))
    reset_clock()


@pytest.fixture
def other(booking):
    return SavedCard.objects.get(stripe_id=paid.saved_card(booking.customer))


def take(booking, other):
    return lambda: another_card.take(booking.pk, other.pk, by=booking.customer)


def test_taken_and_removed_at_once_it_is_one_or_the_other(booking, other):
    failures = raised(
        take(booking, other), lambda: own_cards._take_away(booking.customer, other.pk)
    )

    assert len(failures) == 1
    assert isinstance(failures[0], Refusal)
    other.refresh_from_db()
    taken = Booking.objects.get(pk=booking.pk).card == other.stripe_id
    assert taken is (other.removed_at is None)


def test_control_without_the_cards_lock_it_is_taken_and_gone(booking, other, monkeypatch):
    """The removal comes whole between the look at the card and the booking's lock."""
    lock = another_card.lock_booking

    def removed_between(pk):
        assert raised(lambda: own_cards._take_away(booking.customer, other.pk)) == []
        return lock(pk)

    monkeypatch.setattr(another_card, "lock_booking", removed_between)
    monkeypatch.setattr(type(SavedCard.objects.all()), "select_for_update", lambda self, **_: self)

    monkeypatch.setattr(another_card.cards, "usable_cards", lambda *_args, **_kwargs: [other])

    take(booking, other)()

    other.refresh_from_db()
    assert Booking.objects.get(pk=booking.pk).card == other.stripe_id
    assert other.removed_at is not None


def test_taken_as_the_end_is_charged_the_charge_has_the_bookings_card(booking, other, partner):
    cast.walk(booking, partner, State.FINISHED)

    def end():
        cast.sign(booking)
        charges.open_charge(booking.pk)

    failures = raised(end, take(booking, other))

    assert all(isinstance(error, another_card.CardFixed) for error in failures)
    assert Charge.objects.get().payment_method == Booking.objects.get(pk=booking.pk).card
