"""Customers, their saved cards, and the setup at booking that saves one."""

import stripe
from stripe.params import (
    CustomerCreateParams,
    CustomerPaymentMethodListParams,
    SetupIntentCreateParams,
)

from payments.gateway.client import our_errors, stripe_client, with_key
from payments.gateway.params import checked
from payments.gateway.shapes import Card, SetupIntent


def create_customer(*, user_id: int, email: str, key: str) -> str:
    """The id of the customer at Stripe. A repeat with the same key answers the same one."""
    params = checked(CustomerCreateParams, {"email": email, "metadata": {"user": str(user_id)}})
    with our_errors():
        return stripe_client().v1.customers.create(params, with_key(key)).id


def create_setup_intent(*, customer: str, key: str, booking_uuid: str = "") -> SetupIntent:
    """Opens the saving of a card for a later charge without the customer (mandate with SCA at
    booking).

    Without a booking it is for the account's own cards.
    """
    params = checked(
        SetupIntentCreateParams,
        {
            "customer": customer,
            "usage": "off_session",
            "allowed_payment_method_types": ["card"],
            "metadata": {"booking": str(booking_uuid)} if booking_uuid else {},
        },
    )
    with our_errors():
        return _setup(stripe_client().v1.setup_intents.create(params, with_key(key)))


def create_reauthentication(
    *, customer: str, card: str, booking_uuid: str, version: int, amount_cents: int, key: str
) -> SetupIntent:
    """Opens the question of the bank about a card that is saved, for more than it was saved for;
    no money moves (rule L10, M4).
    """
    params = checked(
        SetupIntentCreateParams,
        {
            "customer": customer,
            "payment_method": card,
            "usage": "off_session",
            "allowed_payment_method_types": ["card"],
            "payment_method_options": {"card": {"request_three_d_secure": "challenge"}},
            "metadata": {
                "booking": booking_uuid,
                "kind": "raise",
                "version": str(version),
                "amount": str(amount_cents),
            },
        },
    )
    with our_errors():
        return _setup(stripe_client().v1.setup_intents.create(params, with_key(key)))


def retrieve_setup_intent(setup_intent_id: str) -> SetupIntent:
    """As it is now. Coming back from the card page proves nothing; this does."""
    with our_errors():
        return _setup(stripe_client().v1.setup_intents.retrieve(setup_intent_id))


def retrieve_card(payment_method_id: str) -> Card:
    """What may be shown of a card: brand, last four, expiry."""
    with our_errors():
        return _card(stripe_client().v1.payment_methods.retrieve(payment_method_id))


def list_cards(customer: str) -> list[Card]:
    """All cards attached to the customer, newest first."""
    params = checked(CustomerPaymentMethodListParams, {"type": "card", "limit": 100})
    with our_errors():
        page = stripe_client().v1.customers.payment_methods.list(customer, params)
        return [_card(method) for method in page.auto_paging_iter()]


def detach_card(payment_method_id: str, *, key: str) -> None:
    """Takes the card off the customer for good: it cannot be charged again."""
    with our_errors():
        stripe_client().v1.payment_methods.detach(payment_method_id, {}, with_key(key))


def _setup(intent: stripe.SetupIntent) -> SetupIntent:
    values = intent.to_dict()
    return SetupIntent(
        id=values["id"],
        status=values["status"],
        client_secret=values["client_secret"],
        customer=values["customer"],
        payment_method=values["payment_method"],
        booking_uuid=values["metadata"].get("booking"),
    )


def _card(method: stripe.PaymentMethod) -> Card:
    values = method.to_dict()
    card = values["card"]
    return Card(
        id=values["id"],
        brand=card["brand"],
        last4=card["last4"],
        exp_month=card["exp_month"],
        exp_year=card["exp_year"],
        wallet=(card.get("wallet") or {}).get("type", ""),
    )
