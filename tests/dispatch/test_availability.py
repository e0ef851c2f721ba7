"""How many are free at each start: by the search's own rule, bounded, and nothing promised by it
(rule B14, D1).
"""

import os
import random
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Technician, WeeklyHours
from dispatch import availability, matching
from dispatch.availability import (
    MOST,
    FreeTimes,
    NobodyFree,
    Visit,
    free_people,
    keeper_is_free,
    somebody_works,
)
from mila.clock import mila_now
from requests_app.models import Assignment, Booking
from tests import factories
from tests.dispatch.brute_force import busy, expected_candidate, random_technician
from tests.dispatch.steps import technician
from tests.dispatch.test_matching import MINUTE, RULES, VISIT

pytestmark = pytest.mark.django_db
HALF_HOUR = timedelta(minutes=30)


def people(booking, *starts):
    found = free_people(Visit.of(booking), starts or [VISIT], mila_now())
    return [found[start] for start in starts or [VISIT]]


def test_each_one_who_may_be_asked_is_counted(wanted, partner, rival_partner):
    assert people(wanted) == [2]


@pytest.mark.parametrize("name", [name for name in RULES if name != "declined it"])
def test_each_rule_alone_leaves_one_out(name, wanted, partner, rival_partner):
    _rule, breaks = RULES[name]

    breaks(wanted, partner)

    assert people(wanted) == [1]


def test_who_declined_is_counted_again_because_another_time_is_another_search(wanted, partner):
    _rule, breaks = RULES["declined it"]

    breaks(wanted, partner)

    assert people(wanted) == [1]


@pytest.mark.parametrize("cap", ["drops_per_day", "jobs_lost_per_week", "open_claims_per_day"])
def test_whom_a_cap_stops_is_not_counted(cap, wanted, partner):
    wanted.policy_data[cap] = 0
    wanted.save(update_fields=["policy_data"])

    assert people(Booking.objects.get(pk=wanted.pk)) == [0]


def test_a_free_start_lies_wholly_between_two_jobs(wanted, partner):
    busy(partner, VISIT, VISIT + 60 * MINUTE, kind="job")
    around = [VISIT + number * HALF_HOUR for number in range(-4, 4)]

    # An hour's visit and half an hour's way: from 90 minutes before the job until its end nobody is
    # free.
    assert people(wanted, *around) == [1, 1, 0, 0, 0, 0, 1, 1]


def test_counting_stops_at_nine(wanted, monkeypatch):
    for _ in range(MOST + 2):
        technician()
    assert people(wanted) == [MOST]

    monkeypatch.setattr(availability, "FIRST", 1)

    assert people(wanted) == [MOST]


def test_two_rows_of_hours_are_one_person(wanted, partner):
    WeeklyHours.objects.create(technician=partner, weekday=4, opens=time(8), closes=time(18))

    assert people(wanted) == [1]


def test_two_adjoining_rows_do_not_cover_a_visit_that_neither_covers(wanted, partner):
    WeeklyHours.objects.filter(technician=partner).delete()
    for opens, closes in [(time(8), time(14, 30)), (time(14, 30), time(20))]:
        WeeklyHours.objects.create(technician=partner, weekday=4, opens=opens, closes=closes)

    assert people(wanted) == [0]
    assert matching.candidates(wanted, mila_now()) == []


def test_a_place_without_a_point_has_nobody(still, customer, partner):
    nowhere = factories.DraftFactory(customer=customer, contact={"lat": None, "lon": None})

    assert people(nowhere) == [0]
    assert not somebody_works(Visit.of(nowhere), mila_now())


def test_somebody_works_where_one_who_may_be_asked_has_hours_long_enough(wanted, partner):
    assert somebody_works(Visit.of(wanted), mila_now())

    WeeklyHours.objects.filter(technician=partner).update(opens=time(8), closes=time(8, 59))

    assert not somebody_works(Visit.of(wanted), mila_now())


def test_nobody_works_where_no_circle_reaches(wanted):
    technician(north_m=20_100)

    assert not somebody_works(Visit.of(wanted), mila_now())


def test_who_has_the_job_is_free_where_only_the_job_itself_is_in_the_way(job, partner):
    start = job.start_at
    busy(partner, start + timedelta(hours=4), start + timedelta(hours=5))
    starts = [start, start + HALF_HOUR, start + timedelta(hours=3)]

    assert keeper_is_free(job, starts, mila_now()) == {start, start + HALF_HOUR}
    # Of the others nobody is counted twice: who has the job is not among them.
    assert set(people(job, *starts)) == {0}


def test_nobody_has_a_job_that_is_looked_for(wanted, partner):
    assert keeper_is_free(wanted, [VISIT], mila_now()) == set()


def test_free_times_of_a_day_are_what_can_be_booked_then(still, customer, partner):
    draft = factories.DraftFactory(customer=customer)
    busy(partner, VISIT, VISIT + 60 * MINUTE)
    times = FreeTimes(draft, mila_now())

    friday = {one.start.strftime("%H:%M"): one.people for one in times.on(VISIT.date())}

    assert friday["12:30"] == 1
    assert friday["13:00"] == friday["14:30"] == 0
    assert friday["15:00"] == 1
    assert times.on(datetime(2026, 11, 29).date()) == []  # a Sunday
    assert times.on(datetime(2028, 1, 3).date()) == []  # beyond the horizon


def test_days_are_read_in_blocks(still, customer, partner):
    times = FreeTimes(factories.DraftFactory(customer=customer), mila_now())
    with CaptureQueriesContext(connection) as asked:
        for number in range(14):
            times.on(VISIT.date() + timedelta(days=number - 3))

    assert len(asked) == 1


def test_a_start_with_nobody_is_refused_with_the_nearest_free_ones(still, customer, partner):
    draft = factories.DraftFactory(customer=customer)
    busy(partner, VISIT, VISIT + 60 * MINUTE)

    with pytest.raises(NobodyFree) as refusal:
        FreeTimes(draft, mila_now()).check([datetime(2026, 11, 27, 14)])

    written = str(refusal.value).replace("\N{NO-BREAK SPACE}", " ")
    assert "vendredi 27 novembre" in written
    for hour in ("à 12 h 30", "à 15 h", "à 15 h 30"):
        assert f"{hour};" in f"{written};".replace(".;", ";").replace(" ;", ";")
    assert "13 h 30" not in written


def test_a_start_with_somebody_passes(still, customer, partner):
    draft = factories.DraftFactory(customer=customer)

    FreeTimes(draft, mila_now()).check([datetime(2026, 11, 27, 14)])


def test_what_the_calendar_forbids_is_left_to_the_verb(still, customer):
    draft = factories.DraftFactory(customer=customer)

    FreeTimes(draft, mila_now()).check([datetime(2026, 11, 29, 14)])  # a Sunday


def test_one_who_keeps_the_job_is_enough(job, partner):
    wall = job.start_at.astimezone(ZoneInfo("Europe/Paris")).replace(tzinfo=None) + timedelta(
        hours=1
    )

    FreeTimes(claimed_again(job), mila_now(), keeps=True).check([wall])


def claimed_again(job):
    return Booking.objects.select_related("contact", "service").get(pk=job.pk)


# --- Brute force: the rules once more, in plain Python (tests.dispatch.test_matching), over random
# worlds


# MILA_WORLDS=200 bin/test tests/dispatch/test_availability.py: as many as one likes.
WORLDS = int(os.environ.get("MILA_WORLDS", "8"))


@pytest.mark.parametrize("seed", range(WORLDS))
def test_no_number_differs_from_brute_force(seed, still, customer, monkeypatch):
    monkeypatch.setattr(availability, "FIRST", (3, 32)[seed % 2])
    dice = random.Random(seed)
    skill = factories.SkillFactory(slug="skill-0")
    service = factories.ServiceFactory(slug="service-0", skill=skill)
    for _ in range(36):
        random_technician(dice, [skill])
    everybody = Technician.objects.select_related("partner").prefetch_related(
        "hours", "calendar_entries", "skills", "offers"
    )
    seen = set()
    for _ in range(3):
        starts = dice.sample([VISIT + half * HALF_HOUR for half in range(-48, 200)], 12)
        draft = factories.DraftFactory(
            customer=customer,
            service=service,
            duration_minutes=dice.choice([30, 60, 150]),
            spoken=["de"],
            contact={
                "lat": 45.75 + dice.uniform(-0.2, 0.2),
                "lon": 4.85 + dice.uniform(-0.3, 0.3),
                "precision": dice.choice(["address", "town", "district"]),
            },
        )
        had = dice.choice(everybody)
        Assignment.objects.create(
            booking=draft,
            partner=had.partner,
            technician=had,
            start_at=VISIT,
            claimed_at=VISIT,
            ended_at=VISIT,
        )
        found = free_people(Visit.of(draft), starts, mila_now())
        for start in starts:
            draft.wishes.update(start_at=start)
            fresh = Booking.objects.prefetch_related("wishes", "offers__search", "assignments").get(
                pk=draft.pk
            )
            free = sum(expected_candidate(fresh, who, mila_now()) is not None for who in everybody)
            assert found[start] == min(free, MOST)
            assert found[start] == min(len(matching.candidates(fresh, mila_now(), limit=100)), MOST)
            seen.add(found[start])

    assert len(seen) > 1  # a world in which everything is the same number proves little


def test_times_are_wall_times_when_the_clocks_change(still, customer, partner):
    WeeklyHours.objects.filter(technician=partner).delete()
    WeeklyHours.objects.create(technician=partner, weekday=0, opens=time(14), closes=time(15))
    draft = factories.DraftFactory(customer=customer)
    summer = datetime(2027, 3, 29, 12, tzinfo=UTC)  # 14:00, the day after the clocks change

    assert people(draft, summer, summer + timedelta(hours=1)) == [1, 0]
