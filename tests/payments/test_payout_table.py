"""Every state × every transition: in the table it moves and writes, else it raises and nothing
changed (rule M5).
"""

import pytest

from mila.clock import mila_now
from payments.models import Payout, PayoutState
from payments.payouts.table import NEW, TRANSITIONS, IllegalTransition, advance, lock_payout, new
from tests import factories

pytestmark = pytest.mark.django_db


def values() -> dict:
    partner = factories.PartnerFactory()
    return {
        "partner": partner,
        "currency": "EUR",
        "cents": 5520,
        "day": mila_now().date(),
        "account": "acct_1",
    }


@pytest.mark.parametrize("name", TRANSITIONS)
@pytest.mark.parametrize("state", PayoutState)
def test_each_state_with_each_transition(state, name):
    row = Payout.objects.create(**values(), state=state)
    payout = lock_payout(row.pk)

    if state in TRANSITIONS[name].sources:
        advance(payout, name, next_at=None, failure_code="x")
        row.refresh_from_db()
        assert (row.state, row.failure_code) == (TRANSITIONS[name].target, "x")
    else:
        with pytest.raises(IllegalTransition):
            advance(payout, name, failure_code="x")
        row.refresh_from_db()
        assert (row.state, row.failure_code) == (state, "")


@pytest.mark.parametrize("name", TRANSITIONS)
def test_only_two_begin_one(name):
    payout = new(**values())

    if NEW in TRANSITIONS[name].sources:
        advance(payout, name)
        assert Payout.objects.get().state == TRANSITIONS[name].target
    else:
        with pytest.raises(IllegalTransition):
            advance(payout, name)
        assert not Payout.objects.exists()


def test_what_came_back_stays_back():
    assert not any(PayoutState.FAILED in one.sources for one in TRANSITIONS.values())
