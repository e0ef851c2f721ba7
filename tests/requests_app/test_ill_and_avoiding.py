"""One tap gives back a day and counts once (fault A4); not this person again, from either side
(rule D1).
"""

from datetime import timedelta

import pytest

from accounts.models import CalendarEntry, CalendarEntryKind
from dispatch import matching
from mila.clock import mila_now, set_clock
from requests_app import caps
from requests_app.actions import avoiding, illness, visit
from requests_app.actions.avoiding import NeverMet
from requests_app.models import Author, Avoidance, Booking, FaultEntry, FaultKind, State
from tests import factories
from tests.cast import claimed, walk


@pytest.fixture
def day(morning, customer, partner):
    """Three jobs of one day, and the morning of it."""
    start = factories.service_day_at(11)
    jobs = [
        claimed(
            factories.placed_booking(customer=customer, wishes=[start + timedelta(hours=2 * n)]),
            partner,
        )
        for n in range(3)
    ]
    later = claimed(
        factories.placed_booking(customer=customer, wishes=[start + timedelta(days=1)]), partner
    )
    for job in (*jobs, later):
        visit.record_call(job.pk, partner.pk, by=partner.user, channel="phone", reached=True)
        visit.confirm(job.pk, partner.pk, by=partner.user)
    set_clock(start - timedelta(hours=3), speed=0)
    return [*jobs, later]


def states(jobs):
    return [Booking.objects.get(pk=job.pk).state for job in jobs]


def test_all_of_today_is_given_back_and_nothing_of_tomorrow(day, partner):
    assert illness.fall_ill(partner.pk, by=partner.user) == 3

    assert states(day) == [State.SEARCHING] * 3 + [State.CONFIRMED]
    assert {job.events.get(move="release").data["ill"] for job in day[:3]} == {
        f"{partner.pk}-2026-11-27"
    }


def test_it_counts_as_one(day, partner):
    policy = day[0].policy
    illness.fall_ill(partner.pk, by=partner.user)

    assert not caps.is_paused(partner.pk, policy, mila_now())


def test_control_three_single_ones_count_as_three(day, partner):
    for job in day[:3]:
        visit.release(job.pk, partner.pk, by=partner.user, reason="Malade")

    assert caps.is_paused(partner.pk, day[0].policy, mila_now())
    assert FaultEntry.objects.filter(technician=partner).count() == 3


def test_it_is_one_fault_of_the_ledger(day, partner):
    illness.fall_ill(partner.pk, by=partner.user)

    (fault,) = FaultEntry.objects.filter(technician=partner)
    assert fault.kind == FaultKind.LATE_RELEASE
    assert fault.evidence["ill"] == f"{partner.pk}-2026-11-27"


def test_nothing_else_is_offered_until_midnight(day, partner, customer):
    illness.fall_ill(partner.pk, by=partner.user)

    away = CalendarEntry.objects.get(technician=partner, kind=CalendarEntryKind.ABSENCE)
    assert away.during.lower == mila_now()
    assert away.during.upper.isoformat() == "2026-11-27T23:00:00+00:00"
    wanted = factories.placed_booking(
        customer=customer, wishes=[day[0].start_at + timedelta(hours=4)]
    )
    assert matching.excluding_rule(wanted, partner.pk, mila_now()) == "busy"


def test_second_tap_finds_nothing(day, partner):
    illness.fall_ill(partner.pk, by=partner.user)
    events = sum(job.events.count() for job in day)

    assert illness.fall_ill(partner.pk, by=partner.user) == 0

    assert sum(job.events.count() for job in day) == events
    assert (
        CalendarEntry.objects.filter(technician=partner, kind=CalendarEntryKind.ABSENCE).count()
        == 1
    )


def test_who_has_set_off_goes_on(day, partner):
    set_clock(day[0].start_at - timedelta(minutes=20), speed=0)
    visit.depart(day[0].pk, partner.pk, by=partner.user)

    assert illness.fall_ill(partner.pk, by=partner.user) == 2

    assert states(day)[:3] == [State.EN_ROUTE, State.SEARCHING, State.SEARCHING]


def test_nobody_elses_day_is_touched(day, rival_partner):
    assert illness.fall_ill(rival_partner.pk, by=rival_partner.user) == 0

    assert states(day) == [State.CONFIRMED] * 4


# --- Not this person again


@pytest.mark.parametrize("side", [Author.CUSTOMER, Author.TECHNICIAN])
def test_said_it_holds_for_the_next_booking(job, partner, customer, side):
    avoiding.avoid(job.pk, partner.pk, said_by=side)
    avoiding.avoid(job.pk, partner.pk, said_by=side)

    assert Avoidance.objects.get().said_by == side
    wanted = factories.placed_booking(customer=customer)
    assert matching.excluding_rule(wanted, partner.pk, mila_now()) == "apart"
    job.refresh_from_db()
    assert (job.state, job.technician) == (State.CLAIMED, partner)


def test_taken_back_only_by_who_said_it(job, partner, customer):
    avoiding.avoid(job.pk, partner.pk, said_by=Author.CUSTOMER)
    wanted = factories.placed_booking(customer=customer)

    avoiding.meet_again(job.pk, partner.pk, said_by=Author.TECHNICIAN)
    assert matching.excluding_rule(wanted, partner.pk, mila_now()) == "apart"

    avoiding.meet_again(job.pk, partner.pk, said_by=Author.CUSTOMER)
    assert matching.excluding_rule(wanted, partner.pk, mila_now()) != "apart"


def test_who_never_had_the_booking_is_not_named(job, rival_partner):
    with pytest.raises(NeverMet):
        avoiding.avoid(job.pk, rival_partner.pk, said_by=Author.TECHNICIAN)

    assert not Avoidance.objects.exists()


def test_after_the_visit_too(searching, partner):
    booking = walk(searching, partner, State.SIGNED_OFF)

    avoiding.avoid(booking.pk, partner.pk, said_by=Author.CUSTOMER)

    assert Avoidance.objects.count() == 1
