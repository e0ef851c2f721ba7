"""A charge from the sign-off to the money (rule M1-M4; docs/decisions/0004).

One PaymentIntent per charge, opened without confirming and confirmed apart, so that it can succeed
once only. Each call is an operation row, committed with its key and parameters before it is sent;
Stripe is never called inside a transaction. Answer, webhook, pay page and sweep all end in
`record_intent`; whichever comes first wins.

Every writer locks the booking first, then the charge.
"""

from payments.charges.holding import NotHeld, agree, goes_on_by_itself, let_go, object_to, read
from payments.charges.opening import amount_owed, open_charge
from payments.charges.outcomes import record_error, record_intent
from payments.charges.reminders import staffs_at
from payments.charges.sending import (
    COMPLETED_WITHIN,
    NOT_WHOLE,
    apply_intent,
    learn_whole,
    submit,
)
from payments.charges.stopping import PaidMeanwhile, UnderWay, is_stopped, stop
from payments.charges.table import OPEN_STATES, WAITING
from payments.charges.unpaid import go_on_reminding, remind, retry_with_card, set_aside
from payments.operations import Mismatch

__all__ = [
    "COMPLETED_WITHIN",
    "NOT_WHOLE",
    "OPEN_STATES",
    "WAITING",
    "Mismatch",
    "NotHeld",
    "PaidMeanwhile",
    "UnderWay",
    "agree",
    "amount_owed",
    "apply_intent",
    "go_on_reminding",
    "goes_on_by_itself",
    "is_stopped",
    "learn_whole",
    "let_go",
    "object_to",
    "open_charge",
    "read",
    "record_error",
    "record_intent",
    "remind",
    "retry_with_card",
    "set_aside",
    "staffs_at",
    "stop",
    "submit",
]
