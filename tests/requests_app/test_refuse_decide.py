"""They do not sign: nothing is charged before people have decided (rule L13)."""

from datetime import timedelta

import pytest

from catalogue.models import Service
from payments.models import Charge
from requests_app.actions import changes, signing
from requests_app.actions.changes import TooLate
from requests_app.lifecycle import IllegalMove, ReasonMissing, Role
from requests_app.models import Booking, Fault, QuoteOrigin, SignOff, SignOffKind, State
from tests.cast import walk
from tests.requests_app.booking_states import (
    agreed_version,
    booking_in,
    effects,
    moves,
    refused,
    told,
    unchanged,
)

REASON = "It is as slow as before"


@pytest.fixture
def case(now, partner):
    """Contested work; 80 euros were agreed."""
    booking = booking_in(State.CONTESTED, partner, now, finished_at=now)
    agreed_version(booking, 2, 8000)
    return booking


def decide(booking, staff, *, service_cents=5000, reason="Half of it works"):
    return signing.decide(booking.pk, service_cents=service_cents, by=staff, reason=reason)


# --- Refusing


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.OPS])
def test_refusal_stops_the_clock_and_tells_everybody(role, now, partner, customer):
    booking = booking_in(State.FINISHED, partner, now, finished_at=now, due_at=now)

    contested = signing.refuse(booking.pk, by=customer, reason=REASON, role=role)

    assert (contested.state, contested.due_at) == (State.CONTESTED, None)
    assert not contested.clocks.filter(done_at=None).exists()
    assert (contested.events.last().reason, contested.events.last().role) == (REASON, role)
    assert (effects(), told(contested)) == ([], ["contested", "contested_ops", "job_contested"])


@pytest.mark.parametrize("minutes", [1, 90])
def test_work_that_a_tap_began_ends_neither_free_nor_paid_but_before_people(
    minutes, searching, partner, stopped_clock
):
    """Who keeps the code back has no free way out of work that goes on, and who never came no money
    (rule L9, L13).
    """
    booking = walk(searching, partner, State.IN_PROGRESS)
    stopped_clock(booking.start_at + timedelta(minutes=minutes))
    with refused(booking, TooLate if minutes < 30 else IllegalMove):
        changes.cancel(booking.pk, role=Role.CUSTOMER, by=None, accepted_cost_cents=9999)

    contested = signing.refuse(booking.pk, by=None, reason="Nobody is here")

    assert contested.state == State.CONTESTED
    assert not contested.clocks.filter(done_at=None).exists()
    assert not Charge.objects.exists()


def test_repeated_refusal_changes_nothing(now, partner, customer):
    booking = booking_in(State.CONTESTED, partner, now)

    with unchanged(booking):
        signing.refuse(booking.pk, by=customer, reason=REASON)


def test_refusal_without_a_reason_is_refused(now, partner, customer):
    booking = booking_in(State.FINISHED, partner, now, finished_at=now)

    with refused(booking, ReasonMissing):
        signing.refuse(booking.pk, by=customer, reason="  ")


@pytest.mark.parametrize("state", [State.ARRIVED, State.SIGNED_OFF, State.SETTLED])
def test_refusal_out_of_turn_is_refused(state, now, partner, customer):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        signing.refuse(booking.pk, by=customer, reason=REASON)


# --- Deciding


@pytest.mark.parametrize(
    ("cents", "owed"), [(5000, 5000), (8000, 8000), (8001, 8000), (0, 0), (-1, 0)]
)
def test_decision_is_never_above_what_was_agreed(cents, owed, case, staff, now):
    decided = decide(case, staff, service_cents=cents)

    frozen = SignOff.objects.get()
    assert (decided.state, decided.signed_off_at) == (State.SIGNED_OFF, now)
    assert (frozen.kind, frozen.service_cents, frozen.charge_cents) == (
        SignOffKind.DECISION,
        owed,
        owed + 290,
    )
    event = decided.events.last()
    assert (event.move, event.role, event.by, event.reason) == (
        "decide",
        "ops",
        staff,
        "Half of it works",
    )
    assert (effects(), told(decided)) == (["payments.charge"], ["decided"])


def test_decision_is_a_version_of_its_own_and_no_hand_of_the_customer(case, staff, now):
    decide(case, staff)

    quote = case.quotes.latest("version")
    assert (quote.version, quote.origin, quote.service_cents, quote.created_by) == (
        3,
        QuoteOrigin.DECISION,
        5000,
        staff,
    )
    assert (quote.accepted_at, quote.accepted_by_payer) == (now, False)


def test_words_of_the_decision_are_the_customer_s(case, staff):
    Booking.objects.update(language="de")
    Service.objects.update(name_de="Langsames WLAN")

    decide(case, staff)

    assert case.quotes.latest("version").lines.get().label == "Langsames WLAN"


def test_repeated_decision_changes_nothing(case, staff):
    decide(case, staff)

    with unchanged(case):
        decide(case, staff, service_cents=1000)
    assert moves(case) == ["decide"]


def test_decision_without_a_reason_is_refused(case, staff):
    with refused(case, ReasonMissing):
        decide(case, staff, reason="")
    assert not SignOff.objects.exists()


@pytest.mark.parametrize("state", [State.FINISHED, State.SIGNED_OFF, State.FAILED])
def test_decision_out_of_turn_is_refused(state, now, partner, staff):
    booking = booking_in(state, partner, now, finished_at=now)

    with refused(booking, IllegalMove):
        decide(booking, staff)


# --- Nothing is owed


def test_nothing_owed_ends_it_free_of_charge(case, staff):
    ended = signing.decide_none(case.pk, by=staff, reason="Nothing works", fault=Fault.PARTNER)

    assert (ended.state, ended.fee_cents, ended.end_reason, ended.end_fault) == (
        State.FAILED,
        0,
        "Nothing works",
        Fault.PARTNER,
    )
    assert not SignOff.objects.exists()
    assert told(ended) == ["decided_none", "fault_noted"]


def test_nothing_owed_repeated_changes_nothing(case, staff):
    signing.decide_none(case.pk, by=staff, reason="Nothing works")

    with unchanged(case):
        signing.decide_none(case.pk, by=staff, reason="Again")


def test_nothing_owed_without_a_reason_is_refused(case, staff):
    with refused(case, ReasonMissing):
        signing.decide_none(case.pk, by=staff, reason="")


@pytest.mark.parametrize("state", [State.FINISHED, State.SIGNED_OFF, State.FAILED])
def test_nothing_owed_out_of_turn_is_refused(state, now, partner, staff):
    booking = booking_in(state, partner, now, finished_at=now)

    with refused(booking, IllegalMove):
        signing.decide_none(booking.pk, by=staff, reason="Nothing works")
