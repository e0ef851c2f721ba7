"""The life of a refund as one table. `advance` is the only writer of its state (rule M6)."""

from typing import Any, NewType

from payments.charges.rows import lock_charge
from payments.charges.table import LockedCharge
from payments.models import UNDER_WAY, Refund, RefundState
from payments.transitions import NEW, Transition, make, only
from requests_app.models import Booking

S = RefundState
AWAITED = only(S.SENT, S.UNKNOWN)  # a call is under way; its answer decides

TRANSITIONS: dict[str, Transition] = {
    "plan": Transition(only(NEW), S.PLANNED),
    "adopt": Transition(only(NEW), S.PENDING),  # somebody made it on Stripe's pages
    # --- sent
    "send": Transition(only(*UNDER_WAY), S.SENT),
    # the money is back: Mila's part of it is due to the partner
    "next_call": Transition(only(*UNDER_WAY), S.PLANNED),
    "put_back": Transition(AWAITED, S.PLANNED),  # nothing was done at Stripe
    "lose_track": Transition(AWAITED, S.UNKNOWN),
    "refuse": Transition(AWAITED, S.REFUSED),  # nothing was done, nor ever will be
    # --- answered. Money that has moved is written down wherever the refund stood.
    "wait_for_bank": Transition(only(*UNDER_WAY), S.PENDING),
    "finish": Transition(only(*UNDER_WAY, S.PENDING), S.DONE),
    "come_back": Transition(only(*UNDER_WAY, S.PENDING, S.DONE), S.CAME_BACK),
}

# A refund read under its row lock, after its booking's and its charge's, which its transaction
# still holds.
LockedRefund = NewType("LockedRefund", Refund)


def lock_refund(refund_id: int) -> tuple[Booking, LockedCharge, LockedRefund]:
    """The booking, the charge, then the refund."""
    charge_id = Refund.objects.values_list("charge_id", flat=True).get(pk=refund_id)
    booking, charge = lock_charge(charge_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    refund.charge = charge
    return booking, charge, LockedRefund(refund)


def new(charge: LockedCharge, **values: Any) -> LockedRefund:
    """One that is not written down yet; the lock of its charge stands for its own."""
    return LockedRefund(Refund(charge=charge, currency=charge.currency, state=NEW, **values))


def advance(refund: LockedRefund, name: str, **changes: Any) -> None:
    """Make one transition, and write further columns by the same statement.

    Raises IllegalTransition.
    """
    make(refund, TRANSITIONS, name, changes)
