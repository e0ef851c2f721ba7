"""When promises fall due: pure functions from facts and policy to instants
(rule L5, L6, L9, L13, D10).

Instants are aware; spans are elapsed time, so 24 hours are 86,400 seconds on the day the clocks
change too (fault T5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mila.outages import Outage
from places import calendar
from places.calendar import Hours, instant, is_service_day, wall_time
from policy.figures import Policy

MONDAY_TO_FRIDAY = frozenset(range(5))


@dataclass(frozen=True)
class TwoClocks:
    """The call and the confirmation a claim promises."""

    call_due: datetime
    confirm_due: datetime


def two_clocks(since: datetime, start_at: datetime, zone: str, policy: Policy) -> TwoClocks:
    """Both due instants, from X = start - claim (rule L5).

    `since` is the claim, or the last move of the date. On short notice neither falls into the
    night; where one is moved for that, the confirmation stays 15 minutes after the call.
    """
    lead = start_at - since
    short = lead < policy.short_notice
    if short:
        confirm_due = since + max(policy.confirm_min, lead / policy.confirm_divisor)
    else:
        confirm_due = start_at - policy.confirm_lead
    part, whole = policy.call_share
    call_due = since + max(
        policy.call_min, min(policy.call_window, (confirm_due - since) * part / whole)
    )
    planned = TwoClocks(call_due, confirm_due)
    if not short:
        return planned
    call_due = out_of_the_night(call_due, since, zone, policy)
    confirm_due = out_of_the_night(confirm_due, since, zone, policy)
    if planned == TwoClocks(call_due, confirm_due):
        return planned
    return TwoClocks(call_due, max(confirm_due, call_due + policy.call_min))


def out_of_the_night(due: datetime, since: datetime, zone: str, policy: Policy) -> datetime:
    """A due instant in the quiet hours moves back to their begin if that leaves time, else on to
    their end.
    """
    night = night_around(due, zone, policy)
    if night is None:
        return due
    begin, end = night
    return begin if begin - since >= policy.call_min else end


def hours_of(policy: Policy) -> Hours:
    """The policy's figures as the calendar of a place takes them (rule B3)."""
    return Hours(
        lead=policy.lead_min,
        horizon=policy.horizon,
        step=policy.slot_step,
        opens=policy.day_opens,
        closes=policy.day_closes,
        evening=policy.evening_from,
        morning=policy.evening_to,
        first_after_evening=policy.evening_first_start,
    )


def night_around(at: datetime, zone: str, policy: Policy) -> tuple[datetime, datetime] | None:
    """Begin and end of the quiet hours that hold `at`, in UTC; None by day.

    The end itself is day again.
    """
    return calendar.night_around(at, zone, policy.night_from, policy.night_to)


def reminder_at(
    due: datetime, lead: timedelta, since: datetime, zone: str, policy: Policy
) -> datetime | None:
    """When to remind of a promise: `lead` before it, earlier if that is quiet time; None if not
    after `since`.
    """
    at = due - lead
    night = night_around(at, zone, policy)
    if night is not None:
        at = night[0] - timedelta(minutes=1)
    return at if at > since else None


def extended(
    due: datetime,
    since: datetime,
    outage: Outage,
    *,
    start_at: datetime,
    zone: str,
    policy: Policy,
    by_day: bool = True,
) -> datetime:
    """A promise about a start that ran from `since` on while the sweeps stood still (fault T2).

    It gets back the time it lost, at least the grace after the end, and what a person does falls
    into the day; not beyond the start. What lies further ahead than the outage was long stays where
    it is: there is time enough.
    """
    lost = outage.lost(since)
    if not lost or due >= outage.resumed_at + lost:
        return due
    soonest = outage.resumed_at + policy.outage_grace
    new = max(due + lost, soonest)
    night = night_around(new, zone, policy) if by_day else None
    if night is not None:
        new = night[1] + policy.outage_grace
    return max(due, min(new, max(start_at, soonest)))


def given_back(due: datetime, since: datetime, outage: Outage, policy: Policy) -> datetime:
    """A span of time that somebody has, to sign or to object: what it lost comes back, whole
    (fault T2).
    """
    lost = outage.lost(since)
    return max(due + lost, outage.resumed_at + policy.outage_grace) if lost else due


def lay_inside(start_at: datetime, outage: Outage, policy: Policy) -> bool:
    """Whether a visit was to begin while nobody could tell that it did: no
    one is late (fault T2).
    """
    return (
        outage.began_at < start_at + policy.lateness_report_after and start_at <= outage.resumed_at
    )


def search_limit(last_start_at: datetime, policy: Policy) -> datetime:
    """Dispatch ends (rule D10)."""
    return last_start_at - policy.search_ends_lead


def search_warning(last_start_at: datetime, chosen_at: datetime, policy: Policy) -> datetime:
    """Ops and customer are told that nobody has claimed yet (rule D10); never right after the times
    were chosen.
    """
    return max(last_start_at - policy.search_warns_lead, chosen_at + policy.search_warns_after)


def may_depart_at(start_at: datetime, policy: Policy) -> datetime:
    """From here on the technician may set off (rule L8)."""
    return start_at - policy.depart_lead


def may_arrive_at(start_at: datetime, policy: Policy) -> datetime:
    """From here on the technician may be at the door, and begin (rule L8)."""
    return start_at - policy.arrive_lead


def working_days_later(at: datetime, days: int, zone: str, country: str) -> datetime:
    """The same hour so many working days later, Monday to Friday without the country's holidays
    (rule L17).
    """
    wall = wall_time(at, zone)
    while days:
        wall += timedelta(days=1)
        days -= is_service_day(wall.date(), country, "", MONDAY_TO_FRIDAY)
    return instant(wall.replace(tzinfo=None), zone)


def late_at(start_at: datetime, policy: Policy) -> datetime:
    """Not arrived: the customer may report it, ops are alerted (rule L9)."""
    return start_at + policy.lateness_report_after


def lateness_cancel_at(start_at: datetime, policy: Policy) -> datetime:
    """Not arrived: the customer may cancel free or be dispatched again (rule L9)."""
    return start_at + policy.lateness_cancel_after


def door_wait_ends_at(from_at: datetime, policy: Policy) -> datetime:
    """The documented wait at the door is over; it begins at the later of arrival and start
    (rule B10).
    """
    return from_at + policy.door_wait


def undo_until(at: datetime, policy: Policy) -> datetime:
    """Before this instant a step made at `at` can be taken back; a finished job's time is free from
    it on (rule L9).
    """
    return at + policy.undo_window


def overdue_at(started_at: datetime, duration_minutes: int) -> datetime:
    """Work that takes twice the planned time, at least an hour more, is worth a look by ops."""
    return started_at + timedelta(minutes=duration_minutes + max(duration_minutes, 60))


def signature_limit_at(finished_at: datetime, policy: Policy) -> datetime:
    """Without a signature the end is by silence (rule L13)."""
    return finished_at + policy.signature_limit


def signature_reminders(finished_at: datetime, policy: Policy) -> tuple[datetime, ...]:
    """The reminders to sign (rule L13)."""
    return tuple(finished_at + after for after in policy.signature_reminders)


def cancelling_is_free(
    *,
    at: datetime,
    start_at: datetime | None,
    placed_at: datetime | None,
    unconfirmed: bool,
    arrived: bool,
    policy: Policy,
    moved_from: datetime | None = None,
) -> bool:
    """Whether the customer may cancel without cost (rule B10).

    `start_at` is None while nobody has claimed. `moved_from`: the old value of a start that was
    moved within 24 h of it; the free time before the visit ended with that one, also where nobody
    has the new one yet. Lateness counts from the start as it is now.
    """
    counts_from = moved_from or start_at
    if counts_from is None or unconfirmed:
        return True
    if placed_at is not None and at <= placed_at + policy.cancel_free_after_booking:
        return True
    if at <= counts_from - policy.cancel_free_lead:
        return True
    return start_at is not None and not arrived and at >= lateness_cancel_at(start_at, policy)


def free_until(start_at: datetime, placed_at: datetime, policy: Policy) -> datetime:
    """The last instant at which cancelling is free whatever happens, for the messages that name it
    (rule B10).
    """
    return max(start_at - policy.cancel_free_lead, placed_at + policy.cancel_free_after_booking)


def contact_until(signed_off_at: datetime, policy: Policy) -> datetime:
    """The partner keeps the customer's contact data until then (rule D8)."""
    return signed_off_at + policy.contact_after_sign_off


def door_price_from(accepted_at: datetime, policy: Policy) -> datetime:
    """What was agreed at the door is charged from then on (law R7)."""
    return accepted_at + policy.door_payment_wait


def bank_reminder_at(asked_at: datetime, policy: Policy) -> datetime:
    """Whoever stops at their bank is reminded then (rule L10)."""
    return asked_at + policy.bank_reminder_after


def advance_from(signed_off_at: datetime, policy: Policy) -> datetime:
    """Unpaid until then, the partner's share may be advanced (rule M4)."""
    return signed_off_at + policy.advance_after


def call_gap(start_at: datetime | None, at: datetime, policy: Policy) -> timedelta:
    """How far apart two tries to reach the customer lie (rule L1)."""
    near = start_at is not None and start_at - at < policy.call_short_lead
    return policy.call_attempt_gap_short if near else policy.call_attempt_gap


def tried_enough(
    tries: Sequence[tuple[datetime, str]], start_at: datetime | None, zone: str, policy: Policy
) -> bool:
    """Whether tries to call, as (instant, channel), satisfy the promise without an answer
    (rule L1).

    Enough of them must lie at decent hours of the place, each far enough from the one before, on
    enough channels; further tries in between take nothing away.
    """
    opens, closes = policy.call_hours
    Row = tuple[int, frozenset[str]]  # how many tries in a row, on which channels
    rows: list[tuple[datetime, set[Row]]] = []  # a try, and the rows that end with it
    for at, channel in sorted(tries):
        if not opens <= at.astimezone(ZoneInfo(zone)).time() <= closes:
            continue
        gap = call_gap(start_at, at, policy)
        before: set[Row] = {row for earlier, ends in rows if at - earlier >= gap for row in ends}
        before.add((0, frozenset()))
        rows.append(
            (
                at,
                {
                    (min(count + 1, policy.call_attempts), used | {channel})
                    for count, used in before
                },
            )
        )
    complete = {row for _at, ends in rows for row in ends if row[0] >= policy.call_attempts}
    return any(len(used) >= policy.call_channels for _count, used in complete)
