"""The visit in the customer's calendar: one entry that follows the visit (rule L3, B9)."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from accounts import calendar_file, mail_words
from accounts.models import Notification
from mila.clock import mila_now
from places.calendar import instant, wall_time
from requests_app.actions import changes, visit
from requests_app.lifecycle import Role
from requests_app.models import Booking, State
from tests import factories
from tests.cast import walk

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
FACTS = {
    "sequence": 7,
    "from": "2026-11-27T13:00:00+00:00",
    "minutes": 90,
    "stands": True,
    "where": "69007 Lyon",
    "who": "Yanis Corvel",
}


def written(about="Wi-Fi lent", **facts):
    about = {"service": about, "number": "M000042"}
    return calendar_file.text({**FACTS, **facts}, about, "uuid", AT, "bonjour@mila.example")


def sent(kind):
    """The calendar's file of the last message of this kind: its type, and its lines by name."""
    message = mail_words.render(Notification.objects.filter(kind=kind).latest("pk"))
    [part] = [one for one in message.attachments if hasattr(one, "get_content_type")]
    lines = part.get_payload(decode=True).decode().replace("\r\n ", "").split("\r\n")
    return part, dict(line.split(":", 1) for line in lines if ":" in line)


def test_instants_are_in_utc_and_the_end_is_that_of_the_visit():
    assert "DTSTART:20261127T130000Z\r\nDTEND:20261127T143000Z\r\n" in written()


@pytest.mark.parametrize(
    "name", ["Fuites; murs, etc\\.", "a\r\nATTENDEE:mailto:x@example.com", "é" * 200]
)
def test_what_people_typed_ends_no_line_and_no_line_is_too_long(name):
    text = written(name)

    assert text.count("\r\nATTENDEE") == 0
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert re.findall(r"^BEGIN:|^END:", text, re.M) == ["BEGIN:", "BEGIN:", "END:", "END:"]


def test_confirmation_gives_the_entry_out(searching, partner):
    booking = walk(searching, partner, State.CONFIRMED)

    part, lines = sent("confirmed")

    assert (part.get_content_type(), part.get_param("method"), lines["METHOD"]) == (
        "text/calendar", "PUBLISH", "PUBLISH",
    )  # fmt: skip
    assert lines["DTSTART"] == f"{booking.start_at:%Y%m%dT%H%M%SZ}"
    assert lines["UID"] == f"{booking.uuid}@localhost"
    assert booking.contact.street not in str(lines)


def test_a_move_moves_the_same_entry_and_an_end_takes_it_away(searching, partner):
    booking = walk(searching, partner, State.CONFIRMED)
    _part, first = sent("confirmed")
    later = factories.service_day_at(16, days=6)
    wall = datetime.fromisoformat(factories.wall(later))

    changes.move(booking.pk, [wall], role=Role.CUSTOMER, by=booking.customer)
    _part, moved = sent("moved")
    changes.cancel(booking.pk, role=Role.CUSTOMER, by=booking.customer)
    part, ended = sent("cancelled")

    assert moved["DTSTART"] == f"{later:%Y%m%dT%H%M%SZ}"
    assert (ended["METHOD"], ended["STATUS"], part.get_param("method")) == (
        "CANCEL",
        "CANCELLED",
        "CANCEL",
    )
    assert first["UID"] == moved["UID"] == ended["UID"]
    assert int(first["SEQUENCE"]) < int(moved["SEQUENCE"]) < int(ended["SEQUENCE"])


def test_a_partner_who_is_lost_takes_the_entry_away(searching, partner):
    booking = walk(searching, partner, State.CONFIRMED)

    visit.release(booking.pk, partner.pk, by=partner.user, reason="ill")

    _part, lines = sent("partner_lost")
    assert lines["METHOD"] == "CANCEL"
    assert lines["DTSTART"] == f"{booking.start_at:%Y%m%dT%H%M%SZ}"


def test_before_a_confirmation_there_is_nothing_to_take_away(searching, partner):
    changes.cancel(searching.pk, role=Role.CUSTOMER, by=None)

    assert Notification.objects.get(kind="cancelled").context["calendar"] is None
    assert mail_words.render(Notification.objects.get(kind="cancelled")).attachments == []
    assert Booking.objects.get(pk=searching.pk).placed_at + timedelta(days=1) > mila_now()


# --- Read back by others: what a calendar program would make of it


@pytest.mark.parametrize("day", ["2026-10-25", "2027-03-28"])
@pytest.mark.parametrize("stands", [True, False])
def test_two_libraries_read_the_same_hour_also_when_the_clocks_change(day, stands):
    icalendar, vobject = pytest.importorskip("icalendar"), pytest.importorskip("vobject")
    start = instant(datetime.fromisoformat(f"{day}T10:00"), "Europe/Zurich")
    text = written("Wi-Fi, « lent »; été", stands=stands, **{"from": start.isoformat()})

    whole = icalendar.Calendar.from_ical(text)
    [event] = whole.walk("VEVENT")
    other = vobject.readOne(text).vevent

    assert event["DTSTART"].dt == other.dtstart.value == start
    assert event["DTEND"].dt == other.dtend.value == start + timedelta(minutes=90)
    assert wall_time(event["DTSTART"].dt, "Europe/Zurich").hour == 10
    assert (
        str(event["SUMMARY"]) == other.summary.value == "Mila: Wi-Fi, « lent »; été, Yanis Corvel"
    )
    assert (int(event["SEQUENCE"]), other.sequence.value) == (7, "7")
    assert (str(whole["METHOD"]), str(event["STATUS"])) == (
        ("PUBLISH", "CONFIRMED") if stands else ("CANCEL", "CANCELLED")
    )
