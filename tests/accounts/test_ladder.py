"""Push, text message, mail, a call by a person: until somebody knows
(rule N1, N3, L6; fault F10).
"""

import os
import random
from datetime import datetime, timedelta
from itertools import product

import pytest
from django.conf import settings as site

from accounts import calls, delivery, notifications, receipts, tasks
from accounts.ladder import RUNGS, quiet_until
from accounts.models import Attempt, DeadAddress, NoticeChoice, Notification
from accounts.notice_rows import Channel, Urgency
from places.calendar import instant
from policy.figures import Policy
from tests.accounts.ladders import SUBJECT, fates, play, queue

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
STEP = Policy().ladder_step
KILLED = int(os.environ.get("FAULT_RUNS", "4")) * 15  # notices; a thousand by hand: FAULT_RUNS=67
CHANNEL_MOODS = ("works", "dead", "refuses")


@pytest.fixture
def at(morning, stopped_clock):
    stopped_clock(morning)
    return morning


@pytest.fixture
def later(at, stopped_clock):
    """A function: so much later the sweep comes by."""

    def pass_on(span):
        stopped_clock(at + span)
        delivery.sweep()

    return pass_on


def shown(played):
    return [channel.value for channel, one in played.items() for _one in one.sent]


@pytest.mark.parametrize("urgency", list(Urgency))
@pytest.mark.parametrize("moods", list(product(CHANNEL_MOODS, repeat=3)), ids="-".join)
def test_table_of_urgencies_channels_and_dead_channels(at, monkeypatch, urgency, moods):
    """Whatever is dead or refuses, the first that works has it at once, and no other one before its
    time.
    """
    push, sms, email = moods
    played = play(monkeypatch, push=push, sms=sms, email=email)
    row = queue(urgency=urgency)
    delivery.sweep()

    tried = [rung for rung in RUNGS[urgency] if played[rung].mood != "dead"]
    expected = []
    mailed = Channel.EMAIL in RUNGS[urgency]
    # in the end the mail, even to an address that is thought dead
    for rung in [*tried, *([Channel.EMAIL] if mailed else [])]:
        if played[rung].mood != "refuses":
            expected = [rung.value]
        if expected or rung == Channel.EMAIL:  # a mail that is refused is tried again by itself
            break
    row.refresh_from_db()
    assert shown(played) == expected
    assert row.state == ("sent" if expected else "queued" if mailed else "failed")
    assert row.due_at is None or row.due_at > at


def test_each_step_waits_its_time_and_the_last_is_a_person(at, later, monkeypatch):
    played = play(monkeypatch)
    row = queue()
    for steps in range(4):
        later(max(steps * STEP - SECOND, timedelta(0)))
        assert len(shown(played)) == max(steps, 1)
        later(steps * STEP)
        assert shown(played) == [rung.value for rung in RUNGS["vital"]][: steps + 1]
    later(20 * STEP)

    row.refresh_from_db()
    assert shown(played) == ["push", "sms", "email", "call"]
    assert (row.state, row.climbs_at) == ("sent", None)
    assert [one.notification_id for one in calls.to_call()] == [row.pk]


@pytest.mark.parametrize(
    "know",
    [
        lambda row: receipts.arrived(row.attempts.get(channel="push").pk),
        lambda row: receipts.arrived(row.attempts.get(channel="push").pk, seen=True),
        lambda row: notifications.mark_reached(SUBJECT, email="odile@example.com"),
        lambda row: notifications.mark_seen(SUBJECT, email="odile@example.com"),
    ],
    ids=["device", "touched", "page", "act"],
)
def test_ladder_stops_when_somebody_knows(at, later, monkeypatch, know):
    played = play(monkeypatch)
    row = queue()
    delivery.sweep()
    know(row)

    later(50 * STEP)

    row.refresh_from_db()
    assert shown(played) == ["push"]
    assert row.state in ("reached", "seen")
    assert not calls.to_call()


def test_control_nobody_knows_and_the_ladder_goes_on(at, later, monkeypatch):
    played = play(monkeypatch)
    queue()
    delivery.sweep()
    later(STEP)

    assert shown(played) == ["push", "sms"]


def test_what_came_back_goes_on_at_once(at, monkeypatch):
    played = play(monkeypatch)
    row = queue()
    delivery.sweep()
    assert receipts.came_back(row.attempts.get().pk, error="410 Gone")
    delivery.sweep()

    assert shown(played) == ["push", "sms"]
    assert fates(row) == {"push": "failed", "sms": "sent"}


def test_fate_only_grows(at, monkeypatch):
    play(monkeypatch)
    row = queue()
    delivery.sweep()
    attempt = row.attempts.get()

    assert receipts.arrived(attempt.pk, seen=True)
    assert not receipts.arrived(attempt.pk)
    assert not receipts.came_back(attempt.pk, error="late")

    row.refresh_from_db()
    assert (row.state, fates(row)) == ("seen", {"push": "seen"})


def test_no_answer_leaves_the_channel_and_goes_on_after_its_time(at, later, monkeypatch):
    played = play(monkeypatch, push="silent")
    row = queue()
    delivery.sweep()
    later(STEP - SECOND)
    assert row not in notifications.needing_staff(at + timedelta(hours=1))
    assert shown(played) == ["push"]
    later(STEP)

    assert shown(played) == ["push", "sms"]


def test_all_dead_and_the_mail_is_tried_all_the_same(at, monkeypatch):
    played = play(monkeypatch, push="dead", sms="dead", email="dead", call="dead")
    queue()
    delivery.sweep()

    assert shown(played) == ["email"]


def test_everything_refuses_and_staff_see_it(at, later, monkeypatch):
    play(monkeypatch, push="refuses", sms="refuses", email="refuses", call="dead")
    row = queue(urgency="soon")
    span = timedelta(0)
    for wait in (timedelta(0), *delivery.WAITS):
        span += wait
        later(span)

    row.refresh_from_db()
    assert (row.state, row.error) == ("failed", "refused")
    assert row in notifications.needing_staff(at + span)


def test_what_is_no_longer_true_is_not_told_by_the_next_channel(at, later, monkeypatch):
    played = play(monkeypatch)
    facts = {"country": "FR", "zone": "Europe/Paris", "until_at": at + STEP}
    row = queue(context=facts)
    delivery.sweep()
    later(STEP)
    later(50 * STEP)

    row.refresh_from_db()
    assert shown(played) == ["push"]
    assert (row.state, row.climbs_at) == ("sent", None)


# --- Quiet hours and what a person wants


@pytest.mark.parametrize(
    ("wall", "ends"),
    [
        ("2026-11-24T20:59", None),
        ("2026-11-24T21:00", "2026-11-25T07:30"),
        ("2026-11-25T00:00", "2026-11-25T07:30"),
        ("2026-11-25T07:29", "2026-11-25T07:30"),
        ("2026-11-25T07:30", None),
        ("2027-03-27T23:00", "2027-03-28T07:30"),  # the night that has no two o'clock
    ],
)
def test_quiet_hours(wall, ends):
    zone = "Europe/Zurich"
    expected = ends and instant(datetime.fromisoformat(ends), zone)

    assert quiet_until(instant(datetime.fromisoformat(wall), zone), zone, Policy()) == expected


@pytest.mark.parametrize("urgency", ["soon", "vital"])
def test_at_night_a_mail_and_nothing_that_rings_before_the_morning(
    db, stopped_clock, monkeypatch, urgency
):
    night = instant(datetime(2026, 11, 24, 22, 0), "Europe/Paris")
    stopped_clock(night)
    played = play(monkeypatch)
    queue(urgency=urgency)
    delivery.sweep()
    stopped_clock(night + timedelta(hours=9, minutes=29))
    delivery.sweep()
    assert shown(played) == ["email"]
    stopped_clock(night + timedelta(hours=9, minutes=30))
    delivery.sweep()

    assert shown(played) == ["push", "email"]


def test_at_night_with_no_mail_to_send_it_waits_for_the_morning(db, stopped_clock, monkeypatch):
    night = instant(datetime(2026, 11, 24, 22, 0), "Europe/Paris")
    stopped_clock(night)
    played = play(monkeypatch, email="dead")
    row = queue()
    delivery.sweep()
    row.refresh_from_db()
    assert (row.state, shown(played)) == ("queued", [])
    stopped_clock(night + timedelta(hours=9, minutes=30))
    delivery.sweep()

    assert shown(played) == ["push"]


def test_what_is_true_now_or_never_rings_at_night(db, stopped_clock, monkeypatch):
    stopped_clock(instant(datetime(2026, 11, 24, 22, 0), "Europe/Paris"))
    played = play(monkeypatch)
    queue(urgency="now")
    delivery.sweep()

    assert shown(played) == ["push"]


def test_what_somebody_has_switched_off_is_passed_over(at, later, monkeypatch, stranger):
    NoticeChoice.objects.create(user=stranger, without=["push", "call"])
    played = play(monkeypatch)
    queue(user=stranger)
    for steps in range(6):
        later(steps * STEP)

    assert shown(played) == ["sms", "email"]


def test_dead_address_is_passed_over(at, monkeypatch):
    DeadAddress.objects.create(email="odile@example.com", reason="bounced")
    monkeypatch.setattr(site, "SMS_GATEWAY", "")
    row = queue()
    delivery.sweep()

    assert fates(row) == {"call": "sent"}


# --- Killed between commit and send


@pytest.mark.parametrize("seed", range(4))
def test_killed_anywhere_nothing_is_lost_and_nothing_is_seen_twice_on_a_channel(
    db, morning, stopped_clock, monkeypatch, seed
):
    """Notices, each killed at a channel of its own, before or after it has left."""
    dice = random.Random(seed)
    stopped_clock(morning)
    played = play(monkeypatch)
    rows = [queue(round=number) for number in range(KILLED)]
    at = {
        row.pk: (dice.choice(["push", "sms", "email"]), dice.choice(["before", "after"]))
        for row in rows
    }
    real = {channel: one.send for channel, one in played.items()}

    def mortal(channel):
        def send(attempt):
            if (found := at.pop(attempt.notification_id, None)) and found[0] == channel:
                played[channel].mood = f"killed {found[1]}"
            elif found:
                at[attempt.notification_id] = found
            try:
                return real[channel](attempt)
            finally:
                played[channel].mood = "works"

        return send

    for channel, one in played.items():
        one.send = mortal(channel)
    for steps in range(4):
        stopped_clock(morning + steps * STEP)
        for row in rows:
            try:
                tasks.deliver(notification_ids=[row.pk])
            except SystemExit:
                continue

    assert at == {}
    for one in played.values():
        assert len(one.sent) == len(set(one.sent))
    assert {pk for one in played.values() for pk in one.sent} == {row.pk for row in rows}
    assert {one.notification_id for one in calls.to_call()} == {row.pk for row in rows}
    assert not Notification.objects.filter(state="failed").exists()


def test_a_mail_alone_that_was_killed_is_staffs_and_not_sent_again(at, later, monkeypatch):
    played = play(monkeypatch, email="killed after")
    row = queue(urgency="calm")
    with pytest.raises(SystemExit):
        delivery.sweep()
    later(timedelta(hours=1))

    assert shown(played) == ["email"]
    assert row in notifications.needing_staff(at + timedelta(hours=1))


# --- The list of calls


@pytest.fixture
def waiting(at, monkeypatch):
    play(monkeypatch, push="dead", sms="dead", email="dead")
    row = queue()
    delivery.sweep()
    return row, row.attempts.get(channel="call")


def test_called_and_spoken_with_is_known(waiting):
    row, attempt = waiting
    calls.called(attempt.pk, reached=True)
    with pytest.raises(calls.NothingToCall):
        calls.called(attempt.pk, reached=True)

    row.refresh_from_db()
    assert (row.state, fates(row)) == ("seen", {"call": "seen"})
    assert row.seen_at is not None
    assert not calls.to_call()


def test_called_in_vain_stays_on_the_list_until_it_is_given_up(waiting):
    row, attempt = waiting
    tries = attempt.tries
    calls.called(attempt.pk, reached=False)
    assert [one.tries for one in calls.to_call()] == [tries + 1]
    calls.give_up(attempt.pk)

    row.refresh_from_db()
    assert (row.state, fates(row)) == ("failed", {"call": "failed"})
    assert not calls.to_call()
    assert row in notifications.needing_staff(row.queued_at)


def test_who_opens_the_page_need_not_be_called(waiting):
    row, attempt = waiting
    notifications.mark_reached(SUBJECT, email=row.email)

    assert not calls.to_call()
    with pytest.raises(calls.NothingToCall):
        calls.called(attempt.pk, reached=True)
    assert Attempt.objects.get(pk=attempt.pk).state == "sent"
