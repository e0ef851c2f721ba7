"""The promised day, by kind of partner and country (rule M5): held, then the next of its days when
banks work.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from payments.payout_days import first_day, next_bank_day
from policy.figures import Policy

HOUR = timedelta(hours=1)
POLICY = Policy()


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - HOUR  # winter


def promised(
    earned: str, *, friend: bool = True, hold=POLICY.payout_hold, country: str = "FR", policy=POLICY
) -> date:
    zone = {"FR": "Europe/Paris", "CH": "Europe/Zurich"}[country]
    at = paris(earned)
    return first_day(at, at + hold, friend=friend, country=country, zone=zone, policy=policy)


@pytest.mark.parametrize(
    ("earned", "day"),
    [
        ("2026-11-24T10:00", date(2026, 12, 1)),  # a Tuesday: the next one
        ("2026-11-27T10:00", date(2026, 12, 1)),  # a Friday: free on Monday
        ("2026-11-28T00:00", date(2026, 12, 1)),  # free as Tuesday begins
        ("2026-11-28T00:01", date(2026, 12, 8)),  # a minute later
    ],
)
def test_friends_are_paid_on_the_next_tuesday(earned, day):
    assert promised(earned) == day


@pytest.mark.parametrize(
    ("earned", "day"),
    [
        ("2026-10-31T23:00", date(2026, 11, 5)),
        ("2026-11-01T00:00", date(2026, 12, 7)),  # the 5th of December is a Saturday
        ("2026-12-31T10:00", date(2027, 1, 5)),
    ],
)
def test_pros_are_paid_on_the_fifth_of_the_next_month(earned, day):
    assert promised(earned, friend=False) == day


def test_pro_whose_hold_ends_after_the_fifth_waits_for_the_next():
    assert promised("2026-10-31T10:00", friend=False, hold=timedelta(days=7)) == date(2026, 12, 7)


@pytest.mark.parametrize(
    ("country", "day", "moved"),
    [
        ("FR", date(2026, 12, 26), date(2026, 12, 28)),
        ("FR", date(2026, 7, 14), date(2026, 7, 15)),
        ("CH", date(2026, 7, 14), date(2026, 7, 14)),
        ("CH", date(2026, 1, 2), date(2026, 1, 5)),
        ("FR", date(2026, 1, 2), date(2026, 1, 2)),
        ("CH", date(2026, 4, 3), date(2026, 4, 7)),  # over Easter
        ("FR", date(2026, 4, 3), date(2026, 4, 7)),
        ("CH", date(2025, 8, 1), date(2025, 8, 4)),
    ],
)
def test_next_day_on_which_banks_work(country, day, moved):
    assert next_bank_day(day, country) == moved


def test_no_promise_of_ten_years_falls_on_a_day_without_banks_or_before_the_hold():
    at = datetime(2026, 1, 1, 10, tzinfo=UTC)
    for number in range(3_650):
        earned = at + number * timedelta(days=1)
        for country, zone in (("FR", "Europe/Paris"), ("CH", "Europe/Zurich")):
            for friend in (True, False):
                free = earned + POLICY.payout_hold
                day = first_day(
                    earned, free, friend=friend, country=country, zone=zone, policy=POLICY
                )
                assert day == next_bank_day(day, country)
                assert free.date() < day <= free.date() + timedelta(days=46)


def test_days_are_the_policys():
    policy = replace(POLICY, payout_weekday=3, payout_month_day=15)

    assert promised("2026-11-24T10:00", policy=policy).weekday() == 3
    assert promised("2026-11-24T10:00", friend=False, policy=policy) == date(2026, 12, 15)
