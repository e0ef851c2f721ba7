"""Where technicians say at which address their other calendar is, and read what became of it
(rule D1, P4).
"""

from datetime import UTC, timedelta

import pytest

from accounts import calendar_reading
from accounts.calendar_rows import CalendarSource
from mila import public_http
from mila.clock import mila_now
from tests import cast
from tests.accounts.calendars import calendar

pytestmark = pytest.mark.django_db
PAGE, CALENDAR = "/partner/calendar/other/", "/partner/calendar/"
ADDRESS = "https://cal.example.com/secret-word.ics"


@pytest.fixture
def inside(client, morning, partner):
    partner.user.language = "en"
    partner.user.save()
    client.force_login(partner.user)
    return partner


def said(client, page=PAGE):
    return client.get(page).content.decode()


def read(monkeypatch, answer):
    def get(address, *, most):
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(public_http, "get", get)
    calendar_reading.read(CalendarSource.objects.get().pk)


def test_address_is_kept_and_never_shown_again(client, inside):
    answer = client.post(PAGE, {"address": ADDRESS}, follow=True)

    page = answer.content.decode()
    assert "read within a minute" in page
    assert "secret-word" not in page
    assert CalendarSource.objects.get().technician == inside
    assert CalendarSource.objects.get().address == ADDRESS


@pytest.mark.parametrize("address", ["http://cal.example.com/a.ics", "word", ""])
def test_address_that_is_not_asked_is_refused_in_words(client, inside, address):
    answer = client.post(PAGE, {"address": address})

    assert answer.status_code == 422
    assert answer.context["form"].errors["address"]
    assert not CalendarSource.objects.exists()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (public_http.NotReached(), "Nobody answers at this address"),
        (public_http.NotAllowed(), "does not lead to the public internet"),
        (public_http.TooLarge(), "too large"),
        (b"<html></html>", "is no calendar"),
        (calendar(), "Last read:"),
    ],
)
def test_page_says_what_became_of_the_last_reading(client, inside, monkeypatch, answer, words):
    client.post(PAGE, {"address": ADDRESS})
    assert "Not read yet" in said(client)

    read(monkeypatch, answer)

    assert words in said(client)


def test_job_of_theirs_at_a_busy_time_is_named_here_and_in_the_week(
    client, inside, searching, monkeypatch
):
    job = cast.claimed(searching, inside)
    client.post(PAGE, {"address": ADDRESS})
    start = job.start_at.astimezone(UTC)
    end = start + timedelta(hours=1)
    read(
        monkeypatch,
        calendar(f"DTSTART:{start:%Y%m%dT%H%M%SZ}\nDTEND:{end:%Y%m%dT%H%M%SZ}\nSUMMARY:Dentiste"),
    )

    page, week = said(client), said(client, f"{CALENDAR}?week={start:%Y-%m-%d}")

    assert job.number in page
    assert "They stay yours" in page
    assert "The job stays yours" in week
    assert "Busy in your other calendar" in week
    assert "Dentiste" not in page + week
    job.refresh_from_db()
    assert job.technician_id == inside.pk


def test_ending_it_frees_the_times(client, inside, monkeypatch):
    client.post(PAGE, {"address": ADDRESS})
    start = mila_now() + timedelta(hours=3)
    read(monkeypatch, calendar(f"DTSTART:{start:%Y%m%dT%H%M%SZ}\nDURATION:PT1H"))
    assert inside.calendar_entries.count() == 1

    client.post(PAGE, {"end": "1"})

    assert inside.calendar_entries.count() == 0
    assert not CalendarSource.objects.exists()
