"""The life of a charge as one table. `advance` is the only writer of its state (rule M1-M4, L9b).

Each row says from where to where. Who may, when, and what Stripe said is asked before, by the
callers.
"""

from dataclasses import dataclass
from typing import Any, NewType

from payments.models import Charge, ChargeKind, ChargeState
from requests_app.models import Booking

S = ChargeState
NEW = ""  # not written down yet
OPEN_STATES = (S.PLANNED, S.SENT, S.UNKNOWN)  # ours to go on with
WAITING = (S.FAILED, S.ACTION_REQUIRED)  # the customer's


class IllegalTransition(Exception):
    """The table has no such row for this state: a person must look. Nothing was changed."""


@dataclass(frozen=True)
class Transition:
    sources: frozenset[str]
    target: ChargeState


def _from(*sources: str) -> frozenset[str]:
    return frozenset(sources)


AWAITED = _from(S.SENT, S.UNKNOWN)  # a call is under way; its answer decides

TRANSITIONS: dict[str, Transition] = {
    # --- opened; anew with what was decided, where it was objected to
    "plan": Transition(_from(NEW, S.OBJECTED), S.PLANNED),
    "hold": Transition(_from(NEW, S.OBJECTED), S.HELD),
    # --- held until the payer has read of it
    "agree": Transition(_from(S.HELD), S.PLANNED),
    "let_go": Transition(_from(S.HELD), S.PLANNED),
    "object": Transition(_from(S.HELD), S.OBJECTED),
    # --- sent
    "send": Transition(_from(*OPEN_STATES), S.SENT),
    "confirm_next": Transition(AWAITED, S.PLANNED),  # opened at Stripe: the confirmation is due
    "put_back": Transition(AWAITED, S.PLANNED),  # nothing was done at Stripe
    "lose_track": Transition(AWAITED, S.UNKNOWN),
    # --- answered. Money that has moved is written down wherever the charge stood.
    "succeed": Transition(frozenset(S) - {S.SUCCEEDED}, S.SUCCEEDED),
    "ask_bank": Transition(AWAITED | _from(*WAITING), S.ACTION_REQUIRED),
    "decline": Transition(AWAITED | _from(*WAITING), S.FAILED),
    "close": Transition(AWAITED | _from(*WAITING), S.FAILED),  # cancelled at Stripe
    # --- the customer's
    "retry": Transition(_from(*WAITING), S.PLANNED),
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
    transition = TRANSITIONS[name]
    if charge.state not in transition.sources:
        raise IllegalTransition(f"charge {charge.pk}: {name} from {charge.state or 'nothing'}")
    for column, value in changes.items():
        setattr(charge, column, value)
    charge.state = transition.target
    if charge._state.adding:
        charge.save(force_insert=True)
    else:
        charge.save(update_fields=["state", *changes])
