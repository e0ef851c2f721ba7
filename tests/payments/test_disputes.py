"""A bank contests a charge: frozen while it is open, answered with what the booking says, won or
lost (rule G4, M6).
"""

from datetime import timedelta

import pytest

from accounts.models import Notification
from mila.clock import mila_now, set_clock
from payments import charges, comparing, disputes, payouts, sweeps, webhooks
from payments.models import (
    ChargeState,
    Difference,
    Dispute,
    DisputeState,
    Earning,
    Operation,
    OperationState,
    Payout,
    StripeEvent,
)
from payments.standin import user_actions
from payments.standin.models import Answer, Event, Thing
from payments.standin.store import ledger_gaps, ledger_sums
from tests import factories
from tests.payments import cast
from tests.payments.test_refunds import at_stripe, balances

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
INSIDE, ASKS = "4000000000000259", "4000000000001976"
COST = 1500


@pytest.fixture
def payee(morning):
    return cast.payee(user__name="Yanis Corvel", lat=45.80, lon=4.90)


@pytest.fixture
def ops(morning):
    return factories.UserFactory(is_staff=True)


@pytest.fixture
def paid(owing):
    return cast.charged(owing())


@pytest.fixture
def contested(paid):
    return disputes.apply_dispute(user_actions.dispute(paid.stripe_charge))


def decide(dispute, *, won):
    """The bank's word, and what we make of it."""
    user_actions.decide_dispute(dispute.stripe_id, won=won)
    disputes.apply_dispute(dispute.stripe_id)
    sweeps.sweep_returns()
    dispute.refresh_from_db()
    return dispute


def all_is_well():
    assert cast.money_faults() == {}
    assert ledger_gaps() == {}
    comparing.compare()
    assert (
        list(
            Difference.objects.filter(closed_at=None).values_list(
                "kind", "type", "ours_cents", "stripes_cents"
            )
        )
        == []
    )


def test_opened_the_money_is_away_and_the_payout_frozen(paid, contested):
    assert (contested.state, contested.amount_cents) == (DisputeState.OPEN, 7190)
    paid.earning.refresh_from_db()
    assert paid.earning.frozen_at
    assert balances(paid.booking)["disputed"] == 7190
    cast.come_to_payday(paid.earning)
    sweeps.sweep_payouts()
    assert not Payout.objects.exists()
    with pytest.raises(payouts.StillOpen):
        payouts.thaw(paid.booking_id)
    assert Notification.objects.filter(kind="dispute_ops").count() == 1
    all_is_well()


def test_opened_inside_the_charge_before_the_payment_is_told_of(owing):
    """Its message is handled first: the charge is asked about, then the dispute is written down."""
    booking = owing(INSIDE)
    user_actions.switch_on("answer_lost", path="confirm", times=1)
    charge = charges.submit(charges.open_charge(booking.pk).pk)
    assert charge.state == ChargeState.UNKNOWN
    object_id = Event.objects.get(type="charge.dispute.created").body["data"]["object"]["id"]

    event = hear("charge.dispute.created", object_id)

    assert event.done_at
    assert Dispute.objects.get().state == DisputeState.OPEN
    charge.refresh_from_db()
    assert charge.state == ChargeState.SUCCEEDED
    all_is_well()


def hear(type, object_id):
    event = StripeEvent.objects.create(
        stripe_id=f"evt_{type}", type=type, object_id=object_id, livemode=False, payload={}
    )
    webhooks.handle(event.pk)
    event.refresh_from_db()
    return event


def test_the_evidence_is_the_bookings_own_and_names_nobody(paid, contested, ops):
    disputes.submit_evidence(contested.pk, by=ops, words="The customer confirmed by telephone.")
    sweeps.sweep_returns()

    sent = Thing.objects.get(kind="dispute").body
    contested.refresh_from_db()
    assert (contested.state, sent["status"]) == (DisputeState.REVIEW, "under_review")
    assert "The customer confirmed by telephone." in sent["evidence"]["uncategorized_text"]
    assert paid.booking.number in sent["evidence"]["product_description"]
    assert "Signed off" in sent["evidence"]["uncategorized_text"]
    said = str(sent["evidence"])
    for secret in (paid.booking.customer.name, paid.booking.customer.email, "Yanis Corvel"):
        assert secret not in said
    all_is_well()


def test_evidence_is_sent_once(contested, ops):
    disputes.submit_evidence(contested.pk, by=ops)
    with pytest.raises(disputes.NotAnswerable):
        disputes.submit_evidence(contested.pk, by=ops)
    sweeps.sweep_returns()
    with pytest.raises(disputes.NotAnswerable):
        disputes.accept(contested.pk)

    assert Operation.objects.filter(dispute=contested).count() == 1


def test_won_the_payout_goes_on(paid, contested, ops):
    decide(contested, won=True)

    assert (contested.state, contested.next_at) == (DisputeState.WON, None)
    assert "disputed" not in balances(paid.booking)
    cast.come_to_payday(Earning.objects.get())
    sweeps.sweep_payouts()
    assert Payout.objects.get().cents == 5520
    all_is_well()


def test_lost_each_bears_their_part_and_the_partners_is_fetched_back(paid, contested):
    decide(contested, won=False)

    assert (contested.state, contested.reversal_id != "", contested.next_at) == (
        DisputeState.LOST,
        True,
        None,
    )
    assert balances(paid.booking) == {}  # Stripe's own cost is booked by the comparison
    assert at_stripe(paid) == (-COST, 0)
    assert sum(Earning.objects.values_list("cents", flat=True)) == 0
    assert not Earning.objects.exclude(frozen_at=None).exists()
    all_is_well()
    assert balances(paid.booking) == {"cost": COST, "stripe": -COST}


def test_lost_after_the_payout_it_is_a_debt(paid, owing, payee):
    """Fault M15."""
    cast.come_to_payday(paid.earning)
    sweeps.sweep_payouts()
    contested = disputes.apply_dispute(user_actions.dispute(paid.stripe_charge))
    assert not Earning.objects.exclude(frozen_at=None).exists()

    decide(contested, won=False)

    assert at_stripe(paid)[1] == -5520
    all_is_well()
    earnings = [cast.earned(owing()), cast.earned(owing())]
    cast.come_to_payday(*earnings)
    sweeps.sweep_payouts()
    assert Payout.objects.latest("pk").cents == 5520
    assert at_stripe(paid)[1] == 0
    all_is_well()


@pytest.mark.parametrize("won", [True, False])
def test_what_staff_took_over_its_end_releases_not(paid, contested, ops, won):
    payouts.freeze(paid.booking_id, by=ops)

    decide(contested, won=won)

    kept = Earning.objects.filter(frozen_by=ops)
    assert kept.count() == Earning.objects.count()
    payouts.thaw(paid.booking_id)
    assert not kept.exists()
    all_is_well()


def test_accepted_is_lost_at_once(contested, ops):
    disputes.accept(contested.pk)
    sweeps.sweep_returns()
    sweeps.sweep_returns()

    contested.refresh_from_db()
    assert (contested.state, contested.reversal_id != "") == (DisputeState.LOST, True)
    all_is_well()


def test_an_inquiry_freezes_and_moves_nothing(paid):
    asked = disputes.apply_dispute(user_actions.dispute(paid.stripe_charge, inquiry=True))
    assert (asked.state, "disputed" in balances(paid.booking)) == (DisputeState.INQUIRY, False)
    assert Earning.objects.exclude(frozen_at=None).exists()

    decide(asked, won=True)

    assert asked.state == DisputeState.CLOSED
    assert not Earning.objects.exclude(frozen_at=None).exists()
    all_is_well()


def test_an_inquiry_that_becomes_a_dispute_takes_the_money(paid):
    asked = disputes.apply_dispute(user_actions.dispute(paid.stripe_charge, inquiry=True))

    decide(asked, won=False)

    assert (asked.state, balances(paid.booking)["disputed"]) == (DisputeState.OPEN, 7190)
    all_is_well()


def test_lost_messages_are_found_by_the_look(paid, contested):
    """Fault M8."""
    user_actions.decide_dispute(contested.stripe_id, won=True)
    set_clock(mila_now() + timedelta(hours=13), speed=0)

    sweeps.sweep_returns()

    contested.refresh_from_db()
    assert contested.state == DisputeState.WON
    all_is_well()


def test_one_nobody_told_of_is_found_at_night(paid):
    user_actions.dispute(paid.stripe_charge)

    all_is_well()

    assert Dispute.objects.get().state == DisputeState.OPEN


@pytest.mark.parametrize("fault", ["answer_lost", "unreachable", "409", "429", "503", "500_after"])
def test_the_partners_part_is_fetched_back_once(fault, paid, contested):
    user_actions.switch_on(fault, path="reversals", times=2)
    user_actions.decide_dispute(contested.stripe_id, won=False)
    disputes.apply_dispute(contested.stripe_id)

    for _ in range(6):
        set_clock(mila_now() + timedelta(minutes=5), speed=0)
        sweeps.sweep_returns()

    assert Thing.objects.filter(kind="transfer_reversal").count() == 1
    assert at_stripe(paid)[1] == 0
    all_is_well()


def test_a_reversal_whose_key_is_forgotten_is_not_made_twice(paid, contested):
    """Fault M6."""
    user_actions.switch_on("answer_lost", path="POST .*reversals", times=1)
    user_actions.decide_dispute(contested.stripe_id, won=False)
    disputes.apply_dispute(contested.stripe_id)
    sweeps.sweep_returns()
    Answer.objects.all().delete()

    set_clock(mila_now() + timedelta(hours=25), speed=0)
    sweeps.sweep_returns()

    assert Thing.objects.filter(kind="transfer_reversal").count() == 1
    all_is_well()


def test_evidence_too_late_is_told_to_staff(paid, contested, ops):
    disputes.submit_evidence(contested.pk, by=ops)
    user_actions.decide_dispute(contested.stripe_id, won=False)

    sweeps.sweep_returns()

    assert Operation.objects.get(kind="evidence").state == OperationState.FAILED
    assert Notification.objects.filter(kind="dispute_ops").count() == 2
    set_clock(mila_now() + timedelta(hours=13), speed=0)
    sweeps.sweep_returns()
    sweeps.sweep_returns()
    contested.refresh_from_db()
    assert (contested.state, contested.reversal_id != "") == (DisputeState.LOST, True)
    assert ledger_sums()[contested.charge.partner.stripe_account, "eur"] == 0
    all_is_well()
