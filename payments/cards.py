"""Saving a card for a booking with strong authentication (PRODUCT B7); no money moves here."""

from accounts.models import User
from mila.clock import mila_now
from mila.transactions import verb
from payments import gateway
from payments.models import CardSetup, PaymentCustomer, SavedCard
from requests_app.actions import placing
from requests_app.models import Booking


def payment_customer(user: User) -> PaymentCustomer:
    """The person at Stripe, made at his first booking. A repeat finds the same one."""
    found = PaymentCustomer.objects.filter(user=user).first()
    if found:
        return found
    key = f"user-{user.pk}-{user.date_joined.timestamp():.0f}-customer"
    stripe_id = gateway.create_customer(user_id=user.pk, email=user.email, key=key)
    return PaymentCustomer.objects.get_or_create(user=user, defaults={"stripe_id": stripe_id})[0]


def open_setup(booking: Booking) -> CardSetup:
    """The unfinished try to save a card for this booking, or a new one under the next key."""
    last = booking.card_setups.order_by("-number").first()
    if last and last.done_at is None:
        return last
    number = last.number + 1 if last else 1
    assert booking.customer is not None
    customer = payment_customer(booking.customer)
    intent = gateway.create_setup_intent(
        customer=customer.stripe_id, booking_uuid=str(booking.uuid), key=f"{booking.uuid}-setup-{number}"
    )
    return CardSetup.objects.get_or_create(
        booking=booking,
        number=number,
        defaults={"intent_id": intent.id, "client_secret": intent.client_secret},
    )[0]


def finish_setup(setup: CardSetup) -> SavedCard | None:
    """Ask Stripe what became of it; a saved card is remembered for the booking. None if there is none yet. Repeatable.

    Both the customer's return and the webhook end here, in any order.
    """
    intent = gateway.retrieve_setup_intent(setup.intent_id)
    if intent.status != "succeeded" or not intent.payment_method:
        return None
    return _remember(setup.pk, gateway.retrieve_card(intent.payment_method))


@verb
def _remember(setup_id: int, card: gateway.Card) -> SavedCard:
    setup = CardSetup.objects.select_related("booking__customer").get(pk=setup_id)
    booking = placing.save_card(setup.booking_id, card=card.id)
    saved, _new = SavedCard.objects.get_or_create(
        stripe_id=card.id,
        defaults={
            "customer": PaymentCustomer.objects.get(user=booking.customer_id),
            "brand": card.brand,
            "last4": card.last4,
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
        },
    )
    CardSetup.objects.filter(pk=setup_id, done_at=None).update(done_at=mila_now())
    return saved


def use_saved_card(booking: Booking, card_id: int) -> SavedCard:
    """One of his own cards, saved earlier. Raises SavedCard.DoesNotExist for anybody else's."""
    card = SavedCard.objects.get(pk=card_id, customer__user=booking.customer_id)
    placing.save_card(booking.pk, card=card.stripe_id)
    return card
