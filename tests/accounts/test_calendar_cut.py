"""Of a long calendar only what is near is read, and what is found in it is the same (rule D1)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import busy_times, calendar_cut
from tests.accounts.calendars import calendar

ZONE = "Europe/Paris"
BEGIN, END = datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def event(at, lines="DTEND:{end:%Y%m%dT%H%M%SZ}"):
    return f"DTSTART:{at:%Y%m%dT%H%M%SZ}\n" + lines.format(end=at + timedelta(hours=1))


@pytest.fixture
def read(monkeypatch):
    """How many events the library was given, each time it was asked."""
    given_, of = [], busy_times.Calendar.from_ical

    def counted(document, **kwargs):
        given_.append(document.count(b"BEGIN:VEVENT"))
        return of(document, **kwargs)

    monkeypatch.setattr(busy_times.Calendar, "from_ical", counted)
    return given_


def spans(document):
    return busy_times.busy_spans(document, ZONE, BEGIN, END)


def years_of_events(number):
    return [event(BEGIN - (4 + one / 10) * DAY) for one in range(number)]


def test_of_twenty_thousand_events_those_ahead_are_read(read):
    ahead = [event(BEGIN + one * DAY) for one in range(5)]
    later = [event(END + (5 + one) * DAY) for one in range(5)]

    found = spans(calendar(*years_of_events(20_000), *ahead, *later))

    assert len(found) == 5
    assert read == [5]


def test_more_ahead_than_is_read_is_refused_before_it_is_read(read):
    within = (END - BEGIN) / (busy_times.MOST_EVENTS + 1)

    with pytest.raises(busy_times.TooMuch):
        spans(calendar(*(event(BEGIN + n * within) for n in range(busy_times.MOST_EVENTS + 1))))

    assert read == []


def test_control_without_the_cut_the_same_calendar_is_too_much(monkeypatch):
    monkeypatch.setattr(calendar_cut, "near", lambda document, *_days: document)

    with pytest.raises(busy_times.TooMuch):
        spans(calendar(*years_of_events(20_000), event(BEGIN)))


@pytest.mark.parametrize(
    "lines",
    [
        "DTEND:{end:%Y%m%dT%H%M%SZ}\nRRULE:FREQ=DAILY",
        "DTEND:{end:%Y%m%dT%H%M%SZ}\nRDATE:20261021T080000Z",
        "DURATION:P9000D",
        "DTEND:20261021T080000Z\nBEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM",
    ],
)
def test_what_began_long_ago_and_reaches_here_is_read(lines, read):
    assert spans(calendar(event(BEGIN - 4000 * DAY, lines)))
    assert read == [1]


def test_a_line_that_was_folded_is_one_line(read):
    ends_here = "DTEND;VALUE=DATE-TIME:20261021T080000Z"
    document = calendar(event(BEGIN - 4000 * DAY, ends_here))

    assert spans(document.replace(b"TIME:2026", b"TIME:2026\r\n "))
    assert read == [1]


def test_one_time_that_was_moved_into_the_past_still_leaves_its_own_day():
    weekly = "UID:a\n" + event(BEGIN + DAY, "DURATION:PT1H\nRRULE:FREQ=WEEKLY")
    moved = "UID:a\n" + event(BEGIN - 90 * DAY) + f"\nRECURRENCE-ID:{BEGIN + DAY:%Y%m%dT%H%M%SZ}"

    assert [first for first, _last in spans(calendar(weekly, moved))] == [
        BEGIN + 8 * DAY,
        BEGIN + 15 * DAY,
    ]


@pytest.mark.parametrize("edge", [b"BEGIN:VEVENT\n", b"END:VEVENT\n", b"\n ", b"DTSTART:::::\n"])
def test_two_megabytes_that_are_no_calendar_are_passed_over(edge):
    """An expression that comes back to each beginning would not end before the run is stopped."""
    document = edge * (2_000_000 // len(edge))

    assert len(calendar_cut.near(document, BEGIN.date(), END.date())) <= len(document)


ENDS = st.sampled_from(
    [
        "",
        "DTEND:{end:%Y%m%dT%H%M%SZ}",
        "DTEND;TZID=Pacific/Auckland:{end:%Y%m%dT%H%M%S}",
        "DURATION:P3D",
    ]
)
EVENTS = st.lists(st.tuples(st.integers(-40 * 24, 60 * 24), ENDS), max_size=6)


@settings(deadline=None)
@given(EVENTS)
def test_what_is_found_is_what_would_be_found_in_all_of_it(events):
    document = calendar(*(event(BEGIN + timedelta(hours=h), lines) for h, lines in events))
    near, calendar_cut.near = calendar_cut.near, lambda document, *_days: document
    try:
        whole = spans(document)
    finally:
        calendar_cut.near = near

    assert spans(document) == whole
