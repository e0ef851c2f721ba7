"""A payout from the shares that are free to the partner's bank (rule M5; docs/decisions/0020).

As a charge goes: each call is an operation row, committed with its key and parameters before it is
sent; no transaction is open while Stripe is asked; answer, message and sweep all end in
`record_payout`, and whichever comes first wins.

Every writer locks in this order: booking (freezing only), partner, payout, earnings.
"""

from payments.payouts.planning import (
    AlreadyUnderWay,
    NothingToFreeze,
    OnePersonTwice,
    StillOpen,
    approve,
    drop,
    due_partners,
    freeze,
    freeze_what_waits,
    is_contested,
    plan,
    thaw,
    thaw_what_is_decided,
)
from payments.payouts.sending import (
    OPEN_STATES,
    apply_payout,
    look_again,
    record_payout,
    set_aside,
    submit,
)

__all__ = [
    "OPEN_STATES",
    "AlreadyUnderWay",
    "NothingToFreeze",
    "OnePersonTwice",
    "StillOpen",
    "apply_payout",
    "approve",
    "drop",
    "due_partners",
    "freeze",
    "freeze_what_waits",
    "is_contested",
    "look_again",
    "plan",
    "record_payout",
    "set_aside",
    "submit",
    "thaw",
    "thaw_what_is_decided",
]
