"""Money back to the payer of a charge, with exact shares (rule M6; docs/decisions/0027).

As a charge and a payout go: each call is an operation row, committed with its key and parameters
before it is sent; no transaction is open while Stripe is asked; answer, message, sweep and
comparison all end in `record_refund`.

Every writer locks in this order: booking, charge, refund, partner, payout, earnings.
"""

from payments.refunds.planning import (
    WAITS_FOR_STAFF,
    Contested,
    MoreThanPaid,
    NotBack,
    NothingAsked,
    NothingPaid,
    OneAtATime,
    arrived_cents,
    is_refundable,
    note_paid_by_hand,
    refund,
    refundable_charge,
    send_again,
    waits_for_staff,
)
from payments.refunds.recording import record_refund
from payments.refunds.sending import apply_refund, look_again, set_aside, submit

__all__ = [
    "WAITS_FOR_STAFF",
    "Contested",
    "MoreThanPaid",
    "NotBack",
    "NothingAsked",
    "NothingPaid",
    "OneAtATime",
    "apply_refund",
    "arrived_cents",
    "is_refundable",
    "look_again",
    "note_paid_by_hand",
    "record_refund",
    "refund",
    "refundable_charge",
    "send_again",
    "set_aside",
    "submit",
    "waits_for_staff",
]
