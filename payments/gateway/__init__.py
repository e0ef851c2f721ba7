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
)
from payments.gateway.payouts import (
    create_payout,
    create_transfer,
    find_payout,
    find_transfer,
    retrieve_payout,
)
from payments.gateway.people import (
    create_customer,
    create_reauthentication,
    create_setup_intent,
    detach_card,
    list_cards,
    retrieve_card,
    retrieve_setup_intent,
)
from payments.gateway.returns import (
    accept_dispute,
    create_refund,
    find_refund,
    find_reversal,
    give_fee_back,
    list_fee_refunds,
    retrieve_dispute,
    retrieve_refund,
    reverse_transfer,
    submit_evidence,
)
from payments.gateway.shapes import (
    AccountStatus,
    BrowserScript,
    Card,
    DisputeAnswer,
    Event,
    FeeRefund,
    Line,
    PaymentFailure,
    PaymentIntent,
    PaymentPlan,
    PayoutAnswer,
    RefundAnswer,
    SetupIntent,
)
from payments.gateway.statement import account_balance, list_statement
from payments.gateway.subscriptions import PLATFORM_EVENTS

__all__ = [
    "PLATFORM_EVENTS",
    "AccountStatus",
    "AuthenticationRequired",
    "BadSignature",
    "BrowserScript",
    "Card",
    "CardDeclined",
    "DisputeAnswer",
    "Event",
    "FeeRefund",
    "GatewayError",
    "GatewayRefused",
    "Line",
    "OutcomeUnknown",
    "PaymentFailure",
    "PaymentIntent",
    "PaymentPlan",
    "PayoutAnswer",
    "RefundAnswer",
    "SetupIntent",
    "accept_dispute",
    "account_balance",
    "account_status",
    "browser_script",
    "cancel_payment_intent",
    "confirm_payment_intent",
    "construct_event",
    "create_customer",
    "create_payment_intent",
    "create_payout",
    "create_reauthentication",
    "create_refund",
    "create_setup_intent",
    "create_transfer",
    "detach_card",
    "find_payment_intent",
    "find_payout",
    "find_refund",
    "find_reversal",
    "find_transfer",
    "give_fee_back",
    "list_cards",
    "list_events",
    "list_fee_refunds",
    "list_statement",
    "onboarding_url",
    "open_account",
    "retrieve_card",
    "retrieve_dispute",
    "retrieve_payment_intent",
    "retrieve_payout",
    "retrieve_refund",
    "retrieve_setup_intent",
    "reverse_transfer",
    "submit_evidence",
]
