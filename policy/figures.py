"""Every figure that decides about a booking, once: its default, its words, and between what it may
be set.

A booking keeps the policy it was made under: `to_json()` into its row, `Policy.from_json()` out of
it, exactly. The unit stands in the type (a span, an hour of the day) or in the name (`_cents`,
`_bp`, `_percent`, `_m`, `_ppm`, `_tenths`, `_days`); everything else is counted. `later=` marks
what only a named later piece of work will read.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import time, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar, get_type_hints

from django.utils.translation import gettext_lazy as _

from policy.values import (
    Days,
    Hours,
    Json,
    PerCurrency,
    PerFault,
    PerKind,
    Ratio,
    ScoreWeights,
    Spans,
    encode,
    typed,
)

T = TypeVar("T")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Figure(NamedTuple):
    """What is known of a figure beside its value.

    `least` and `most` bound each part of one that has several.
    """

    words: Any
    least: Any
    most: Any
    parts: tuple[int, int]  # of a list: how many, at least and at most
    later: str


def figure(
    default: T,
    words: Any,
    least: Any,
    most: Any,
    *,
    parts: tuple[int, int] = (0, 0),
    later: str = "",
) -> T:
    return field(default=default, metadata={"figure": Figure(words, least, most, parts, later)})


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def hours(count: int) -> timedelta:
    return timedelta(hours=count)


def days(count: int) -> timedelta:
    return timedelta(days=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The figures in force somewhere at an instant. Defaults are the handbook's."""

    # fmt: off
    # Booking (rule B2-B7, B11, B12)
    wishes_max: int = figure(3, _("Wishes of one booking"), 1, 3)
    lead_min: timedelta = figure(hours(2), _("Shortest time from order to start"), minutes(90), DAY)
    proposal_lead: timedelta = figure(
        hours(4), _("Proposed by itself: a start so far ahead, at least"), timedelta(0), DAY)
    horizon: timedelta = figure(
        days(60), _("How far ahead a start may be chosen"), days(7), days(365))
    slot_step: timedelta = figure(minutes(30), _("Step between two starts"), minutes(15), HOUR)
    day_opens: time = figure(time(8, 0), _("Visits from"), time(6, 0), time(12, 0))
    day_closes: time = figure(time(20, 0), _("Visits until"), time(14, 0), time(22, 0))
    evening_from: time = figure(
        time(19, 0), _("Ordered from this hour on, not before the late morning"), time(16, 0),
        time(23, 0))
    evening_to: time = figure(
        time(7, 30), _("Ordered until this hour, not before the late morning"), time(4, 0),
        time(10, 0))
    evening_first_start: time = figure(
        time(10, 30), _("Late morning: the first start after such an order"), time(8, 0),
        time(14, 0))
    link_life: timedelta = figure(
        days(90), _("Life of a secret link after the booking"), days(14), days(730))
    address_code_life: timedelta = figure(
        minutes(15), _("Life of a code by mail"), minutes(5), HOUR)
    address_code_tries: int = figure(5, _("Tries for a code by mail"), 3, 10)
    address_codes_an_hour: int = figure(5, _("Codes by mail within an hour"), 2, 20)
    booking_fee_cents: PerCurrency = figure(
        PerCurrency(EUR=290, CHF=490), _("Booking fee"), 0, 2_000)
    drafts_per_day: int = figure(
        20, _("Bookings begun by one person or browser within a day"), 3, 200)
    alert_life: timedelta = figure(
        days(365), _("How long somebody waits to be told that we come to their place"), days(30),
        days(730))
    alerts_per_address: int = figure(5, _("Places and services one address waits for"), 1, 50)
    cards_per_booking: int = figure(5, _("Cards saved for one booking"), 1, 10)
    cards_per_day: int = figure(10, _("Cards saved for one address within a day"), 1, 50)

    # Cancelling and withdrawal (rule B10)
    cancel_free_lead: timedelta = figure(
        hours(24), _("Free to cancel until so long before the start"), HOUR, days(7))
    cancel_free_after_booking: timedelta = figure(
        minutes(30), _("Free to cancel so long after the order"), timedelta(0), DAY)
    cancel_fee_cents: PerCurrency = figure(
        PerCurrency(EUR=2500, CHF=3000), _("Fee for cancelling late"), 0, 20_000)
    door_wait: timedelta = figure(minutes(10), _("Wait at a closed door"), minutes(5), HOUR)
    withdrawal_window: timedelta = figure(
        days(14), _("Withdrawal by consumers in France"), days(14), days(60))
    withdrawal_cost_cents: int = figure(
        0, _("Cost of withdrawing before the work begins"), 0, 5_000)
    withdrawal_shown_for: timedelta = figure(
        minutes(5), _("How long a shown cost of withdrawing holds"), MINUTE, minutes(30))

    # Who is asked, in what order (rule D1, D2)
    travel_buffer: timedelta = figure(
        minutes(30), _("Time to travel after a visit"), timedelta(0), hours(3))
    calendar_read_every: timedelta = figure(
        minutes(15), _("Time until a technician’s other calendar is read again"), minutes(5), DAY)
    area_min_m: int = figure(5_000, _("Smallest area of a technician"), 5_000, 50_000)
    area_max_m: int = figure(50_000, _("Largest area of a technician"), 5_000, 50_000)
    score_weights_ppm: ScoreWeights = figure(
        ScoreWeights(stars=450_000, level=200_000, reliability=150_000, nearness=200_000),
        _("Weights of the order of technicians"), 0, 1_000_000)
    prior_stars_tenths: int = figure(43, _("Stars everybody begins with"), 10, 50)
    prior_star_count: int = figure(5, _("Ratings that this beginning counts as"), 1, 100)
    prior_kept: int = figure(9, _("Kept promises everybody begins with"), 0, 100)
    prior_promises: int = figure(10, _("Promises that this beginning counts as"), 1, 100)
    newcomer_share_percent: int = figure(
        10, _("Bookings for which a newcomer is asked first"), 0, 50)
    newcomer_jobs: int = figure(5, _("Finished jobs until one is no newcomer"), 0, 50)

    # Offers (rule D3-D10)
    offer_window: timedelta = figure(
        minutes(2), _("Time to answer an offer"), timedelta(seconds=30), minutes(30))
    offer_ack_limit: timedelta = figure(
        timedelta(seconds=30), _("Time for an offer to reach the phone"), timedelta(seconds=5),
        minutes(5))
    lock_slack: timedelta = figure(
        timedelta(seconds=1), _("Slack of the lock after an offer"), timedelta(seconds=1),
        timedelta(seconds=10))
    own_windows_max: int = figure(2, _("Offers a technician may ask for on one booking"), 1, 10)
    lapse_limit: int = figure(2, _("Offers let pass until a technician counts as asked"), 1, 10)
    pool_lead: timedelta = figure(
        hours(6), _("Open to all so long before the start"), hours(2), days(3))
    pool_after_windows: int = figure(5, _("Offers without a yes until it is open to all"), 1, 50)
    night_from: time = figure(time(21, 0), _("Quiet hours from"), time(19, 0), time(23, 59))
    night_to: time = figure(time(7, 30), _("Quiet hours until"), time(5, 0), time(10, 0))
    silent_pool_before: time = figure(
        time(10, 30), _("Starts before this hour may be open to all at night"), time(7, 0),
        time(14, 0))
    search_ends_lead: timedelta = figure(
        HOUR, _("Search ends so long before the start"), minutes(30), hours(12))
    search_warns_lead: timedelta = figure(
        hours(3), _("Warning of an empty search, before the start"), minutes(45), DAY)
    search_warns_after: timedelta = figure(
        minutes(30), _("No such warning so long after the order"), minutes(10), hours(6))

    # Jobs taken and not done (fault A4, C15): beyond these the technician is passed over
    drops_per_day: int = figure(2, _("Jobs given back within a day until a pause"), 1, 20)
    jobs_lost_per_week: int = figure(5, _("Jobs lost within a week until a pause"), 1, 50)
    open_claims_per_day: int = figure(8, _("Jobs taken within a day and not under way"), 1, 50)

    # Call and confirmation (rule L1-L6)
    call_window: timedelta = figure(hours(12), _("Time to call the customer"), HOUR, days(3))
    call_attempts: int = figure(3, _("Tries to reach the customer"), 1, 10)
    call_channels: int = figure(2, _("Ways to try it by"), 1, 3)
    call_attempt_gap: timedelta = figure(
        minutes(30), _("Time between two tries"), minutes(5), hours(6))
    call_attempt_gap_short: timedelta = figure(
        minutes(10), _("The same when the start is near"), minutes(2), hours(2))
    call_short_lead: timedelta = figure(
        hours(6), _("A start is near, for the calls"), HOUR, days(2))
    call_hours: Hours = figure(
        (time(8, 0), time(21, 0)), _("Hours in which a try counts"), time(6, 0), time(22, 0))
    call_min: timedelta = figure(minutes(15), _("Least time to call"), minutes(5), HOUR)
    call_share: Ratio = figure(
        (2, 3), _("Share of the time to confirm that is for the call"), 1, 100)
    confirm_lead: timedelta = figure(
        hours(24), _("Confirmed so long before the start"), hours(4), days(3))
    short_notice: timedelta = figure(
        hours(30), _("Short notice: the start is nearer at the claim"), hours(6), days(7))
    confirm_min: timedelta = figure(minutes(30), _("Least time to confirm"), minutes(10), hours(3))
    confirm_divisor: int = figure(
        5, _("At short notice: this part of the time left is for the confirmation"), 2, 20)
    reminder_ladder: Spans = figure(
        (hours(2), minutes(30)), _("Reminders before a promise falls due"), minutes(5), DAY,
        parts=(1, 5))
    ladder_step: timedelta = figure(
        minutes(5), _("Not reached: the next way after"), MINUTE, HOUR)
    texts_per_number: int = figure(
        20, _("Text messages to one number within a day"), 1, 200)
    texts_per_prefix: int = figure(
        300, _("Text messages to numbers that begin alike, within an hour"), 1, 10_000)
    texts_per_day: int = figure(
        3_000, _("Text messages to a country within a day"), 1, 1_000_000)

    # At the door (rule L8-L10)
    depart_lead: timedelta = figure(
        hours(3), _("Setting off at the earliest before the start"), HOUR, hours(12))
    arrive_lead: timedelta = figure(
        HOUR, _("Arriving at the earliest before the start"), minutes(10), hours(6))
    code_tries: int = figure(5, _("Tries for the visit code"), 3, 10)
    undo_window: timedelta = figure(
        minutes(5), _("Time to take a wrong tap back"), MINUTE, minutes(30))
    codeless_share_percent: int = figure(
        20, _("Visits without a code from which staff look"), 1, 100)
    codeless_starts_min: int = figure(5, _("Visits before that share says anything"), 1, 100)
    codeless_window: timedelta = figure(
        days(90), _("Time over which these visits count"), days(7), days(365))
    door_radius_m: int = figure(300, _("So near the address is at the door"), 50, 2_000)
    position_kept: timedelta = figure(hours(24), _("How long a position is kept"), HOUR, DAY)
    lateness_report_after: timedelta = figure(
        minutes(15), _("Late: the customer may say so"), minutes(5), hours(2))
    lateness_cancel_after: timedelta = figure(
        minutes(30), _("Very late: free to cancel"), minutes(10), hours(4))
    ceiling_percent: int = figure(
        150, _("Price that needs the payer’s own device, of the booked one"), 100, 300)

    bank_reminder_after: timedelta = figure(
        minutes(10), _("A price left at the bank: the payer is reminded after"), minutes(2), HOUR)

    # What is agreed at the door is not charged before (law R7); nothing: with the signature
    door_payment_wait: timedelta = figure(
        timedelta(0), _("Work agreed at the door: charged at the earliest after"), timedelta(0),
        days(30))

    # Sign-off (rule L13, D8)
    signature_limit: timedelta = figure(hours(72), _("Time to sign"), hours(24), days(14))
    signature_reminders: Spans = figure(
        (timedelta(0), hours(24), hours(60)), _("Reminders to sign, after the work"), timedelta(0),
        days(14), parts=(3, 3))
    # From when the payer has read of it, until the held charge goes on.
    objection_window: timedelta = figure(
        hours(24), _("Time to object to a charge"), hours(12), days(7))
    contact_after_sign_off: timedelta = figure(
        days(7), _("Contact data is shown so long after sign-off"), timedelta(0), days(30))

    # Faults: what each costs in the order, for how long, and how one appeals (rule L17)
    fault_points: PerFault = figure(
        PerFault(missed_call=1, missed_confirmation=1, late=1, late_release=2, no_show=3,
            failed_visit=2),
        _("A fault counts as so many broken promises"), 0, 20)
    fault_days: PerFault = figure(
        PerFault(missed_call=90, missed_confirmation=90, late=90, late_release=120, no_show=180,
            failed_visit=120),
        _("So long a fault counts"), 1, 730)
    late_release_lead: timedelta = figure(
        hours(24), _("Giving a job back is late so long before the start"), timedelta(0), days(7))
    appeal_window: timedelta = figure(
        days(14), _("Time to appeal against a fault, a suspension or a decision"), days(7),
        days(90))
    appeal_working_days: int = figure(5, _("Working days until an appeal is decided"), 1, 20)

    # After the sweeps stood still (fault T2)
    outage_grace: timedelta = figure(
        minutes(30), _("Time left after an outage, at least"), minutes(5), hours(6))
    outage_start_wait: timedelta = figure(
        hours(24), _("Time for staff when a start fell into an outage"), HOUR, days(7))

    # Money (rule M2-M5)
    commission_bp: PerKind = figure(PerKind(friend=2_000, pro=2_000), _("Commission"), 0, 5_000)
    unpaid_reminder_days: Days = figure(
        (0, 1, 3, 7), _("Reminders of an unpaid charge"), 0, 60, parts=(1, 8))
    advance_after: timedelta = figure(
        days(30), _("Unpaid: the partner may have it from us after"), days(7), days(180))
    payout_hold: timedelta = figure(
        days(3), _("Held before a payout"), timedelta(0), days(30))
    payout_hold_long: timedelta = figure(
        days(7), _("The same for first jobs, and where partner and payer have something in common"),
        timedelta(0), days(60))
    payout_first_jobs: int = figure(5, _("First jobs of a partner that are held longer"), 0, 50)
    payout_hold_changed: timedelta = figure(
        hours(72), _("Nothing is paid out so long after the bank account was changed"),
        timedelta(0), days(30))
    payout_weekday: int = figure(1, _("Weekday of payouts to Friends (Monday is 0)"), 0, 4)
    payout_month_day: int = figure(5, _("Day of the month of payouts to Pros"), 1, 28)
    # Of the day of the work, not of the order: the law's, not a promise (rule M8).
    vat_bp: PerCurrency = figure(PerCurrency(EUR=2_000, CHF=810), _("VAT in our prices"), 0, 3_000)
    payout_approval_cents: PerCurrency = figure(
        PerCurrency(EUR=200_000, CHF=200_000), _("Payouts above this need two of our staff"),
        0, 100_000_000)

    # Guarantee and help (rule G1, H1)
    guarantee: timedelta = figure(days(14), _("Guarantee after sign-off"), days(7), days(365))
    answer_working_days: int = figure(1, _("Working days until an answer"), 1, 5)

    # fmt: on

    def to_json(self) -> dict[str, Json]:
        """For a JSON column; `from_json` is its exact inverse."""
        return {one.name: encode(getattr(self, one.name)) for one in fields(self)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Policy":
        """The policy that was stored. Younger figures have their default, vanished ones are passed
        over.
        """
        return _read(json.dumps(stored))


@lru_cache(maxsize=256)
def _read(stored: str) -> Policy:
    """Bookings made under the same rows share it: a page of fifty would read five thousand figures
    otherwise.
    """
    figures: dict[str, Any] = json.loads(stored)
    return Policy(**{key: decode(key, value) for key, value in figures.items() if key in TYPES})


TYPES: Final[dict[str, Any]] = get_type_hints(Policy)
FIGURES: Final[dict[str, Figure]] = {one.name: one.metadata["figure"] for one in fields(Policy)}


class PolicyError(ValueError):
    """A policy row names an unknown figure, or its value has the wrong type or size."""


def decode(key: str, value: Any) -> Any:
    """The typed figure behind a JSON value. Raises PolicyError for an unknown key or a value that
    does not fit.

    Says nothing about bounds: what is stored can be read, also after a bound has been drawn closer.
    """
    if key not in TYPES:
        raise PolicyError(f"unknown figure: {key}")
    try:
        return typed(TYPES[key], value)
    except (ValueError, TypeError) as error:
        raise PolicyError(f"{key}: {error}") from error
