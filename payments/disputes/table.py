"""The life of a dispute as one table; Stripe's word decides.

`advance` is the only writer of its state (rule M6).
"""

from typing import Any, NewType

from payments.charges.rows import lock_charge
from payments.charges.table import LockedCharge
from payments.models import Dispute, DisputeState
from payments.transitions import NEW, Transition, make, only
from requests_app.models import Booking

S = DisputeState
ASKED = (S.INQUIRY, S.INQUIRY_REVIEW)  # no money has left
ANSWERABLE = (S.INQUIRY, S.OPEN)

# Also from nothing: the messages before may have been lost, and from any earlier step: one of them
# may have been.
TRANSITIONS: dict[str, Transition] = {
    "ask": Transition(only(NEW), S.INQUIRY),
    "read_answer": Transition(only(NEW, S.INQUIRY), S.INQUIRY_REVIEW),
    "close": Transition(only(NEW, *ASKED), S.CLOSED),
    "open": Transition(only(NEW, *ASKED), S.OPEN),
    "read": Transition(only(NEW, *ASKED, S.OPEN), S.REVIEW),
    "win": Transition(only(NEW, *ASKED, S.OPEN, S.REVIEW), S.WON),
    "lose": Transition(only(NEW, *ASKED, S.OPEN, S.REVIEW), S.LOST),
}
# Stripe's word -> ours. Another word (an appeal) is for a person to look at.
BY_STATUS = {
    "warning_needs_response": "ask",
    "warning_under_review": "read_answer",
    "warning_closed": "close",
    "prevented": "close",
    "needs_response": "open",
    "under_review": "read",
    "won": "win",
    "lost": "lose",
}

# A dispute read under its row lock, after its booking's and its charge's, which its transaction
# still holds.
LockedDispute = NewType("LockedDispute", Dispute)


def lock_dispute(dispute_id: int) -> tuple[Booking, LockedCharge, LockedDispute]:
    """The booking, the charge, then the dispute."""
    charge_id = Dispute.objects.values_list("charge_id", flat=True).get(pk=dispute_id)
    booking, charge = lock_charge(charge_id)
    dispute = Dispute.objects.select_for_update().get(pk=dispute_id)
    dispute.charge = charge
    return booking, charge, LockedDispute(dispute)


def new(charge: LockedCharge, **values: Any) -> LockedDispute:
    """One that is not written down yet; the lock of its charge stands for its own."""
    return LockedDispute(Dispute(charge=charge, state=NEW, **values))


def advance(dispute: LockedDispute, name: str, **changes: Any) -> None:
    """Make one transition, and write further columns by the same statement.

    Raises IllegalTransition.
    """
    make(dispute, TRANSITIONS, name, changes)
