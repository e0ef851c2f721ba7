"""The life of a charge as one table. `advance` is the only writer of its state (rule M1-M4, L9b).

Each row says from where to where. Who may, when, and what Stripe said is asked before, by the
callers.
"""

from typing import Any, NewType

from payments.models import Charge, ChargeKind, ChargeState
from payments.transitions import NEW, IllegalTransition, Transition, make, only
from requests_app.models import Booking

__all__ = [
    "NEW",
    "OPEN_STATES",
    "TRANSITIONS",
    "WAITING",
    "IllegalTransition",
    "LockedCharge",
    "advance",
    "new",
]

S = ChargeState
OPEN_STATES = (S.PLANNED, S.SENT, S.UNKNOWN)  # ours to go on with
WAITING = (S.FAILED, S.ACTION_REQUIRED)  # the customer's
AWAITED = only(S.SENT, S.UNKNOWN)  # a call is under way; its answer decides

TRANSITIONS: dict[str, Transition] = {
    # --- opened; anew with what was decided, where it was objected to
    "plan": Transition(only(NEW, S.OBJECTED), S.PLANNED),
    "hold": Transition(only(NEW, S.OBJECTED), S.HELD),
    # --- held until the payer has read of it
    "agree": Transition(only(S.HELD), S.PLANNED),
    "let_go": Transition(only(S.HELD), S.PLANNED),
    "object": Transition(only(S.HELD), S.OBJECTED),
    # --- decided anew after an appeal: nothing of it is sent meanwhile
    "take_back": Transition(only(S.HELD, S.PLANNED, *WAITING), S.OBJECTED),
    # --- sent
    "send": Transition(only(*OPEN_STATES), S.SENT),
    "confirm_next": Transition(AWAITED, S.PLANNED),  # opened at Stripe: the confirmation is due
    "put_back": Transition(AWAITED, S.PLANNED),  # nothing was done at Stripe
    "lose_track": Transition(AWAITED, S.UNKNOWN),
    # --- answered. Money that has moved is written down wherever the charge stood.
    "succeed": Transition(frozenset(S) - {S.SUCCEEDED}, S.SUCCEEDED),
    "ask_bank": Transition(AWAITED | only(*WAITING), S.ACTION_REQUIRED),
    "decline": Transition(AWAITED | only(*WAITING), S.FAILED),
    "close": Transition(AWAITED | only(*WAITING), S.FAILED),  # cancelled at Stripe
    # --- the customer's
    "retry": Transition(only(*WAITING), S.PLANNED),
}

# A charge read under its row lock, after its booking's, which its transaction still holds
# (rows.lock_charge).
LockedCharge = NewType("LockedCharge", Charge)


def new(booking: Booking, kind: ChargeKind) -> LockedCharge:
    """One that is not written down yet; the lock of its booking stands for its own."""
    return LockedCharge(Charge(booking=booking, kind=kind, state=NEW))


def advance(charge: LockedCharge, name: str, **changes: Any) -> None:
    """Make one transition, and write further columns by the same statement.

    Raises IllegalTransition and changes nothing. A repeat is the caller's to see.
    """
    make(charge, TRANSITIONS, name, changes)
