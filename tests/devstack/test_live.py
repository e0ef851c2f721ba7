"""The conductor of `simulate --live`: how fast the clock runs, whom it kills; and players before a
site that is away.

The whole of it needs the real processes and is run by hand.
"""

import os
import signal
import threading
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta

import pytest

from devstack.live import Live, kills, pace
from devstack.live.kills import VICTIMS, Kill
from devstack.live.plans import Plan
from devstack.supervisor import Family
from dispatch.models import Offer
from mila.clock import mila_now, reset_clock, set_clock, set_speed
from requests_app.models import State
from simulation import actors
from simulation.actors import Patient, Person, Tally
from simulation.habits import Habits
from simulation.html_client import PageError, Visitor

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def game():
    """A conductor at noon with nothing to do, whose site runs."""
    made = Live(bookings=2, partners=0, kills=1, speed=2000, seed=1, start=NOON)
    made.family = Family(
        pids={"web": 11, "worker": 12, "beat": 13}, starts=dict.fromkeys(VICTIMS, 1)
    )
    return made


@pytest.fixture
def due(monkeypatch):
    """What the rows have promised."""
    promises = []
    monkeypatch.setattr(pace, "promised", lambda: [(None, at) for at in promises] or [(None, None)])
    return promises


def plan(at=NOON, **more):
    return Plan(at, 0, "look", Person(None, "Odile"), lambda: None, **more)


def flying(**more):
    return Future(), plan(**more)


# --- How fast


def test_nothing_ahead_is_walked(game, due):
    assert game.pace.fitting_speed() == ("sweep awaited", pace.WALKING)


def test_far_instant_is_approached_at_full_speed_and_the_last_steps_are_small(game, due):
    due.append(NOON + timedelta(hours=9))
    far = game.pace.fitting_speed()
    due[:] = [NOON + MINUTE]

    assert far == ("nothing to do", 2000)
    assert game.pace.fitting_speed() == ("nothing to do", 600)  # a minute in a tenth of a second


def test_plan_that_is_nearer_than_any_promise_decides(game, due):
    due.append(NOON + timedelta(hours=9))
    game.diary.queue.append(plan(NOON + timedelta(seconds=30)))

    assert game.pace.fitting_speed() == ("nothing to do", 300)


def test_people_who_act_are_given_time_and_those_in_a_window_more(game, due):
    due.append(NOON + timedelta(hours=9))
    game.diary.flying.append(flying())
    acting = game.pace.fitting_speed()
    game.diary.flying.append(flying(window=True))

    assert acting == ("people act", pace.WALKING)
    assert game.pace.fitting_speed() == ("window answered", pace.SLOW)


@pytest.mark.parametrize(
    ("late", "answer"),
    [
        (timedelta(), ("sweep awaited", pace.WALKING)),
        (pace.SLACK, ("sweep awaited", pace.WALKING)),
        (pace.SLACK + timedelta(seconds=1), ("held for a sweep", 1.0)),
    ],
)
def test_clock_is_held_for_what_no_sweep_has_handled(game, due, late, answer):
    due.append(NOON - late)

    assert game.pace.fitting_speed() == answer


def test_nobody_loses_hours_while_the_site_is_away(game, due):
    due.append(NOON + timedelta(hours=9))
    game.kills.done.append(Kill("web", 0.0))
    killed = game.pace.fitting_speed()
    game.kills.done[0].back_after = 3.0
    game.tally.count(waiting=1)

    assert killed == ("site away", 1.0)
    assert game.pace.fitting_speed() == ("site away", 1.0)


def test_speed_never_exceeds_what_was_asked(game, due):
    game.pace.top = 10
    due.append(NOON + timedelta(hours=9))

    assert game.pace.fitting_speed() == ("nothing to do", 10)
    game.diary.flying.append(flying(window=True))
    assert game.pace.fitting_speed() == ("window answered", 10)


# --- The clock itself


@pytest.mark.django_db
def test_changed_speed_never_turns_the_clock_back():
    set_clock(NOON, speed=2000)
    before = mila_now()

    set_speed(0)

    at = mila_now()
    assert at == mila_now()
    assert before + 100 * timedelta(seconds=1) <= at < before + timedelta(hours=1)
    reset_clock()


@pytest.mark.django_db
def test_same_speed_changes_nothing():
    set_clock(NOON, speed=0)

    set_speed(0)

    assert mila_now() == NOON
    reset_clock()


@pytest.mark.django_db
def test_production_refuses_another_speed(settings):
    settings.MILA_CLOCK_MAY_MOVE = False

    with pytest.raises(RuntimeError):
        set_speed(60)


# --- Kills


@pytest.fixture
def killed(monkeypatch):
    done = []
    monkeypatch.setattr(os, "kill", lambda pid, how: done.append((pid, how)))
    return done


def test_every_process_is_killed_as_often_as_asked():
    game = Live(bookings=2, partners=0, kills=3, speed=2000, seed=1, start=NOON)

    assert {name: game.kills.to_come.count(name) for name in VICTIMS} == {
        "web": 3,
        "worker": 3,
        "beat": 3,
    }


def test_kill_waits_for_its_share_of_the_way(game, killed, monkeypatch):
    shares = iter([0.1, 0.2])
    monkeypatch.setattr(game, "share_done", lambda: next(shares))
    game.kills.to_come = ["web", "beat", "worker"]

    game.attend_kills()
    before = list(killed)
    game.attend_kills()

    assert before == []
    assert killed == [(12, signal.SIGKILL)]
    assert game.kills.dying() == {"worker"}


def test_web_is_back_when_it_answers(game, killed, monkeypatch):
    monkeypatch.setattr(game, "share_done", lambda: 1.0)
    answers = iter([False, True])
    monkeypatch.setattr(game.kills, "answers", lambda: next(answers))
    game.kills.to_come = ["web"]
    game.attend_kills()

    not_started = game.attend_kills()
    game.family.starts["web"] = 2
    not_answering, back = game.attend_kills(), game.attend_kills()

    assert (not_started, not_answering, back) == (False, False, True)
    assert len(killed) == 1  # one at a time
    assert not game.kills.dying()


def test_process_that_stays_away_is_not_waited_for_without_end(game, killed, monkeypatch):
    monkeypatch.setattr(game, "share_done", lambda: 1.0)
    monkeypatch.setattr(kills, "BACK_WITHIN", -1)
    game.kills.to_come = ["beat"]
    game.attend_kills()

    game.attend_kills()

    assert game.kills.done[0].back_after == float("inf")
    assert not game.kills.dying()


# --- Plans


def test_plans_of_the_past_are_done_and_thoughts_need_no_browser(game):
    done = []

    class Pool:
        def submit(self, act, plan):
            done.append(plan.name)
            return Future()

    game.diary.pool = Pool()
    game.diary.plan(-MINUTE, "look", Person(None, "Odile"), lambda: None, booking=5)
    game.diary.plan(timedelta(), "think", None, lambda: done.append("thought"))
    game.diary.plan(MINUTE, "later", Person(None, "Odile"), lambda: None)

    game.diary.let_act()

    assert done == ["look", "thought"]
    assert [one.name for one in game.diary.queue] == ["later"]
    assert game.diary.busy[5] == 1


def test_whoever_is_back_is_free_for_more(game):
    after = []
    future, errand = flying(booking=5, after=lambda: after.append("landed"))
    game.diary.flying, game.diary.busy[5] = [(future, errand), flying(booking=6)], 1

    future.set_result(True)
    game.diary.land()

    assert (after, game.diary.busy[5], len(game.diary.flying)) == (["landed"], 0, 1)


def test_refusal_is_life_and_an_error_of_the_site_is_not(game):
    def refuse(status):
        def act():
            raise PageError(f"answered {status}", status)

        return act

    def bug():
        raise KeyError("name")

    for act in (refuse(409), refuse(500), bug):
        assert game.diary.act(Plan(NOON, 0, "take", Person(None, "Odile"), act)) is False

    assert game.tally.refusals == {"take: answered 409": 1, "take: answered 500": 1}
    assert game.tally.errors == ["take: answered 500", "take: KeyError('name')"]


# --- Against the database


def test_share_of_the_way_counts_every_booking(game, searching):
    searching_only = game.share_done()
    type(searching).objects.filter(pk=searching.pk).update(state=State.CANCELLED)

    assert (searching_only, game.share_done()) == (0.0, 0.5)
    assert game.unfinished() == "0 placed"


def test_technician_who_is_told_looks_and_answers(game, searching, partner, job):
    offer = partner.offers.get() if hasattr(partner, "offers") else Offer.objects.get()
    game.participants.partners[partner.pk] = Person(None, partner.name)
    game.participants.habits[partner.pk] = Habits(
        "sure", accepts=1.0, sees=1.0, calls=1.0, confirms=1.0
    )

    game.reactions.consider(offer)

    assert [one.name for one in sorted(game.diary.queue)] == ["look", "take"]
    assert all(one.window and one.booking == job.pk for one in game.diary.queue)


def test_claimed_job_is_called_before_it_is_due(game, partner, job):
    game.diary.now = mila_now()
    game.participants.partners[partner.pk] = Person(Visitor("http://localhost:1"), partner.name)
    game.participants.habits[partner.pk] = Habits(
        "sure", accepts=1.0, sees=1.0, calls=1.0, confirms=1.0
    )
    game.participants.customers[job.pk] = Person(Visitor("http://localhost:1"), "Odile")

    game.reactions.react(job)

    call = next(one for one in game.diary.queue if one.name == "call")
    assert game.diary.now <= call.at < job.due_at


# --- Patience


@pytest.fixture
def answers(monkeypatch):
    """What the site says, one after the other."""
    given = []

    def answer(self, asked):
        said = given.pop(0)
        if isinstance(said, Exception):
            raise said
        return said, asked.full_url

    monkeypatch.setattr(Visitor, "_answer", answer)
    monkeypatch.setattr(actors, "AGAIN", 0.01)
    return given


def test_site_that_is_away_is_tried_again(answers):
    tally = Tally()
    answers += [PageError("refused", 0), PageError("reset", 0), "the page"]

    assert Patient("http://localhost:1", "fr", tally, threading.Event()).get("/") == "the page"

    assert (tally.requests, tally.away, tally.waiting) == (3, 2, 0)


def test_answer_of_the_site_is_not_asked_for_again(answers):
    tally = Tally()
    answers += [PageError("answered 500", 500), "the page"]

    with pytest.raises(PageError, match="500"):
        Patient("http://localhost:1", "fr", tally, threading.Event()).get("/")

    assert tally.requests == 1


def test_patience_ends_with_the_site(answers):
    over = threading.Event()
    over.set()
    answers += [PageError("refused", 0), "the page"]

    with pytest.raises(PageError, match="was stopped"):
        Patient("http://localhost:1", "fr", Tally(), over).get("/")
