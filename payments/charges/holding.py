"""A charge that rests on the technician's word alone waits until the payer has read of it
(rule L9b, L11, B10).

Read, it is the payer's for a day: agreed, it goes on at once; objected to, people decide; else it
goes on by itself. What nobody reads is staff's to decide. The wait is the charge's, not the
booking's.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.streams import publish
from mila.transactions import verb
from payments.charges.rows import lock_charge
from payments.charges.table import LockedCharge, advance
from payments.models import Charge, ChargeKind, ChargeState
from requests_app import notices, price_versions
from requests_app.actions import signing, withdrawing
from requests_app.lifecycle import Role
from requests_app.models import Booking, State, was_at_the_door


class NotHeld(Refusal):
    sentence = _("This is no longer open: it was decided or charged meanwhile.")


class NotRead(Refusal):
    sentence = _("Please read first what was reported.")


def goes_on_by_itself(booking: Booking, charge: Charge) -> bool:
    """Whether the payer's silence lets it go on: not where only a word puts the technician at the
    door (rule B10).
    """
    return charge.kind != ChargeKind.FEE or was_at_the_door(booking)


@verb
def read(charge_id: int) -> Charge:
    """A person opens what was reported: a day to object begins. The first time counts.

    Raises NotHeld.
    """
    booking, charge = _held(charge_id)
    if charge.opened_at is None:
        charge.opened_at = mila_now()
        charge.held_until = charge.next_at = charge.opened_at + booking.policy.objection_window
        charge.save(update_fields=["opened_at", "held_until", "next_at"])
    return charge


@verb
def agree(charge_id: int) -> None:
    """The payer agrees on their own page: the charge goes on at once. Raises NotHeld, NotRead."""
    booking, charge = _held(charge_id)
    if charge.opened_at is None:
        raise NotRead
    at = mila_now()
    advance(charge, "agree", agreed_at=at, next_at=_goes_on_at(booking, charge, at))
    publish.publish(f"booking:{booking.uuid}", "agreed")


@verb
def object_to(charge_id: int, *, by: User | None, reason: str, role: Role = Role.CUSTOMER) -> None:
    """It is not so: nothing is charged before people have decided (rule G0), and nothing at all for
    a withdrawal (rule B10). As long as it is held, that is in time.

    Raises NotHeld, ReasonMissing.
    """
    booking, charge = _held(charge_id)
    if booking.state == State.CANCELLED:  # the contract is over: nothing is left to decide but this
        withdrawing.owe_nothing(booking.pk, reason=reason)
    else:
        signing.object_to(charge.booking_id, by=by, reason=reason, role=role)
    advance(charge, "object", next_at=None)


@verb
def let_go(charge_id: int) -> bool:
    """The day to object has passed: it goes on. False when it is not due.

    Never read, or a fee without a place near the door: it stays held, and staff are told, once for
    each.
    """
    booking, charge = lock_charge(charge_id)
    at = mila_now()
    if charge.state != ChargeState.HELD or charge.next_at is None or charge.next_at > at:
        return False
    if charge.opened_at is not None and goes_on_by_itself(booking, charge):
        advance(charge, "let_go", next_at=_goes_on_at(booking, charge, at))
        return True
    charge.next_at = None
    charge.save(update_fields=["next_at"])
    kind = "held_ops" if charge.opened_at is None else "door_unproved_ops"
    if booking.state == State.CANCELLED:
        kind = "withdrawal_unproved_ops"
    notices.queue(booking, kind, round=charge.pk)
    return True


def _goes_on_at(booking: Booking, charge: Charge, at: datetime) -> datetime:
    """At once, but for what the law makes wait (law R7)."""
    charged_from = price_versions.charged_from(booking) if charge.kind == ChargeKind.JOB else None
    return max(at, charged_from or at)


def _held(charge_id: int) -> tuple[Booking, LockedCharge]:
    booking, charge = lock_charge(charge_id)
    if charge.state != ChargeState.HELD:
        raise NotHeld
    return booking, charge
