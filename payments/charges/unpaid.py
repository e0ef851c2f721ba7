"""A charge that only the customer, or staff, can bring further: reminded, tried again, never
forgotten (rule M4).
"""

from datetime import timedelta

from mila.clock import mila_now
from mila.transactions import verb
from payments.charges.reminders import go_on, remind_now, tell_ops
from payments.charges.rows import lock_charge
from payments.charges.table import WAITING, advance
from payments.models import Charge

SET_ASIDE = timedelta(hours=1)


@verb
def remind(charge_id: int) -> bool:
    """The next reminder of an unpaid charge, if it is due: on days 0, 1, 3, 7, then ops."""
    booking, charge = lock_charge(charge_id)
    at = mila_now()
    if charge.state not in WAITING or charge.next_at is None or charge.next_at > at:
        return False
    remind_now(charge, booking, at)
    return True


@verb
def go_on_reminding(booking_id: int) -> None:
    """The appeal is decided, and what it was about is owed all the same."""
    for charge_id in Charge.objects.filter(booking=booking_id).values_list("pk", flat=True):
        booking, charge = lock_charge(charge_id)
        if charge.state in WAITING:
            go_on(charge, booking, mila_now())


@verb
def retry_with_card(charge_id: int, *, payment_method: str) -> Charge:
    """The customer chose another saved card: a new try on the same intent, under the next key."""
    _booking, charge = lock_charge(charge_id)
    if charge.state in WAITING and charge.failure_code != "canceled":
        advance(charge, "retry", payment_method=payment_method, next_at=mila_now())
    return charge


@verb
def set_aside(charge_id: int) -> None:
    """What could not be handled comes again in an hour, and staff hear of it (fault T15)."""
    booking, charge = lock_charge(charge_id)
    if charge.next_at is not None:
        charge.next_at = mila_now() + SET_ASIDE
        charge.save(update_fields=["next_at"])
        tell_ops(charge, booking)
