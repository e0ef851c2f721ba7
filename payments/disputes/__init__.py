"""A payer's bank contests a charge (rule G4, M6; docs/decisions/0027).

Nothing of the booking is paid out while it is open. Answered, it goes on by what the bank says;
lost, each bears their part, and the partner's is fetched back from the transfer. What Stripe says
is asked for, whoever told us to look.

Every writer locks in this order: booking, charge, dispute, partner, payout, earnings.
"""

from payments.disputes.evidence import pack
from payments.disputes.recording import record_dispute
from payments.disputes.sending import (
    NotAnswerable,
    accept,
    apply_dispute,
    is_answerable,
    set_aside,
    submit_evidence,
    take_up,
)
from payments.disputes.table import ANSWERABLE

__all__ = [
    "ANSWERABLE",
    "NotAnswerable",
    "accept",
    "apply_dispute",
    "is_answerable",
    "pack",
    "record_dispute",
    "set_aside",
    "submit_evidence",
    "take_up",
]
