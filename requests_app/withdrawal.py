"""A French consumer's right of withdrawal: its days, and what it costs once work has begun
(rule B10, law R5).

Only reads; `actions.withdrawing` makes it so.
"""

from datetime import date, datetime, timedelta

from catalogue.money import round_half_up
from places.calendar import is_holiday, midnight, wall_time
from places.place import Country
from requests_app.models import (
    Assignment,
    Booking,
    State,
    last_made_at,
    of_present_technician,
    standing,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SATURDAY = 5
BEGUN = frozenset({State.IN_PROGRESS, State.FINISHED, State.CONTESTED})


def last_day(booking: Booking, *, from_at: datetime | None = None) -> date | None:
    """The last day of the right, local to the place; None where there is none. `from_at`: were the
    contract made then.

    The day of the contract does not count. A last day that is a Saturday, a Sunday or a public
    holiday moves on to the next working day, as the French law of consumers wants (L221-19).
    """
    from_at = from_at or _contract_at(booking)
    if booking.country != Country.FR or from_at is None:
        return None
    day = wall_time(from_at, booking.timezone).date() + timedelta(
        days=booking.policy.withdrawal_window.days
    )
    while day.weekday() >= SATURDAY or is_holiday(day, booking.country, booking.region):
        day += DAY
    return day


def ends_at(booking: Booking, *, from_at: datetime | None = None) -> datetime | None:
    """The midnight after its last day."""
    day = last_day(booking, from_at=from_at)
    return midnight(day + DAY, booking.timezone) if day else None


def may_withdraw(booking: Booking, at: datetime) -> bool:
    """Inside the right. The states in which it can be used are the table's (`moves`): at sign-off
    it ends.
    """
    until = ends_at(booking)
    return until is not None and at < until


def cost_cents(booking: Booking, at: datetime) -> int:
    """What withdrawing at this instant costs in all, in cents: nothing but the work done so far.

    The agreed price by the minutes since `start`, of those that were planned for it; whole once the
    work is reported as done. Who never asked for an early start owes nothing (L221-25).
    """
    begun_at = last_made_at(booking, "start") if booking.state in BEGUN else None
    if begun_at is None:
        return max(worked_before_cents(booking), booking.policy.withdrawal_cost_cents)
    if booking.withdrawal_waived_at is None:
        return 0
    if last_made_at(booking, "finish"):
        return _agreed_cents(booking)
    until = min(at, last_made_at(booking, "refuse") or at)
    return _by_the_minutes(booking, max(0, (until - begun_at) // MINUTE) + _minutes_before(booking))


def worked_before_cents(booking: Booking) -> int:
    """What the work of an earlier appointment comes to, where a second one is agreed (rule L11):
    owed by whoever ends it before that. Nothing where no visit code says that it took place, or an
    early start was never asked for (L221-25).
    """
    if booking.country == Country.FR and booking.withdrawal_waived_at is None:
        return 0
    minutes = _minutes_before(booking)
    return _by_the_minutes(booking, minutes) if minutes else 0


def is_proved(booking: Booking) -> bool:
    """Whether a visit code says that the work took place, now or at an earlier appointment."""
    last = Assignment.objects.filter(booking=booking).order_by("-pk").first()
    typed = last is not None and last.code_typed_at is not None
    return typed or _minutes_before(booking) > 0


def _minutes_before(booking: Booking) -> int:
    """Of the appointments before this one, where the visit code was typed."""
    minutes, begun_at = 0, None
    for event in standing(of_present_technician(booking.events.all())):
        if event.move == "start":
            begun_at = event.at
        elif event.move == "continue_later" and begun_at and event.data.get("met"):
            minutes, begun_at = minutes + max(0, (event.at - begun_at) // MINUTE), None
    return minutes


def _agreed_cents(booking: Booking) -> int:
    return booking.quotes.agreed().latest("version").service_cents


def _by_the_minutes(booking: Booking, minutes: int) -> int:
    agreed = _agreed_cents(booking)
    return min(round_half_up(agreed * minutes, booking.duration_minutes), agreed)


def _contract_at(booking: Booking) -> datetime | None:
    """With a Friend the contract is made by the claim, else by the order (rule M9)."""
    if booking.partner is not None and booking.partner.is_friend:
        return booking.claimed_at
    return booking.placed_at
