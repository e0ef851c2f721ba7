"""The bold figures of the rules as one typed, frozen object; dated rows of `PolicyRow` override single values.

A booking keeps the policy it was made under: `to_json()` into its row, `Policy.from_json()` out of it, exactly.
Spans are timedelta, hours of the day are local to the place, money is in minor units.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias, get_type_hints

from django.apps import apps

if TYPE_CHECKING:
    from catalogue.models import PolicyRow

Json: TypeAlias = "int | str | list[Json] | dict[str, Json]"
Hours: TypeAlias = tuple[time, time]
Spans: TypeAlias = tuple[timedelta, ...]
Days: TypeAlias = tuple[int, ...]
Ratio: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PerCurrency:
    """One amount in minor units for each currency: `policy.booking_fee_cents["EUR"]`."""

    EUR: int
    CHF: int

    def __getitem__(self, currency: str) -> int:
        if currency == "EUR":
            return self.EUR
        if currency == "CHF":
            return self.CHF
        raise KeyError(currency)


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """Parts of the score in millionths; they add up to one million (PRODUCT D2)."""

    stars: int
    level: int
    reliability: int
    nearness: int

    def __post_init__(self) -> None:
        if self.stars + self.level + self.reliability + self.nearness != 1_000_000:
            raise ValueError("the weights of the score must add up to 1 000 000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Every figure that decides about a booking. Defaults are the handbook's."""

    # Booking (PRODUCT B2-B7)
    wishes_max: int = 3
    lead_min: timedelta = timedelta(hours=2)
    horizon: timedelta = timedelta(days=60)
    slot_step: timedelta = timedelta(minutes=30)
    day_opens: time = time(8, 0)
    day_closes: time = time(20, 0)
    evening_from: time = time(19, 0)  # booked from here ...
    evening_to: time = time(7, 30)  # ... to here,
    evening_first_start: time = time(10, 30)  # the earliest start of the next service day
    draft_card_limit: timedelta = timedelta(hours=24)
    link_life: timedelta = timedelta(days=90)  # of a secret link, after the booking is over (PRODUCT B11)
    address_code_life: timedelta = timedelta(minutes=15)  # of a code by mail (PRODUCT B12)
    address_code_tries: int = 5
    address_codes_an_hour: int = 5
    booking_fee_cents: PerCurrency = PerCurrency(EUR=290, CHF=490)
    drafts_per_day: int = 20  # begun by one person, or in one browser
    cards_per_booking: int = 5  # saved for one draft, one after the other
    cards_per_day: int = 10  # of one address

    # Cancelling and withdrawal (PRODUCT B10)
    cancel_free_lead: timedelta = timedelta(hours=24)
    cancel_free_after_booking: timedelta = timedelta(minutes=30)
    cancel_fee_cents: PerCurrency = PerCurrency(EUR=2500, CHF=3000)
    door_wait: timedelta = timedelta(minutes=10)
    withdrawal_window: timedelta = timedelta(days=14)
    withdrawal_cost_cents: int = 0  # before `start`; pro rata after

    # Who is asked, in what order (PRODUCT D1, D2)
    travel_buffer: timedelta = timedelta(minutes=30)
    area_min_m: int = 5_000
    area_max_m: int = 50_000
    score_weights_ppm: ScoreWeights = ScoreWeights(stars=450_000, level=200_000, reliability=150_000, nearness=200_000)
    newcomer_share_percent: int = 10
    newcomer_jobs: int = 5

    # Offers (PRODUCT D3-D10)
    offer_window: timedelta = timedelta(minutes=2)
    offer_ack_limit: timedelta = timedelta(seconds=30)
    lock_slack: timedelta = timedelta(seconds=1)
    own_windows_max: int = 2
    lapse_limit: int = 2  # lapsed windows after which a technician counts as asked
    pool_lead: timedelta = timedelta(hours=6)
    pool_after_windows: int = 5
    night_from: time = time(21, 0)  # quiet hours: no window opens, no reminder goes out
    night_to: time = time(7, 30)
    silent_pool_before: time = time(10, 30)  # a lost booking that starts before this may open at night
    search_ends_lead: timedelta = timedelta(hours=1)
    search_warns_lead: timedelta = timedelta(hours=3)

    # Jobs taken and not done (FAULT A4, C15): beyond these the technician is passed over
    drops_per_day: int = 2  # given back by their own hand
    jobs_lost_per_week: int = 5  # given back, or lost by a missed promise
    open_claims_per_day: int = 8  # claimed within a day and not yet under way

    # Call and confirmation (PRODUCT L1-L6)
    call_window: timedelta = timedelta(hours=12)
    call_attempts: int = 3
    call_channels: int = 2
    call_attempt_gap: timedelta = timedelta(minutes=30)
    call_attempt_gap_short: timedelta = timedelta(minutes=10)
    call_short_lead: timedelta = timedelta(hours=6)  # under it the short gap applies
    call_hours: Hours = (time(8, 0), time(21, 0))
    call_min: timedelta = timedelta(minutes=15)
    call_share: Ratio = (2, 3)  # of the time between claim and confirmation
    confirm_lead: timedelta = timedelta(hours=24)
    short_notice: timedelta = timedelta(hours=30)
    confirm_min: timedelta = timedelta(minutes=30)
    confirm_divisor: int = 5  # X / 5
    reminder_ladder: Spans = (timedelta(hours=2), timedelta(minutes=30))  # before a clock falls due
    ladder_step: timedelta = timedelta(minutes=5)  # not reached: the next channel

    # At the door (PRODUCT L8-L10)
    depart_lead: timedelta = timedelta(hours=3)  # the earliest `depart` before the start
    arrive_lead: timedelta = timedelta(minutes=60)  # the earliest `arrive` and `start`
    code_tries: int = 5  # of the visit code, for one assignment
    undo_window: timedelta = timedelta(minutes=5)  # to take a wrong tap back
    codeless_share_percent: int = 20  # of a technician's starts; above it staff see who begins without the code
    codeless_starts_min: int = 5  # so many starts before that says anything
    codeless_window: timedelta = timedelta(days=90)  # in which starts are counted
    door_radius_m: int = 300  # a phone within it, and sure to within it, stood at the door
    position_kept: timedelta = timedelta(hours=24)
    lateness_report_after: timedelta = timedelta(minutes=15)
    lateness_cancel_after: timedelta = timedelta(minutes=30)
    ceiling_percent: int = 150

    # Sign-off (PRODUCT L13, D8)
    signature_limit: timedelta = timedelta(hours=72)
    signature_reminders: Spans = (timedelta(0), timedelta(hours=24), timedelta(hours=60))
    objection_window: timedelta = timedelta(
        hours=24
    )  # from when the payer has read of it, until the held charge goes on
    contact_after_sign_off: timedelta = timedelta(days=7)

    # After the sweeps stood still (FAULT T2)
    outage_grace: timedelta = timedelta(minutes=30)  # at least so long until a promise falls due
    outage_start_wait: timedelta = timedelta(hours=24)  # for ops, about a start that lay inside

    # Money (PRODUCT M2-M5)
    commission_bp: int = 2_000
    unpaid_reminder_days: Days = (0, 1, 3, 7)
    advance_after: timedelta = timedelta(days=30)
    payout_hold: timedelta = timedelta(days=3)
    payout_weekday: int = 1  # Friends: the next Tuesday (Monday is 0)
    payout_month_day: int = 5  # Pros: the 5th of the next month

    # Guarantee and help (PRODUCT G1, H1)
    guarantee: timedelta = timedelta(days=14)
    answer_working_days: int = 1

    def to_json(self) -> dict[str, Json]:
        """For a JSON column. Spans become whole seconds, hours "HH:MM"; `from_json` is its exact inverse."""
        return {field.name: encode(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Policy":
        """The policy that was stored. Younger figures have their default, vanished ones are passed over."""
        return cls(**{key: decode(key, value) for key, value in stored.items() if key in TYPES})


TYPES: Final[dict[str, Any]] = get_type_hints(Policy)


class PolicyError(ValueError):
    """A policy row names an unknown figure, or its value has the wrong type or size."""


def encode(value: Any) -> Json:
    """One figure as JSON."""
    match value:
        case timedelta():
            return value // timedelta(seconds=1)
        case time():
            return value.strftime("%H:%M")
        case tuple():
            return [encode(part) for part in value]
        case PerCurrency() | ScoreWeights():
            return {field.name: getattr(value, field.name) for field in fields(value)}
        case int():
            return value
    raise TypeError(f"no JSON for {value!r}")


def decode(key: str, value: Any) -> Any:
    """The typed figure behind a JSON value. Raises PolicyError for an unknown key or a value that does not fit."""
    if key not in TYPES:
        raise PolicyError(f"unknown figure: {key}")
    try:
        return _typed(TYPES[key], value)
    except (ValueError, TypeError) as error:
        raise PolicyError(f"{key}: {error}") from error


def _typed(kind: Any, value: Any) -> Any:
    if kind is int:
        return _whole(value)
    if kind is timedelta:
        return timedelta(seconds=_whole(value))
    if kind is time:
        return _hour(value)
    if kind == Hours:
        opens, closes = _items(value)
        return (_hour(opens), _hour(closes))
    if kind == Spans:
        return tuple(timedelta(seconds=_whole(part)) for part in _items(value))
    if kind == Days:
        return tuple(_whole(part) for part in _items(value))
    if kind == Ratio:
        part, whole = _items(value)
        return (_whole(part), _whole(whole))
    names = {field.name for field in fields(kind)}
    if not isinstance(value, dict) or set(value) != names:
        raise ValueError(f"needs exactly {', '.join(sorted(names))}")
    return kind(**{name: _whole(part) for name, part in value.items()})


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:  # a bool is an int to Python, not to us
        raise ValueError(f"{value!r} is not a whole number from zero up")
    return value


def _hour(value: Any) -> time:
    if not isinstance(value, str) or len(value) != len("HH:MM"):
        raise ValueError(f"{value!r} is not an hour like 08:00")
    return time.fromisoformat(value)


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list")
    return value


def policy_at(at: datetime, country: str, partner_kind: str | None = None, brand: str | None = None) -> Policy:
    """The policy in force at an instant: defaults, overridden by the dated rows that apply; narrower, then later, wins.

    One query. `country` is "FR" or "CH"; `partner_kind` "friend" or "pro"; `brand` the brand's slug.
    """
    # By name: models.py validates its rows with this module and may not be imported from here.
    rows: list[PolicyRow] = apps.get_model("catalogue", "PolicyRow").objects.in_force(
        at, country=country, partner_kind=partner_kind or "", brand=brand or ""
    )
    return replace(Policy(), **{row.key: decode(row.key, row.value) for row in rows})
