"""A refund on paper: each part corrects the paper that stated it, once, and never more than was
paid (rule M8).
"""

import pytest

from papers import actions, sweeps
from papers.models import GivenBack, Paper
from tests.papers import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
WHOLE = {"amount_cents": 7190, "partner_cents": 5520, "booking_fee_cents": 290}


@pytest.fixture
def charge(payer, payee):
    cast.billing_of(payee)
    charge = cast.paid_job(payer, payee)
    cast.papers_of(charge)
    return charge


def credited(charge):
    notes = Paper.objects.filter(charge=charge, kind="credit_note")
    return {note.corrects.key.rpartition("-")[2]: note.total_cents for note in notes}


def test_whole_refund_corrects_every_paper_whole(charge):
    cast.credit(charge, **WHOLE)

    assert credited(charge) == {"service": 6900, "fee": 290, "commission": 1380}
    note = Paper.objects.get(kind="credit_note", corrects__key__endswith="service")
    assert note.series == note.corrects.series
    assert note.serial == 2
    assert note.data["corrects"] == note.corrects.number
    assert "Avoir" in cast.text(note)


def test_part_is_in_the_shares_the_refund_names(charge):
    cast.credit(charge, amount_cents=1000, partner_cents=800)

    assert credited(charge) == {"service": 1000, "commission": 200}


def test_part_that_mila_alone_gives_leaves_the_partners_net_as_it_is(charge):
    cast.credit(charge, amount_cents=500, partner_cents=0)

    assert credited(charge) == {"service": 500, "commission": 500}


def test_pro_has_given_back_what_mila_paid_them(payer, morning):
    technician = cast.pro()
    cast.billing_of(technician)
    charge = cast.paid_job(payer, technician)
    cast.papers_of(charge)

    cast.credit(charge, amount_cents=1000, partner_cents=800)

    assert credited(charge) == {"mila": 1000, "self_bill": 800}
    note = Paper.objects.get(kind="credit_note", audience="customer")
    assert note.data["vat"] == {"bp": 2000, "net_cents": 833, "vat_cents": 167, "why": ""}


def test_repeat_gives_nothing_more_back(charge):
    first = cast.credit(charge, **WHOLE)

    assert len(first) == 3
    assert cast.credit(charge, **WHOLE) == []
    assert GivenBack.objects.count() == 1


@pytest.mark.parametrize(
    "too_much",
    [
        {"amount_cents": 7191, "partner_cents": 5521, "booking_fee_cents": 290},
        {"amount_cents": 5521, "partner_cents": 5521},
        {"amount_cents": 291, "partner_cents": 0, "booking_fee_cents": 291},
        {"amount_cents": 1381, "partner_cents": 0},
        {"amount_cents": 100, "partner_cents": 101},
        {"amount_cents": 0, "partner_cents": 0},
    ],
)
def test_more_than_there_was_of_a_part_is_refused_and_writes_nothing(charge, too_much):
    with pytest.raises(actions.GivesTooMuchBack):
        cast.credit(charge, **too_much)

    assert credited(charge) == {}
    assert not GivenBack.objects.exists()


def test_two_parts_together_are_not_more_than_the_whole(charge):
    cast.credit(charge, amount_cents=6000, partner_cents=4800)

    with pytest.raises(actions.GivesTooMuchBack):
        cast.credit(charge, key="refund-2", amount_cents=1000, partner_cents=800)

    assert credited(charge) == {"service": 6000, "commission": 1200}


def test_what_corrects_a_paper_that_waits_comes_with_it(payer, payee):
    charge = cast.paid_job(payer, payee)
    cast.papers_of(charge)
    cast.credit(charge, **WHOLE)
    assert credited(charge) == {"fee": 290}

    actions.set_billing(payee.partner, by=payee.user, **cast.FRIEND)
    sweeps.sweep()

    assert credited(charge) == {"service": 6900, "fee": 290, "commission": 1380}
