"""What is taken in a calendar kept elsewhere, also on the days the clocks change (rule D1)."""

from datetime import UTC, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from accounts import busy_times
from accounts.busy_times import NotACalendar, TooMuch, busy_spans
from tests.accounts.calendars import calendar

ZONE = "Europe/Paris"
BEGIN, END = datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC)


def spans(*events, begin=BEGIN, end=END, zone=ZONE):
    found = busy_spans(calendar(*events), zone, begin, end, own_host="mila.example")
    return [f"{first:%m-%d %H:%M} {last:%m-%d %H:%M}" for first, last in found]


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ("DTSTART:20261021T080000Z\nDTEND:20261021T090000Z", "10-21 08:00 10-21 09:00"),
        ("DTSTART:20261021T080000\nDTEND:20261021T090000", "10-21 06:00 10-21 07:00"),
        (
            "DTSTART;TZID=America/New_York:20261021T080000\nDURATION:PT90M",
            "10-21 12:00 10-21 13:30",
        ),
        (
            "DTSTART;TZID=W. Europe Standard Time:20261021T080000\nDURATION:PT1H",
            "10-21 06:00 10-21 07:00",
        ),
        # twenty-five hours
        (
            "DTSTART;VALUE=DATE:20261025\nDTEND;VALUE=DATE:20261026",
            "10-24 22:00 10-25 23:00",
        ),
        ("DTSTART;VALUE=DATE:20261025", "10-24 22:00 10-25 23:00"),
        # it has begun already, and it ends later than what is asked for
        ("DTSTART:20261019T080000Z\nDTEND:20261020T090000Z", "10-19 08:00 10-20 09:00"),
        ("DTSTART:20261109T080000Z\nDTEND:20261120T090000Z", "11-09 08:00 11-20 09:00"),
    ],
)
def test_one_event(event, found):
    assert spans(event) == [found]


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART:20261021T080000Z\nDTEND:20261021T090000Z\nTRANSP:TRANSPARENT",
        "DTSTART:20261021T080000Z\nDTEND:20261021T090000Z\nSTATUS:CANCELLED",
        "DTSTART:20261021T080000Z\nDTEND:20261021T090000Z\nX-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "UID:1.job@mila.example\nDTSTART:20261021T080000Z\nDTEND:20261021T090000Z",
        "DTSTART:20261021T080000Z",
        "DTSTART:20261021T090000Z\nDTEND:20261021T080000Z",
        "DTSTART:20261019T080000Z\nDTEND:20261020T000000Z",
        "DTSTART:20261110T000000Z\nDTEND:20261110T010000Z",
        "DTSTART:garbage\nDTEND:20261021T080000Z",
        "DTSTART:20261021T080000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY",
        "DTSTART:20261021T080000Z\nDURATION:PT1H\nRRULE:FREQ=NEVER",
        "SUMMARY:no hours",
    ],
)
def test_what_takes_no_time(event):
    assert spans(event) == []


def test_weekly_event_stays_at_its_hour_over_the_change_of_the_clocks():
    assert spans(
        """DTSTART;TZID=Europe/Paris:20260906T080000
        DTEND;TZID=Europe/Paris:20260906T090000
        RRULE:FREQ=WEEKLY;BYDAY=SU;UNTIL=20261101T070000Z"""
    ) == ["10-25 07:00 10-25 08:00", "11-01 07:00 11-01 08:00"]


def test_repeated_days_are_whole_days_of_the_technicians_wall():
    assert spans("DTSTART;VALUE=DATE:20261024\nRRULE:FREQ=DAILY;COUNT=3") == [
        "10-23 22:00 10-26 23:00"
    ]


def test_hour_the_clocks_leave_out_is_the_next_one():
    spring = datetime(2027, 3, 27, tzinfo=UTC)
    event = "DTSTART;TZID=Europe/Paris:20270328T023000\nDURATION:PT1H"

    assert spans(event, begin=spring, end=spring + timedelta(days=2)) == ["03-28 01:30 03-28 02:30"]


def test_one_time_that_was_moved_one_left_out_and_one_more():
    assert spans(
        """UID:a
        DTSTART;TZID=Europe/Paris:20261026T080000
        DURATION:PT1H
        RRULE:FREQ=DAILY;COUNT=4
        EXDATE;TZID=Europe/Paris:20261027T080000
        RDATE;TZID=Europe/Paris:20261105T080000""",
        """UID:a
        RECURRENCE-ID;TZID=Europe/Paris:20261028T080000
        DTSTART;TZID=Europe/Paris:20261028T150000
        DURATION:PT1H""",
    ) == [
        "10-26 07:00 10-26 08:00",
        "10-28 14:00 10-28 15:00",
        "10-29 07:00 10-29 08:00",
        "11-05 07:00 11-05 08:00",
    ]


def test_what_touches_is_one_span():
    assert spans(
        "DTSTART:20261021T090000Z\nDTEND:20261021T100000Z",
        "DTSTART:20261021T080000Z\nDTEND:20261021T090000Z",
        "DTSTART:20261021T083000Z\nDTEND:20261021T084500Z",
    ) == ["10-21 08:00 10-21 10:00"]


@pytest.mark.parametrize(
    "document",
    [b"", b"garbage", b"<html><body>Sign in</body></html>", b"BEGIN:VCALENDAR\r\n", b"\xff\xfe\x00",
     b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", b"BEGIN:VCALENDAR\r\n" * 3_000],
)  # fmt: skip
def test_garbage_is_no_calendar(document):
    with pytest.raises(NotACalendar):
        busy_spans(document, ZONE, BEGIN, END)


@pytest.mark.parametrize(
    ("name", "value"), [("MOST_EVENTS", 1), ("SECONDS", -1e9), ("MOST_SPANS", 1)]
)
def test_more_than_is_counted_is_said(monkeypatch, name, value):
    monkeypatch.setattr(busy_times, name, value)
    with pytest.raises(TooMuch):
        spans(
            "DTSTART:20261021T090000Z\nDTEND:20261021T100000Z",
            "DTSTART:20261022T090000Z\nDTEND:20261022T100000Z",
        )


# --- What it may cost: counted, so that no clock is asked


@pytest.fixture
def cost(monkeypatch):
    """A function: the looks that these events cost."""
    made = []

    class Counted(busy_times.Looks):
        def __init__(self, left):
            super().__init__(left)
            made.append(self)

    monkeypatch.setattr(busy_times, "Looks", Counted)

    def of(*events):
        spans(*events)
        return busy_times.MOST_LOOKS - made[-1].left

    of.made = made
    return of


@pytest.mark.parametrize(
    ("rule", "most"),
    [("DAILY", 150), ("WEEKLY", 60), ("MONTHLY", 60), ("YEARLY", 240), ("DAILY;INTERVAL=3", 80)],
)
def test_rule_without_an_end_costs_no_more_than_what_is_asked_for(rule, most, cost):
    event = "DTSTART:17000101T080000Z\nDTEND:17000101T090000Z\nRRULE:FREQ="

    assert 0 < cost(event + rule) <= most


def test_rule_that_ends_by_its_count_is_counted_from_its_beginning(cost):
    event = "DTSTART:20260101T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=295"

    assert [span[:5] for span in spans(event)] == ["10-20", "10-21", "10-22"]
    assert cost(event) > 295


NEVER = [
    "DAILY;BYMONTH=2;BYMONTHDAY=30",
    "DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
    "DAILY;BYMONTH=2;BYMONTHDAY=30;UNTIL=20261231T000000Z",
    "WEEKLY;BYMONTH=2;BYMONTHDAY=30",
    "MONTHLY;BYMONTH=2;BYMONTHDAY=30",
    "YEARLY;BYMONTH=6;BYWEEKNO=53",
]
NEVER_COMES = "DTSTART:20261021T080000Z\nDURATION:PT1H\nRRULE:FREQ="


@pytest.mark.parametrize("rule", NEVER)
def test_rule_that_never_comes_is_looked_for_as_far_as_it_is_asked_for(rule, cost):
    """The library would look on until the year 9999."""
    assert spans(NEVER_COMES + rule) == ["10-21 08:00 10-21 09:00"]
    assert cost(NEVER_COMES + rule) <= 250


@pytest.mark.parametrize("rule", NEVER)
def test_control_without_an_end_of_its_steps_it_is_given_up_for_what_it_costs(rule, monkeypatch):
    monkeypatch.setattr(busy_times, "_steps", lambda *asked: 10**9)

    with pytest.raises(TooMuch):
        spans(NEVER_COMES + rule)


def test_rule_that_is_counted_from_long_ago_is_given_up(cost):
    with pytest.raises(TooMuch):
        spans("DTSTART:10010101T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=999999")

    assert cost.made[-1].left >= -max(busy_times.RULES.values())


def test_looks_are_those_of_the_whole_calendar(cost):
    event = "DTSTART:20200101T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"

    with pytest.raises(TooMuch):
        spans(*[event] * (busy_times.MOST_LOOKS // cost(event) + 1))


@pytest.mark.parametrize(
    "rule",
    [
        "DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3",
        "YEARLY;BYDAY=MO;BYSETPOS=1,2,3,4,5,6,7,8,9",
        "DAILY;INTERVAL=0",
    ],
)
def test_rule_of_very_many_times_a_day_is_passed_over(rule):
    assert spans(f"DTSTART:20261021T080000Z\nDURATION:PT1H\nRRULE:FREQ={rule}") == []


RULES = st.fixed_dictionaries(
    {
        "FREQ": st.sampled_from(sorted(busy_times.RULES)),
        "INTERVAL": st.integers(1, 5).map(str),
    },
    optional={
        "BYDAY": st.sampled_from(["MO", "SA,SU", "TU,TH"]),
        "BYMONTH": st.sampled_from(["10", "1,11"]),
        "BYMONTHDAY": st.sampled_from(["-1", "1,15,31"]),
        "BYSETPOS": st.sampled_from(["1", "-1"]),
        "WKST": st.sampled_from(["MO", "SU"]),
    },
)


@settings(deadline=None)
@given(RULES, st.integers(0, 4_300))
def test_rule_that_is_taken_up_later_says_what_it_says_from_its_beginning(rule, days):
    assume(not (rule["FREQ"] == "MONTHLY" and "BYMONTH" in rule))  # it may never come
    begun = datetime(2015, 1, 1, 8) + timedelta(days=days)
    words = ";".join(f"{name}={value}" for name, value in rule.items())
    whole = rrulestr(words, dtstart=begun)
    wanted = {begun, *whole.between(datetime(2026, 10, 1), datetime(2026, 11, 30), inc=True)}

    found = spans(f"DTSTART:{begun:%Y%m%dT%H%M%SZ}\nDURATION:PT1H\nRRULE:{words}")

    assert found == [
        f"{at:%m-%d 08:00} {at:%m-%d 09:00}"
        for at in sorted(wanted)
        if BEGIN.date() <= at.date() < END.date()
    ]
