"""The day a share is paid out: held, then its partner's next day, moved to one when banks work
(rule M5). Pure.

All days are on the wall of the partner's country. A day takes what is free as it begins.
"""

from datetime import date, datetime, time, timedelta

from places.calendar import is_bank_day, wall_time
from policy.figures import Policy

DAY = timedelta(days=1)


def first_day(
    earned_at: datetime, free_at: datetime, *, friend: bool, country: str, zone: str, policy: Policy
) -> date:
    """The promised day. A Friend's is a day of the week; a Pro's a day of the month after the one
    it was earned in.
    """
    free = wall_time(free_at, zone)
    free_day = free.date() if free.time() == time() else free.date() + DAY
    if friend:
        return next_bank_day(
            free_day + (policy.payout_weekday - free_day.weekday()) % 7 * DAY, country
        )
    day = _in_following_month(wall_time(earned_at, zone).date(), policy.payout_month_day)
    while day < free_day:
        day = _in_following_month(day, policy.payout_month_day)
    return next_bank_day(day, country)


def next_bank_day(day: date, country: str) -> date:
    """The day itself where banks work, else the first after it on which they do."""
    while not is_bank_day(day, country):
        day += DAY
    return day


def _in_following_month(day: date, number: int) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, number)
