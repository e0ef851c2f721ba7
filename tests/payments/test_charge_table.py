"""Every state of a charge, every transition: what the table says happens, and nothing else."""

import ast

import pytest

from payments.charges import opening, table
from payments.charges.rows import lock_charge
from payments.charges.table import NEW, OPEN_STATES, TRANSITIONS, WAITING, IllegalTransition
from payments.models import Charge, ChargeKind, ChargeState
from tests.architecture import source
from tests.payments import cast

S = ChargeState
CELLS = [(state, name) for state in ChargeState for name in TRANSITIONS]


@pytest.fixture
def signed(morning, customer, partner):
    return cast.signed_booking(customer, "pm_never_sent", partner)


@pytest.fixture
def charge(signed):
    return opening.open_charge(signed.pk)


@pytest.mark.parametrize(("state", "name"), CELLS)
def test_what_the_table_lists_moves_and_the_rest_is_refused(state, name, charge):
    Charge.objects.filter(pk=charge.pk).update(state=state)
    before = Charge.objects.values().get(pk=charge.pk)
    _booking, locked = lock_charge(charge.pk)

    if state in TRANSITIONS[name].sources:
        table.advance(locked, name, failure_code="why")
        expected = {**before, "state": TRANSITIONS[name].target, "failure_code": "why"}
    else:
        with pytest.raises(IllegalTransition, match=f"{name} from {state}"):
            table.advance(locked, name, failure_code="why")
        expected = before
        assert (locked.state, locked.failure_code) == (state, before["failure_code"])

    assert Charge.objects.values().get(pk=charge.pk) == expected


@pytest.mark.parametrize("name", TRANSITIONS)
def test_only_what_opens_makes_a_row(name, signed):
    charge = table.new(signed, ChargeKind.JOB)
    parts = dict.fromkeys(("booking_fee_cents", "commission_cents"), 0)
    parts |= dict.fromkeys(("amount_cents", "service_cents", "partner_cents"), 6900)

    if name in ("plan", "hold"):
        table.advance(charge, name, currency="EUR", **parts)
        assert list(signed.charges.values_list("state", flat=True)) == [TRANSITIONS[name].target]
    else:
        with pytest.raises(IllegalTransition, match=f"{name} from nothing"):
            table.advance(charge, name, currency="EUR", **parts)
        assert not signed.charges.exists()


def test_a_state_among_the_further_columns_does_not_get_past_the_table(charge):
    _booking, locked = lock_charge(charge.pk)

    table.advance(locked, "send", state=S.SUCCEEDED)

    assert Charge.objects.get(pk=charge.pk).state == S.SENT


def test_every_state_is_reached_and_every_one_but_paid_is_left():
    assert {row.target for row in TRANSITIONS.values()} == set(S)
    assert set().union(*(row.sources for row in TRANSITIONS.values())) == {NEW, *S} - {S.SUCCEEDED}


def test_a_charge_is_held_or_objected_to_or_ours_or_the_customer_s_or_paid():
    assert sorted([*OPEN_STATES, *WAITING, S.HELD, S.OBJECTED, S.SUCCEEDED]) == sorted(S)


def test_every_transition_is_made_somewhere_and_no_other_is_asked_for():
    asked = [
        node.value
        for path, tree in source.modules()
        if path.startswith("payments/charges/") and not path.endswith("table.py")
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and source.dotted(call.func) in ("advance", "wait_for_customer")
        for node in ast.walk(ast.Module([*map(ast.Expr, call.args)], []))
        if isinstance(node, ast.Constant) and node.value in TRANSITIONS
    ]

    assert set(asked) == set(TRANSITIONS)
