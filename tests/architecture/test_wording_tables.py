"""Every state and every move has its words on each side: what is forgotten fails here, by name."""

import dataclasses

import pytest
from django.template.loader import get_template
from django.urls import reverse
from django.utils.functional import Promise

import backoffice.wording
import customer.booking_words
import customer.wording
import partner.wording
from requests_app.lifecycle import PARTNER, available_moves
from requests_app.models import HAS_PARTNER, Booking, BookingEvent, State
from requests_app.moves import MOVES, UNDOES, WHEN_DUE, Role

# Each side by name: its rows for states, its rows for moves.
SIDES = {
    "customer": (customer.wording.STATES, customer.wording.MOVES),
    "technician": (partner.wording.STATES, partner.wording.MOVES),
    "staff": (backoffice.wording.STATES, backoffice.wording.MOVES),
}


def gaps(rows, names) -> list[str]:
    """Names without a row, rows without a name, and words that are no words; each with its name."""
    found = [f"{name} has no words" for name in names if name not in rows]
    found += [f"{name} is no longer there" for name in rows if name not in set(names)]
    for name, row in rows.items():
        found += [f"{name} is silent about {field}" for field in unsaid(row)]
    return found


def unsaid(row) -> list[str]:
    """The fields of a row that must hold words and hold none: not empty, and translated."""
    if row is None:  # said on purpose: nothing is to be read
        return []
    if not dataclasses.is_dataclass(row):
        return [] if isinstance(row, Promise) and str(row) else ["itself"]
    said = {
        field.name: getattr(row, field.name)
        for field in dataclasses.fields(row)
        if field.name in ("title", "badge", "what", "label", "awaits")
    }
    if getattr(row, "over", None):  # words instead of a button
        del said["label"]
    flat = {name: one[1] if isinstance(one, tuple) else one for name, one in said.items()}
    return [name for name, one in flat.items() if not isinstance(one, Promise) or not str(one)]


@pytest.mark.parametrize("side", SIDES)
def test_every_state_has_its_words(side):
    assert gaps(SIDES[side][0], list(State)) == []


@pytest.mark.parametrize("side", SIDES)
def test_every_move_has_its_words(side):
    assert gaps(SIDES[side][1], list(MOVES)) == []


@pytest.mark.parametrize("side", SIDES)
def test_a_row_that_is_deleted_is_named(side):
    for rows, names in zip(SIDES[side], (list(State), list(MOVES)), strict=True):
        for name in names:
            without = {one: row for one, row in rows.items() if one != name}

            assert gaps(without, names) == [f"{name} has no words"]


@pytest.mark.parametrize("side", SIDES)
def test_words_that_are_emptied_or_not_translated_are_named(side):
    for rows, names in zip(SIDES[side], (list(State), list(MOVES)), strict=True):
        name, row = next((name, row) for name, row in rows.items() if row is not None)
        field = next(
            one.name for one in dataclasses.fields(row) if one.name in ("title", "what", "label")
        )
        for words in ("", "Plain English"):
            changed = {**rows, name: dataclasses.replace(row, **{field: words})}

            assert gaps(changed, names) == [f"{name} is silent about {field}"]


# --- What a row leads to


@pytest.mark.parametrize(
    "state", [state for state, row in customer.wording.STATES.items() if row.action]
)
def test_the_customer_s_next_step_leads_to_a_page(state):
    action = customer.wording.STATES[state].action

    assert reverse(action.page, args=["a-token"])
    assert isinstance(action.label, Promise)


def test_a_technician_reads_of_every_state_that_has_one_and_of_no_other():
    read = {state for state, row in partner.wording.STATES.items() if row}

    assert read == HAS_PARTNER


@pytest.mark.parametrize("state", sorted(HAS_PARTNER))
def test_the_technician_s_next_step_is_a_move_of_the_table_or_the_words_for_the_end(state):
    row = partner.wording.STATES[state]

    if row.over:
        assert (row.label, row.page, row.move) == ("", "", "")
        return
    assert isinstance(row.label, Promise)
    assert reverse(row.page, args=["00000000-0000-0000-0000-000000000000"])
    if row.move:
        assert row.move in available_moves(Booking(state=state), PARTNER)
        assert isinstance(row.too_early, Promise) == (MOVES[row.move].opens is not None)


def test_each_move_of_a_technician_that_leads_on_is_the_next_step_of_its_state():
    steps = {(state, row.move) for state, row in partner.wording.STATES.items() if row and row.move}
    offered = {
        (state, name) for state in State for name in available_moves(Booking(state=state), PARTNER)
    }
    elsewhere = {"claim", *UNDOES}  # on an offer, and above the job
    beside = {(state, name) for state, name in offered if name in partner.wording.BESIDE}

    assert steps | beside == {(state, name) for state, name in offered if name not in elsewhere}
    assert steps & beside == set()
    assert {name for _state, name in beside} == set(partner.wording.BESIDE)


@pytest.mark.parametrize("move", partner.wording.BESIDE)
def test_what_stands_beside_the_next_step_has_its_section(move):
    assert get_template(partner.wording.BESIDE[move])


@pytest.mark.parametrize("step", UNDOES.values())
def test_a_step_that_can_be_taken_back_says_what_was_said(step):
    assert isinstance(partner.wording.MOVES[step].said, Promise)


# --- Staff read everything


def test_staff_have_words_for_every_move_every_role_and_every_clock_that_moves_a_state():
    assert [name for name, row in backoffice.wording.MOVES.items() if row is None] == []
    assert gaps(backoffice.wording.ROLES, list(Role)) == []
    clocks = {name for name, row in backoffice.wording.MOVES.items() if row.due}
    assert clocks == set(WHEN_DUE.values())


def test_what_was_written_under_a_former_name_is_shown_by_it():
    event = BookingEvent(move="renounce", data={})

    assert "renounce" in backoffice.wording.happened(event)
    assert backoffice.wording.move("renounce") == "renounce"
    assert backoffice.wording.role("courier") == "courier"
    assert customer.booking_words.timeline_line(event, "") is None
    assert partner.wording.timeline_line(event) == ""
