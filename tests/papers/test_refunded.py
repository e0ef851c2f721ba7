"""A refund that left Stripe brings its credit notes by itself, once (rule M6, M8)."""

from uuid import uuid4

import pytest

from papers import sweeps
from papers.models import GivenBack, Paper
from payments import refunds
from payments.models import Refund
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


def test_before_it_is_made_there_is_none(charge):
    ops = factories.UserFactory(is_staff=True)
    refunds.refund(
        charge.pk, key=uuid4(), service_cents=1000, booking_fee_cents=0, by=ops, reason="Not done"
    )

    sweeps.sweep()

    assert credited(charge) == {}
