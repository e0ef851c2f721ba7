"""The cards of an account: kept, added without a booking, chosen, removed, and followed when the
bank renews them.

Only an account that has proved its address has any (rule B12); a card a booking still needs stays
(rule B7).
"""

import logging
from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from payments import cards, gateway
from payments.models import CardSetup, Charge, ChargeState, PaymentCustomer, SavedCard
from policy.figures import Policy
from requests_app.actions import placing
from requests_app.models import LIVE, Booking, State

log = logging.getLogger(__name__)


class CardNeeded(Refusal):
    """A booking is still to be paid with it."""

    def __init__(self, booking: Booking) -> None:
        words = _("This card stays for now: the booking %(number)s is still to be paid with it.")
        super().__init__(words % {"number": booking.number})


def own_cards(user: User) -> list[SavedCard]:
    """Those the account itself has saved: its chosen one first, then the newest."""
    return list(cards.kept(SavedCard.objects.filter(saved_by=user, customer__user=user)))


def open_setup(user: User, policy: Policy) -> CardSetup:
    """The account's unfinished try to save a card, or a new one.

    Raises cards.CardsTried, gateway.GatewayError.
    """
    customer = cards.payment_customer(user)
    own = CardSetup.objects.filter(booking=None, opened_by=user)
    last = own.filter(done_at=None, customer=customer).order_by("-pk").first()
    if last is not None:
        return last
    of_the_day = CardSetup.objects.filter(
        opened_by=user, opened_at__gt=mila_now() - timedelta(days=1)
    )
    if of_the_day.count() >= policy.cards_per_day:
        raise cards.CardsTried
    number = own.count() + 1
    intent = gateway.create_setup_intent(
        customer=customer.stripe_id, key=cards.of_this_minute(f"user-{user.pk}-setup-{number}")
    )
    return CardSetup.objects.get_or_create(
        intent_id=intent.id,
        defaults={
            "customer": customer,
            "number": number,
            "client_secret": intent.client_secret,
            "opened_by": user,
        },
    )[0]


def typed(user: User) -> SavedCard | None:
    """The card whose fields this account has just confirmed; None where it has not.

    Raises gateway.GatewayError.
    """
    setup = CardSetup.objects.filter(booking=None, opened_by=user).order_by("-pk").first()
    return cards.finish_setup(setup) if setup is not None else None


@verb
def choose(user: User, card_id: int) -> SavedCard:
    """It is offered first from now on. Repeatable. Raises SavedCard.DoesNotExist."""
    customer = PaymentCustomer.objects.select_for_update().filter(user=user).first()
    card = _own(user).get(pk=card_id, removed_at=None)
    assert customer is not None
    customer.default_card = card
    customer.save(update_fields=["default_card"])
    return card


def remove(user: User, card_id: int) -> SavedCard:
    """Offered no more, and Stripe is told. Repeatable.

    Raises SavedCard.DoesNotExist, CardNeeded.
    """
    card = _take_away(user, card_id)
    try:
        detach(card.pk)
    except gateway.GatewayError:
        log.warning("card %s waits for the sweep to be detached", card.pk)
    return card


@verb
def _take_away(user: User, card_id: int) -> SavedCard:
    """Under the card's lock: no booking takes it meanwhile (cards.use_saved_card).

    Drafts forget it. Each is locked for it, so one that is ordered in the same moment has either
    lost its card before, or is seen by what is asked after.
    """
    card = _own(user).select_for_update(of=("self",)).get(pk=card_id)
    if card.removed_at is not None:
        return card
    for booking_id in (
        Booking.objects.filter(card=card.stripe_id, state=State.DRAFT)
        .order_by("pk")
        .values_list("pk")
    ):
        placing.drop_card(*booking_id, unless="")
    needs = needing(card).first()
    if needs is not None:
        raise CardNeeded(needs)
    PaymentCustomer.objects.filter(default_card=card).update(default_card=None)
    card.removed_at = mila_now()
    card.save(update_fields=["removed_at"])
    return card


def needing(card: SavedCard):
    """Bookings that are under way with it, or whose charge is not done."""
    unpaid = Charge.objects.exclude(state=ChargeState.SUCCEEDED).exclude(failure_code="canceled")
    open_ones = Q(state__in=sorted(LIVE)) | Q(unsettled_at__isnull=False) | Q(charges__in=unpaid)
    return (
        Booking.objects.filter(open_ones, card=card.stripe_id)
        .exclude(state=State.DRAFT)
        .order_by("pk")
        .distinct()
    )


def detach(card_id: int) -> None:
    """Stripe forgets it. A second time it is gone already, which is the same.

    Raises gateway.GatewayError.
    """
    card = SavedCard.objects.get(pk=card_id)
    try:
        gateway.detach_card(card.stripe_id, key=f"card-{card.pk}-detach")
    except gateway.GatewayRefused:
        log.info("card %s was no longer attached", card.pk)
    SavedCard.objects.filter(pk=card_id).update(detached_at=mila_now())


def to_detach() -> list[int]:
    """Removed, and Stripe does not know yet."""
    return list(
        SavedCard.objects.filter(removed_at__isnull=False, detached_at=None).values_list(
            "pk", flat=True
        )
    )


def follow(stripe_id: str) -> bool:
    """The bank has renewed the card: what Stripe knows now is written down.

    Whether it is one of ours.
    """
    if not SavedCard.objects.filter(stripe_id=stripe_id).exists():
        return False
    _follow(gateway.retrieve_card(stripe_id))
    return True


@verb
def _follow(found: gateway.Card) -> None:
    card = SavedCard.objects.select_for_update().get(stripe_id=found.id)
    card.brand, card.last4 = found.brand, found.last4
    card.exp_month, card.exp_year = found.exp_month, found.exp_year
    card.save(update_fields=["brand", "last4", "exp_month", "exp_year"])
    waiting = Booking.objects.filter(
        card=card.stripe_id, state__in=sorted(LIVE | {State.DRAFT})
    ).order_by("pk")
    for booking_id in waiting.values_list("pk", flat=True):
        placing.follow_card(booking_id, card=card.stripe_id, ends_on=card.last_day)


def _own(user: User):
    return SavedCard.objects.filter(saved_by=user, customer__user=user)
