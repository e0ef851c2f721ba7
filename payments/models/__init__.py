"""The rows of money: what comes in (`charges`), what goes out (`payouts`, `advances`), what is sent
to Stripe and booked (`operations`), what goes back and is compared (`returns`).
"""

from payments.models.advances import Advance
from payments.models.charges import (
    WAITS,
    CardSetup,
    Charge,
    ChargeKind,
    ChargeState,
    PaymentCustomer,
    SavedCard,
)
from payments.models.operations import Account, LedgerEntry, Operation, OperationState, StripeEvent
from payments.models.payouts import Earning, Hold, Payout, PayoutAccount, PayoutState, WayPay
from payments.models.raises import PriceRaise
from payments.models.returns import (
    DISPUTED,
    UNDER_WAY,
    Comparison,
    Difference,
    DifferenceKind,
    Dispute,
    DisputeState,
    Refund,
    RefundOrigin,
    RefundState,
    StatementLine,
)

__all__ = [
    "DISPUTED",
    "UNDER_WAY",
    "WAITS",
    "Account",
    "Advance",
    "CardSetup",
    "Charge",
    "ChargeKind",
    "ChargeState",
    "Comparison",
    "Difference",
    "DifferenceKind",
    "Dispute",
    "DisputeState",
    "Earning",
    "Hold",
    "LedgerEntry",
    "Operation",
    "OperationState",
    "PaymentCustomer",
    "Payout",
    "PayoutAccount",
    "PayoutState",
    "PriceRaise",
    "Refund",
    "RefundOrigin",
    "RefundState",
    "SavedCard",
    "StatementLine",
    "StripeEvent",
    "WayPay",
]
