"""What the search reads of a technician follows their own rows, in the same transaction
(rule D1, D2, P2).
"""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import actions, search
from accounts.models import PartnerProfile, SkillSearch, Technician, TechnicianSkill
from accounts.search import expected_rows, quality_parts, refresh_search_rows
from dispatch import matching
from policy.figures import Policy
from requests_app.actions import reviewing, visit
from requests_app.models import State
from requests_app.sweeps import sweep_bookings
from tests import factories
from tests.requests_app.booking_states import booking_in

FACTS = (
    "technician_id",
    "skill_id",
    "h3_cell",
    "base_score_ppm",
    "radius_m",
    "lat",
    "lon",
    "valid_until",
    "newcomer",
    "nearness_ppm",
    "scored_under",
)
SECOND = timedelta(seconds=1)


@pytest.fixture
def now(morning, stopped_clock):
    stopped_clock(morning)
    return morning


def there(technician):
    return sorted(SkillSearch.objects.filter(technician=technician).values_list(*FACTS))


def expected(technician):
    fresh = Technician.objects.select_related("partner").get(pk=technician.pk)
    return sorted(
        tuple(getattr(row, fact) for fact in FACTS) for row in expected_rows(fresh, Policy())
    )


def assert_fresh(technician, before):
    """The rows changed, and are what they should be."""
    assert there(technician) == expected(technician) != before


WRITERS = {
    "kept promise": lambda t, now: search.count_promise(t),
    "faults": lambda t, now: search.count_faults(t, 3),
    "rating": lambda t, now: search.count_stars(t, 5, 5, 5),
    "area": lambda t, now: actions.set_area(t.pk, radius_m=7_000, night_pool=True),
    "call": lambda t, now: visit.record_call(
        booking_in(State.CLAIMED, t, now).pk, t.pk, by=t.user, channel="phone", reached=True
    ),
    "confirmation": lambda t, now: visit.confirm(
        booking_in(State.CALLED, t, now).pk, t.pk, by=t.user
    ),
    "missed call": lambda t, now: (booking_in(State.CLAIMED, t, now, due_at=now), sweep_bookings()),
    "stars of a customer": lambda t, now: reviewing.rate(
        booking_in(State.SETTLED, t, now).pk, quality=1, punctuality=1, friendliness=1, comment=""
    ),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_rows_follow_each_writer(writer, now, partner):
    before = there(partner)

    WRITERS[writer](partner, now)

    assert_fresh(partner, before)


def test_fifth_settled_job_ends_the_time_of_a_newcomer(now, partner):
    for _ in range(4):
        search.count_settled_job(partner)
    assert SkillSearch.objects.get(technician=partner).newcomer

    search.count_settled_job(partner)

    assert not SkillSearch.objects.get(technician=partner).newcomer


def test_each_skill_has_a_row_and_a_lost_one_none(now, partner):
    tv = factories.SkillFactory(slug="tv", name="TV")
    mine = TechnicianSkill.objects.create(technician=partner, skill=tv, level=5)
    refresh_search_rows(partner)
    assert len(there(partner)) == 2

    mine.delete()
    refresh_search_rows(partner)

    assert there(partner) == expected(partner)
    assert len(there(partner)) == 1


def test_refresh_twice_writes_the_same(now, partner, rival_partner):
    before = there(partner), there(rival_partner)

    refresh_search_rows(partner, rival_partner)
    refresh_search_rows(partner, rival_partner)

    assert (there(partner), there(rival_partner)) == before


def test_refresh_reads_what_is_in_the_database(now, partner):
    Technician.objects.update(radius_m=9_000)

    refresh_search_rows(partner)

    assert SkillSearch.objects.get(technician=partner).radius_m == 9_000


OUT = {
    "suspended": lambda now: PartnerProfile.objects.update(
        suspended_at=now, suspension_reason="Papers forged"
    ),
    "unpayable": lambda now: PartnerProfile.objects.update(payable=False),
    "not approved": lambda now: PartnerProfile.objects.update(approved_at=None),
    "has left": lambda now: Technician.objects.update(active=False),
}


@pytest.mark.parametrize("why", OUT)
def test_technician_who_may_not_be_asked_has_no_rows(why, now, partner, searching):
    OUT[why](now)

    refresh_search_rows(partner)

    assert there(partner) == []
    assert matching.candidates(searching, now) == []


@pytest.mark.parametrize("what", ["skill", "papers"])
@pytest.mark.parametrize(("after", "found"), [(-SECOND, 1), (0 * SECOND, 0), (SECOND, 0)])
def test_expired_skill_or_paper_is_not_found_from_its_second_on(
    what, after, found, now, partner, searching
):
    end = now + timedelta(hours=1)
    if what == "skill":
        TechnicianSkill.objects.update(valid_until=end)
    else:
        PartnerProfile.objects.update(papers_valid_until=end)
    refresh_search_rows(partner)

    assert len(matching.candidates(searching, end + after)) == found


def test_earlier_of_the_two_ends_counts(now, partner):
    first, second = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    TechnicianSkill.objects.update(valid_until=second)
    PartnerProfile.objects.update(papers_valid_until=first)

    refresh_search_rows(partner)

    assert SkillSearch.objects.get(technician=partner).valid_until == first


@pytest.mark.parametrize(
    ("figures", "level", "parts"),
    [
        ({}, 1, {"stars": 371_250, "level": 0, "reliability": 135_000}),
        (
            {"star_sum": 500, "star_count": 100},
            5,
            {"stars": 446_250, "level": 200_000, "reliability": 135_000},
        ),
        (
            {"star_sum": 1, "star_count": 1},
            3,
            {"stars": 309_375, "level": 100_000, "reliability": 135_000},
        ),
        ({"promises_kept": 90}, 1, {"stars": 371_250, "level": 0, "reliability": 148_500}),
        ({"promises_broken": 10}, 1, {"stars": 371_250, "level": 0, "reliability": 67_500}),
    ],
)
def test_quality_is_weighed_and_smoothed(figures, level, parts):
    assert quality_parts(Technician(**figures), level, Policy()) == parts
