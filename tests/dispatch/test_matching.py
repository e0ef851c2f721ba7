"""Who may be asked, and in what order (rule D1, D2)."""

import uuid
from datetime import datetime, time, timedelta

import pytest

from accounts.models import PartnerProfile, Technician, TechnicianSkill, WeeklyHours
from accounts.search import refresh_search_rows
from dispatch import matching
from dispatch.models import OfferState, Search
from mila.clock import mila_now
from places.calendar import instant
from requests_app.models import Assignment, Booking
from tests import factories
from tests.dispatch.brute_force import MINUTE, VISIT, busy, offered, with_newcomers_first
from tests.dispatch.steps import technician

pytestmark = pytest.mark.django_db


def found(booking, at=None):
    return [
        candidate.technician_id
        for candidate in matching.candidates(booking, at or mila_now(), limit=100)
    ]


def change(model, who, **values):
    model.objects.filter(pk=who.pk if model is Technician else who.partner_id).update(**values)
    refresh_search_rows(who)


def test_one_who_meets_every_rule_is_found(wanted, partner):
    (candidate,) = matching.candidates(wanted, mila_now())

    assert (candidate.technician_id, candidate.wishes, candidate.in_window) == (
        partner.pk,
        [1],
        False,
    )
    assert matching.excluding_rule(wanted, partner.pk, mila_now()) is None
    assert matching.exclusions(wanted, mila_now()) == {}


RULES = {
    "not approved": ("not_askable", lambda b, t: change(PartnerProfile, t, approved_at=None)),
    "cannot be paid": ("not_askable", lambda b, t: change(PartnerProfile, t, payable=False)),
    "suspended": (
        "not_askable",
        lambda b, t: change(
            PartnerProfile, t, suspended_at=mila_now(), suspension_reason="No show"
        ),
    ),
    "left the company": ("not_askable", lambda b, t: change(Technician, t, active=False)),
    "without the skill": (
        "not_askable",
        lambda b, t: (t.skills.all().delete(), refresh_search_rows(t)),
    ),
    "papers over": (
        "papers",
        lambda b, t: change(PartnerProfile, t, papers_valid_until=mila_now()),
    ),
    "skill over": (
        "papers",
        lambda b, t: (t.skills.update(valid_until=mila_now()), refresh_search_rows(t)),
    ),
    "too far away": ("too_far", lambda b, t: change(Technician, t, lat=t.lat + 0.2)),
    "does not work then": (
        "hours",
        lambda b, t: WeeklyHours.objects.filter(technician=t, weekday=4).delete(),
    ),
    "absent": ("busy", lambda b, t: busy(t, VISIT, VISIT + MINUTE)),
    "at another job": ("busy", lambda b, t: busy(t, VISIT, VISIT + MINUTE, kind="job")),
    "declined it": ("declined", lambda b, t: offered(b, t, OfferState.DECLINED)),
    "had it before": (
        "had_it",
        lambda b, t: Assignment.objects.create(
            booking=b,
            partner=t.partner,
            technician=t,
            start_at=VISIT,
            claimed_at=VISIT,
            ended_at=VISIT,
        ),
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_alone_leaves_them_out_and_nobody_else(name, wanted, partner, rival_partner):
    rule, breaks = RULES[name]

    breaks(wanted, partner)

    assert found(wanted) == [rival_partner.pk]
    assert matching.fitting_bookings(partner.pk, [wanted.pk], mila_now()) == {}
    assert matching.excluding_rule(wanted, partner.pk, mila_now()) == rule
    assert matching.exclusions(wanted, mila_now()) == ({} if rule == "not_askable" else {rule: 1})


def test_declined_in_an_earlier_search_is_asked_again(wanted, partner):
    over = Search.objects.create(
        booking=wanted, round=9, started_at=mila_now(), ended_at=mila_now()
    )

    offered(wanted, partner, OfferState.DECLINED, search=over)

    assert found(wanted) == [partner.pk]


@pytest.mark.parametrize(
    ("until", "is_found"), [(timedelta(seconds=1), True), (timedelta(0), False)]
)
def test_what_ends_is_valid_until_the_instant_before(until, is_found, wanted, partner):
    TechnicianSkill.objects.filter(technician=partner).update(valid_until=mila_now() + until)
    refresh_search_rows(partner)

    assert found(wanted) == ([partner.pk] if is_found else [])


@pytest.mark.parametrize(
    ("begin", "end", "is_free"),
    [
        (-60 * MINUTE, 0 * MINUTE, True),  # ends where the visit begins
        (-60 * MINUTE, 1 * MINUTE, False),
        # the visit takes 60 minutes, the way to the next one 30
        (89 * MINUTE, 120 * MINUTE, False),
        (90 * MINUTE, 120 * MINUTE, True),
    ],
)
def test_the_way_to_the_next_job_is_kept_free(begin, end, is_free, wanted, partner):
    busy(partner, VISIT + begin, VISIT + end)

    assert found(wanted) == ([partner.pk] if is_free else [])


@pytest.mark.parametrize(
    ("opens", "closes", "works"),
    [
        (time(14), time(15), True),
        (time(14, 1), time(18), False),
        (time(8), time(14, 59), False),
        (time(8), time(15), True),
    ],
)
def test_the_whole_visit_lies_in_their_hours(opens, closes, works, wanted, partner):
    WeeklyHours.objects.filter(technician=partner).delete()
    WeeklyHours.objects.create(technician=partner, weekday=4, opens=opens, closes=closes)

    assert found(wanted) == ([partner.pk] if works else [])


def test_hours_are_wall_time_in_summer_too(still, customer, partner):
    WeeklyHours.objects.filter(technician=partner).delete()
    WeeklyHours.objects.create(technician=partner, weekday=0, opens=time(14), closes=time(15))
    summer = instant(datetime(2027, 3, 29, 14), "Europe/Paris")  # the day after the clocks change

    draft = factories.DraftFactory(customer=customer, wishes=[summer])

    assert found(draft) == [partner.pk]


def test_a_visit_past_midnight_is_in_nobodys_hours(still, customer, partner):
    late = instant(datetime(2026, 11, 27, 23, 30), "Europe/Paris")

    draft = factories.DraftFactory(customer=customer, wishes=[late])

    assert found(draft) == []


def test_the_best_score_just_inside_their_circle_is_found(wanted):
    far = technician(north_m=49_900, radius_m=50_000)
    technician(north_m=50_100, radius_m=50_000)
    technician(north_m=5_100, radius_m=5_000)

    assert found(wanted) == [far.pk]


def test_a_vague_place_widens_the_circle_but_not_the_reach_of_the_search(still, customer):
    near = technician(north_m=9_900, radius_m=5_000)
    technician(north_m=10_100, radius_m=5_000)
    technician(north_m=50_100, radius_m=50_000)

    vague = factories.placed_booking(customer=customer, contact={"precision": "district"})

    assert found(vague) == [near.pk]


def test_a_place_without_a_point_finds_nobody(still, customer, partner):
    nowhere = factories.placed_booking(customer=customer, contact={"lat": None, "lon": None})

    assert found(nowhere) == []
    assert matching.exclusions(nowhere, mila_now()) == {}
    assert matching.fitting_bookings(partner.pk, [nowhere.pk], mila_now()) == {}


def test_the_booking_keeps_the_buffer_it_was_made_under(wanted, partner):
    wanted.policy_data["travel_buffer"] = 0
    wanted.save(update_fields=["policy_data"])
    busy(partner, VISIT + 60 * MINUTE, VISIT + 120 * MINUTE)

    assert found(wanted) == [partner.pk]
    assert list(matching.fitting_bookings(partner.pk, [wanted.pk], mila_now())) == [wanted.pk]


@pytest.mark.parametrize(
    ("lead", "is_found"), [(timedelta(minutes=60, seconds=1), True), (60 * MINUTE, False)]
)
def test_a_wish_within_the_hour_is_no_longer_offered(lead, is_found, wanted, partner):
    assert found(wanted, VISIT - lead) == ([partner.pk] if is_found else [])


def test_better_scores_come_first(wanted):
    middle = technician(north_m=1_000)
    best = technician(north_m=1_000, star_sum=50, star_count=10)
    worst = technician(north_m=1_000, promises_broken=20)
    farther = technician(north_m=9_000)

    assert found(wanted) == [best.pk, middle.pk, farther.pk, worst.pk]


def test_the_first_wish_goes_before_the_score(still, customer):
    second = VISIT + timedelta(hours=3)
    wished = factories.placed_booking(customer=customer, wishes=[VISIT, second])
    star = technician(star_sum=50, star_count=10)
    plain = technician(north_m=9_000)
    busy(star, VISIT, VISIT + MINUTE)

    candidates = matching.candidates(wished, mila_now())

    assert [(c.technician_id, c.wishes) for c in candidates] == [(plain.pk, [1, 2]), (star.pk, [2])]


def test_who_was_asked_less_comes_first(wanted, partner, rival_partner):
    assert found(wanted) == [partner.pk, rival_partner.pk]

    offered(wanted, partner, OfferState.NOT_REACHED)

    assert found(wanted) == [rival_partner.pk, partner.pk]


@pytest.mark.parametrize("kind", [{"silent": True}, {"own_tap": True}])
def test_a_silent_window_and_their_own_tap_do_not_count_as_asked(kind, wanted, partner):
    offered(wanted, partner, OfferState.LAPSED, **kind)

    (candidate,) = matching.candidates(wanted, mila_now())

    assert candidate.asked == 0
    assert candidate.lapsed == (0 if "silent" in kind else 1)


def test_those_in_a_window_elsewhere_do_not_hide_who_is_free(
    wanted, partner, rival_partner, customer
):
    other = factories.placed_booking(customer=customer)
    offered(other, partner, OfferState.OPEN)

    (first,) = matching.candidates(wanted, mila_now(), limit=1)

    assert first.technician_id == rival_partner.pk
    assert matching.exclusions(wanted, mila_now()) == {"window_elsewhere": 1}


def test_who_let_two_windows_lapse_comes_last_and_is_counted(wanted, partner, rival_partner):
    for who, state in [(partner, OfferState.LAPSED), (rival_partner, OfferState.NOT_REACHED)]:
        for _ in range(2):
            offered(wanted, who, state)
    offered(wanted, rival_partner, OfferState.NOT_REACHED)

    assert found(wanted) == [rival_partner.pk, partner.pk]
    assert matching.exclusions(wanted, mila_now()) == {"asked_enough": 1}


def test_the_best_newcomer_leads_where_the_hash_says_so(wanted):
    old = technician(settled_jobs=5, star_sum=50, star_count=10)
    new = technician(settled_jobs=4)

    with_newcomers_first(wanted, False)
    assert found(wanted) == [old.pk, new.pk]

    with_newcomers_first(wanted, True)
    assert found(wanted) == [new.pk, old.pk]


def test_a_newcomer_leads_at_the_first_asking_only(wanted):
    old = technician(settled_jobs=5, star_sum=50, star_count=10)
    new, asked = technician(settled_jobs=4), technician(settled_jobs=4)
    with_newcomers_first(wanted, True)

    offered(wanted, asked, OfferState.DECLINED)

    assert found(wanted) == [old.pk, new.pk]


def test_one_booking_in_ten_asks_a_newcomer_first():
    drafts = [Booking(uuid=uuid.UUID(int=number)) for number in range(1000)]

    assert 70 <= sum(matching.asks_newcomer_first(draft) for draft in drafts) <= 130


def test_nothing_asked_nothing_found(partner):
    assert matching.fitting_bookings(partner.pk, [], mila_now()) == {}
