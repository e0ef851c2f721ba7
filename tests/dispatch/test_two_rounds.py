"""The search reads only those who can still matter, and no rank differs for it (rule D1, D2)."""

import random
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import SkillSearch
from dispatch import matching, nearest
from mila.clock import mila_now
from places.distance import cell
from policy.models import PolicyRow
from requests_app.models import Assignment
from tests import factories
from tests.dispatch.brute_force import (
    MINUTE,
    VISIT,
    busy,
    expected_order,
    offered,
    random_world,
    with_newcomers_first,
)
from tests.dispatch.steps import technician

pytestmark = pytest.mark.django_db
# So few that a small dataset is cut, cut again and read whole.
FEW = (3, 8, nearest.EVERYBODY)
TABLE = "accounts_skillsearch"


def found(booking, limit=100):
    candidates = matching.candidates(booking, mila_now(), limit=limit)
    return [(one.technician_id, one.wishes, one.distance_m) for one in candidates]


@pytest.mark.parametrize("rounds", [FEW, matching.ROUNDS])
@pytest.mark.parametrize(("seed", "busy_share"), [(1, 0), (2, 0.5), (4, 0.5), (7, 0.95)])
def test_no_rank_differs_from_brute_force(rounds, seed, busy_share, still, customer, monkeypatch):
    monkeypatch.setattr(matching, "ROUNDS", rounds)
    dice = random.Random(seed)
    bookings, people = random_world(dice, customer, people=50, bookings=12, busy_share=busy_share)

    seen = 0
    for booking in bookings:
        expected = expected_order(booking, people, mila_now())
        for limit in (1, 4, 100):
            assert found(booking, limit) == expected[:limit]
        whole = matching.candidates(booking, mila_now(), limit=100)
        for who in dice.sample(people, 8):
            alone = matching.fitting_bookings(who.pk, [booking.pk], mila_now()).get(booking.pk)
            assert alone == next((one for one in whole if one.technician_id == who.pk), None)
        seen += len(expected)

    assert seen > {0: 40, 0.5: 15, 0.95: 0}[busy_share]


def test_equal_scores_come_in_the_order_they_joined(wanted, monkeypatch):
    monkeypatch.setattr(matching, "ROUNDS", FEW)
    same = [technician(north_m=2_000).pk for _ in range(12)]

    assert [row[0] for row in found(wanted, 2)] == same[:2]
    assert [row[0] for row in found(wanted)] == same


def test_best_score_at_the_edge_beats_a_full_town(wanted, monkeypatch):
    monkeypatch.setattr(matching, "ROUNDS", FEW)
    for _ in range(12):
        technician(north_m=1_000, promises_broken=20)
    far = technician(
        north_m=49_900, radius_m=50_000, star_sum=500, star_count=100, skills=best_level(wanted)
    )

    assert found(wanted, 1)[0][0] == far.pk


def best_level(booking):
    return {booking.service.skill: 5}


def test_nearness_weighed_more_by_a_former_policy_is_not_cut_off(wanted, still, monkeypatch):
    """While scores are written anew, rows of both policies stand side by side."""
    monkeypatch.setattr(matching, "ROUNDS", FEW)
    heavy = {"stars": 50_000, "level": 25_000, "reliability": 25_000, "nearness": 900_000}
    none = {"stars": 650_000, "level": 200_000, "reliability": 150_000, "nearness": 0}
    for weights, age in [(heavy, 2), (none, 1)]:
        starts_at = still - timedelta(days=age)
        PolicyRow.objects.create(
            key="score_weights_ppm", value=weights, starts_at=starts_at, note="test"
        )
    town = [technician(north_m=1_000) for _ in range(12)]
    old = technician(north_m=30_000, radius_m=50_000)
    SkillSearch.objects.filter(technician__in=town).update(base_score_ppm=800_000, nearness_ppm=0)
    SkillSearch.objects.filter(technician=old).update(base_score_ppm=500_000, nearness_ppm=900_000)

    assert found(wanted, 1)[0][0] == old.pk


def test_who_is_free_for_the_first_wish_is_found_behind_a_town_that_is_not(
    still, customer, monkeypatch
):
    monkeypatch.setattr(matching, "ROUNDS", FEW)
    wished = factories.placed_booking(customer=customer, wishes=[VISIT, VISIT + 180 * MINUTE])
    for _ in range(14):
        busy(technician(north_m=1_000), VISIT, VISIT + MINUTE)
    plain = technician(north_m=9_000, promises_broken=20)

    assert found(wished, 1) == [(plain.pk, [1, 2], 9_000)]


def test_reserve_is_asked_first_however_low_their_score(wanted, monkeypatch):
    monkeypatch.setattr(matching, "ROUNDS", FEW)
    for _ in range(14):
        technician(north_m=1_000)
    kept = technician(north_m=19_000, promises_broken=20)
    offered(wanted, kept, "lapsed", reserve_at=mila_now())

    assert found(wanted, 1)[0][0] == kept.pk


def test_best_newcomer_is_found_behind_a_town_of_others(wanted, monkeypatch):
    monkeypatch.setattr(matching, "ROUNDS", FEW)
    with_newcomers_first(wanted, True)
    others = [technician(north_m=1_000, settled_jobs=9).pk for _ in range(14)]
    new = technician(north_m=19_000, promises_broken=20)

    assert [row[0] for row in found(wanted)] == [new.pk, *others]


@pytest.mark.parametrize("newcomers", [False, True])
def test_nobody_is_read_for_a_booking_whose_wishes_are_over(
    newcomers, wanted, partner, django_assert_num_queries
):
    with_newcomers_first(wanted, newcomers)
    wanted.contact, wanted.policy  # noqa: B018  (read)
    with django_assert_num_queries(1):
        assert matching.candidates(wanted, wanted.last_start_at) == []


# --- What it costs


@pytest.fixture
def town(wanted):
    """Ten thousand round the door, half of them busy; and the same skill a long way off."""
    skill = wanted.service.skill_id
    dice = random.Random(1)
    count = 10_000
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user (id, email, name, language, is_active, is_staff, "
            "is_superuser, password)"
            " SELECT 100000 + n, 'u' || n, 'U', 'fr', true, false, false, '' FROM "
            "generate_series(1, %s::int) n",
            [count],
        )
        cursor.execute(
            "INSERT INTO accounts_technician (id, public_id, partner_id, user_id, name, phone, "
            "languages, active,"
            " postcode, lat, lon, radius_m, star_sum, star_count, promises_kept, promises_broken, "
            "settled_jobs,"
            " night_pool, window_extra) SELECT 100000 + n, gen_random_uuid(), %s, 100000 + n, 'T', "
            "'', '{}', true,"
            " '69007', 0, 0, 20000, 0, 0, 0, 0, 0, false, interval '0' FROM generate_series(1, "
            "%s::int) n",
            [factories.TechnicianFactory().partner_id, count],
        )
        cursor.execute(
            "INSERT INTO accounts_weeklyhours (technician_id, weekday, opens, closes)"
            " SELECT 100000 + n, 4, '08:00', '18:00' FROM generate_series(1, %s::int) n",
            [count],
        )
        cursor.execute(
            "INSERT INTO accounts_calendarentry (technician_id, during, kind, note)"
            " SELECT 100000 + n, tstzrange(%s, %s), 'job', '' FROM generate_series(1, %s::int) n "
            "WHERE n %% 2 = 0",
            [VISIT, VISIT + 60 * MINUTE, count],
        )
        lat, lon = factories.LYON["lat"], factories.LYON["lon"]
        columns = (
            "skill_id, h3_cell, base_score_ppm, nearness_ppm, radius_m, lat, lon, technician_id, "
            "newcomer"
        )
        with cursor.copy(f"COPY {TABLE} ({columns}, scored_under, languages) FROM STDIN") as rows:
            for number in range(1, count + 1):
                spot = dice.gauss(lat, 0.15), dice.gauss(lon, 0.2)
                score = dice.randint(300_000, 800_000)
                rows.write_row(
                    (
                        skill,
                        cell(*spot),
                        score,
                        200_000,
                        30_000,
                        *spot,
                        100_000 + number,
                        number % 9 == 0,
                        "",
                        15,
                    )
                )
        cursor.execute("ANALYZE")
    return wanted


def plans(call):
    """What the database did for each statement of `call`, node by node."""
    seen = []

    def explain(execute, sql, params, many, context):
        execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, params, many, context)
        ((answer,),) = context["cursor"].fetchall()
        seen.append(list(nodes(answer[0]["Plan"])))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        call()
    return seen


def nodes(plan):
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def rows_read(statement, table):
    return sum(
        node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        for node in statement
        if node.get("Relation Name") == table
    )


@pytest.mark.parametrize("newcomers", [False, True])
def test_few_of_a_full_town_are_read_by_ranges_of_the_index(newcomers, town, still):
    with_newcomers_first(town, newcomers)
    index = "skill_search_newcomers" if newcomers else "skill_search_everybody"

    best, judged = plans(lambda: matching.candidates(town, still))

    scans = [node for node in best if node.get("Relation Name") == TABLE]
    assert [node.get("Index Name") for node in scans] == [index, index]
    assert ["base_score_ppm >=" in node["Index Cond"] for node in scans] == [False, True]
    assert rows_read(best, TABLE) < 1_500  # of 10,000
    assert rows_read(judged, TABLE) <= 3 * 20 + 4
    assert "Seq Scan" not in {
        node["Node Type"] for node in judged if node.get("Relation Name", "").startswith("accounts")
    }


def test_two_statements_are_enough_where_half_are_busy(town, still, django_assert_num_queries):
    town.contact, town.policy  # noqa: B018  (read)
    with_newcomers_first(town, False)

    with django_assert_num_queries(2):
        assert len(matching.candidates(town, still)) == 20


def test_control_all_of_the_town_are_read_by_the_counts(town, still):
    (counted,) = plans(lambda: matching.exclusions(town, still))

    assert rows_read(counted, TABLE) > 9_000


def test_town_in_which_nearly_all_are_busy_is_read_on(town):
    """One in fifty is free: the first hundred hold too few."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_calendarentry")
        cursor.execute(
            "INSERT INTO accounts_calendarentry (technician_id, during, kind, note) SELECT "
            "technician_id, tstzrange(%s, %s),"
            f" 'job', '' FROM {TABLE} WHERE technician_id %% 50 <> 0 AND technician_id > 100000",
            [VISIT, VISIT + 60 * MINUTE],
        )
    with_newcomers_first(town, False)

    candidates = matching.candidates(town, mila_now())

    free = SkillSearch.objects.filter(technician_id__gt=100_000).extra(
        where=["technician_id %% 50 = 0"]
    )
    whole = [one.technician_id for one in matching.candidates(town, mila_now(), limit=10_000)]
    assert len(candidates) == 20
    assert [one.technician_id for one in candidates] == whole[:20]
    assert len(whole) <= free.count() + 1
    assert not Assignment.objects.exists()
