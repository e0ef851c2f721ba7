"""A share whose charge stays unpaid is paid by Mila, and comes back when the customer pays: once,
to the cent, whatever dies on the way (rule M4; fault M1-M6).
"""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import Notification
from mila.clock import mila_now, set_clock
from payments import (
    advances,
    disputes,
    partners,
    payouts,
    refunds,
    sweeps,
)
from payments.models import (
    Account,
    Advance,
    ChargeState,
    Earning,
    Operation,
    OperationState,
    Payout,
    PayoutState,
)
from payments.standin import user_actions
from payments.standin.accounts import CLOSED_BANK
from payments.trial_balance import trial_balances
from policy.models import PolicyRow
from requests_app.models import Booking, State
from tests import factories
from tests.payments import cast
from tests.payments.advancing import SHARE, agrees, later, of_partner, owed, reversals

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def payee(morning):
    return cast.payee(user__name="Yanis Corvel", lat=45.80, lon=4.90)


# --- Decided


def test_it_is_owed_to_mila_and_goes_with_the_next_payout(unpaid, ops, payee):
    advance = advances.grant(unpaid.pk, by=ops, reason="Moved away")

    earning = Earning.objects.get(advance=advance)
    assert (earning.cents, earning.technician, earning.free_at) == (SHARE, payee, advance.made_at)
    assert (owed(), of_partner(payee)) == (SHARE, SHARE)
    agrees()
    cast.come_to_payday(earning)
    sweeps.sweep_payouts()

    assert [one["amount"] for one in cast.payouts_at_stripe(payee.partner.stripe_account)] == [
        SHARE
    ]
    assert (owed(), of_partner(payee)) == (SHARE, 0)
    agrees()


def test_asked_twice_it_is_made_once(unpaid, ops):
    first = advances.grant(unpaid.pk, by=ops, reason="Moved away")

    assert advances.grant(unpaid.pk, by=ops, reason="Again") == first
    assert (Advance.objects.get().reason, owed()) == ("Moved away", SHARE)


def test_a_second_before_its_time_nothing_is_advanced(unpaid, ops):
    set_clock(mila_now() - timedelta(seconds=1), speed=0)
    with pytest.raises(advances.NothingToAdvance):
        advances.grant(unpaid.pk, by=ops, reason="x")
    assert (Advance.objects.count(), owed(), advances.is_open(unpaid)) == (0, 0, False)

    set_clock(mila_now() + timedelta(seconds=1), speed=0)
    assert advances.is_open(unpaid)
    advances.grant(unpaid.pk, by=ops, reason="x")
    assert owed() == SHARE


CLOSED = {
    "paid": lambda c: setattr(c, "state", ChargeState.SUCCEEDED),
    "being sent": lambda c: setattr(c, "state", ChargeState.SENT),
    "outcome unknown": lambda c: setattr(c, "state", ChargeState.UNKNOWN),
    "held": lambda c: setattr(c, "state", ChargeState.HELD),
    "a fee": lambda c: setattr(c, "kind", "fee"),
    "contested": lambda c: Booking.objects.filter(pk=c.booking_id).update(state=State.CONTESTED),
    "suspended": lambda c: type(c.partner).objects.update(
        suspended_at=mila_now(), suspension_reason="x"
    ),
}


@pytest.mark.parametrize("why", CLOSED)
def test_what_is_not_simply_unpaid_is_not_advanced(why, unpaid, ops):
    CLOSED[why](unpaid)
    unpaid.save()

    with pytest.raises(advances.NothingToAdvance):
        advances.grant(unpaid.pk, by=ops, reason="x")

    assert (Advance.objects.count(), owed()) == (0, 0)


def test_whoever_books_themselves_is_not_paid_by_mila(unpaid, ops, payee):
    """Fault A4: a card that pays nothing, and a partner who is the payer."""
    payee.user.email = unpaid.booking.customer.email.upper()
    type(payee.user).objects.filter(pk=payee.user.pk).update(name=unpaid.booking.customer.name)
    type(payee.user).objects.filter(pk=unpaid.booking.customer.pk).update(name="Yanis Corvel")

    with pytest.raises(advances.InCommon):
        advances.grant(unpaid.pk, by=ops, reason="x")

    assert (Advance.objects.count(), owed()) == (0, 0)


@pytest.fixture
def low_limit(unpaid):
    PolicyRow.objects.create(
        key="payout_approval_cents",
        value={"EUR": SHARE - 1, "CHF": SHARE - 1},
        starts_at=mila_now(),
    )


def test_above_the_limit_another_person_says_yes(low_limit, unpaid, ops):
    advance = advances.grant(unpaid.pk, by=ops, reason="Moved away")
    assert (advance.made_at, owed(), Earning.objects.filter(advance=advance).count()) == (
        None,
        0,
        0,
    )
    unpaid.refresh_from_db()
    assert advances.waits_for_another(unpaid)
    with pytest.raises(advances.SamePerson):
        advances.approve(unpaid.pk, by=ops)
    assert owed() == 0

    second = factories.UserFactory(is_staff=True)
    advances.approve(unpaid.pk, by=second)
    advances.approve(unpaid.pk, by=second)

    advance.refresh_from_db()
    assert (advance.approved_by, owed(), advance.earning.cents) == (second, SHARE, SHARE)
    assert cast.money_faults() == {}


def test_asked_for_and_paid_meanwhile_it_is_not_made(low_limit, unpaid, ops, card):
    advances.grant(unpaid.pk, by=ops, reason="x")
    cast.pay_late(unpaid, card)

    with pytest.raises(advances.NothingToAdvance):
        advances.approve(unpaid.pk, by=factories.UserFactory(is_staff=True))

    assert (Advance.objects.get().made_at, owed(), reversals()) == (None, 0, [])
    later()
    agrees()


# --- The customer pays after all


def test_paid_late_the_share_comes_back_once(paid_out, unpaid, card, payee):
    cast.pay_late(unpaid, card)

    assert (owed(), of_partner(payee)) == (0, 0)
    assert Earning.objects.get(set_off=paid_out).cents == -SHARE
    later(timedelta(days=3))
    later()

    paid_out.refresh_from_db()
    assert (reversals(), paid_out.reversal_id != "", paid_out.next_at) == ([SHARE], True, None)
    agrees()


def test_while_the_charge_is_not_available_it_waits_and_staff_are_not_asked(paid_out, unpaid, card):
    cast.pay_late(unpaid, card)

    later(timedelta(minutes=1))

    paid_out.refresh_from_db()
    assert (reversals(), paid_out.next_at > mila_now()) == ([], True)
    assert not Notification.objects.filter(kind="advance_ops").exists()
    agrees()
    later(timedelta(days=3))
    assert reversals() == [SHARE]
    agrees()


def test_the_share_is_not_paid_out_a_second_time(paid_out, unpaid, card, payee):
    cast.pay_late(unpaid, card)

    for _ in range(20):
        later(timedelta(days=1))

    assert len(cast.payouts_at_stripe(payee.partner.stripe_account)) == 1
    agrees()


def test_paid_before_it_was_sent_it_came_with_the_charge(unpaid, ops, card, payee):
    """Nothing is brought over from Mila's balance, so nothing is fetched back."""
    advance = advances.grant(unpaid.pk, by=ops, reason="x")
    cast.pay_late(unpaid, card)
    agrees()

    for _ in range(10):
        later(timedelta(days=1))

    advance.refresh_from_db()
    assert (advance.next_at, advance.reversal_id, reversals()) == (None, "", [])
    assert not Operation.objects.filter(kind="transfer").exists()
    assert [one["amount"] for one in cast.payouts_at_stripe(payee.partner.stripe_account)] == [
        SHARE
    ]
    agrees()


def test_paid_while_it_is_on_its_way_over_it_is_fetched_back_after(unpaid, ops, card):
    advance = advances.grant(unpaid.pk, by=ops, reason="x")
    cast.come_to_payday(advance.earning)
    user_actions.switch_on("answer_lost", path="POST /v1/transfers", times=1)
    sweeps.sweep_payouts()
    cast.pay_late(unpaid, card)

    sweeps.sweep_returns()
    assert reversals() == []
    for _ in range(4):
        later(timedelta(days=1))

    assert reversals() == [SHARE]
    agrees()


def test_never_paid_it_stays_in_sight(paid_out, unpaid):
    for _ in range(3):
        later(timedelta(days=30))

    (euros,) = trial_balances()
    assert {row.account: row.balance_cents for row in euros.rows}[Account.ADVANCED] == SHARE
    assert euros.advances == [paid_out]
    agrees()


def test_sent_back_by_the_bank_it_is_paid_again_and_brought_over_once(unpaid, ops, payee):
    account = payee.partner.stripe_account
    user_actions.onboard(account, bank=CLOSED_BANK)
    partners.refresh_account(account)
    advance = advances.grant(unpaid.pk, by=ops, reason="x")
    cast.come_to_payday(advance.earning)
    sweeps.sweep_payouts()
    set_clock(mila_now() + timedelta(days=2), speed=0)
    user_actions.let_payouts_arrive()
    later()
    assert Payout.objects.get(partner=payee.partner).state == PayoutState.FAILED
    agrees()

    user_actions.onboard(account)
    partners.refresh_account(account)
    for _ in range(14):
        later(timedelta(days=1))

    assert [one["amount"] for one in cast.payouts_at_stripe(account)] == [SHARE, SHARE]
    assert Operation.objects.filter(kind="transfer", state=OperationState.DONE).count() == 1
    agrees()


# --- And then


def test_refunded_after_an_advance_each_bears_their_part(paid_out, unpaid, card, ops, payee):
    charge = cast.pay_late(unpaid, card)
    later(timedelta(days=3))

    refund = refunds.refund(
        charge.pk, key=uuid4(), service_cents=6900, booking_fee_cents=290, by=ops, reason="x"
    )
    refunds.submit(refund.pk)

    assert (of_partner(payee), owed()) == (-SHARE, 0)
    agrees()


def test_refunded_before_it_is_fetched_back(paid_out, unpaid, card, ops, payee):
    """The account owes then: what was advanced comes back as soon as the partner has earned it, and
    staff are told in time.
    """
    charge = cast.pay_late(unpaid, card)
    refund = refunds.refund(
        charge.pk, key=uuid4(), service_cents=6900, booking_fee_cents=0, by=ops, reason="x"
    )
    refunds.submit(refund.pk)
    agrees()

    for _ in range(11):
        later(timedelta(days=1))

    assert (reversals(), of_partner(payee)) == ([], -SHARE)
    assert Notification.objects.filter(kind="advance_ops").count() == 1
    agrees()
    cast.charged(cast.signed_booking(charge.booking.customer, card, payee, service_cents=20_000))
    for _ in range(10):
        later(timedelta(days=1))

    assert (reversals(), of_partner(payee)) == ([SHARE], 0)
    agrees()


@pytest.mark.parametrize("won", [True, False])
def test_contested_after_an_advance(won, paid_out, unpaid, card, payee):
    charge = cast.pay_late(unpaid, card)
    later(timedelta(days=3))
    dispute = disputes.apply_dispute(user_actions.dispute(charge.stripe_charge))
    agrees()

    user_actions.decide_dispute(dispute.stripe_id, won=won)
    disputes.apply_dispute(dispute.stripe_id)
    for _ in range(3):
        later(timedelta(days=1))

    assert (of_partner(payee), owed()) == (0 if won else -SHARE, 0)
    agrees()


# --- Found by verify_invariants

SPOILT = {
    "a cent more": lambda a: Advance.objects.filter(pk=a.pk).update(cents=SHARE + 1),
    "never made": lambda a: Advance.objects.filter(pk=a.pk).update(made_at=None),
    "repaid by nobody": lambda a: Advance.objects.filter(pk=a.pk).update(repaid_at=mila_now()),
    "earned otherwise": lambda a: Earning.objects.filter(advance=a).update(advance=None),
    "back and never over": lambda a: Advance.objects.filter(pk=a.pk).update(
        repaid_at=mila_now(), reversal_id="trr_x", reversed_at=mila_now()
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_wrong_with_an_advance_is_found(what, unpaid, ops):
    advance = advances.grant(unpaid.pk, by=ops, reason="x")
    assert cast.money_faults() == {}

    SPOILT[what](advance)

    assert "advances" in cast.money_faults()


def test_repaid_and_not_fetched_back_is_found(paid_out, unpaid, card):
    cast.pay_late(unpaid, card)
    Advance.objects.update(next_at=None)

    assert cast.money_faults()["advances"] == [
        f"advance {paid_out.pk} is repaid, and is not fetched back"
    ]


def test_frozen_with_its_booking_it_is_not_paid(unpaid, ops, payee):
    advance = advances.grant(unpaid.pk, by=ops, reason="x")
    payouts.freeze(unpaid.booking_id, by=ops)

    for _ in range(8):
        later(timedelta(days=1))

    assert cast.payouts_at_stripe(payee.partner.stripe_account) == []
    assert Earning.objects.get(advance=advance).frozen_by == ops
