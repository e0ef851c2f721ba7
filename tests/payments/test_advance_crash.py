"""Killed while an advance is brought over or fetched back, an answer lost, a key forgotten: it
moves once each way (rule M4; fault M1-M6).
"""

import os
from datetime import timedelta

import pytest

from accounts.models import Notification
from mila.clock import mila_now, set_clock
from payments import advances, operations, sweeps
from payments.models import Operation, OperationState, Payout, PayoutState
from payments.payouts import sending
from payments.standin import user_actions
from payments.standin.models import Answer
from tests.killing import Killed, dies
from tests.payments import cast
from tests.payments.advancing import SHARE, agrees, later, reversals

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
# for each point; the figure of fault M1 asks for 1,000
RUNS = int(os.environ.get("FAULT_RUNS", "1"))


@pytest.fixture
def payee(morning):
    return cast.payee(user__name="Yanis Corvel", lat=45.80, lon=4.90)


# Which function dies, and whether its work is done by then.
BACK = {
    "before it is planned": (advances, "next_operation", False),
    "after it is planned": (advances, "next_operation", True),
    "before the send": (advances, "call", False),
    "after the send": (advances, "call", True),
    "before the commit": (advances, "record_reversal", False),
    "in the commit": (operations, "answer", True),
    "after the commit": (advances, "record_reversal", True),
}


@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("point", BACK)
def test_killed_while_it_is_fetched_back(point, run, paid_out, unpaid, card, monkeypatch):
    cast.pay_late(unpaid, card)
    set_clock(mila_now() + timedelta(days=3), speed=0)
    place, name, after = BACK[point]
    with monkeypatch.context() as patch:
        dies(patch, place, name, after=after)
        with pytest.raises(Killed):
            sweeps.sweep_returns()

    for _ in range(3):
        later(timedelta(minutes=5))

    assert reversals() == [SHARE]
    agrees()


OVER = {
    "before the send": (sending, "call", False),
    "after the send": (sending, "call", True),
    "before it is noted": (sending, "record_transfer", False),
    "after it is noted": (sending, "record_transfer", True),
}


@pytest.mark.parametrize("point", OVER)
def test_killed_while_it_is_brought_over(point, unpaid, ops, monkeypatch):
    advance = advances.grant(unpaid.pk, by=ops, reason="x")
    cast.come_to_payday(advance.earning)
    place, name, after = OVER[point]
    with monkeypatch.context() as patch:
        dies(patch, place, name, after=after)
        with pytest.raises(Killed):
            sweeps.sweep_payouts()

    for _ in range(3):
        later(timedelta(minutes=5))

    assert Payout.objects.get(partner=unpaid.partner).state == PayoutState.ON_ITS_WAY
    assert Operation.objects.filter(kind="transfer", state=OperationState.DONE).count() == 1
    agrees()


@pytest.mark.parametrize(
    "fault", ["answer_lost", "unreachable", "409", "429", "503", "500_after", "500"]
)
def test_an_answer_that_is_lost_fetches_it_once(fault, paid_out, unpaid, card):
    cast.pay_late(unpaid, card)
    set_clock(mila_now() + timedelta(days=3), speed=0)
    user_actions.switch_on(fault, path="reversals", times=2)

    for _ in range(8):
        later(timedelta(minutes=5))

    assert reversals() == [SHARE]
    agrees()


def test_a_key_that_stripe_has_forgotten_is_not_used_again(paid_out, unpaid, card):
    """Fault M6: it is looked up."""
    _answer_lost_and_key_pruned(unpaid, card)

    later(timedelta(hours=25))

    assert reversals() == [SHARE]
    agrees()


def test_used_again_a_forgotten_key_is_refused_for_ever(paid_out, unpaid, card, monkeypatch):
    """The control: Stripe takes nothing twice, and so refuses for ever what is back already."""
    monkeypatch.setattr(operations, "KEY_LIFE", timedelta(days=99))
    _answer_lost_and_key_pruned(unpaid, card)

    later(timedelta(hours=25))

    paid_out.refresh_from_db()
    assert (reversals(), paid_out.reversal_id) == ([SHARE], "")


def _answer_lost_and_key_pruned(unpaid, card):
    cast.pay_late(unpaid, card)
    set_clock(mila_now() + timedelta(days=3), speed=0)
    user_actions.switch_on("answer_lost", path="POST .*reversals", times=1)
    sweeps.sweep_returns()
    Answer.objects.all().delete()


def test_two_workers_send_one_call(paid_out, unpaid, card):
    cast.pay_late(unpaid, card)
    set_clock(mila_now() + timedelta(days=3), speed=0)

    first, second = advances.next_operation(paid_out.pk), advances.next_operation(paid_out.pk)

    assert (first is not None, second) == (True, None)


def test_what_cannot_be_handled_comes_again_and_staff_hear_of_it(
    paid_out, unpaid, card, monkeypatch
):
    cast.pay_late(unpaid, card)
    with monkeypatch.context() as patch:
        patch.setattr(advances, "call", lambda operation: 1 / 0)
        sweeps.sweep_returns()

    paid_out.refresh_from_db()
    assert paid_out.next_at == mila_now() + timedelta(hours=1)
    assert Notification.objects.filter(kind="advance_ops").count() == 1
    later(timedelta(days=3))
    later()  # nobody answered for days: looked for first, then sent
    assert reversals() == [SHARE]
