"""After the sweeps stood still: who may object to a held charge gets that time back
(fault T2, rule L9b).
"""

from django.db.models import QuerySet

from mila.outages import Outage, recover
from payments.charges.rows import lock_charge
from payments.models import Charge, ChargeState
from requests_app import deadlines

SWEEP = "charges"  # the heartbeat of the sweep that lets them go


def recover_holds() -> int:
    """To be called before a sweep that lets go of what was held long enough.

    Answers how many rows were looked at.
    """
    return recover(SWEEP, _held_charges, give_back)


def _held_charges(after: int) -> QuerySet:
    held = Charge.objects.filter(state=ChargeState.HELD, next_at__isnull=False, pk__gt=after)
    return held.order_by("pk").values_list("pk", flat=True)


def give_back(charge_id: int, outage: Outage) -> None:
    """The day to object, or the wait until staff hear that nobody has read of it."""
    booking, charge = lock_charge(charge_id)
    if charge.state != ChargeState.HELD or charge.next_at is None:
        return
    since = charge.opened_at or charge.created_at
    charge.next_at = deadlines.given_back(charge.next_at, since, outage, booking.policy)
    if charge.held_until is not None:
        charge.held_until = charge.next_at
    charge.save(update_fields=["next_at", "held_until"])
