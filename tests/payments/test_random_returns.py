"""Refunds, disputes, payouts and what goes wrong between them, in any order: at the end the ledger
is Stripe's truth.

A seed that fails becomes a test of its own. The control repeats calls under other keys, and is
found out (fault M13).
"""

import os
import random
from datetime import timedelta
from uuid import uuid4

import pytest

from mila.clock import mila_now, set_clock
from mila.errors import Refusal
from payments import advances, comparing, disputes, gateway, refunds, sweeps, webhooks
from payments.differences import differences as differences_since
from payments.gateway.subscriptions import PLATFORM_EVENTS
from payments.models import Charge, Difference, Dispute, Refund, RefundState, StripeEvent
from payments.refunds import sending
from payments.standin import user_actions
from payments.standin.models import Event, Thing
from payments.standin.problems import Problem
from payments.standin.store import ledger_gaps
from tests import factories
from tests.killing import Killed
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
RUNS = int(os.environ.get("FAULT_RUNS", "3"))
STEPS = int(os.environ.get("FAULT_STEPS", "14"))
FAULTS = ("answer_lost", "unreachable", "409", "429", "503", "500_after", "500")
CARDS = (cast.GOOD, cast.GOOD, "4000000000005126", "4000000000007726")


@pytest.fixture
def payee(morning):
    return cast.payee(user__name="Yanis Corvel", lat=45.80, lon=4.90)


@pytest.fixture
def play(owing, payee, monkeypatch):
    """A function: one run by its seed, with what is planted for it."""
    ops = factories.UserFactory(is_staff=True)

    def play(seed):
        Play(random.Random(seed), owing, ops, monkeypatch).run()

    return play


class Play:
    def __init__(self, dice, owing, ops, monkeypatch):
        self.dice, self.ops, self.monkeypatch = dice, ops, monkeypatch
        prices = (dice.randint(100, 20_000) for _ in range(2))
        self.charges = [
            cast.charged(owing(dice.choice(CARDS), service_cents=cents)) for cents in prices
        ]
        if dice.random() < 0.5:
            self.charges.append(self.advanced(owing))

    def advanced(self, owing):
        """Unpaid for long, advanced, perhaps on its way to the partner's bank, then paid."""
        customer = self.charges[0].booking.customer
        cast.wealth(customer, cast.saved_card(customer))
        charge = cast.unpaid_for_long(owing(cast.DECLINES_LATER))
        made = advances.grant(charge.pk, by=self.ops, reason="x")
        if self.dice.random() < 0.7:
            cast.come_to_payday(made.earning)
            sweeps.sweep_payouts()
        return cast.pay_late(charge, cast.saved_card(customer))

    def run(self):
        steps = (
            self.give,
            self.give,
            self.on_dashboard,
            self.contest,
            self.decide,
            self.answer,
            self.hear,
            self.hear,
            self.settle,
            self.pay_out,
            self.wait,
            self.kill,
            self.break_,
            self.again,
        )
        for _ in range(STEPS):
            self.dice.choice(steps)()
            assert cast.money_faults() == {}
        self.end()

    def end(self):
        """All faults end, all banks answer, and the sweeps have their time."""
        user_actions.switch_off()
        for _ in range(8):
            self.settle()
            set_clock(mila_now() + timedelta(hours=7), speed=0)
            self.sweep()
        comparing.compare()
        comparing.compare()  # what was under way at the first look

    def sweep(self):
        sweeps.sweep()
        sweeps.sweep_returns()
        sweeps.sweep_payouts()

    def one(self):
        return Charge.objects.get(pk=self.dice.choice(self.charges).pk)

    def give(self):
        charge = self.one()
        part = self.dice.choice(
            (1, self.dice.randint(1, charge.service_cents), charge.service_cents)
        )
        fee = self.dice.choice((0, 0, charge.booking_fee_cents))
        try:
            refunds.refund(
                charge.pk,
                key=uuid4(),
                service_cents=part,
                booking_fee_cents=fee,
                by=self.ops,
                reason="x",
                by_mila=self.dice.random() < 0.2,
            )
        except Refusal:
            return
        if self.dice.random() < 0.7:
            sweeps.sweep_returns()

    def on_dashboard(self):
        charge = self.one()
        names = ("reverse_transfer", "refund_application_fee")
        flags = {name: "true" for name in names if self.dice.random() < 0.5}
        if Thing.objects.filter(
            kind="refund", body__contains={"charge": charge.stripe_charge, "status": "failed"}
        ):
            flags = {}  # of what came back nobody bears anything again: for that see test_refunds
        try:
            user_actions.on_dashboard(
                "/v1/refunds",
                charge=charge.stripe_charge,
                amount=self.dice.randint(1, charge.amount_cents),
                **flags,
            )
        except AssertionError:
            return  # Stripe refuses what is too much, or contested

    def contest(self):
        charge = self.one()
        if charge.disputes.exists() or charge.refunded_cents == charge.amount_cents:
            return
        if any(
            Event.objects.filter(
                type="charge.dispute.created", body__data__object__charge=charge.stripe_charge
            )
        ):
            return
        try:
            user_actions.dispute(charge.stripe_charge, inquiry=self.dice.random() < 0.3)
        except Problem:
            return

    def decide(self):
        found = Dispute.objects.filter(ended_at=None).first()
        if found is not None:
            user_actions.decide_dispute(found.stripe_id, won=self.dice.random() < 0.5)

    def answer(self):
        found = Dispute.objects.filter(ended_at=None).first()
        try:
            if found is not None:
                disputes.submit_evidence(found.pk, by=self.ops)
        except Refusal:
            return

    def again(self):
        found = Refund.objects.filter(state=RefundState.CAME_BACK).last()
        try:
            if found is not None:
                if self.dice.random() < 0.5:
                    refunds.send_again(found.pk, by=self.ops, reason="x")
                else:
                    refunds.note_paid_by_hand(found.pk)
        except Refusal:
            return

    def hear(self):
        """Some of the messages, in any order, some of them twice."""
        found = list(Event.objects.filter(account="", type__in=PLATFORM_EVENTS))
        for event in self.dice.sample(found, min(4, len(found))):
            row, _new = StripeEvent.objects.get_or_create(
                stripe_id=event.id,
                defaults={
                    "type": event.type,
                    "object_id": event.body["data"]["object"]["id"],
                    "livemode": False,
                    "payload": {},
                },
            )
            StripeEvent.objects.filter(pk=row.pk).update(done_at=None)
            webhooks.handle(row.pk)

    def settle(self):
        user_actions.let_refunds_settle()

    def pay_out(self):
        set_clock(mila_now() + timedelta(days=self.dice.randint(3, 9)), speed=0)
        self.sweep()

    def wait(self):
        set_clock(
            mila_now()
            + self.dice.choice((timedelta(minutes=3), timedelta(hours=13), timedelta(hours=25))),
            speed=0,
        )
        self.sweep()

    def break_(self):
        user_actions.switch_off()
        user_actions.switch_on(
            self.dice.choice(FAULTS),
            path=self.dice.choice(("refunds", "reversals", "disputes", "POST")),
            times=2,
        )

    def kill(self):
        """The process dies between the call and the commit, or between the commit and the next
        call.
        """
        name = self.dice.choice(("record_refund", "record_fee_refund", "call"))
        real = getattr(sending, name)

        def deadly(*args, **kwargs):
            if self.dice.random() < 0.5:
                real(*args, **kwargs)
            raise Killed

        with self.monkeypatch.context() as patch:
            patch.setattr(sending, name, deadly)
            try:
                self.give()
            except Killed:
                return


def differences():
    return list(
        Difference.objects.filter(closed_at=None).values_list(
            "kind", "type", "ours_cents", "stripes_cents"
        )
    )


@pytest.mark.parametrize("seed", range(RUNS))
def test_any_order_ends_in_stripes_truth(play, seed):
    play(seed)

    assert differences() == []
    assert (cast.money_faults(), ledger_gaps()) == ({}, {})
    assert not Refund.objects.filter(state__in=(RefundState.SENT, RefundState.UNKNOWN)).exists()
    for charge in Charge.objects.all():
        assert 0 <= charge.refunded_cents <= charge.amount_cents


def test_without_its_own_key_a_lost_answer_refunds_twice(owing, payee, monkeypatch):
    """The control: the same fault, and a key that is made up anew for each try."""
    real = gateway.create_refund
    monkeypatch.setattr(
        gateway, "create_refund", lambda *, key, **params: real(**params, key=f"{key}-{uuid4()}")
    )
    charge = cast.charged(owing())
    user_actions.switch_on("answer_lost", path="POST /v1/refunds", times=1)
    refunds.refund(
        charge.pk,
        key=uuid4(),
        service_cents=1000,
        booking_fee_cents=0,
        by=factories.UserFactory(),
        reason="x",
    )

    for _ in range(3):
        sweeps.sweep_returns()
        set_clock(mila_now() + timedelta(minutes=5), speed=0)
    comparing._fetch_lines()

    assert len(list(differences_since(mila_now()))) > 0
