"""The life of a payout as one table. `advance` is the only writer of its state (rule M5)."""

from typing import Any, NewType

from accounts.models import PartnerProfile
from payments.models import Payout, PayoutState
from payments.transitions import NEW, IllegalTransition, Transition, make, only

__all__ = [
    "NEW",
    "OPEN_STATES",
    "OVER",
    "STILL_HERE",
    "TRANSITIONS",
    "IllegalTransition",
    "LockedPayout",
    "advance",
    "lock_partner",
    "lock_payout",
    "new",
]

S = PayoutState
OPEN_STATES = (S.PLANNED, S.SENT, S.UNKNOWN)  # ours to go on with
STILL_HERE = (S.WAITS, S.PLANNED)  # nothing was sent: it can be taken back
OVER = (S.FAILED, S.DROPPED)  # its earnings are free again
AWAITED = only(S.SENT, S.UNKNOWN)  # a call is under way; its answer decides

TRANSITIONS: dict[str, Transition] = {
    "plan": Transition(only(NEW), S.PLANNED),
    "ask_staff": Transition(only(NEW), S.WAITS),
    "approve": Transition(only(S.WAITS), S.PLANNED),
    "drop": Transition(only(*STILL_HERE), S.DROPPED),
    # --- sent
    "send": Transition(only(*OPEN_STATES), S.SENT),
    "next_call": Transition(AWAITED, S.PLANNED),  # what Mila pays was brought over
    "put_back": Transition(AWAITED, S.PLANNED),  # nothing was done at Stripe
    "lose_track": Transition(AWAITED, S.UNKNOWN),
    # --- answered. Money that has moved is written down wherever the payout stood.
    "leave": Transition(only(*OPEN_STATES), S.ON_ITS_WAY),
    "arrive": Transition(only(S.ON_ITS_WAY), S.PAID),
    # a bank may refuse what Stripe called paid
    "come_back": Transition(only(S.ON_ITS_WAY, S.PAID), S.FAILED),
}

# A payout read under its row lock, after its partner's, which its transaction still holds.
LockedPayout = NewType("LockedPayout", Payout)


def lock_payout(payout_id: int) -> LockedPayout:
    """The partner, then the payout."""
    partner_id = Payout.objects.values_list("partner_id", flat=True).get(pk=payout_id)
    lock_partner(partner_id)
    return LockedPayout(
        Payout.objects.select_for_update(of=("self",)).select_related("partner").get(pk=payout_id)
    )


def lock_partner(partner_id: int) -> PartnerProfile:
    return PartnerProfile.objects.select_for_update(no_key=True).get(pk=partner_id)


def new(**values: Any) -> LockedPayout:
    """One that is not written down yet; the lock of its partner stands for its own."""
    return LockedPayout(Payout(state=NEW, **values))


def advance(payout: LockedPayout, name: str, **changes: Any) -> None:
    """Make one transition, and write further columns by the same statement.

    Raises IllegalTransition and changes nothing. A repeat is the caller's to see.
    """
    make(payout, TRANSITIONS, name, changes)
