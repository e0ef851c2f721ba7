"""A technician's other calendar is read again and again, and every search knows what it says
(rule D1; fault W11).
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import actions, calendar_reading
from accounts.calendar_rows import CalendarSource
from accounts.models import CalendarEntry, FormerRow
from dispatch.availability import Visit, free_people
from dispatch.models import Offer
from mila import public_http
from mila.clock import mila_now
from requests_app.actions import assigning, illness
from requests_app.actions.assigning import TechnicianBusy
from requests_app.models import Assignment, Booking
from tests.accounts.calendars import calendar

pytestmark = pytest.mark.django_db
ADDRESS = "https://cal.example.com/secret.ics"


class Elsewhere:
    """The server of another calendar: what it says next, and what it was asked."""

    def __init__(self):
        self.says, self.asked, self.meanwhile = calendar(), [], lambda: None

    def get(self, address, *, most):
        self.asked.append(address)
        self.meanwhile()
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture
def elsewhere(monkeypatch):
    found = Elsewhere()
    monkeypatch.setattr(public_http, "get", found.get)
    return found


@pytest.fixture
def source(elsewhere, stopped_clock, partner):
    stopped_clock(datetime(2026, 11, 24, 9, tzinfo=UTC))
    return calendar_reading.follow_calendar(partner.pk, ADDRESS)


def event(start, hours=1):
    end = start + timedelta(hours=hours)
    return f"DTSTART:{start:%Y%m%dT%H%M%SZ}\nDTEND:{end:%Y%m%dT%H%M%SZ}\nSUMMARY:Dentiste"


def busy():
    rows = CalendarEntry.objects.filter(kind="busy").order_by("during")
    return [(row.during.lower, row.during.upper, row.note) for row in rows]


def again(source, at=None):
    """The next sweep finds it due."""
    CalendarSource.objects.filter(pk=source.pk).update(due_at=at or mila_now())
    calendar_reading.sweep()
    source.refresh_from_db()


FIRST = datetime(2026, 11, 25, 8, tzinfo=UTC)


def test_sweep_reads_what_is_due_and_keeps_the_hours_alone(source, elsewhere):
    elsewhere.says = calendar(event(FIRST))

    calendar_reading.sweep()

    source.refresh_from_db()
    assert busy() == [(FIRST, FIRST + timedelta(hours=1), "")]
    assert (source.read_at, source.failure) == (mila_now(), "")
    assert source.due_at == mila_now() + timedelta(minutes=15)
    assert elsewhere.asked == [ADDRESS]


def test_nothing_is_asked_before_it_is_due_and_it_is_at_its_second(
    source, elsewhere, stopped_clock
):
    calendar_reading.sweep()
    due = mila_now() + timedelta(minutes=15)

    asked = []
    for second in (-1, 0, 1):
        stopped_clock(due + timedelta(seconds=second))
        calendar_reading.sweep()
        asked.append(len(elsewhere.asked))

    assert asked == [1, 2, 2]


def test_repeat_touches_no_row_and_a_change_replaces_what_differs(source, elsewhere):
    second = FIRST + timedelta(days=1)
    elsewhere.says = calendar(event(FIRST), event(second))
    again(source)
    kept = CalendarEntry.objects.get(during__contains=FIRST).pk
    again(source)
    assert FormerRow.objects.count() == 0

    elsewhere.says = calendar(event(FIRST), event(second, hours=2))
    again(source)

    assert [span[1] for span in busy()] == [
        FIRST + timedelta(hours=1),
        second + timedelta(hours=2),
    ]
    assert CalendarEntry.objects.get(during__contains=FIRST).pk == kept
    assert FormerRow.objects.count() == 1


@pytest.mark.parametrize(
    ("says", "failure"),
    [
        (public_http.NotAllowed(), "not_allowed"),
        (public_http.NotReached(), "not_reached"),
        (public_http.TooLarge(), "too_large"),
        (b"<html>Sign in</html>", "not_a_calendar"),
    ],
)
def test_failure_is_said_and_leaves_the_times_as_they_were(source, elsewhere, says, failure):
    elsewhere.says = calendar(event(FIRST))
    again(source)
    before = busy()
    elsewhere.says = says

    again(source)

    assert source.failure == failure
    assert source.read_at is not None
    assert busy() == before != []

    elsewhere.says = calendar()
    again(source)
    assert (source.failure, busy()) == ("", [])


@pytest.mark.parametrize("address", ["http://cal.example.com/a.ics", "cal.example.com", ""])
def test_other_address_than_https_is_refused_and_nothing_is_kept(partner, elsewhere, address):
    with pytest.raises(calendar_reading.AddressNotAllowed):
        calendar_reading.follow_calendar(partner.pk, address)

    assert not CalendarSource.objects.exists()
    assert elsewhere.asked == []


def test_private_address_is_refused_when_it_is_read(partner):
    source = calendar_reading.follow_calendar(partner.pk, "https://127.0.0.1/a.ics")

    calendar_reading.read(source.pk)

    source.refresh_from_db()
    assert (source.failure, source.read_at) == ("not_allowed", None)


def test_address_is_unreadable_in_the_table_and_the_way_calendars_write_it_is_taken(partner):
    calendar_reading.follow_calendar(partner.pk, "webcal://cal.example.com/secret.ics")

    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM accounts_calendarsource")
        assert "secret" not in cursor.fetchone()[0]
    assert CalendarSource.objects.get().address == ADDRESS


def test_leaving_ends_address_and_times_together_and_absences_stay(source, elsewhere, partner):
    elsewhere.says = calendar(event(FIRST))
    again(source)
    actions.add_absence(
        partner.pk, starts_at=FIRST, ends_at=FIRST + timedelta(hours=1), note="Loin"
    )

    assert calendar_reading.leave_calendar(partner.pk)

    assert [row.kind for row in CalendarEntry.objects.all()] == ["absence"]
    assert not CalendarSource.objects.exists()
    assert not calendar_reading.leave_calendar(partner.pk)


def test_other_address_ends_what_the_one_before_said(source, elsewhere, partner):
    elsewhere.says = calendar(event(FIRST))
    again(source)

    calendar_reading.follow_calendar(partner.pk, "https://cal.example.com/other.ics")

    assert busy() == []
    assert CalendarSource.objects.get().read_at is None


def test_source_that_ends_while_it_is_read_writes_nothing(source, elsewhere, partner):
    elsewhere.says = calendar(event(FIRST))
    elsewhere.meanwhile = lambda: calendar_reading.leave_calendar(partner.pk)

    calendar_reading.sweep()

    assert busy() == []


def test_whoever_comes_beside_does_not_ask_a_second_time(source, elsewhere):
    elsewhere.meanwhile = calendar_reading.sweep

    calendar_reading.sweep()

    assert elsewhere.asked == [ADDRESS]


def test_technician_who_goes_takes_address_and_times_along(source, elsewhere, partner):
    elsewhere.says = calendar(event(FIRST))
    again(source)

    partner.delete()

    assert busy() == []
    assert not CalendarSource.objects.exists()


def test_two_busy_times_at_once_are_refused_by_the_table(source, elsewhere, partner):
    elsewhere.says = calendar(event(FIRST))
    again(source)
    entry = CalendarEntry.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarEntry.objects.create(technician=partner, during=entry.during, kind="busy")

    assert len(busy()) == 1


# --- What the search makes of it


def busy_at(booking, technician, elsewhere, hours=1):
    """Their other calendar has something at the first wish of the booking."""
    start = booking.wishes.order_by("rank").first().start_at
    elsewhere.says = calendar(event(start.astimezone(UTC), hours))
    source = calendar_reading.follow_calendar(technician.pk, ADDRESS)
    calendar_reading.read(source.pk)
    return start


def test_free_times_do_not_count_who_is_busy_elsewhere(elsewhere, searching, partner):
    visit = Visit.of(searching)
    start = searching.wishes.order_by("rank").first().start_at
    assert free_people(visit, [start], mila_now()) == {start: 1}

    busy_at(searching, partner, elsewhere)

    assert free_people(visit, [start], mila_now()) == {start: 0}


def test_claim_at_a_busy_time_is_refused_and_nothing_is_bound(elsewhere, searching, partner, staff):
    busy_at(searching, partner, elsewhere)

    with pytest.raises(TechnicianBusy):
        assigning.assign(searching.pk, partner.pk, rank=1, by=staff, reason="By hand")

    assert not Assignment.objects.exists()
    assert Booking.objects.get(pk=searching.pk).technician_id is None
    assert not Offer.objects.filter(state="claimed").exists()
    assert [row.kind for row in CalendarEntry.objects.all()] == ["busy"]


def test_job_that_is_theirs_stays_and_the_busy_time_outlives_it(elsewhere, job, partner):
    start = busy_at(job, partner, elsewhere)

    assert sorted(row.kind for row in CalendarEntry.objects.all()) == ["busy", "job"]
    CalendarEntry.objects.filter(kind="job").delete()
    assert busy()[0][0] == start


def test_illness_takes_the_rest_of_the_day_whatever_is_in_the_other_calendar(
    source, elsewhere, partner
):
    elsewhere.says = calendar(event(datetime(2026, 11, 24, 12, tzinfo=UTC)))
    again(source)

    illness.fall_ill(partner.pk, by=partner.user)

    assert sorted(row.kind for row in CalendarEntry.objects.all()) == ["absence", "busy"]
