"""A week of jobs and absences, and what technicians see and set about
themselves (rule D1, D7, P4).
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from accounts import actions
from accounts.models import CalendarEntry, CalendarEntryKind, SkillSearch, Technician
from mila.clock import mila_now
from tests import cast, factories

CALENDAR, ME = "/partner/calendar/", "/partner/me/"
ABSENCE = {"starts": "2026-12-01T08:00", "ends": "2026-12-01T12:00", "note": "Dentiste"}


@pytest.fixture
def inside(client, morning, partner):
    client.force_login(partner.user)
    return partner


def test_week_shows_jobs_and_absences_by_day(client, inside, searching):
    job = cast.claimed(searching, inside)
    actions.add_absence(
        inside.pk,
        starts_at=job.start_at - timedelta(hours=30),
        ends_at=job.start_at - timedelta(hours=3),
        note="Loin",
    )

    week = client.get(CALENDAR).context["week"]

    kinds = [["job" if entry.booking else "away" for entry in day.entries] for day in week.days]
    assert kinds == [[], [], [], ["away"], ["away", "job"], [], []]


def test_calendar_shows_no_contact(client, inside, searching):
    cast.claimed(searching, inside)

    page = client.get(CALENDAR).content.decode()

    assert "Odile" not in page
    assert "rue de" not in page
    assert "Lyon" in page


@pytest.mark.parametrize(
    ("asked", "monday"),
    [("2026-12-03", "2026-11-30"), ("", "2026-11-23"), ("x", "2026-11-23"),
        ("0001-01-01", "2026-11-23"),
     ("9999-12-31", "2026-11-23"), ("2026-02-30", "2026-11-23")],
)  # fmt: skip
def test_other_weeks(client, inside, asked, monday):
    assert client.get(CALENDAR, {"week": asked}).context["week"].monday.isoformat() == monday


def test_absence_stands_on_the_wall_of_their_country(client, inside):
    response = client.post(CALENDAR, ABSENCE)

    busy = CalendarEntry.objects.get(technician=inside)
    assert (busy.kind, busy.note) == (CalendarEntryKind.ABSENCE, "Dentiste")
    assert busy.during.lower == datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
    assert response.url == f"{CALENDAR}?week=2026-12-01"


def test_hour_that_exists_twice_is_the_first(client, inside):
    client.post(CALENDAR, {"starts": "2027-10-31T02:30", "ends": "2027-10-31T12:00"})

    assert CalendarEntry.objects.get().during.lower == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_absence_sent_twice_is_one(client, inside):
    answers = [client.post(CALENDAR, ABSENCE).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert CalendarEntry.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"starts": ""}, {"starts": "x"}, {"ends": "2026-12-01T08:00"}, {"ends": "2026-11-30T08:00"},
        {"ends": "2028-01-01T08:00"}, {"starts": "2026-11-20T08:00", "ends": "2026-11-21T08:00"},
        {"starts": "0001-01-01T00:00"}, {"ends": "9999-12-31T23:59"},
        {"starts": "2027-03-28T02:30", "ends": "2027-03-28T12:00"}, {"note": "x" * 121},
    ],
)  # fmt: skip
def test_absence_that_cannot_be_is_refused(client, inside, change):
    response = client.post(CALENDAR, {**ABSENCE, **change})

    assert response.status_code == 422
    assert not CalendarEntry.objects.exists()


def test_absence_over_a_job_is_refused(client, inside, searching):
    job = cast.claimed(searching, inside)
    wall = job.start_at.strftime("%Y-%m-%dT%H:%M")

    response = client.post(CALENDAR, {**ABSENCE, "starts": wall, "ends": wall[:-5] + "20:00"})

    assert response.status_code == 422
    assert [busy.kind for busy in CalendarEntry.objects.all()] == [CalendarEntryKind.JOB]


def test_absence_is_taken_back_once(client, inside):
    busy = actions.add_absence(
        inside.pk, starts_at=mila_now(), ends_at=mila_now() + timedelta(hours=1)
    )

    for _ in range(2):
        response = client.post(
            reverse("partner:remove_absence", args=[busy.pk]), {"week": "2026-11-30"}
        )

    assert response.url == f"{CALENDAR}?week=2026-11-30"
    assert not CalendarEntry.objects.exists()


def test_neither_a_job_nor_a_colleagues_absence_is_taken_out(
    client, inside, searching, rival_partner
):
    cast.claimed(searching, inside)
    actions.add_absence(
        rival_partner.pk, starts_at=mila_now(), ends_at=mila_now() + timedelta(hours=1)
    )

    for busy in CalendarEntry.objects.all():
        client.post(reverse("partner:remove_absence", args=[busy.pk]))

    assert CalendarEntry.objects.count() == 2


def test_calendar_asks_as_often_for_three_as_for_one(client, inside):
    def absent(hour):
        start = datetime(2026, 11, 25, hour, 0, tzinfo=UTC)
        actions.add_absence(inside.pk, starts_at=start, ends_at=start + timedelta(minutes=30))

    absent(8)
    client.get(CALENDAR)
    with CaptureQueriesContext(connection) as one:
        client.get(CALENDAR)
    absent(9)
    absent(10)

    with CaptureQueriesContext(connection) as three:
        client.get(CALENDAR)

    assert len(one) == len(three)


def test_figures_skills_and_hours(client, inside):
    Technician.objects.filter(pk=inside.pk).update(
        star_sum=49,
        star_count=10,
        promises_kept=18,
        promises_broken=2,
        settled_jobs=23,
        languages=["fr", "de"],
    )

    response = client.get(ME)

    context = response.context
    assert (context["kept_percent"], context["promises"], len(context["skills"])) == (90, 20, 1)
    assert [len(spans) for _day, spans in context["hours"]] == [1] * 7
    assert reverse("customer:ranking") in response.content.decode()


def test_newcomer_has_no_figures_yet(client, inside):
    assert client.get(ME).context["kept_percent"] is None


@pytest.mark.parametrize("payable", [True, False])
def test_account_that_is_not_ready_is_said(client, inside, payable):
    inside.partner.payable = payable
    inside.partner.save()

    with translation.override("fr"):
        unready = gettext(
            "Your payout account is not ready yet: until then no job is offered to you."
        )
    assert (unready in client.get(ME).content.decode()) is not payable


def test_area_and_night_are_their_choice_and_the_search_knows(client, inside):
    response = client.post(ME, {"radius_km": "35", "night_pool": "on"})

    inside.refresh_from_db()
    assert (inside.radius_m, inside.night_pool) == (35_000, True)
    assert set(
        SkillSearch.objects.filter(technician=inside).values_list("radius_m", flat=True)
    ) == {35_000}
    assert response.url == ME


@pytest.mark.parametrize("radius", ["", "4", "51", "-5", "5.5", "x", "1e400"])
def test_area_outside_its_bounds_is_refused(client, inside, radius):
    response = client.post(ME, {"radius_km": radius})

    inside.refresh_from_db()
    assert response.status_code == 422
    assert inside.radius_m == 20_000


@pytest.mark.parametrize(
    "page", [CALENDAR, ME, "/partner/earnings/", "/partner/jobs/", "/partner/"]
)
def test_only_technicians_come_in(client, customer, page):
    assert client.get(page).url.startswith("/accounts/login/")

    client.force_login(customer)

    assert client.get(page).status_code == 403


@pytest.mark.parametrize("page", [CALENDAR, ME])
def test_wrong_role_writes_nothing(client, customer, partner, page):
    client.force_login(customer)

    assert client.post(page, {**ABSENCE, "radius_km": "35"}).status_code == 403
    partner.refresh_from_db()
    assert partner.radius_m == 20_000
    assert not CalendarEntry.objects.exists()


def test_swiss_technician_lives_by_zurich(client, morning):
    swiss = factories.TechnicianFactory(partner__country="CH")
    client.force_login(swiss.user)

    assert client.get(CALENDAR).context["week"].zone == "Europe/Zurich"
