"""A refund that left Stripe, and a dispute that is lost, bring their credit notes by themselves,
once (rule M6, M8).
"""

from uuid import uuid4

import pytest

from backoffice.invariants import violations
from papers import sweeps
from papers.models import GivenBack, Paper
from payments import disputes, refunds
from payments.models import Refund
from payments.standin import user_actions
from tests import factories
from tests.papers import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def charge(payer, payee):
    cast.billing_of(payee)
    charge = cast.paid_job(payer, payee)
    cast.papers_of(charge)
    return charge


def refund(charge, service=0, fee=0, **more):
    ops = factories.UserFactory(is_staff=True)
    wanted = {"service_cents": service, "booking_fee_cents": fee, "by": ops, "reason": "Not done"}
    return refunds.submit(refunds.refund(charge.pk, key=uuid4(), **wanted, **more).pk)


def credited(charge):
    notes = Paper.objects.filter(charge=charge, kind="credit_note")
    return {note.corrects.key.rpartition("-")[2]: note.total_cents for note in notes}


def test_whole_refund_corrects_every_paper(charge):
    refund(charge, service=6900, fee=290)

    sweeps.sweep()
    sweeps.sweep()

    assert credited(charge) == {"service": 6900, "fee": 290, "commission": 1380}
    assert GivenBack.objects.count() == 1


def test_two_parts_are_two_credit_notes(charge):
    refund(charge, service=1000)
    sweeps.sweep()
    refund(charge, service=500)
    sweeps.sweep()

    notes = Paper.objects.filter(kind="credit_note", corrects__key__endswith="service")
    assert sorted(notes.values_list("total_cents", flat=True)) == [500, 1000]


def test_what_mila_gives_beyond_its_commission_corrects_no_price(charge):
    refund(charge, service=6900, by_mila=True)

    sweeps.sweep()

    assert credited(charge) == {"service": 1380, "commission": 1380}
    assert GivenBack.objects.get().mila_cents == 6900 - 1380


def test_what_the_partner_lost_on_stripes_pages_is_no_more_than_they_had(charge):
    """The whole taken from the transfer: their invoice and the fee's are corrected, no more."""
    made = refund(charge, service=6900, fee=290)
    parts = {"service_cents": 7190, "partner_cents": 7190, "reversal_cents": 7190}
    nothing = dict.fromkeys(["booking_fee_cents", "commission_cents", "mila_cents", "fee_cents"], 0)
    Refund.objects.filter(pk=made.pk).update(**parts, **nothing)

    sweeps.sweep()

    assert credited(charge) == {"service": 6900, "fee": 290, "commission": 1380}


def contest(charge, *, won):
    dispute = disputes.apply_dispute(user_actions.dispute(charge.stripe_charge))
    sweeps.sweep()
    assert "service" not in credited(charge)  # nothing is decided yet
    user_actions.decide_dispute(dispute.stripe_id, won=won)
    disputes.apply_dispute(dispute.stripe_id)
    sweeps.sweep()
    sweeps.sweep()


def test_lost_dispute_corrects_what_the_ledger_gives_back(charge):
    contest(charge, won=False)

    assert credited(charge) == {"service": 6900, "fee": 290, "commission": 1380}
    assert violations().get("I12", []) == []
    note = Paper.objects.get(kind="credit_note", corrects__key__endswith="service")
    assert "votre banque" in cast.text(note)
    assert "à votre carte" not in cast.text(note)


def test_lost_dispute_of_a_pro_corrects_both_invoices(payer, morning):
    technician = cast.pro()
    cast.billing_of(technician)
    charge = cast.paid_job(payer, technician)
    cast.papers_of(charge)

    contest(charge, won=False)

    assert credited(charge) == {"mila": 7190, "self_bill": 5520}


def test_dispute_that_is_won_corrects_nothing(charge):
    contest(charge, won=True)

    assert credited(charge) == {}


def test_lost_beside_a_refund_no_more_is_credited_than_was_paid(charge):
    """The bank takes the whole, the half of which was given back before."""
    refund(charge, service=3450)
    sweeps.sweep()
    dispute = disputes.apply_dispute(user_actions.dispute(charge.stripe_charge))
    user_actions.decide_dispute(dispute.stripe_id, won=False)
    disputes.apply_dispute(dispute.stripe_id)

    sweeps.sweep()

    notes = Paper.objects.filter(kind="credit_note", corrects__key__endswith="service")
    assert sum(notes.values_list("total_cents", flat=True)) == 6900
    assert sum(GivenBack.objects.values_list("amount_cents", flat=True)) == charge.amount_cents
    assert violations().get("I12", []) == []


def test_ten_parts_have_the_vat_of_the_whole(charge):
    """Rounded each by itself, the booking fee's ten parts of 0.29 would have 0.50 of 0.48."""
    for _part in range(10):
        refund(charge, service=690, fee=29)
        sweeps.sweep()

    for paper in Paper.objects.filter(charge=charge, corrections__isnull=False).distinct():
        notes = [note.data["vat"] for note in paper.corrections.all()]
        assert len(notes) == 10
        for name in ("net_cents", "vat_cents"):
            assert sum(vat[name] for vat in notes) == paper.data["vat"][name]


def test_before_it_is_made_there_is_none(charge):
    ops = factories.UserFactory(is_staff=True)
    refunds.refund(
        charge.pk, key=uuid4(), service_cents=1000, booking_fee_cents=0, by=ops, reason="Not done"
    )

    sweeps.sweep()

    assert credited(charge) == {}
