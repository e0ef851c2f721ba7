"""When promises fall due: the rules' table, the night, the days the clocks change
(rule L5; fault T5, T7, T8).
"""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from places.calendar import instant, wall_time
from policy.figures import Policy
from requests_app import deadlines
from requests_app.deadlines import (
    TwoClocks,
    cancelling_is_free,
    reminder_at,
    tried_enough,
    two_clocks,
)

POLICY = Policy()
PARIS = "Europe/Paris"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
QUARTER = 15 * MINUTE
ZONES = st.sampled_from([PARIS, "Europe/Zurich"])
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))


def paris(*parts):
    return instant(datetime(*parts), PARIS)


CLAIM = paris(2026, 11, 24, 10, 0)


def clocks(lead, claim=CLAIM, zone=PARIS):
    return two_clocks(claim, claim + lead, zone, POLICY)


def leads(low, high):
    return st.timedeltas(low * HOUR, high * HOUR)


# --- The two clocks (rule L5)


@pytest.mark.parametrize(
    ("lead_hours", "call", "confirm"),
    [
        (60, 12 * HOUR, 36 * HOUR),
        (30, 4 * HOUR, 6 * HOUR),
        (24.5, timedelta(hours=3, minutes=16), timedelta(hours=4, minutes=54)),
        (12, timedelta(hours=1, minutes=36), timedelta(hours=2, minutes=24)),
        (5, 40 * MINUTE, HOUR),
        (2, 20 * MINUTE, 30 * MINUTE),
    ],
)
def test_two_clocks_are_those_of_the_rules(lead_hours, call, confirm):
    assert clocks(lead_hours * HOUR) == TwoClocks(CLAIM + call, CLAIM + confirm)


def test_both_clocks_leave_time_even_without_any_lead():
    assert clocks(0 * HOUR) == TwoClocks(CLAIM + 20 * MINUTE, CLAIM + 30 * MINUTE)


@pytest.mark.parametrize(
    ("claimed", "lead_hours", "call", "confirm"),
    [
        # Back to 21:00 where that leaves a quarter of an hour; the confirmation a quarter after it.
        (paris(2026, 11, 24, 20, 0), 12, paris(2026, 11, 24, 21, 0), paris(2026, 11, 24, 21, 15)),
        (paris(2026, 11, 24, 20, 45), 12, paris(2026, 11, 24, 21, 0), paris(2026, 11, 24, 21, 15)),
        # Else on to 07:30.
        (paris(2026, 11, 24, 20, 46), 12, paris(2026, 11, 25, 7, 30), paris(2026, 11, 25, 7, 45)),
        (paris(2026, 11, 24, 23, 50), 24, paris(2026, 11, 25, 7, 30), paris(2026, 11, 25, 7, 45)),
        (paris(2026, 11, 25, 2, 0), 8, paris(2026, 11, 25, 7, 30), paris(2026, 11, 25, 7, 45)),
        # Only what falls into the night moves: the call at 20:20, the confirmation from 21:30 back
        # to 21:00.
        (paris(2026, 11, 24, 18, 0), 17.5, paris(2026, 11, 24, 20, 20), paris(2026, 11, 24, 21, 0)),
        # 07:30 is day again, 21:00 is night already.
        (paris(2026, 11, 25, 6, 50), 5, paris(2026, 11, 25, 7, 30), paris(2026, 11, 25, 7, 50)),
        # From 30 hours on, the night counts like the day.
        (paris(2026, 11, 24, 23, 50), 30, paris(2026, 11, 25, 3, 50), paris(2026, 11, 25, 5, 50)),
    ],
)
def test_on_short_notice_no_clock_falls_into_the_night(claimed, lead_hours, call, confirm):
    assert clocks(lead_hours * HOUR, claimed) == TwoClocks(call, confirm)


@settings(max_examples=200, deadline=None)
@given(claim=INSTANTS, lead=leads(0, 72), zone=ZONES)
def test_no_clock_is_in_the_past_and_the_call_comes_first(claim, lead, zone):
    due = clocks(lead, claim, zone)

    assert due.call_due >= claim + QUARTER
    assert due.confirm_due >= due.call_due + 10 * MINUTE


@settings(max_examples=200, deadline=None)
@given(claim=INSTANTS, lead=leads(3.75, 72), zone=ZONES)
def test_the_confirmation_is_a_quarter_of_an_hour_after_the_call(claim, lead, zone):
    """Below three hours and three quarters the table itself leaves less, if the night does not move
    it.
    """
    due = clocks(lead, claim, zone)

    assert due.confirm_due >= due.call_due + QUARTER


@settings(max_examples=200, deadline=None)
@given(
    minute=st.integers(0, 59), hour=st.sampled_from([*range(21, 24), *range(7)]), lead=leads(0, 4)
)
def test_what_the_night_moves_is_a_quarter_of_an_hour_apart(hour, minute, lead):
    due = clocks(lead, paris(2026, 11, 24, hour, minute))

    assert due.confirm_due - due.call_due >= QUARTER or due.call_due > paris(2026, 11, 24, 7, 30)


@settings(max_examples=200, deadline=None)
@given(claim=INSTANTS, lead=leads(2, 72), zone=ZONES)
def test_the_call_is_never_later_than_twelve_hours_and_the_confirmation_never_after_the_start(
    claim, lead, zone
):
    due = clocks(lead, claim, zone)

    assert (
        due.call_due <= claim + 12 * HOUR
        or wall_time(due.call_due, zone).strftime("%H:%M") == "07:30"
    )
    if 8 <= wall_time(claim + lead, zone).hour < 20:
        assert due.confirm_due <= claim + lead


@settings(max_examples=150, deadline=None)
@given(claim=INSTANTS, two=st.tuples(leads(0, 29), leads(0, 29)), zone=ZONES)
def test_on_short_notice_a_later_start_never_means_an_earlier_clock(claim, two, zone):
    near, far = (clocks(lead, claim, zone) for lead in sorted(two))

    assert near.call_due <= far.call_due
    assert near.confirm_due <= far.confirm_due


@settings(max_examples=150, deadline=None)
@given(claim=INSTANTS, two=st.tuples(leads(30, 72), leads(30, 72)), zone=ZONES)
def test_with_time_enough_a_later_start_never_means_an_earlier_clock(claim, two, zone):
    near, far = (clocks(lead, claim, zone) for lead in sorted(two))

    assert near.call_due <= far.call_due
    assert near.confirm_due <= far.confirm_due


@settings(max_examples=150, deadline=None)
@given(claim=INSTANTS, lead=leads(0, 29), zone=ZONES)
def test_on_short_notice_the_call_is_never_due_at_night(claim, lead, zone):
    due = wall_time(clocks(lead, claim, zone).call_due, zone)

    assert "07:30" <= due.strftime("%H:%M") <= "21:00"


def test_nothing_jumps_at_thirty_hours_by_day():
    before, after = clocks(30 * HOUR - MINUTE), clocks(30 * HOUR)

    assert after.call_due - before.call_due < MINUTE
    assert after.confirm_due - before.confirm_due < MINUTE


# --- Elapsed time, also on the days the clocks change


@pytest.mark.parametrize(
    ("start", "confirm"),
    [
        (paris(2026, 10, 25, 14, 0), paris(2026, 10, 24, 15, 0)),
        (paris(2027, 3, 28, 14, 0), paris(2027, 3, 27, 13, 0)),
        (paris(2026, 11, 26, 14, 0), paris(2026, 11, 25, 14, 0)),
    ],
)
def test_a_day_before_the_visit_is_24_hours_not_the_same_hour(start, confirm):
    due = two_clocks(start - 3 * DAY, start, PARIS, POLICY)

    assert due.confirm_due == confirm
    assert (start - due.confirm_due).total_seconds() == 86_400


@pytest.mark.parametrize(
    ("claim", "call"),
    [
        (paris(2026, 10, 24, 20, 0), paris(2026, 10, 25, 7, 0)),
        (paris(2027, 3, 27, 20, 0), paris(2027, 3, 28, 9, 0)),
    ],
)
def test_twelve_hours_to_call_are_elapsed_hours(claim, call):
    due = clocks(72 * HOUR, claim)

    assert due.call_due == call
    assert (due.call_due - claim).total_seconds() == 43_200


@pytest.mark.parametrize("zone", [PARIS, "Europe/Zurich"])
def test_elapsed_time_is_exact_at_random_instants_of_twelve_years(zone):
    dice = random.Random(20261123)
    first, last = (
        datetime(2025, 1, 1, tzinfo=UTC).timestamp(),
        datetime(2037, 1, 1, tzinfo=UTC).timestamp(),
    )

    for _ in range(2_000):
        claim = datetime.fromtimestamp(dice.uniform(first, last), UTC)
        start = claim + timedelta(seconds=dice.uniform(42 * 3600, 60 * 86_400))
        due = two_clocks(claim, start, zone, POLICY)
        assert (due.call_due - claim, start - due.confirm_due) == (
            timedelta(seconds=43_200),
            timedelta(seconds=86_400),
        )


# --- Reminders


def test_reminder_comes_two_hours_before():
    assert reminder_at(CLAIM + 6 * HOUR, 2 * HOUR, CLAIM, PARIS, POLICY) == CLAIM + 4 * HOUR


def test_reminder_of_the_night_comes_just_before_it():
    due = paris(2026, 11, 25, 9, 0)

    assert reminder_at(due, 2 * HOUR, CLAIM, PARIS, POLICY) == paris(2026, 11, 24, 20, 59)


@pytest.mark.parametrize("lead", [2 * HOUR, 3 * HOUR])
def test_reminder_that_would_come_with_the_promise_or_before_it_is_none(lead):
    assert reminder_at(CLAIM + 2 * HOUR, lead, CLAIM, PARIS, POLICY) is None


def test_reminder_that_the_night_moves_before_the_promise_is_none():
    claim = paris(2026, 11, 24, 21, 30)

    assert reminder_at(paris(2026, 11, 25, 8, 0), 2 * HOUR, claim, PARIS, POLICY) is None


@settings(max_examples=150, deadline=None)
@given(claim=INSTANTS, lead=leads(0, 72), zone=ZONES)
def test_reminders_respect_the_quiet_hours(claim, lead, zone):
    at = reminder_at(clocks(lead, claim, zone).confirm_due, 2 * HOUR, claim, zone, POLICY)

    if at is not None:
        assert claim < at < clocks(lead, claim, zone).confirm_due
        assert "07:30" <= wall_time(at, zone).strftime("%H:%M") < "21:00"


# --- Single instants


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (deadlines.search_limit(CLAIM, POLICY), CLAIM - HOUR),
        (deadlines.search_warning(CLAIM, CLAIM - 9 * HOUR, POLICY), CLAIM - 3 * HOUR),
        (deadlines.search_warning(CLAIM, CLAIM - 2 * HOUR, POLICY), CLAIM - 1.5 * HOUR),
        (deadlines.late_at(CLAIM, POLICY), CLAIM + 15 * MINUTE),
        (deadlines.lateness_cancel_at(CLAIM, POLICY), CLAIM + 30 * MINUTE),
        (deadlines.door_wait_ends_at(CLAIM, POLICY), CLAIM + 10 * MINUTE),
        (deadlines.overdue_at(CLAIM, 30), CLAIM + 90 * MINUTE),
        (deadlines.overdue_at(CLAIM, 90), CLAIM + 180 * MINUTE),
        (deadlines.signature_limit_at(CLAIM, POLICY), CLAIM + 72 * HOUR),
        (deadlines.signature_reminders(CLAIM, POLICY), (CLAIM, CLAIM + DAY, CLAIM + 60 * HOUR)),
        (deadlines.contact_until(CLAIM, POLICY), CLAIM + 7 * DAY),
        (deadlines.free_until(CLAIM + 3 * DAY, CLAIM, POLICY), CLAIM + 2 * DAY),
        (deadlines.free_until(CLAIM + 2 * HOUR, CLAIM, POLICY), CLAIM + 30 * MINUTE),
    ],
)
def test_instant_is_that_of_the_rules(found, expected):
    assert found == expected


# --- Tries to call (rule L1)


def tries(*rows):
    return [(paris(2026, 11, 24, *at), channel) for *at, channel in rows]


IN_THREE_DAYS = paris(2026, 11, 27, 14, 0)


def enough(*rows, start=IN_THREE_DAYS):
    return tried_enough(tries(*rows), start, PARIS, POLICY)


def test_three_tries_on_two_channels_half_an_hour_apart_are_enough():
    assert enough((10, 0, "phone"), (10, 30, "text"), (11, 0, "phone"))


def test_two_tries_are_not_enough():
    assert not enough((10, 0, "phone"), (10, 30, "text"))


def test_three_tries_on_one_channel_are_not_enough():
    assert not enough((10, 0, "phone"), (10, 30, "phone"), (11, 0, "phone"), (11, 30, "phone"))


def test_tries_too_near_to_each_other_are_not_enough():
    assert not enough((10, 0, "phone"), (10, 29, "text"), (10, 58, "phone"))


def test_further_tries_in_between_take_nothing_away():
    assert enough((10, 0, "phone"), (10, 5, "text"), (10, 35, "phone"), (11, 5, "phone"))


def test_order_of_the_rows_does_not_matter():
    assert enough((11, 0, "phone"), (10, 0, "phone"), (10, 30, "text"))


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [((8, 0), (21, 0), True), ((7, 59), (21, 0), False), ((8, 0), (21, 1), False)],
)
def test_tries_count_between_eight_and_nine_in_the_evening(first, last, count):
    assert enough((*first, "phone"), (12, 0, "text"), (*last, "phone")) is count


@pytest.mark.parametrize(
    ("start", "count"), [((16, 9), True), ((16, 10), False), ((16, 30), False)]
)
def test_near_the_start_ten_minutes_apart_are_enough(start, count):
    """Under six hours before the start: the second and the third try at 10:10 and 10:20."""
    rows = [(10, 0, "phone"), (10, 10, "text"), (10, 20, "phone")]

    assert enough(*rows, start=paris(2026, 11, 24, *start)) is count


def test_without_a_start_the_long_gap_holds():
    assert not enough((10, 0, "phone"), (10, 10, "text"), (10, 20, "phone"), start=None)


def test_hours_are_those_of_the_place():
    rows = [
        (datetime(2026, 7, 1, 6, 0, tzinfo=UTC), "phone"),
        (datetime(2026, 7, 1, 7, 0, tzinfo=UTC), "text"),
    ]

    assert tried_enough(
        [*rows, (datetime(2026, 7, 1, 8, 0, tzinfo=UTC), "text")], None, PARIS, POLICY
    )


# --- What cancelling costs

START = CLAIM + 3 * DAY


def free(at, *, start=START, placed=CLAIM, unconfirmed=False, arrived=False, moved_from=None):
    return cancelling_is_free(
        at=at,
        start_at=start,
        placed_at=placed,
        unconfirmed=unconfirmed,
        arrived=arrived,
        policy=POLICY,
        moved_from=moved_from,
    )


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (START - DAY - SECOND, True),
        (START - DAY, True),
        (START - DAY + SECOND, False),
        (START, False),
        (START + 30 * MINUTE - SECOND, False),
        (START + 30 * MINUTE, True),
    ],
)
def test_cancelling_is_free_until_a_day_before_and_when_they_are_late(at, expected):
    assert free(at) is expected


def test_cancelling_late_is_not_free_when_they_are_at_the_door():
    assert not free(START + 30 * MINUTE, arrived=True)


@pytest.mark.parametrize(
    ("after", "expected"), [(30 * MINUTE, True), (30 * MINUTE + SECOND, False)]
)
def test_cancelling_is_free_for_half_an_hour_after_booking(after, expected):
    placed = START - 5 * HOUR

    assert free(placed + after, placed=placed) is expected


def test_cancelling_is_free_while_nobody_has_claimed():
    assert free(START - MINUTE, start=None)


def test_cancelling_costs_on_while_nobody_has_the_time_it_was_moved_to():
    assert not free(START - MINUTE, start=None, moved_from=START)
    assert free(START - 24 * HOUR, start=None, moved_from=START)


def test_cancelling_is_free_while_they_are_unconfirmed():
    assert free(START - MINUTE, unconfirmed=True)


def test_cancelling_without_an_order_follows_the_start():
    assert not free(START - MINUTE, placed=None)


def test_moved_start_counts_with_its_old_value():
    late = START + 7 * DAY

    assert not free(START - HOUR, start=late, moved_from=START)
    assert not free(START - HOUR + 5 * DAY, start=late, moved_from=START)


def test_nobody_is_late_for_a_start_that_was_moved_away():
    late = START + 7 * DAY

    assert not free(START + 30 * MINUTE, start=late, moved_from=START)
    assert free(late + 30 * MINUTE, start=late, moved_from=START)
