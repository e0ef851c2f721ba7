"""From a share that is free to the partner's bank (rule M5): once, on the promised day, and of
nothing else.
"""

from datetime import timedelta

import pytest

from accounts.actions import reinstate, suspend
from accounts.models import Notification
from mila.clock import mila_now, set_clock
from payments import partners, payouts, sweeps, ways, webhooks
from payments.models import (
    Account,
    Earning,
    Hold,
    LedgerEntry,
    Payout,
    PayoutAccount,
    PayoutState,
    StripeEvent,
)
from payments.payouts import planning
from payments.standin import accounts as at_the_bank
from payments.standin import user_actions
from payments.standin.store import ledger_gaps, ledger_sums
from policy.models import PolicyRow
from tests import factories
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def payee(morning):
    """Who lives elsewhere than the customer, whose house would else be theirs."""
    return cast.payee(user__name="Yanis Corvel", lat=45.80, lon=4.90)


def owed(partner, currency="EUR") -> int:
    lines = LedgerEntry.objects.filter(account=Account.PARTNER, partner=partner, currency=currency)
    return -sum(lines.values_list("cents", flat=True))


def paid_out(*earnings) -> Payout:
    cast.come_to_payday(*earnings)
    sweeps.sweep_payouts()
    return Payout.objects.latest("pk")


def test_paid_on_the_promised_day_and_not_before(owing, payee):
    earning = cast.earned(owing())
    day = cast.come_to_payday(earning)
    set_clock(mila_now() - timedelta(days=1), speed=0)
    sweeps.sweep_payouts()
    assert not Payout.objects.exists()

    payout = paid_out(earning)

    assert (payout.cents, payout.currency, payout.day, payout.state) == (
        5520,
        "EUR",
        day,
        PayoutState.ON_ITS_WAY,
    )
    (sent,) = cast.payouts_at_stripe(payee.partner.stripe_account)
    assert (sent["amount"], sent["metadata"]) == (5520, {"payout": str(payout.uuid)})
    assert owed(payee.partner) == 0
    assert ledger_sums()[payee.partner.stripe_account, "eur"] == 0
    assert (cast.money_faults(), ledger_gaps()) == ({}, {})


def test_swept_twice_is_paid_once(owing, payee):
    paid_out(cast.earned(owing()))

    sweeps.sweep_payouts()
    set_clock(mila_now() + timedelta(hours=3), speed=0)
    sweeps.sweep_payouts()

    assert Payout.objects.count() == len(cast.payouts_at_stripe(payee.partner.stripe_account)) == 1


def test_it_arrives_by_message_or_by_a_look(owing, payee):
    payout = paid_out(cast.earned(owing()))
    set_clock(mila_now() + timedelta(days=2), speed=0)

    assert user_actions.let_payouts_arrive() == 1
    sweeps.sweep_payouts()  # the message was lost (fault M8)

    payout.refresh_from_db()
    assert payout.state == PayoutState.PAID
    assert Notification.objects.filter(kind="payout_sent", subject_id=payout.uuid).count() == 1
    assert cast.money_faults() == {}


def test_several_jobs_are_one_payout_and_each_currency_its_own(owing, payee):
    first, second = cast.earned(owing()), cast.earned(owing(service_cents=10000))
    francs = cast.earned(
        owing(country="CH", currency="CHF", service_cents=11900, booking_fee_cents=490)
    )

    paid_out(first, second, francs)

    assert {(one.currency, one.cents) for one in Payout.objects.all()} == {
        ("EUR", 13520),
        ("CHF", 9520),
    }
    assert cast.money_faults() == {}


def test_first_jobs_are_held_longer(owing, payee):
    shares = [cast.earned(owing()) for _ in range(6)]

    assert [one.hold for one in shares] == [Hold.FIRST_JOBS] * 5 + [Hold.NONE]
    assert {one.free_at - one.earned_at for one in shares[:5]} == {timedelta(days=7)}
    assert shares[5].free_at - shares[5].earned_at == timedelta(days=3)


@pytest.mark.parametrize(
    "shared",
    [
        lambda booking, payee: setattr(booking.customer, "name", payee.name.upper()),
        lambda booking, payee: setattr(booking.customer, "email", payee.partner.email.title()),
        lambda booking, payee: setattr(booking, "customer", payee.user),
        lambda booking, payee: setattr(booking.contact, "phone", str(payee.phone)),
        lambda booking, payee: setattr(booking.contact, "name", f" {payee.partner.name} "),
        lambda booking, payee: booking.contact.__dict__.update(
            lat=payee.lat, lon=payee.lon, precision="address"
        ),
    ],
    ids=["name", "mail", "account", "phone", "name at the door", "house"],
)
def test_payer_who_is_the_partner_is_seen(owing, payee, shared):
    booking = owing()
    assert not payouts.planning.earnings.have_something_in_common(booking, payee.partner)

    shared(booking, payee)

    assert payouts.planning.earnings.have_something_in_common(booking, payee.partner)


def test_frozen_is_not_paid_until_it_is_let_go(owing, payee):
    frozen, other = cast.earned(owing()), cast.earned(owing(service_cents=10000))
    payouts.freeze(frozen.booking_id, by=factories.UserFactory(is_staff=True))

    first = paid_out(frozen, other)
    payouts.thaw(frozen.booking_id)
    frozen.refresh_from_db()
    assert (first.cents, frozen.payout, frozen.promised_on > first.day) == (8000, None, True)

    assert paid_out(frozen).cents == 5520
    assert cast.money_faults() == {}


def test_freezing_takes_a_planned_payout_apart(owing, payee):
    frozen, other = cast.earned(owing()), cast.earned(owing(service_cents=10000))
    cast.come_to_payday(frozen, other)
    (planned,) = payouts.plan(payee.partner.pk)

    payouts.freeze(frozen.booking_id, by=factories.UserFactory(is_staff=True))
    sweeps.sweep_payouts()

    planned.refresh_from_db()
    assert planned.state == PayoutState.DROPPED
    assert [sent["amount"] for sent in cast.payouts_at_stripe(payee.partner.stripe_account)] == [
        8000
    ]
    assert cast.money_faults() == {}


def test_what_is_with_the_bank_cannot_be_frozen(owing, payee):
    earning = cast.earned(owing())
    paid_out(earning)

    with pytest.raises(payouts.NothingToFreeze):
        payouts.freeze(earning.booking_id, by=factories.UserFactory(is_staff=True))

    earning.refresh_from_db()
    assert earning.frozen_at is None


def test_what_is_owed_to_mila_is_taken_off(owing, payee):
    earning = cast.earned(owing(service_cents=10000))
    _owes(earning, 3000)

    assert paid_out(earning).cents == 5000


def test_who_owes_more_than_is_due_is_not_paid(owing, payee):
    earning = cast.earned(owing())
    _owes(earning, 9000)
    cast.come_to_payday(earning)

    sweeps.sweep_payouts()

    assert not Payout.objects.exists()
    assert Earning.objects.filter(payout=None).count() == 2


def _owes(earning, cents):
    Earning.objects.create(
        partner=earning.partner, booking=earning.booking, currency=earning.currency, cents=-cents,
        earned_at=earning.earned_at, free_at=earning.earned_at, promised_on=earning.promised_on,
    )  # fmt: skip


# --- Two pairs of eyes


@pytest.fixture
def large(owing, payee):
    PolicyRow.objects.create(
        key="payout_approval_cents", value={"EUR": 5000, "CHF": 5000}, starts_at=mila_now()
    )
    earning = cast.earned(owing())
    cast.come_to_payday(earning)
    sweeps.sweep_payouts()
    return Payout.objects.get()


def test_above_the_limit_two_people_say_yes(large, payee, staff):
    second = factories.UserFactory(is_staff=True)
    assert large.state == PayoutState.WAITS
    assert Notification.objects.filter(kind="payout_ops").count() == 1

    payouts.approve(large.pk, by=staff)
    with pytest.raises(payouts.OnePersonTwice):
        payouts.approve(large.pk, by=staff)
    sweeps.sweep_payouts()
    assert cast.payouts_at_stripe(payee.partner.stripe_account) == []

    payouts.approve(large.pk, by=second)
    sweeps.sweep_payouts()
    assert len(cast.payouts_at_stripe(payee.partner.stripe_account)) == 1
    assert cast.money_faults() == {}


def test_taken_back_it_is_planned_anew_for_a_later_day(large, payee):
    payouts.drop(large.pk)

    sweeps.sweep_payouts()

    earning = Earning.objects.get()
    assert (Payout.objects.count(), earning.payout, earning.promised_on > large.day) == (
        1,
        None,
        True,
    )
    with pytest.raises(payouts.AlreadyUnderWay):
        payouts.drop(large.pk)


# --- The account


def test_changed_bank_account_holds_back_what_is_due(owing, payee):
    earning = cast.earned(owing())
    cast.come_to_payday(earning)
    set_clock(mila_now() - timedelta(days=1), speed=0)  # without the hold it would be paid tomorrow
    account = payee.partner.stripe_account
    user_actions.onboard(account, bank="9999")
    partners.refresh_account(account)

    set_clock(mila_now() + timedelta(days=1), speed=0)
    sweeps.sweep_payouts()
    assert not Payout.objects.exists()

    earning.refresh_from_db()
    changed = PayoutAccount.objects.get(partner=payee.partner).bank_changed_at
    payout = paid_out(earning)
    assert payout.cents == 5520
    assert mila_now() - changed >= timedelta(hours=72)


@pytest.mark.parametrize("told", [True, False])
def test_bank_account_changed_while_two_have_to_say_yes_is_not_paid(large, payee, staff, told):
    """Also where the message about the change was lost: the account is asked before anything is
    sent.
    """
    account = payee.partner.stripe_account
    set_clock(mila_now() + timedelta(minutes=5), speed=0)
    user_actions.onboard(account, bank="9999")
    if told:
        partners.refresh_account(account)
    payouts.approve(large.pk, by=staff)
    payouts.approve(large.pk, by=factories.UserFactory(is_staff=True))

    sweeps.sweep_payouts()

    large.refresh_from_db()
    earning = Earning.objects.get()
    assert (large.state, earning.payout) == (PayoutState.DROPPED, None)
    assert cast.payouts_at_stripe(account) == []
    assert earning.promised_on > large.day
    assert cast.money_faults() == {}


def test_account_that_was_left_meanwhile_is_not_paid(large, payee, staff):
    user_actions.leave(payee.partner.stripe_account)
    payouts.approve(large.pk, by=staff)
    payouts.approve(large.pk, by=factories.UserFactory(is_staff=True))

    sweeps.sweep_payouts()

    large.refresh_from_db()
    assert large.state == PayoutState.DROPPED
    assert cast.payouts_at_stripe(large.account) == []


def test_silent_stripe_is_asked_again_before_anything_is_sent(owing, payee):
    cast.come_to_payday(cast.earned(owing()))
    user_actions.switch_on("unreachable", path="GET /v1/accounts", times=1)
    (payout,) = payouts.plan(payee.partner.pk)

    payouts.submit(payout.pk)
    payout.refresh_from_db()
    assert (payout.state, payout.operations.exists()) == (PayoutState.PLANNED, False)

    set_clock(mila_now() + timedelta(minutes=5), speed=0)
    payouts.submit(payout.pk)
    payout.refresh_from_db()
    assert payout.state == PayoutState.ON_ITS_WAY


def test_account_that_cannot_be_paid_waits_and_is_paid_when_it_can(owing, payee):
    earning = cast.earned(owing())
    account = payee.partner.stripe_account
    user_actions.onboard(account, payouts=False)
    partners.refresh_account(account)
    cast.come_to_payday(earning)
    sweeps.sweep_payouts()
    assert not Payout.objects.exists()

    user_actions.onboard(account)
    partners.refresh_account(account)
    sweeps.sweep_payouts()

    assert Payout.objects.get().state == PayoutState.ON_ITS_WAY


def test_sent_back_by_the_bank_it_is_owed_again_and_told(owing, payee):
    earning = cast.earned(owing())
    account = payee.partner.stripe_account
    user_actions.onboard(account, bank=at_the_bank.CLOSED_BANK)
    partners.refresh_account(account)
    PayoutAccount.objects.update(bank_changed_at=None)
    payout = paid_out(earning)
    set_clock(mila_now() + timedelta(days=2), speed=0)

    user_actions.let_payouts_arrive()
    for _ in range(2):
        payouts.apply_payout(payout.stripe_id, account)
    partners.refresh_account(account)

    payout.refresh_from_db()
    earning.refresh_from_db()
    assert (payout.state, payout.failure_code) == (PayoutState.FAILED, "account_closed")
    assert (earning.payout, owed(payee.partner)) == (None, 5520)
    assert Notification.objects.filter(kind="payout_failed").count() == 1
    assert not PayoutAccount.objects.get(partner=payee.partner).can_be_paid
    assert (cast.money_faults(), ledger_gaps()) == ({}, {})

    user_actions.onboard(account)
    partners.refresh_account(account)
    earning.refresh_from_db()
    assert paid_out(earning).state == PayoutState.ON_ITS_WAY
    assert (owed(payee.partner), cast.money_faults()) == (0, {})


def test_account_that_follows_a_cut_tie_is_not_paid_within_the_hold(owing, payee):
    earning = cast.earned(owing())
    cast.come_to_payday(earning)
    user_actions.leave(payee.partner.stripe_account)
    partners.refresh_account(payee.partner.stripe_account)
    payee.partner.refresh_from_db()
    second = partners.open_account(payee.partner)
    user_actions.onboard(second)
    partners.refresh_account(second)

    sweeps.sweep_payouts()

    assert not Payout.objects.exists()
    earning.refresh_from_db()
    assert earning.promised_on > mila_now().date()


# --- A partner who is suspended


def test_suspended_partner_is_not_paid_until_it_is_over(owing, payee):
    earning = cast.earned(owing())
    cast.come_to_payday(earning)
    suspend(payee.partner_id, reason="Papers forged", evidence="A letter")

    sweeps.sweep_payouts()
    assert payouts.plan(payee.partner_id) == []
    assert not Payout.objects.exists()

    reinstate(payee.partner_id)
    sweeps.sweep_payouts()
    assert Payout.objects.get().state == PayoutState.ON_ITS_WAY
    assert cast.money_faults() == {}


def test_suspended_with_a_payout_planned_it_is_taken_back(owing, payee):
    earning = cast.earned(owing())
    cast.come_to_payday(earning)
    (planned,) = payouts.plan(payee.partner_id)
    suspend(payee.partner_id, reason="Papers forged", evidence="A letter")

    sweeps.sweep_payouts()

    planned.refresh_from_db()
    earning.refresh_from_db()
    assert (planned.state, earning.payout) == (PayoutState.DROPPED, None)
    assert cast.payouts_at_stripe(payee.partner.stripe_account) == []

    reinstate(payee.partner_id)
    assert earning.promised_on > planned.day
    assert paid_out(earning).state == PayoutState.ON_ITS_WAY
    assert (owed(payee.partner), cast.money_faults()) == (0, {})


# --- Ways that Mila pays


def test_way_is_brought_over_and_paid_with_the_rest(owing, payee):
    booking = owing(service_cents=12000)  # Mila's own balance must hold the way
    earning = cast.earned(booking)
    way = ways.WayPay.objects.create(
        booking=booking, partner=payee.partner, cents=2500, at=mila_now()
    )
    ways.ledger.book_way(way, mila_now())
    ways.earnings.earn_way(way, mila_now())

    payout = paid_out(earning, way.earning)

    assert (payout.state, payout.cents) == (PayoutState.ON_ITS_WAY, 12100)
    assert [one.kind for one in payout.operations.all()] == ["transfer", "payout"]
    assert owed(payee.partner) == 0


# --- Messages


def message(kind, payout) -> StripeEvent:
    return StripeEvent.objects.create(
        stripe_id=f"evt_{StripeEvent.objects.count()}", type=kind, account=payout.account,
        object_id=cast.payouts_at_stripe(payout.account)[0]["id"], livemode=False, payload={},
    )  # fmt: skip


@pytest.mark.parametrize(
    "kinds",
    [["payout.paid"] * 3, ["payout.failed", "payout.paid"], ["payout.paid", "payout.failed"]],
)
def test_messages_in_any_order_say_what_stripe_says(owing, payee, kinds):
    payout = paid_out(cast.earned(owing()))
    set_clock(mila_now() + timedelta(days=2), speed=0)
    user_actions.let_payouts_arrive()

    for kind in kinds:
        webhooks.handle(message(kind, payout).pk)

    payout.refresh_from_db()
    assert payout.state == PayoutState.PAID
    assert not StripeEvent.objects.filter(done_at=None).exists()
    assert cast.money_faults() == {}


def test_message_before_our_own_commit_finds_the_payout(owing, payee):
    cast.come_to_payday(cast.earned(owing()))
    (payout,) = payouts.plan(payee.partner.pk)
    payouts.sending.call(payouts.sending.next_operation(payout.pk))

    webhooks.handle(message("payout.paid", payout).pk)

    payout.refresh_from_db()
    assert payout.state == PayoutState.ON_ITS_WAY
    assert cast.money_faults() == {}


def test_refused_for_lack_of_money_waits_and_staff_hear_once(owing, payee):
    earning = cast.earned(owing())
    cast.come_to_payday(earning)
    Earning.objects.filter(pk=earning.pk).update(cents=9_999)

    for _ in range(3):
        set_clock(mila_now() + timedelta(hours=7), speed=0)
        sweeps.sweep_payouts()

    payout = Payout.objects.get()
    assert (payout.state, payout.stripe_id) == (PayoutState.PLANNED, "")
    assert Notification.objects.filter(kind="payout_ops").count() == 1
    assert planning.STILL_HERE[1] == payout.state
