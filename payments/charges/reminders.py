"""Who is told of a charge that does not go on by itself: the customer by a ladder of days, then
staff (rule M4).
"""

from datetime import datetime, timedelta

from mila.streams import publish
from payments.charges.table import OPEN_STATES, WAITING, LockedCharge, advance
from payments.models import Charge, ChargeState
from requests_app import notices
from requests_app.actions import contesting
from requests_app.models import Booking

LOOK_AGAIN = timedelta(hours=1)  # where an appeal is decided later than promised
OF_A_FIGURE = 100  # more than the ladder has days


def wait_for_customer(
    charge: LockedCharge,
    booking: Booking,
    transition: str,
    code: str,
    at: datetime,
    *,
    card: str | None = None,
) -> None:
    """A definite no, by `ask_bank` or `decline`. The first time the customer is told at once.

    A later one begins its wait anew: they have just seen it themselves.
    """
    was_ours = charge.state in OPEN_STATES
    advance(
        charge, transition, failure_code=code[:64], payment_method=card or charge.payment_method
    )
    if charge.reminders == 0:
        remind_now(charge, booking, at)
    elif was_ours:
        charge.next_at = _next_reminder(charge, booking, at)
        charge.save(update_fields=["next_at"])
    publish.publish(f"booking:{booking.uuid}", "unpaid")


def close(charge: LockedCharge, booking: Booking) -> None:
    """Somebody cancelled the payment at Stripe: it can never be paid, staff have to say what is to
    happen.
    """
    advance(charge, "close", failure_code="canceled", next_at=None)
    notices.queue(booking, "unpaid_ops", round=_round(charge, booking))


def tell_ops(charge: Charge, booking: Booking) -> None:
    """Once for each charge."""
    notices.queue(booking, "charge_waits_ops", round=charge.pk)


def remind_now(charge: LockedCharge, booking: Booking, at: datetime) -> None:
    """One step of the ladder; after its last one staff are told. While people look at the decision
    it asks money for, it rests (rule L17).
    """
    if (appeal := contesting.waiting(booking)) is not None:
        charge.next_at = max(appeal.due_at, at + LOOK_AGAIN)
        charge.save(update_fields=["next_at"])
        return
    if charge.reminders >= len(booking.policy.unpaid_reminder_days):
        notices.queue(booking, "unpaid_ops", round=_round(charge, booking))
        charge.next_at = None
        charge.save(update_fields=["next_at"])
        return
    kind = "action_required" if charge.state == ChargeState.ACTION_REQUIRED else "unpaid"
    notices.queue(booking, kind, round=_round(charge, booking))
    charge.reminders += 1
    charge.next_at = _next_reminder(charge, booking, at)
    charge.save(update_fields=["reminders", "next_at"])


def go_on(charge: LockedCharge, booking: Booking, at: datetime) -> None:
    """The decision stands: what has rested comes a step of the ladder later, or at once where
    nobody was told yet. What has not rested, and a repeat, stay as they are.
    """
    if charge.next_at is None:
        return
    following = _next_reminder(charge, booking, at) if charge.reminders else at
    charge.next_at = min(charge.next_at, following)
    charge.save(update_fields=["next_at"])


def staffs_at(charge: Charge, booking: Booking) -> datetime | None:
    """Until when an unpaid charge is the customer's: a day after the last reminder staff get in
    touch. None where that has come already.
    """
    if charge.next_at is None or charge.state not in WAITING:
        return None
    days = booking.policy.unpaid_reminder_days
    if charge.reminders >= len(days):
        return charge.next_at
    return charge.next_at + timedelta(days=days[-1] + 1 - days[charge.reminders])


def _round(charge: Charge, booking: Booking) -> int:
    """Reminders of a figure that was decided anew are others than those of the former one: else
    they would pass for repeats, and nobody would hear of them.
    """
    return charge.reminders + OF_A_FIGURE * booking.events.filter(move="reopen").count()


def _next_reminder(charge: Charge, booking: Booking, at: datetime) -> datetime:
    """A step of the ladder after `at`; a day after the last one it is staff's."""
    days = booking.policy.unpaid_reminder_days
    last = days[charge.reminders - 1]
    following = days[charge.reminders] if charge.reminders < len(days) else last + 1
    return at + timedelta(days=following - last)
