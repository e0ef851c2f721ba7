"""72 hours without a word: the lower price, if a reminder reached them; else people decide
(rule L13).
"""

from datetime import timedelta

import pytest

from accounts.models import Notification, NotificationState
from requests_app.actions import signing
from requests_app.models import Booking, Quote, SignOff, SignOffKind, State
from requests_app.sweeps import sweep_bookings
from tests.requests_app.booking_states import (
    agreed_version,
    booking_in,
    effects,
    moves,
    told,
    unchanged,
)

SECOND, LIMIT = timedelta(seconds=1), timedelta(hours=72)


@pytest.fixture
def work(now, partner):
    return booking_in(State.FINISHED, partner, now, finished_at=now, due_at=now + LIMIT)


@pytest.fixture
def reached(work):
    """The two have met, and a person has seen the report."""
    work.assignments.update(code_typed_at=work.finished_at)
    signing.see_report(work.pk, version=work.quotes.latest("version").version)
    return work


def version(booking, number, cents, became):
    """What became of it: how it was accepted, or `open`, `declined`."""
    if became not in ("open", "declined"):
        agreed_version(booking, number, cents, kind=became)
        return
    at = booking.finished_at
    Quote.objects.create(
        booking=booking, version=number, origin="partner", service_cents=cents, created_at=at,
        declined_at=at if became == "declined" else None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("after", "signed"), [(-SECOND, False), (0 * SECOND, True), (SECOND, True)]
)
def test_silence_ends_it_from_its_second_on(after, signed, work, reached, stopped_clock, now):
    stopped_clock(now + LIMIT + after)

    assert sweep_bookings() == int(signed)

    work.refresh_from_db()
    assert work.state == (State.SIGNED_OFF if signed else State.FINISHED)
    assert moves(work) == (["sign_off"] if signed else [])


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([], 6900),
        ([(9000, "open")], 6900),
        ([(9000, "declined")], 6900),
        ([(5000, "not_needed")], 5000),
        ([(9000, "not_needed")], 6900),  # nobody's hand accepted it: never above what theirs did
        ([(8000, "own_device"), (9000, "declined")], 8000),
        ([(8000, "number"), (7000, "not_needed")], 7000),
        ([(5000, "screen"), (9000, "open")], 5000),
    ],
)
def test_the_lower_of_the_report_and_what_their_own_hand_accepted(
    versions, expected, work, reached, stopped_clock, now
):
    for number, (cents, became) in enumerate(versions, 2):
        version(work, number, cents, became)
    stopped_clock(now + LIMIT)

    signing.sign_off_by_silence(work.pk)

    frozen = SignOff.objects.get()
    assert (frozen.kind, frozen.service_cents, frozen.charge_cents) == (
        SignOffKind.SILENCE,
        expected,
        expected + 290,
    )
    assert (frozen.signer, frozen.signature) == ("", "")
    event = work.events.last()
    assert (event.role, event.by, event.data) == ("system", None, {"kind": "silence"})
    assert effects() == ["payments.charge"]


def test_silence_is_no_hand_of_theirs(work, reached, stopped_clock, now):
    version(work, 2, 5000, "not_needed")
    stopped_clock(now + LIMIT)

    signing.sign_off_by_silence(work.pk)

    quote = work.quotes.get(version=2)
    assert (quote.accepted_at, quote.accepted_by_payer) == (now, False)


@pytest.mark.parametrize(("met", "seen"), [(True, False), (False, True), (False, False)])
def test_where_nobody_met_or_nobody_saw_the_report_ops_decide(met, seen, work, stopped_clock, now):
    if met:
        work.assignments.update(code_typed_at=now)
    if seen:
        signing.see_report(work.pk, version=work.quotes.latest("version").version)
    stopped_clock(now + LIMIT)

    assert sweep_bookings() == 1

    work.refresh_from_db()
    assert (work.state, work.due_at) == (State.FINISHED, now + LIMIT + timedelta(hours=24))
    assert (moves(work), told(work), effects()) == ([], ["undecided_ops"], [])
    assert not SignOff.objects.exists()


def test_a_message_that_was_delivered_is_no_act_of_a_person(work, stopped_clock, now):
    work.assignments.update(code_typed_at=now)
    Notification.objects.create(
        kind="please_sign",
        subject_id=work.uuid,
        round=1,
        language="fr",
        state=NotificationState.REACHED,
    )
    stopped_clock(now + LIMIT)

    sweep_bookings()

    assert Booking.objects.get(pk=work.pk).state == State.FINISHED


def test_ops_are_told_again_each_day_until_it_is_decided(work, stopped_clock, now):
    for day in range(3):
        stopped_clock(now + LIMIT + timedelta(days=day))
        assert sweep_bookings() == 1
        assert sweep_bookings() == 0

    assert told(work) == ["undecided_ops"] * 3


def test_seen_later_it_lets_silence_count(work, stopped_clock, now):
    work.assignments.update(code_typed_at=now)
    stopped_clock(now + LIMIT)
    sweep_bookings()
    signing.see_report(work.pk, version=work.quotes.latest("version").version)
    stopped_clock(now + LIMIT + timedelta(days=1))

    sweep_bookings()

    assert Booking.objects.get(pk=work.pk).state == State.SIGNED_OFF


def test_repeat_changes_nothing(work, reached, stopped_clock, now):
    stopped_clock(now + LIMIT)
    signing.sign_off_by_silence(work.pk)

    with unchanged(work):
        signing.sign_off_by_silence(work.pk)


def test_refusal_stops_the_clock(work, reached, stopped_clock, now, customer):
    signing.refuse(work.pk, by=customer, reason="It is as slow as before")
    stopped_clock(now + LIMIT)

    assert sweep_bookings() == 0
    with unchanged(work):
        signing.sign_off_by_silence(work.pk)
