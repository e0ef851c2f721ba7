"""A claim against the reading of the technician's other calendar (rule D1; fault C10): whichever
has their row first, nobody takes a job at an hour that is written as taken.
"""

from datetime import UTC, timedelta
from types import SimpleNamespace

import pytest

from accounts import calendar_reading
from accounts.models import CalendarEntry, Technician
from dispatch import offers
from mila import public_http
from mila.clock import reset_clock, set_clock
from requests_app.actions import assigning
from requests_app.actions.assigning import TechnicianBusy
from requests_app.models import Assignment, Booking, State
from tests import factories
from tests.accounts.calendars import calendar
from tests.cast import MORNING
from tests.concurrency.threads import amid, at_once

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
ADDRESS = "https://cal.example.com/secret.ics"
ROUNDS = 6


@pytest.fixture
def asked(customer, partner, monkeypatch):
    """An open offer, and another calendar that has something at its hour and is due."""
    set_clock(MORNING)
    booking = factories.placed_booking(customer=customer)
    offer, start = offers.open_next(booking.pk), booking.first_start_at.astimezone(UTC)
    end = start + timedelta(hours=1)
    says = calendar(f"DTSTART:{start:%Y%m%dT%H%M%SZ}\nDTEND:{end:%Y%m%dT%H%M%SZ}")
    monkeypatch.setattr(public_http, "get", lambda address, *, most: says)
    source = calendar_reading.follow_calendar(partner.pk, ADDRESS)
    yield SimpleNamespace(
        booking=booking,
        claim=lambda: offers.claim(booking.pk, partner.pk, rank=1, by=partner.user),
        read=lambda: calendar_reading.read(source.pk),
    )
    assert offer.technician_id == partner.pk
    reset_clock()


def left(booking):
    """Whether the job was taken, and what stands in the calendar."""
    taken = Assignment.objects.filter(booking=booking).exists()
    state = Booking.objects.get(pk=booking.pk).state
    assert state == (State.CLAIMED if taken else State.SEARCHING)
    return taken, sorted(CalendarEntry.objects.values_list("kind", flat=True))


def test_claim_that_comes_while_the_times_are_written_waits_and_is_refused(asked, monkeypatch):
    threads, answers = amid(monkeypatch, CalendarEntry.objects, "bulk_create", asked.claim)

    asked.read()
    threads[0].join()

    assert [type(answer) for answer in answers] == [TechnicianBusy]
    assert left(asked.booking) == (False, ["busy"])


def test_control_without_the_lock_the_claim_takes_an_hour_that_is_being_written(asked, monkeypatch):
    monkeypatch.setattr(
        calendar_reading, "lock_technician", lambda pk: Technician.objects.get(pk=pk)
    )
    threads, answers = amid(monkeypatch, CalendarEntry.objects, "bulk_create", asked.claim)

    asked.read()
    threads[0].join()

    assert [type(answer) for answer in answers] == [Booking]
    assert left(asked.booking) == (True, ["busy", "job"])


def test_times_that_come_while_a_job_is_taken_wait_and_lie_across_it(asked, monkeypatch):
    threads, answers = amid(monkeypatch, assigning, "_bind", asked.read)

    asked.claim()
    threads[0].join()

    assert answers == [True]
    assert left(asked.booking) == (True, ["busy", "job"])


def test_control_without_the_question_a_written_hour_is_taken(asked, monkeypatch):
    asked.read()
    monkeypatch.setattr(assigning, "BIND", assigning.BIND.replace("y.kind = 'busy'", "false"))

    asked.claim()

    assert left(asked.booking) == (True, ["busy", "job"])


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_free_running_either_the_job_was_there_first_or_it_was_refused(_round, asked):
    claimed, read = at_once(asked.claim, asked.read)

    assert read is True
    if isinstance(claimed, TechnicianBusy):
        assert left(asked.booking) == (False, ["busy"])
    else:
        assert isinstance(claimed, Booking)
        assert left(asked.booking) == (True, ["busy", "job"])
