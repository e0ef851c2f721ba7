"""A charge that only the customer, or staff, can bring further: told, reminded, never forgotten (PRODUCT M4)."""

from datetime import datetime, timedelta

from mila import live
from mila.clock import mila_now
from mila.transactions import verb
from payments.charges.rows import OPEN_STATES, WAITING, lock_charge
from payments.models import Charge, ChargeState
from requests_app import notices
from requests_app.models import Booking

SET_ASIDE = timedelta(hours=1)


def wait_for_customer(
    charge: Charge, booking: Booking, state: ChargeState, code: str, at: datetime, *, card: str | None = None
) -> None:
    """A definite no. The first time he is told at once; a later one begins its wait anew: he has just seen it himself.

    The caller holds the lock and saves the charge.
    """
    was_ours = charge.state in OPEN_STATES
    charge.state, charge.failure_code = state, code[:64]
    charge.payment_method = card or charge.payment_method
    if charge.reminders == 0:
        _remind(charge, booking, at)
    elif was_ours:
        charge.next_at = _next_reminder(charge, booking, at)
    live.publish(f"booking:{booking.uuid}", "unpaid")


def close(charge: Charge, booking: Booking) -> None:
    """Somebody cancelled the payment at Stripe: it can never be paid, staff have to say what is to happen."""
    charge.state, charge.failure_code, charge.next_at = ChargeState.FAILED, "canceled", None
    notices.queue(booking, "unpaid_ops", round=charge.pk)


def tell_ops(charge: Charge, booking: Booking) -> None:
    """Once for each charge."""
    notices.queue(booking, "charge_waits_ops", round=charge.pk)


@verb
def remind(charge_id: int) -> bool:
    """The next reminder of an unpaid charge, if it is due: on days 0, 1, 3, 7, then ops."""
    booking, charge = lock_charge(charge_id)
    at = mila_now()
    if charge.state not in WAITING or charge.next_at is None or charge.next_at > at:
        return False
    _remind(charge, booking, at)
    charge.save(update_fields=["reminders", "next_at"])
    return True


def _remind(charge: Charge, booking: Booking, at: datetime) -> None:
    if charge.reminders >= len(booking.policy.unpaid_reminder_days):
        notices.queue(booking, "unpaid_ops", round=charge.pk)
        charge.next_at = None
        return
    kind = "action_required" if charge.state == ChargeState.ACTION_REQUIRED else "unpaid"
    notices.queue(booking, kind, round=charge.reminders)
    charge.reminders += 1
    charge.next_at = _next_reminder(charge, booking, at)


def _next_reminder(charge: Charge, booking: Booking, at: datetime) -> datetime:
    """A step of the ladder after `at`; a day after the last one it is staff's."""
    days = booking.policy.unpaid_reminder_days
    last = days[charge.reminders - 1]
    following = days[charge.reminders] if charge.reminders < len(days) else last + 1
    return at + timedelta(days=following - last)


@verb
def retry_with_card(charge_id: int, *, payment_method: str) -> Charge:
    """The customer chose another saved card of his: a new try on the same intent, under the next key."""
    _booking, charge = lock_charge(charge_id)
    if charge.state in WAITING and charge.failure_code != "canceled":
        charge.payment_method, charge.state, charge.next_at = payment_method, ChargeState.PLANNED, mila_now()
        charge.save(update_fields=["payment_method", "state", "next_at"])
    return charge


@verb
def set_aside(charge_id: int) -> None:
    """What could not be handled comes again in an hour, and staff hear of it (FAULT T15)."""
    booking, charge = lock_charge(charge_id)
    if charge.next_at is not None:
        charge.next_at = mila_now() + SET_ASIDE
        charge.save(update_fields=["next_at"])
        tell_ops(charge, booking)
