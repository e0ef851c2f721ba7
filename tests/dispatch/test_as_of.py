"""A technician's own line of a search, computed as of its instant, equals what was decided then
(rule D9).
"""

import random
from contextlib import suppress
from datetime import time, timedelta

import pytest

from accounts import actions, search
from accounts.models import FormerRow, TechnicianSkill, WeeklyHours
from backoffice.retention import let_go
from dispatch import as_of, facts, offers, tracing
from dispatch.models import Offer, OfferState, Trace
from mila.clock import mila_now
from mila.errors import Refusal
from policy.kept import KEPT
from requests_app.actions import visit
from requests_app.models import Booking, State
from tests import factories
from tests.dispatch.steps import later, technician

SEARCHES = 200


def live(booking, at):
    """The very question of the search, of everybody, at this instant: what was decided."""
    rows = facts.select(as_of.QUESTION, at, [booking.pk], rows="true")
    return {pk: (rule, metres) for pk, metres, rule in rows}


@pytest.fixture
def decided(monkeypatch):
    """What each search decided about everybody, noted at its instant."""
    noted, record = {}, tracing.record

    def remember(booking, run, found, at):
        truth = live(booking, at)
        trace = record(booking, run, found, at)
        noted[trace.pk] = truth
        return trace

    monkeypatch.setattr(tracing, "record", remember)
    return noted


class Town:
    """Technicians who come and go, rate, drop jobs and change their minds, as dice say."""

    def __init__(self, customer, dice):
        self.dice, self.customer = dice, customer
        self.people = [
            technician(north_m=dice.randrange(18_000), radius_m=15_000) for _ in range(10)
        ]
        self.absences = []

    def somebody(self):
        return self.dice.choice(self.people)

    def book(self):
        starts = [
            factories.service_day_at(self.dice.randrange(8, 19), days=self.dice.randrange(2, 8))
        ]
        booking = factories.placed_booking(customer=self.customer, wishes=starts)
        for _ in range(8):
            later(seconds=1)
            offer = offers.open_next(booking.pk)
            if offer is None:
                return
            later(seconds=5)
            self.answer(offer)

    def answer(self, offer):
        match self.dice.randrange(5):
            case 0 | 1:
                offers.decline(offer.pk, offer.technician_id, reason="far")
            case 3 | 4 if self.dice.random() < 0.3:
                booking = offers.claim(
                    offer.booking_id,
                    offer.technician_id,
                    rank=offer.wishes[0],
                    by=offer.technician.user,
                )
                later(seconds=3)
                if self.dice.random() < 0.6:
                    visit.release(
                        booking.pk, offer.technician_id, by=offer.technician.user, reason="No time"
                    )
            case _:
                offers.acknowledge(offer.pk, offer.technician_id)
                later(minutes=4)
                offers.expire(offer.pk)

    def change(self):
        one = self.somebody()
        at = mila_now()
        match self.dice.randrange(8):
            case 0:
                starts_at = at + timedelta(hours=self.dice.randrange(20, 150))
                self.absences.append(
                    actions.add_absence(
                        one.pk, starts_at=starts_at, ends_at=starts_at + timedelta(hours=30)
                    )
                )
            case 1 if self.absences:
                gone = self.absences.pop()
                actions.remove_absence(gone.technician_id, gone.pk)
            case 2:
                actions.set_area(
                    one.pk, radius_m=self.dice.choice((5_000, 10_000, 30_000)), night_pool=False
                )
            case 3:
                hours = WeeklyHours.objects.filter(technician=one)
                hours.update(closes=time(self.dice.randrange(10, 23)))
            case 4:
                search.count_stars(one, self.dice.randrange(1, 6), 5, 4)
            case 5:
                actions.suspend(one.partner_id, reason="Complaints", evidence="Letters")
            case 6:
                for one in self.people:
                    actions.reinstate(one.partner_id)
            case 7:
                TechnicianSkill.objects.filter(technician=one).update(
                    level=self.dice.randrange(1, 6)
                )
                search.refresh_search_rows(one)


def test_line_of_200_stored_searches_equals_what_was_decided(still, customer, decided):
    dice = random.Random(7)
    town = Town(customer, dice)
    while len(decided) < SEARCHES:
        later(seconds=20)
        with suppress(Refusal):
            town.book()
        later(seconds=1)
        with suppress(Refusal):
            town.change()

    wrong, rules = [], set()
    people = [one.pk for one in town.people]
    for trace in Trace.objects.filter(pk__in=list(decided)[:SEARCHES]).select_related("search"):
        again, truth = as_of.asked_again(trace, people), decided[trace.pk]
        rules |= {rule for rule, _metres in truth.values()}
        if again != truth:
            wrong.append((trace.pk, again, truth))
    assert wrong == []
    assert rules >= {None, "too_far", "busy", "hours", "had_it", "takes_too_many"}
    # some had no search row then
    assert any(len(truth) < len(people) for truth in decided.values())


def test_control_asked_of_today_many_lines_would_be_others(still, customer, decided):
    """Without what was kept of the past, the present says something else:
    the test above can fail.
    """
    town = Town(customer, random.Random(7))
    while len(decided) < 20:
        later(seconds=20)
        with suppress(Refusal):
            town.book()
        with suppress(Refusal):
            town.change()

    FormerRow.objects.all().delete()

    people = [one.pk for one in town.people]
    traces = Trace.objects.filter(pk__in=decided).select_related("search")
    assert sum(as_of.asked_again(trace, people) != decided[trace.pk] for trace in traces) > 5


def test_place_in_the_order_is_that_of_the_search(wanted):
    near, far = technician(north_m=1_000), technician(north_m=9_000)
    later(seconds=1)
    offers.open_next(wanted.pk)
    trace = Trace.objects.select_related("search").get()

    first, second = (as_of.line_of(trace, one.pk, mila_now()) for one in (near, far))

    assert (first.rule, first.ahead, first.first) == (None, 0, True)
    assert (second.rule, second.ahead, second.first) == (None, 1, False)


def test_after_90_days_it_is_no_longer_known(wanted, partner):
    later(seconds=1)
    offers.open_next(wanted.pk)
    trace = Trace.objects.select_related("search").get()

    later(days=90, seconds=-1)
    before = as_of.line_of(trace, partner.pk, mila_now())
    later(seconds=1)

    assert before is not None
    assert as_of.line_of(trace, partner.pk, mila_now()) is None


def test_older_trace_without_its_inputs_is_not_guessed(wanted, partner):
    later(seconds=1)
    offers.open_next(wanted.pk)
    trace = Trace.objects.select_related("search").get()
    del trace.inputs["asked_at"]

    assert as_of.line_of(trace, partner.pk, mila_now()) is None


def test_what_was_is_let_go_when_its_time_is_over(still, partner):
    actions.set_area(partner.pk, radius_m=10_000, night_pool=False)
    kept = FormerRow.objects.count()

    later(seconds=KEPT["former_rows"].total_seconds())
    in_time = let_go()["former_rows"]
    later(seconds=1)

    assert kept > 0
    assert (in_time, let_go()["former_rows"], FormerRow.objects.count()) == (0, kept, 0)


def test_absence_that_was_taken_back_keeps_no_words(still, partner):
    at = mila_now() + timedelta(days=1)
    away = actions.add_absence(
        partner.pk, starts_at=at, ends_at=at + timedelta(hours=1), note="Dentist"
    )

    actions.remove_absence(partner.pk, away.pk)

    was = FormerRow.objects.get(what="accounts_calendarentry")
    assert "note" not in was.row
    assert "Dentist" not in str(was.row)


def test_row_that_does_not_change_leaves_nothing(still, partner):
    before = FormerRow.objects.count()

    search.refresh_search_rows(partner)

    assert FormerRow.objects.count() == before


def test_offer_that_is_open_elsewhere_was_the_reason_then(wanted, customer):
    one = technician(north_m=1_000)
    later(seconds=1)
    offers.open_next(wanted.pk)
    other = factories.placed_booking(customer=customer)
    later(seconds=1)
    offers.open_next(other.pk)
    trace = Trace.objects.select_related("search").get(search__booking=other)
    later(seconds=1)
    offers.decline(Offer.objects.get(state=OfferState.OPEN).pk, one.pk, reason="far")

    assert as_of.line_of(trace, one.pk, mila_now()).rule == "window_elsewhere"
    assert Booking.objects.get(pk=wanted.pk).state == State.SEARCHING
