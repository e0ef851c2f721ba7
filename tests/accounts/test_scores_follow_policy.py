"""A dated row of policy changes the page about ranking and the ranking alike, from its instant on
(rule D2).
"""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse

from accounts import search, tasks
from accounts.models import SkillSearch, Technician, TechnicianSkill
from accounts.search import refresh_search_rows, sweep_scores
from dispatch import matching
from mila.celery import app
from mila.heartbeat import expected
from places.place import Country
from policy.models import PolicyRow
from tests import factories

SECOND = timedelta(seconds=1)
NO_STARS = {"stars": 0, "level": 650_000, "reliability": 150_000, "nearness": 200_000}
NO_PLACE = {"stars": 650_000, "level": 200_000, "reliability": 150_000, "nearness": 0}


def row(key, value, starts_at, country=""):
    return PolicyRow.objects.create(
        key=key, value=value, starts_at=starts_at, country=country, note="test"
    )


def order(booking, at):
    return [one.technician_id for one in matching.candidates(booking, at)]


def facts():
    columns = ("technician_id", "base_score_ppm", "nearness_ppm", "newcomer", "scored_under")
    return sorted(SkillSearch.objects.values_list(*columns))


@pytest.fixture
def loved(db):
    """Many good ratings, at a low level."""
    return with_figures(level=1, star_sum=500, star_count=100)


@pytest.fixture
def skilled(db):
    """No rating yet, at the highest level."""
    return with_figures(level=5)


def with_figures(level, **figures):
    who = factories.TechnicianFactory()
    Technician.objects.filter(pk=who.pk).update(settled_jobs=9, **figures)
    TechnicianSkill.objects.filter(technician=who).update(level=level)
    refresh_search_rows(who)
    return who


@pytest.mark.parametrize("after", [-SECOND, 0 * SECOND, SECOND])
def test_stars_at_nothing_change_page_and_order_from_that_instant_on(
    after, morning, stopped_clock, searching, loved, skilled, client
):
    starts_at = morning + timedelta(hours=1)
    TechnicianSkill.objects.filter(technician=skilled).update(level=2)
    Technician.objects.filter(pk=skilled.pk).update(star_sum=100, star_count=100)
    refresh_search_rows(skilled)
    row("score_weights_ppm", NO_STARS, starts_at)
    stopped_clock(starts_at + after)

    sweep_scores()

    page = client.get(reverse("customer:ranking"), {"country": "FR"})
    comes = after >= timedelta(0)
    assert page.context["percents"]["stars"] == (0 if comes else 45)
    first = [skilled.pk, loved.pk] if comes else [loved.pk, skilled.pk]
    assert order(searching, starts_at + after) == first


def test_nearness_is_weighed_by_the_same_row(
    morning, stopped_clock, searching, partner, rival_partner
):
    stopped_clock(morning)
    near, far = matching.candidates(searching, morning)
    assert near.parts["nearness"] > far.parts["nearness"] > 0
    row("score_weights_ppm", NO_PLACE, morning)

    sweep_scores()

    assert [one.parts["nearness"] for one in matching.candidates(searching, morning)] == [0, 0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("prior_stars_tenths", 10),
        ("prior_star_count", 50),
        ("prior_kept", 0),
        ("prior_promises", 40),
    ],
)
def test_each_prior_acts_on_the_stored_score(key, value, morning, stopped_clock, loved):
    stopped_clock(morning)
    before = SkillSearch.objects.get(technician=loved).base_score_ppm
    row(key, value, morning)

    sweep_scores()

    assert SkillSearch.objects.get(technician=loved).base_score_ppm != before


def test_limit_of_newcomers_acts_on_who_is_one(morning, stopped_clock, loved, partner):
    stopped_clock(morning)
    assert set(SkillSearch.objects.filter(newcomer=True).values_list("technician", flat=True)) == {
        partner.pk
    }
    row("newcomer_jobs", 10, morning)

    sweep_scores()

    assert SkillSearch.objects.filter(newcomer=True).count() == 2


def test_row_of_one_country_changes_the_scores_there_only(morning, stopped_clock, partner):
    stopped_clock(morning)
    swiss = factories.TechnicianFactory(partner__country="CH")
    before = SkillSearch.objects.get(technician=partner).base_score_ppm
    row("score_weights_ppm", NO_STARS, morning, country="CH")

    assert sweep_scores() == 1

    assert SkillSearch.objects.get(technician=partner).base_score_ppm == before
    assert SkillSearch.objects.get(technician=swiss).base_score_ppm != before


def test_second_sweep_writes_nothing(morning, stopped_clock, loved, skilled):
    stopped_clock(morning)
    row("score_weights_ppm", NO_STARS, morning)
    assert sweep_scores() == 2
    before = facts()

    assert sweep_scores() == 0
    assert facts() == before


def test_figure_that_is_no_part_of_the_score_writes_nothing(morning, stopped_clock, loved):
    stopped_clock(morning)
    row("wishes_max", 2, morning)

    assert sweep_scores() == 0


def test_all_are_reached_in_pieces(morning, stopped_clock, monkeypatch):
    stopped_clock(morning)
    for _ in range(5):
        factories.TechnicianFactory()
    monkeypatch.setattr(search, "PIECE", 2)
    row("score_weights_ppm", NO_STARS, morning)

    assert sweep_scores() == 5
    assert len(set(SkillSearch.objects.values_list("scored_under", flat=True))) == 1


def test_who_may_no_longer_be_asked_is_not_brought_back(morning, stopped_clock, partner):
    stopped_clock(morning)
    SkillSearch.objects.filter(technician=partner).delete()
    row("score_weights_ppm", NO_STARS, morning)

    sweep_scores()

    assert not SkillSearch.objects.filter(technician=partner).exists()


def test_row_of_a_skill_that_is_gone_goes_too(morning, stopped_clock, partner, rival_partner):
    stopped_clock(morning)
    TechnicianSkill.objects.filter(technician=partner).delete()
    row("score_weights_ppm", NO_STARS, morning)

    sweep_scores()

    assert list(SkillSearch.objects.values_list("technician", flat=True)) == [rival_partner.pk]


@pytest.mark.django_db(transaction=True)
def test_technician_in_another_transaction_is_passed_over_and_comes_next(morning, stopped_clock):
    stopped_clock(morning)
    busy, free = factories.TechnicianFactory(), factories.TechnicianFactory()
    row("score_weights_ppm", NO_STARS, morning)
    held, go = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            search.lock_technician(busy.pk)
            held.set()
            go.wait(10)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    try:
        assert sweep_scores() == 1
        written = SkillSearch.objects.get(technician=free).scored_under
        assert SkillSearch.objects.get(technician=busy).scored_under != written
    finally:
        go.set()
        other.join()

    assert sweep_scores() == 1
    assert SkillSearch.objects.get(technician=busy).scored_under == written


def test_sweep_is_on_the_clock_and_answers_at_once_where_nothing_is_to_do(
    morning, stopped_clock, partner, django_assert_num_queries
):
    stopped_clock(morning)
    assert expected()[tasks.sweep_scores.name] == "scores"
    assert app.conf.beat_schedule["scores"]["schedule"] == 10.0

    with django_assert_num_queries(len(Country.values) + 1):  # rows in force, who is stale
        tasks.sweep_scores()
