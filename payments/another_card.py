"""Another card for a booking that is under way, before anything is charged with the former one
(rule B7, L10).

The former card stays the booking's until the new one is saved with strong authentication, and
stays the account's afterwards. Who has but the link changes no card (rule B12).
"""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import Notification, User
from mila.errors import Refusal
from mila.streams import publish
from mila.transactions import verb
from payments import cards
from payments.models import ChargeState, PriceRaise, SavedCard
from requests_app import notices
from requests_app.actions import placing
from requests_app.lifecycle import lock_booking
from requests_app.models import LIVE, AcceptanceKind, Booking, State

BEFORE_THE_CHARGE = LIVE - {State.SIGNED_OFF}


class CardFixed(Refusal):
    sentence = _(
        "The card of this booking cannot be changed any more: it is charged, or your bank has "
        "confirmed a price with it."
    )


class CardEnds(Refusal):
    sentence = _("This card ends before your visit. Please use another card.")


def may_change(booking: Booking) -> bool:
    """While nothing is charged or about to be, and no bank has authenticated a price on it: the
    ceiling of another card would be the one of the order again.
    """
    charged = booking.charges.exclude(state=ChargeState.OBJECTED)
    by_the_bank = booking.quotes.agreed().filter(acceptance_kind=AcceptanceKind.BANK)
    return (
        booking.state in BEFORE_THE_CHARGE
        and bool(booking.card)
        and booking.unsettled_at is None
        and not charged.exists()
        and not by_the_bank.exists()
    )


@verb
def take(booking_id: int, card_id: int, *, by: User) -> SavedCard:
    """The booking is paid with this card of theirs from now on. Repeatable.

    Locks the card before the booking, as its removal does: either the one sees the other's work. A
    question to the bank that waits is asked anew, of the new card. Raises SavedCard.DoesNotExist
    for anybody else's, cards.CardRemoved, CardFixed, CardEnds.
    """
    theirs = SavedCard.objects.filter(saved_by=by, customer__user=by)
    card = theirs.select_for_update(of=("self",)).get(pk=card_id)
    if card.removed_at is not None:
        raise cards.CardRemoved
    booking = lock_booking(booking_id)
    if booking.customer_id == by.pk and booking.card == card.stripe_id:
        return card
    if booking.customer_id != by.pk or not may_change(booking):
        raise CardFixed
    if not card.lasts(booking) or card not in cards.usable_cards(booking, own=True):
        raise CardEnds
    placing.save_card(booking_id, card=card.stripe_id, ends_on=card.last_day)
    PriceRaise.objects.filter(quote__booking=booking, agreed_at=None).update(
        card=card.stripe_id, intent_id="", client_secret="", number=F("number") + 1
    )
    _tell(booking, card)
    publish.publish(f"booking:{booking.uuid}", "card")
    return card


def _tell(booking: Booking, card: SavedCard) -> None:
    """To their address, by mail and nothing else: a message to devices would be seen by whoever is
    signed in, and that may not be the customer.
    """
    told = Notification.objects.filter(subject_id=booking.uuid, kind="card_changed").count()
    notices.queue(booking, "card_changed", round=told + 1, card=str(card))


def typed(booking: Booking, *, by: User) -> SavedCard | None:
    """The card whose fields they have just confirmed for the booking under way; None where they
    have not, or it is the order's. It is not the booking's yet. Raises gateway.GatewayError.
    """
    setup = cards.last_setup(booking, by)
    if setup is None or booking.placed_at is None:
        return None
    if setup.done_at is not None and setup.done_at <= booking.placed_at:
        return None
    return cards.finish_setup(setup)
