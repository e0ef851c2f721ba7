"""Freezing, planning and sending race for one share (fault M14): it is paid once, or frozen, never
both.
"""

import os
from threading import Barrier

import pytest
from django.db.models import QuerySet

from backoffice.invariants import violations
from mila.clock import reset_clock, set_clock
from mila.errors import AlreadyThere
from payments import payouts
from payments.models import Earning, Payout, PayoutState
from payments.payouts import planning
from tests import factories
from tests.cast import MORNING
from tests.concurrency.threads import raised
from tests.payments import cast

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "standin"])
ROUNDS = int(os.environ.get("FAULT_RUNS", "6"))


@pytest.fixture
def due(payer):
    """A share on its promised day."""
    set_clock(MORNING, speed=0)
    payee = cast.payee(lat=45.80, lon=4.90)
    earning = cast.earned(cast.signed_booking(payer, cast.saved_card(payer), payee))
    cast.come_to_payday(earning)
    yield earning
    reset_clock()


def pay(partner_id):
    for payout in payouts.plan(partner_id):
        payouts.submit(payout.pk)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_frozen_or_paid_and_never_both(due, _round):
    ops = factories.UserFactory(is_staff=True)

    failures = raised(
        lambda: pay(due.partner_id),
        lambda: payouts.freeze(due.booking_id, by=ops),
        lambda: pay(due.partner_id),
    )

    assert all(isinstance(failure, payouts.NothingToFreeze) for failure in failures)
    due.refresh_from_db()
    sent = cast.payouts_at_stripe(due.partner.stripe_account)
    assert bool(due.frozen_at) != bool(sent)
    assert len(sent) == Payout.objects.exclude(state=PayoutState.DROPPED).count() <= 1
    assert {
        name: rows for name, rows in violations().items() if name in ("I4", "I6", "I9", "earned")
    } == {}


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_sweeps_plan_one_payout(due, _round):
    assert raised(*[lambda: payouts.plan(due.partner_id)] * 3) == []

    assert Payout.objects.count() == 1
    assert Earning.objects.exclude(payout=None).count() == 1


def test_without_locks_both_would_plan_and_the_database_refuses_one(due, monkeypatch):
    """The control: what the locks keep apart; behind them stands the constraint."""
    gate = Barrier(2)
    real = planning.advance

    def side_by_side(*args, **kwargs):
        gate.wait(timeout=20)
        return real(*args, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    monkeypatch.setattr(planning, "advance", side_by_side)

    (refused,) = raised(*[lambda: payouts.plan(due.partner_id)] * 2)

    assert isinstance(refused, AlreadyThere)
    assert Payout.objects.count() == 1
