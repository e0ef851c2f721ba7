"""Every state, every move, every role: what the table says happens, and
nothing else (fault T11).
"""

import inspect
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import CalendarEntry, Notification
from mila.streams import publish
from policy.figures import Policy
from requests_app import lifecycle, lifecycle_events
from requests_app.lifecycle import (
    MOVES,
    OPS,
    PARTNER,
    UNDOES,
    IllegalMove,
    NotUndoable,
    ReasonMissing,
    Role,
    TooEarly,
    advance,
    available_moves,
    opens_at,
)
from requests_app.models import (
    ASSIGNED,
    HAS_PARTNER,
    UNDO,
    Assignment,
    Booking,
    BookingEvent,
    Clock,
    State,
)
from tests import factories
from tests.evidence import forged
from tests.requests_app.booking_states import booking_in, facts

SECOND = timedelta(seconds=1)
# What a verb hands to `advance` along with the move, because the table asks for a partner or for an
# end.
GIVEN_BY_VERBS = {"claim", "assign"}
CELLS = [(name, role) for name in MOVES for role in Role]


@pytest.fixture
def queued(monkeypatch):
    """What waits for the commit of this test, as (function, arguments); asking empties the list."""

    def ask():
        waiting = [inspect.getclosurevars(hook[1]).nonlocals for hook in connection.run_on_commit]
        connection.run_on_commit = []
        return [(one["function"], one["args"]) for one in waiting if "function" in one]

    return ask


def changes_for(name, partner, at):
    """The columns the verb behind a move writes with it."""
    if name not in GIVEN_BY_VERBS:
        return {}
    start = at + timedelta(hours=75)
    return {
        "partner": partner.partner,
        "technician": partner,
        "claimed_at": at,
        "clocks_from_at": at,
        "start_at": start,
    }


def came_before(booking, state, at):
    """The state that the step led away from, which it is to come back to."""
    BookingEvent.objects.create(
        booking=booking,
        sequence=0,
        move="before",
        source="draft",
        target=state,
        role="system",
        at=at,
        hash="0" * 64,
    )


def legal(name, role, state):
    return state in MOVES[name].sources and role in MOVES[name].roles


@pytest.mark.parametrize("state", State)
def test_what_the_table_does_not_list_is_refused_and_changes_nothing(
    state, morning, partner, queued
):
    booking = booking_in(state, partner, morning)
    before = facts(booking)
    queued()

    moved = []
    for name, role in CELLS:
        if not legal(name, role, state):
            try:
                advance(booking.pk, name, role=role, by=None, at=morning, reason="why")
            except IllegalMove:
                continue
            moved.append((name, role))

    assert moved == []
    assert facts(booking) == before
    assert queued() == []


@pytest.mark.parametrize("state", State)
def test_what_the_table_lists_moves_with_one_event_its_effects_and_its_clocks(
    state, morning, partner, rival_partner, queued
):
    booking = booking_in(state, partner, morning)
    queued()

    for name, role in CELLS:
        if legal(name, role, state):
            at = opens_at(booking, name) or morning + timedelta(minutes=1)
            kept = transaction.savepoint()
            if name in UNDOES:
                came_before(booking, MOVES[name].target, morning)
            given = changes_for(name, rival_partner, at)
            moved = advance(
                booking.pk, name, role=role, by=rival_partner.user, at=at, reason=" why ", **given
            )
            assert_moved(booking, moved, name, role, at, queued(), (partner, rival_partner))
            transaction.savepoint_rollback(kept)
            connection.run_on_commit = []


@pytest.mark.parametrize("name", [name for name, move in MOVES.items() if move.opens])
@pytest.mark.parametrize("role", Role)
def test_before_its_hour_a_move_is_refused_and_changes_nothing(
    name, role, morning, partner, queued
):
    booking = booking_in(min(MOVES[name].sources), partner, morning)
    at = opens_at(booking, name) - timedelta(seconds=1)
    before = facts(booking)
    queued()

    with pytest.raises(TooEarly if role in MOVES[name].roles else IllegalMove):
        advance(booking.pk, name, role=role, by=None, at=at, reason="why")

    assert facts(booking) == before
    assert queued() == []


@pytest.mark.parametrize("name", UNDOES)
def test_a_step_is_taken_back_before_its_time_is_over_and_not_from_then_on(
    name, morning, partner, queued
):
    until = morning + Policy().undo_window
    booking = booking_in(min(MOVES[name].sources), partner, morning)
    came_before(booking, MOVES[name].target, morning)
    before = facts(booking)
    queued()

    for late in (until, until + timedelta(seconds=1)):
        with pytest.raises(NotUndoable):
            advance(booking.pk, name, role=PARTNER, by=None, at=late)
    assert facts(booking) == before
    assert queued() == []

    moved = advance(booking.pk, name, role=PARTNER, by=None, at=until - timedelta(seconds=1))
    assert moved.state == MOVES[name].target


@pytest.mark.parametrize("name", UNDOES)
def test_each_step_is_taken_back_once_and_only_while_nothing_followed(name, morning, partner):
    step = UNDOES[name]
    booking = booking_in(MOVES[name].target, partner, morning)
    hour = opens_at(booking, step) or morning
    times = [hour + number * SECOND for number in range(5)]
    advance(booking.pk, step, role=PARTNER, by=None, at=times[0])
    advance(booking.pk, name, role=PARTNER, by=None, at=times[1])
    advance(booking.pk, step, role=PARTNER, by=None, at=times[2])
    before = facts(booking)

    with pytest.raises(NotUndoable):
        advance(booking.pk, name, role=PARTNER, by=None, at=times[3])

    assert facts(booking) == before


def test_a_step_is_not_taken_back_over_another_that_was(morning, partner):
    booking = booking_in(State.EN_ROUTE, partner, morning)
    hour = opens_at(booking, "arrive")
    with forged():
        booking.events.update(at=hour)
    advance(booking.pk, "arrive", role=PARTNER, by=None, at=hour)
    advance(booking.pk, "undo_arrive", role=PARTNER, by=None, at=hour)
    before = facts(booking)

    with pytest.raises(NotUndoable):
        advance(booking.pk, "undo_depart", role=PARTNER, by=None, at=hour)

    assert facts(booking) == before


def test_what_takes_back_is_named_after_its_step_and_leads_back_to_where_that_began():
    for name, step in UNDOES.items():
        assert name == UNDO + step
        assert (MOVES[name].sources, {MOVES[name].target}) == (
            {MOVES[step].target},
            MOVES[step].sources,
        )


def assert_moved(booking, moved, name, role, at, waiting, people):
    move, cell = MOVES[name], f"{booking.state} {name} {role}"
    row = Booking.objects.get(pk=booking.pk)
    assert row.state == moved.state == move.target, cell
    assert row.epoch == booking.epoch + 1, cell
    assert row.due_at == (move.due(row, at) if move.due else None), cell

    *_, former, event = booking.events.all()
    assert (event.sequence, event.move, event.source, event.target) == (
        2,
        name,
        booking.state,
        move.target,
    ), cell
    assert (event.role, event.by, event.at, event.reason) == (role, people[1].user, at, "why"), cell
    assert event.hash == lifecycle_events.event_hash(former.hash, event), cell

    effects = [args for function, args in waiting if function is lifecycle._send]
    assert effects == [(effect, booking.pk) for effect in move.effects], cell
    told_live = {
        channel for function, args in waiting if function is publish._send for channel in args[0]
    }
    assert f"booking:{booking.uuid}" in told_live, cell
    assert told_live - {f"booking:{booking.uuid}"} == {
        f"technician:{one}" for one in {booking.technician_id, row.technician_id} - {None}
    }, cell

    running = {
        (clock.kind, clock.due_at) for clock in Clock.objects.filter(booking=booking, done_at=None)
    }
    expected = {(kind, due(row, at)) for kind, due in move.clocks}
    assert running == {pair for pair in expected if pair[1] is not None}, cell
    assert len(running) == len(move.clocks), cell
    assert Clock.objects.get(booking=booking, epoch=1).done_at == at, cell

    told = set(Notification.objects.filter(subject_id=booking.uuid).values_list("kind", flat=True))
    assert told <= set(move.notices), cell

    has_partner = move.target in HAS_PARTNER
    assert [getattr(row, column.removesuffix("__isnull")) is None for column in ASSIGNED] == [
        not has_partner
    ] * 4, cell
    assert Assignment.objects.filter(booking=booking, ended_at=None).exists() == (
        has_partner and booking.state in HAS_PARTNER
    ), cell
    if not has_partner:
        assert not CalendarEntry.objects.filter(technician=people[0]).exists(), cell


def test_the_table_has_every_state_but_the_draft_as_a_target():
    assert {move.target for move in MOVES.values()} == set(State) - {State.DRAFT}


def test_ended_states_have_no_way_out_but_an_objection_and_a_decision_made_anew():
    ended = {
        name: move.sources
        for name, move in MOVES.items()
        if move.sources & {"settled", "failed", "cancelled"}
    }
    both = {State.SIGNED_OFF, State.FAILED}
    assert ended == {"object": both, "reopen": both}


def test_every_state_with_a_moving_clock_is_swept():
    assert {move.target for move in MOVES.values() if move.due} == set(lifecycle.WHEN_DUE)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
def test_buttons_are_what_the_table_lets_a_role_do(state, role):
    assert available_moves(Booking(state=state), role) == {
        name for name in MOVES if legal(name, role, state)
    }


@pytest.mark.parametrize("name", [name for name, move in MOVES.items() if move.reason])
def test_move_that_needs_a_reason_is_refused_without_one(name, morning, partner, queued):
    booking = booking_in(min(MOVES[name].sources), partner, morning)
    before = facts(booking)
    queued()

    with pytest.raises(ReasonMissing):
        advance(booking.pk, name, role=min(MOVES[name].roles), by=None, reason="  ")

    assert facts(booking) == before
    assert queued() == []


def test_lost_partner_ends_the_assignment_and_names_the_fault(morning, partner):
    booking = booking_in(State.CLAIMED, partner, morning)

    advance(booking.pk, "miss_call", role=Role.SYSTEM, by=None, at=morning)

    assignment = booking.assignments.get()
    assert (assignment.ended_at, assignment.end, assignment.fault) == (morning, "miss_call", True)
    assert assignment.calendar_entry is None
    assert not CalendarEntry.objects.filter(technician=partner).exists()


def test_release_is_no_fault(morning, partner):
    booking = booking_in(State.CALLED, partner, morning)

    advance(booking.pk, "release", role=PARTNER, by=partner.user, at=morning, reason="ill")

    assert booking.assignments.get().fault is False


def test_assignment_without_a_slot_ends_too(morning, partner):
    booking = booking_in(State.CALLED, partner, morning)
    CalendarEntry.objects.filter(technician=partner).delete()

    advance(booking.pk, "release", role=OPS, by=None, at=morning, reason="ill")

    assert booking.assignments.get().ended_at == morning


def test_second_event_is_chained_to_the_first(morning, partner, searching):
    first = searching.events.get()

    advance(searching.pk, "cancel", role=OPS, by=None, data={"cost": 0})

    second = searching.events.last()
    assert first.hash == lifecycle_events.event_hash("", first)
    assert second.hash == lifecycle_events.event_hash(first.hash, second)
    assert second.hash != lifecycle_events.event_hash("", second)


# --- What the database itself refuses
# ---------------------------------------------------------------------------


def refused(constraint):
    return pytest.raises(IntegrityError, match=constraint)


def test_database_refuses_an_unknown_state(searching):
    with refused("booking_state_known"), transaction.atomic():
        Booking.objects.filter(pk=searching.pk).update(state="asleep")


@pytest.mark.parametrize("column", ["claimed_at", "start_at", "partner", "technician"])
def test_database_refuses_a_partner_without_all_that_belongs_to_them(job, column):
    with refused("partner_exactly_when_claimed"), transaction.atomic():
        Booking.objects.filter(pk=job.pk).update(**{column: None})


def test_database_refuses_a_partner_on_a_searching_booking(searching, partner):
    with refused("partner_exactly_when_claimed"), transaction.atomic():
        Booking.objects.filter(pk=searching.pk).update(technician=partner)


@pytest.mark.parametrize("state", sorted(set(State) - HAS_PARTNER))
def test_database_refuses_to_leave_a_partner_behind(job, state):
    with refused("partner_exactly_when_claimed"), transaction.atomic():
        Booking.objects.filter(pk=job.pk).update(state=state)


def test_database_refuses_a_second_running_assignment(job, rival_partner, morning):
    with refused("one_running_assignment"), transaction.atomic():
        Assignment.objects.create(
            booking=job,
            partner=rival_partner.partner,
            technician=rival_partner,
            start_at=job.start_at,
            claimed_at=morning,
        )


def test_database_refuses_a_placed_booking_without_a_customer(searching):
    with refused("placed_booking_is_whole"), transaction.atomic():
        Booking.objects.filter(pk=searching.pk).update(customer=None)


def test_database_refuses_the_other_country_s_money(morning):
    draft = factories.DraftFactory()

    with refused("booking_currency"), transaction.atomic():
        Booking.objects.filter(pk=draft.pk).update(currency="CHF")


def test_database_refuses_a_second_event_of_a_number(searching):
    event = searching.events.get()
    event.pk = None

    with refused("one_event_of_a_sequence"), transaction.atomic():
        event.save(force_insert=True)
