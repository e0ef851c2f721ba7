"""Charging what was signed, once, with its shares (rule M1-M4)."""

from datetime import timedelta

import pytest

from payments import charges, sweeps
from payments.models import Charge, ChargeKind, ChargeState, LedgerEntry, Operation, OperationState
from payments.standin.store import ledger_gaps, ledger_sums
from requests_app.actions import changes, visit
from requests_app.lifecycle import Role
from requests_app.models import Booking, BookingEvent, Fault, FaultEntry, State
from tests.cast import claimed, nearly_time, walk
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


def ledger(booking):
    lines = LedgerEntry.objects.filter(booking=booking)
    return {line.account: line.cents for line in lines}


def test_a_signed_booking_is_charged_and_settled(owing, payee):
    booking = owing()

    charge = cast.charged(booking)

    booking.refresh_from_db()
    assert (charge.state, booking.state) == (ChargeState.SUCCEEDED, State.SETTLED)
    assert (charge.amount_cents, charge.commission_cents, charge.partner_cents) == (
        7190,
        1380,
        5520,
    )
    assert charge.next_at is None
    (paid,) = cast.at_stripe(booking)
    assert (paid["amount"], paid["application_fee_amount"]) == (7190, 1380 + 290)
    assert paid["transfer_data"]["destination"] == payee.partner.stripe_account
    assert ledger(booking) == {
        "stripe": 7190,
        "partner": -5520,
        "commission": -1380,
        "booking_fee": -290,
    }
    assert ledger_sums()[payee.partner.stripe_account, "eur"] == 5520
    assert ledger_gaps() == {}


def test_the_calls_are_written_down_with_their_keys(owing):
    booking = owing()

    cast.charged(booking)

    assert list(Operation.objects.values_list("kind", "key", "state")) == [
        ("create", f"{booking.uuid}-pi", OperationState.DONE),
        ("confirm", f"{booking.uuid}-confirm-1", OperationState.DONE),
    ]


def test_a_repeat_changes_nothing(owing):
    booking = owing()
    first = cast.charged(booking)

    again = sweeps.charge_booking(booking.pk)

    assert again == first
    assert len(cast.at_stripe(booking)) == 1
    assert Operation.objects.count() == 2
    assert BookingEvent.objects.filter(booking=booking, move="settle").count() == 1
    assert LedgerEntry.objects.values("entry").distinct().count() == 1


def test_swiss_francs_stay_francs(owing):
    booking = owing(country="CH", currency="CHF", service_cents=11905, booking_fee_cents=490)

    charge = cast.charged(booking)

    assert (charge.currency, charge.amount_cents) == ("CHF", 12395)
    assert charge.commission_cents + charge.partner_cents == 11905
    assert cast.at_stripe(booking)[0]["currency"] == "chf"


def test_the_frozen_total_is_charged_whatever_the_booking_says_now(owing):
    booking = owing()
    booking.service_cents = 1
    booking.save(update_fields=["service_cents"])

    cast.charged(booking)

    assert cast.at_stripe(booking)[0]["amount"] == 7190


def test_a_total_of_zero_settles_without_a_charge(owing):
    booking = owing(service_cents=0, booking_fee_cents=0)

    assert sweeps.charge_booking(booking.pk) is None

    booking.refresh_from_db()
    assert booking.state == State.SETTLED
    assert not Charge.objects.exists()
    assert cast.intents(booking) == []


def test_without_a_commission_there_is_no_fee_at_stripe(owing):
    booking = owing(booking_fee_cents=0, policy_data={"commission_bp": {"friend": 0, "pro": 0}})

    charge = cast.charged(booking)

    assert charge.state == ChargeState.SUCCEEDED
    assert cast.at_stripe(booking)[0]["application_fee_amount"] is None
    assert ledger(booking) == {"stripe": 6900, "partner": -6900}


def test_a_booking_that_is_not_signed_owes_nothing(searching):
    assert charges.open_charge(searching.pk) is None
    assert not Charge.objects.exists()


class TestFee:
    """What ending it without a signature costs (rule B10, L11)."""

    @pytest.fixture
    def job(self, searching, payer, payee):
        searching.card = cast.saved_card(payer)
        searching.save(update_fields=["card"])
        return claimed(searching, payee)

    def end(self, job, fee_cents):
        """Cancelled by the customer at this price, whatever the day."""
        type(job).objects.filter(pk=job.pk).update(fee_cents=0)
        changes.cancel(job.pk, role=Role.OPS, by=None)
        type(job).objects.filter(pk=job.pk).update(fee_cents=fee_cents)

    def test_cancelling_with_a_cost_is_charged_and_shared(self, job, payee):
        self.end(job, 2500)

        charge = sweeps.charge_booking(job.pk)

        job.refresh_from_db()
        assert (charge.kind, charge.state, job.state) == (
            ChargeKind.FEE,
            ChargeState.SUCCEEDED,
            State.CANCELLED,
        )
        assert (charge.partner, charge.amount_cents, charge.booking_fee_cents) == (
            payee.partner,
            2500,
            0,
        )
        assert ledger(job) == {"stripe": 2500, "partner": -2000, "commission": -500}
        assert cast.at_stripe(job) == []
        assert [paid["amount"] for paid in cast.at_stripe(job, kind="fee")] == [2500]
        assert Operation.objects.get(kind="create").key == f"{job.uuid}-fee-pi"

    def test_cancelling_free_of_charge_charges_nothing(self, job):
        self.end(job, 0)

        assert sweeps.charge_booking(job.pk) is None
        assert cast.intents(job) == []

    def test_a_visit_in_vain_is_charged_once_it_was_read_and_agreed_to(
        self, job, payee, stopped_clock
    ):
        walk_to_the_door(job, payee, stopped_clock)
        visit.fail_visit(
            job.pk, payee.pk, by=payee.user, reason="Nobody opened", fault=Fault.CUSTOMER
        )

        held = sweeps.charge_booking(job.pk)

        assert (held.kind, held.amount_cents, held.partner) == (ChargeKind.FEE, 2500, payee.partner)
        assert (held.state, cast.intents(job)) == (ChargeState.HELD, [])
        charges.read(held.pk)
        charges.agree(held.pk)
        assert charges.submit(held.pk).state == ChargeState.SUCCEEDED

    def test_a_visit_in_vain_inside_a_right_of_withdrawal_costs_nothing(
        self, job, payee, stopped_clock
    ):
        walk_to_the_door(job, payee, stopped_clock, placed=timedelta(days=1))
        visit.fail_visit(
            job.pk, payee.pk, by=payee.user, reason="Nobody opened", fault=Fault.CUSTOMER
        )

        assert sweeps.charge_booking(job.pk) is None
        assert not Charge.objects.exists()

    def test_a_fee_that_nobody_waited_for_is_milas(self, job):
        self.end(job, 2500)
        FaultEntry.objects.filter(booking=job).delete()
        job.assignments.all().delete()

        charge = sweeps.charge_booking(job.pk)

        assert (charge.partner, charge.state) == (None, ChargeState.SUCCEEDED)
        assert ledger(job) == {"stripe": 2500, "commission": -2500}
        assert cast.at_stripe(job, kind="fee")[0]["transfer_data"] is None


def walk_to_the_door(job, technician, stopped_clock, *, placed=timedelta(days=20)):
    user = technician.user
    Booking.objects.filter(pk=job.pk).update(claimed_at=job.start_at - placed)
    visit.record_call(job.pk, technician.pk, by=user, channel="phone", reached=True)
    visit.confirm(job.pk, technician.pk, by=user)
    nearly_time(job)
    visit.depart(job.pk, technician.pk, by=user)
    visit.arrive(job.pk, technician.pk, by=user)
    stopped_clock(job.start_at + timedelta(minutes=10))


def test_the_whole_way_by_the_verbs(searching, payer, payee):
    searching.card = cast.saved_card(payer)
    searching.save(update_fields=["card"])
    booking = walk(searching, payee, State.SIGNED_OFF)

    cast.charged(booking)

    booking.refresh_from_db()
    assert booking.state == State.SETTLED
    payee.refresh_from_db()
    assert payee.settled_jobs == 1
