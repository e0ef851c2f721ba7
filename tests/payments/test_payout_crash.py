"""Killed between call and commit, an answer lost, a key forgotten: one payout, never two, never
none (fault M1-M6).
"""

import os
from datetime import timedelta

import pytest

from backoffice.invariants import violations
from mila.clock import mila_now, set_clock
from payments import ledger, operations, payouts, sweeps, ways
from payments.models import Operation, OperationState, Payout, PayoutState
from payments.payouts import sending
from payments.standin import user_actions
from payments.standin.models import Answer, Thing
from payments.standin.store import ledger_gaps, ledger_sums
from tests import factories
from tests.killing import Killed, dies
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
# for each point; the figure of fault M1 asks for 1,000
RUNS = int(os.environ.get("FAULT_RUNS", "3"))


@pytest.fixture
def payee(morning):
    return cast.payee(user__name="Yanis Corvel", lat=45.80, lon=4.90)


@pytest.fixture
def due(owing):
    earning = cast.earned(owing())
    cast.come_to_payday(earning)
    return earning


# Which function dies, and whether its work is done by then.
POINTS = {
    "before the send": (sending, "call", False),
    "after the send": (sending, "call", True),
    "after the answer": (sending, "record_payout", False),
    "in the ledger": (ledger, "book_payout", True),
    "before the mail": (sending.telling, "tell_partner", False),
    "after the commit": (sending, "record_payout", True),
}


def _later(by=sending.LEASE):
    set_clock(mila_now() + by, speed=0)
    sweeps.sweep_payouts()


def _is_paid_once(payee):
    account = payee.partner.stripe_account
    assert [one["amount"] for one in cast.payouts_at_stripe(account)] == [5520]
    assert Payout.objects.exclude(state=PayoutState.DROPPED).get().state == PayoutState.ON_ITS_WAY
    assert ledger_sums()[account, "eur"] == 0
    assert ledger_gaps() == {}
    found = violations()
    assert {
        name: rows for name, rows in found.items() if name in ("I4", "I6", "I9", "earned")
    } == {}


@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("point", POINTS)
def test_killed_and_found_by_the_sweep(point, run, due, payee, monkeypatch):
    place, name, after = POINTS[point]
    with monkeypatch.context() as patch:
        dies(patch, place, name, after=after)
        with pytest.raises(Killed):
            sweeps.sweep_payouts()

    for _ in range(3):
        _later()

    _is_paid_once(payee)


@pytest.mark.parametrize("fault", ["answer_lost", "unreachable", "409", "429", "503", "500_after"])
def test_no_answer_is_asked_for_again_with_the_same_key(fault, due, payee):
    user_actions.switch_on(fault, path="POST /v1/payouts", times=2)

    for _ in range(6):
        _later(timedelta(minutes=5))

    _is_paid_once(payee)
    assert Operation.objects.filter(kind="payout").count() == 1


def test_a_500_that_is_kept_is_looked_up_and_sent_under_another_key(due, payee):
    """Fault M3: the payout was never made, and the key would repeat its 500 for ever."""
    user_actions.switch_on("500", path="POST /v1/payouts", times=1)

    for _ in range(8):
        _later(timedelta(minutes=5))

    _is_paid_once(payee)
    keys = list(Operation.objects.filter(kind="payout").values_list("key", "state"))
    assert [state for _key, state in keys] == [OperationState.FAILED, OperationState.DONE]
    assert len({key for key, _state in keys}) == 2


def test_a_key_that_stripe_has_forgotten_is_not_used_again(due, payee):
    """Fault M6: the answer was lost, nobody asked for a day, and Stripe has pruned the key."""
    user_actions.switch_on("answer_lost", path="POST /v1/payouts", times=1)
    sweeps.sweep_payouts()
    Answer.objects.all().delete()

    _later(timedelta(hours=25))

    _is_paid_once(payee)


def test_used_again_a_forgotten_key_pays_twice(due, payee, monkeypatch):
    """The control: were it not looked up first, the same crash would pay what is not the partner's
    any more.
    """
    monkeypatch.setattr(operations, "KEY_LIFE", timedelta(days=99))
    user_actions.switch_on("answer_lost", path="POST /v1/payouts", times=1)
    sweeps.sweep_payouts()
    Answer.objects.all().delete()
    _fill(payee)

    _later(timedelta(hours=25))

    assert len(cast.payouts_at_stripe(payee.partner.stripe_account)) == 2


@pytest.fixture
def way(owing, payee):
    """One that Mila pays, due together with a share; Mila's own balance would hold it twice."""
    booking = owing(service_cents=12000)
    earning = cast.earned(booking)
    way = ways.WayPay.objects.create(
        booking=booking, partner=payee.partner, cents=1000, at=mila_now()
    )
    ways.ledger.book_way(way, mila_now())
    ways.earnings.earn_way(way, mila_now())
    cast.come_to_payday(earning, way.earning)
    return way


def _ways_at_stripe():
    return Thing.objects.filter(kind="transfer", body__contains={"metadata": {"kind": "way"}})


def test_a_way_whose_key_is_forgotten_is_brought_over_once(way, payee):
    """Fault M6: it is looked up."""
    user_actions.switch_on("answer_lost", path="POST /v1/transfers", times=1)
    sweeps.sweep_payouts()
    Answer.objects.all().delete()

    _later(timedelta(hours=25))

    _is_brought_once_and_paid(payee)


def test_a_way_whose_500_is_kept_is_sent_under_another_key(way, payee):
    """Fault M3: it was never brought over, and the key would repeat its 500 for ever."""
    user_actions.switch_on("500", path="POST /v1/transfers", times=1)

    for _ in range(8):
        _later(timedelta(minutes=5))

    _is_brought_once_and_paid(payee)


def _is_brought_once_and_paid(payee):
    assert [one.body["amount"] for one in _ways_at_stripe()] == [1000]
    assert Payout.objects.get().state == PayoutState.ON_ITS_WAY
    assert [one["amount"] for one in cast.payouts_at_stripe(payee.partner.stripe_account)] == [
        10600
    ]
    assert ledger_gaps() == {}


def test_sent_again_a_way_whose_key_is_forgotten_is_brought_over_twice(way, monkeypatch):
    """The control."""
    monkeypatch.setattr(operations, "KEY_LIFE", timedelta(days=99))
    user_actions.switch_on("answer_lost", path="POST /v1/transfers", times=1)
    sweeps.sweep_payouts()
    Answer.objects.all().delete()

    _later(timedelta(hours=25))

    assert _ways_at_stripe().count() == 2


def _fill(payee):
    """Other jobs' money in the same balance."""
    standin = user_actions.the_standin()
    with standin.store.transaction():
        call = standin.call()
        for account, net in ((payee.partner.stripe_account, 9000), ("world", -9000)):
            call.store.post(account, "eur", net, transaction_id="", available_on=call.bank_now)


def test_two_workers_send_one_call(due, payee):
    (payout,) = payouts.plan(payee.partner.pk)

    first, second = sending.next_operation(payout.pk), sending.next_operation(payout.pk)

    assert (first is not None, second) == (True, None)


def test_frozen_while_it_is_sent_it_is_too_late_for_freezing(due, payee):
    """The call is written down (fault M14)."""
    (payout,) = payouts.plan(payee.partner.pk)
    sending.next_operation(payout.pk)

    with pytest.raises(payouts.NothingToFreeze):
        payouts.freeze(due.booking_id, by=factories.UserFactory(is_staff=True))

    due.refresh_from_db()
    assert (due.payout_id, due.frozen_at) == (payout.pk, None)
