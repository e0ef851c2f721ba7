"""After the sweeps stood still: every running promise gets its time back before any of them is
fired (fault T2).

Nobody is lost, given a fault or asked anew because of the gap; who has a promise is told once until
when it runs now. A start that lay inside goes to ops: no rule knows whether that visit took place.
"""

from datetime import datetime

from django.db.models import QuerySet

from mila.clock import mila_now
from mila.outages import Outage, recover
from requests_app import deadlines, notices
from requests_app.due_instants import next_rung
from requests_app.lifecycle import Locked, let_cancel_free, lock_booking, postpone
from requests_app.live_pages import tell_both
from requests_app.lost_time import SWEEP, lay_in_an_outage
from requests_app.models import LIVE, Booking, Clock, ClockKind, State

S = State
REMINDERS = {S.CLAIMED: ClockKind.CALL_REMINDER, S.CALLED: ClockKind.CONFIRM_REMINDER}
TOLD = {
    S.SEARCHING: "outage_search",
    S.CLAIMED: "outage_promise",
    S.CALLED: "outage_promise",
    S.FINISHED: "outage_sign",
}
SIGNATURE_REMINDERS = (
    ClockKind.SIGNATURE_REMINDER_1,
    ClockKind.SIGNATURE_REMINDER_2,
    ClockKind.SIGNATURE_REMINDER_3,
)
BEFORE_A_START = (*REMINDERS.values(), ClockKind.SEARCH_WARNING)
# their start is due without a clock of the state
MEETS = frozenset({S.CONFIRMED, S.UNCONFIRMED, S.EN_ROUTE})


def recover_bookings() -> int:
    """Give back what was lost, if anything was.

    To be called before a sweep that fires what falls due.
    """
    return recover(SWEEP, _live_bookings, give_back)


def _live_bookings(after: int) -> QuerySet:
    return (
        Booking.objects.filter(state__in=LIVE, pk__gt=after)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def give_back(booking_id: int, outage: Outage) -> None:
    """One booking's own clock, its other clocks, and who is told."""
    booking = lock_booking(booking_id)
    since = booking.events.order_by("-sequence").values_list("at", flat=True).first()
    if booking.state not in LIVE or since is None or not outage.lost(since):
        return
    if _start_is_past(booking, outage):
        _to_ops(booking, outage)
    elif booking.due_at is not None and (due := _new_due(booking, since, outage)) != booking.due_at:
        _extend(booking, due, outage)
    _wait_with_lateness(booking, outage)


def hold_for_ops(booking: Locked, at: datetime) -> bool:
    """Whether a due promise waits instead: its start lay inside an outage, and ops have not said
    what became of it.
    """
    if (
        booking.technician_id is None
        or booking.start_at > at
        or not lay_in_an_outage(booking, booking.start_at)
    ):
        return False
    notices.queue(booking, "outage_ops", round=at.toordinal())
    postpone(booking, at + booking.policy.outage_start_wait)
    return True


def _start_is_past(booking: Booking, outage: Outage) -> bool:
    start_at = booking.start_at or booking.last_start_at
    waits = booking.state in MEETS or (booking.due_at is not None and booking.state != S.FINISHED)
    return waits and deadlines.lay_inside(start_at, outage, booking.policy)


def _to_ops(booking: Locked, outage: Outage) -> None:
    if booking.due_at is not None:
        postpone(booking, outage.resumed_at + booking.policy.outage_start_wait)
    # What these would say is no longer true.
    Clock.objects.filter(booking=booking, done_at=None, kind__in=BEFORE_A_START).update(
        done_at=outage.resumed_at
    )
    notices.queue(booking, "outage_ops", round=outage.resumed_at.toordinal())
    if booking.technician_id is None:
        notices.queue(booking, "outage_start", round=outage.pk)
        let_cancel_free(booking)
    tell_both(booking, "moved")


def _new_due(booking: Booking, since: datetime, outage: Outage) -> datetime:
    if booking.state == S.FINISHED:
        return deadlines.given_back(booking.due_at, since, outage, booking.policy)
    return deadlines.extended(
        booking.due_at,
        since,
        outage,
        start_at=booking.start_at or booking.last_start_at,
        zone=booking.timezone,
        policy=booking.policy,
        by_day=booking.technician_id is not None,
    )


def _extend(booking: Locked, due: datetime, outage: Outage) -> None:
    former = booking.due_at
    postpone(booking, due)
    if booking.state == S.SEARCHING:
        let_cancel_free(booking)
    if booking.state in TOLD:
        notices.queue(booking, TOLD[S(booking.state)], round=outage.pk, extended_at=due)
    running = Clock.objects.filter(booking=booking, done_at=None)
    if booking.state == S.FINISHED:
        for clock in running.filter(kind__in=SIGNATURE_REMINDERS):
            _move(clock, clock.due_at + (due - former))
    elif booking.state in REMINDERS:
        notices.queue(booking, "job_outage", round=outage.pk, extended_at=due)
        reminder = next_rung(booking, mila_now(), due)
        for clock in running.filter(kind=REMINDERS[S(booking.state)]):
            if reminder is not None:
                _move(clock, reminder)
            else:  # what was told just now is the reminder
                clock.done_at = mila_now()
                clock.save(update_fields=["done_at"])
    tell_both(booking, "moved")


def _wait_with_lateness(booking: Booking, outage: Outage) -> None:
    """Nobody is called late, and no search over, before people have had the
    grace to say how it is.
    """
    soonest = outage.resumed_at + booking.policy.outage_grace
    kinds = [ClockKind.LATENESS, ClockKind.UNCONFIRMED_LIMIT]
    for clock in Clock.objects.filter(
        booking=booking, done_at=None, kind__in=kinds, due_at__lt=soonest
    ):
        _move(clock, soonest)


def _move(clock: Clock, due: datetime) -> None:
    clock.due_at = due
    clock.save(update_fields=["due_at"])
