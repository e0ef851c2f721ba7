"""The door to Stripe: the only product code that imports stripe.

Our own small values in and out, our own errors.
"""

from payments.gateway.accounts import account_status, onboarding_url, open_account
from payments.gateway.client import browser_script
from payments.gateway.errors import (
    AuthenticationRequired,
    BadSignature,
    CardDeclined,
    GatewayError,
    GatewayRefused,
    OutcomeUnknown,
)
from payments.gateway.events import construct_event, list_events
from payments.gateway.intents import (
    cancel_payment_intent,
    confirm_payment_intent,
    create_payment_intent,
    find_payment_intent,
    retrieve_payment_intent,
    update_payment_intent,
)
from payments.gateway.payouts import (
    create_payout,
    create_transfer,
    find_payout,
    find_transfer,
    retrieve_payout,
)
from payments.gateway.people import (
    cancel_setup_intent,
    create_customer,
    create_setup_intent,
    detach_card,
    list_cards,
    retrieve_card,
    retrieve_setup_intent,
)
from payments.gateway.shapes import (
    AccountStatus,
    BrowserScript,
    Card,
    Event,
    PaymentFailure,
    PaymentIntent,
    PaymentPlan,
    PayoutAnswer,
    SetupIntent,
)

__all__ = [
    "AccountStatus",
    "AuthenticationRequired",
    "BadSignature",
    "BrowserScript",
    "Card",
    "CardDeclined",
    "Event",
    "GatewayError",
    "GatewayRefused",
    "OutcomeUnknown",
    "PaymentFailure",
    "PaymentIntent",
    "PaymentPlan",
    "PayoutAnswer",
    "SetupIntent",
    "account_status",
    "browser_script",
    "cancel_payment_intent",
    "cancel_setup_intent",
    "confirm_payment_intent",
    "construct_event",
    "create_customer",
    "create_payment_intent",
    "create_payout",
    "create_setup_intent",
    "create_transfer",
    "detach_card",
    "find_payment_intent",
    "find_payout",
    "find_transfer",
    "list_cards",
    "list_events",
    "onboarding_url",
    "open_account",
    "retrieve_card",
    "retrieve_payment_intent",
    "retrieve_payout",
    "retrieve_setup_intent",
    "update_payment_intent",
]
