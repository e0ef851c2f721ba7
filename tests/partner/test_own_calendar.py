"""Weekly hours by the technician's own hand, and a private address for their calendar program
(rule D1, D8, B11).
"""

import hashlib
import itertools
import random
import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from accounts import actions
from accounts.calendar_file import Visit, feed
from accounts.calendar_rows import CalendarFeed
from accounts.models import WeeklyHours
from places.calendar import instant
from tests import cast

pytestmark = pytest.mark.django_db
HOURS, FEED = "/partner/calendar/hours/", "/partner/calendar/feed/"
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def inside(client, morning, partner):
    client.force_login(partner.user)
    return partner


def kept(technician):
    rows = WeeklyHours.objects.filter(technician=technician).order_by("weekday", "opens")
    return list(rows.values_list("weekday", "opens", "closes"))


# --- Hours


def test_a_week_is_written_whole(client, inside):
    answer = client.post(
        HOURS,
        {"opens-0-0": "09:00", "closes-0-0": "12:00", "opens-0-1": "13:30", "closes-0-1": "17:00"},
    )

    assert answer.headers["Location"] == "/partner/calendar/"
    assert kept(inside) == [(0, time(9), time(12)), (0, time(13, 30), time(17))]
    page = client.get(HOURS).content.decode()
    assert 'value="13:30"' in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"opens-0-0": "09:00"},
        {"opens-0-0": "12:00", "closes-0-0": "09:00"},
        {"opens-0-0": "09:00", "closes-0-0": "13:00", "opens-0-1": "12:00", "closes-0-1": "17:00"},
        {"opens-0-0": "25:00", "closes-0-0": "x"},
    ],
)
def test_impossible_hours_are_refused_in_words_and_nothing_changes(client, inside, wrong):
    before = kept(inside)

    assert client.post(HOURS, wrong).status_code == 422
    assert kept(inside) == before != []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"opens-2-0": "12:00", "closes-2-0": "09:00"}, "closes-2-0"),
        (
            {
                "opens-2-0": "09:00",
                "closes-2-0": "13:00",
                "opens-2-1": "12:00",
                "closes-2-1": "17:00",
            },
            "opens-2-1",
        ),
    ],
)
def test_what_is_wrong_is_said_beside_its_day_and_above_with_the_day_s_name(
    client, inside, wrong, field
):
    answer = client.post(HOURS, wrong)

    assert list(answer.context["form"].errors) == [field]
    page = answer.content.decode()
    assert f'id="id_{field}_error"' in page
    assert f'<a href="#id_{field}">Mercredi, ' in page


def test_jobs_outside_of_the_new_hours_stay_and_are_named(client, inside, searching):
    job = cast.claimed(searching, inside)
    page = client.post(
        HOURS, {"opens-0-0": "09:00", "closes-0-0": "10:00"}, follow=True, headers=ENGLISH
    )

    assert job.number in page.content.decode()
    job.refresh_from_db()
    assert job.technician_id == inside.pk


# --- The private address


@pytest.fixture
def address(client, inside):
    client.post(FEED)
    return reverse("partner:feed", args=[actions.renew_feed(inside.pk)])


def test_the_address_is_shown_once_and_kept_as_a_hash(client, inside):
    page = client.post(FEED).content.decode()
    [token] = re.findall(r"/partner/calendar/feed/([\w-]+)\.ics", page)

    assert CalendarFeed.objects.get().token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token not in client.get(FEED).content.decode()
    client.logout()
    assert client.get(reverse("partner:feed", args=[token])).status_code == 200


def test_an_address_is_there_to_be_copied_and_a_new_one_is_the_second_thought(client, inside):
    fresh = client.post(FEED).content.decode()
    assert re.search(r'data-copies="feed"[^>]*data-scripted\s+hidden', fresh)
    assert re.search(r'id="feed" type="text" readonly value="http', fresh)

    page = client.get(FEED).content.decode()
    assert re.search(r'<button class="button" data-kind="second" type="submit">\s+Créer', page)
    assert '<button class="button" type="submit">' not in page


def test_it_tells_where_and_when_and_nothing_of_the_customer(client, inside, searching, address):
    job = cast.claimed(searching, inside)
    client.logout()
    answer = client.get(address)
    text = answer.content.decode()

    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert "no-store" in answer.headers["Cache-Control"]
    assert f"UID:{job.uuid}.job@" in text
    for secret in ("Odile", "rue", "0639980117", "+33639980117", job.token):
        assert secret not in text


@pytest.mark.parametrize("end", ["renewed", "ended", "left", "suspended"])
def test_an_address_that_has_ended_leads_nowhere(client, inside, address, end):
    assert client.get(address).status_code == 200
    match end:
        case "renewed":
            actions.renew_feed(inside.pk)
        case "ended":
            client.post(FEED, {"end": "1"})
        case "left":
            type(inside).objects.filter(pk=inside.pk).update(active=False)
        case "suspended":
            actions.suspend(inside.partner_id, reason="x", evidence="M000001")

    assert client.get(address).status_code == 404


def test_a_word_that_is_too_short_leads_nowhere_whatever_it_hashes_to(client, inside):
    CalendarFeed.objects.create(technician=inside, token_hash=hashlib.sha256(b"short").hexdigest())

    assert client.get(reverse("partner:feed", args=["short"])).status_code == 404


def test_a_million_guesses_find_nobody(inside):
    actions.renew_feed(inside.pk)
    dice = random.Random(12)
    guesses = (hashlib.sha256(dice.randbytes(32)).hexdigest() for _ in range(1_000_000))
    found = 0
    while chunk := list(itertools.islice(guesses, 50_000)):
        found += CalendarFeed.objects.filter(token_hash__in=chunk).count()

    assert found == 0
    token = actions.renew_feed(inside.pk)  # the control: the right one among them is found
    right = hashlib.sha256(token.encode()).hexdigest()
    assert CalendarFeed.objects.filter(token_hash__in=[*chunk, right]).count() == 1


# --- Read back by others


def visit(wall, zone="Europe/Paris", minutes=60):
    start = instant(datetime.fromisoformat(wall), zone)
    return Visit(
        "u.job",
        3,
        start,
        start + timedelta(minutes=minutes),
        "Mila: Wi-Fi; « été », M1\nx",
        "69003 Lyon",
    )


CHANGE_DAYS = [
    "2026-10-25T10:00",
    "2027-03-28T10:00",
    "2027-03-28T08:00",
    "2026-10-25T19:30",
    "2026-07-01T12:00",
]


@pytest.mark.parametrize("zone", ["Europe/Paris", "Europe/Zurich"])
@pytest.mark.parametrize("wall", CHANGE_DAYS)
def test_icalendar_reads_the_right_hour_on_the_day_the_clocks_change(wall, zone):
    icalendar = pytest.importorskip("icalendar")
    [event] = icalendar.Calendar.from_ical(
        feed([visit(wall, zone)], datetime(2026, 1, 1, tzinfo=UTC))
    ).walk("VEVENT")

    shown = event["DTSTART"].dt.astimezone(ZoneInfo(zone))
    assert shown.replace(tzinfo=None) == datetime.fromisoformat(wall)
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(hours=1)
    assert (event["SEQUENCE"], str(event["LOCATION"])) == (3, "69003 Lyon")
    assert str(event["SUMMARY"]) == "Mila: Wi-Fi; « été », M1 x"


@pytest.mark.parametrize("wall", CHANGE_DAYS)
def test_a_second_library_reads_the_same(wall):
    vobject = pytest.importorskip("vobject")
    text = feed([visit(wall), visit("2026-12-01T09:00")], datetime(2026, 1, 1, tzinfo=UTC))

    events = vobject.readOne(text).vevent_list

    assert events[0].dtstart.value == instant(datetime.fromisoformat(wall), "Europe/Paris")
    assert events[0].summary.value == "Mila: Wi-Fi; « été », M1 x"
    assert len(events) == 2
