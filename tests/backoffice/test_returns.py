"""Money that goes back, by ops: with a reason and the second factor, from the booking's page
(rule M6, O1, O2).
"""

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts.models import User
from mila.clock import mila_now
from payments import comparing, disputes, refunds, sweeps
from payments.models import (
    Difference,
    Dispute,
    DisputeState,
    Earning,
    Operation,
    Refund,
    RefundState,
)
from payments.standin import user_actions
from payments.standin.models import Posting
from tests.payments import cast
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
COMES_BACK = "4000000000005126"


@pytest.fixture
def ops(client, staff):
    sign_in(client, staff)
    return client


@pytest.fixture
def paid(owing):
    return cast.charged(owing())


def page(charge):
    return reverse("admin:requests_app_booking_change", args=[charge.booking_id])


def act(charge, name):
    return reverse("admin:requests_app_booking_act", args=[charge.booking_id, name])


def answers(**more):
    return {
        "key": str(uuid4()),
        "service": "34.50",
        "fee": "no",
        "borne": "both",
        "reason": "Half of it undone",
        **more,
    }


def test_the_form_says_whose_it_would_be(ops, paid):
    said = ops.get(act(paid, "refund")).content.decode()

    assert "69,00" in said or "69.00" in said
    assert re.search(r"55[.,]20", said)
    assert re.search(r"13[.,]80", said)
    assert re.search(r"2[.,]90", said)


def test_a_refund_is_made_and_both_parts_are_on_the_page(ops, staff, paid):
    answer = ops.post(act(paid, "refund"), answers())

    assert answer.status_code == 302
    sweeps.sweep_returns()
    refund = Refund.objects.get()
    assert (refund.state, refund.by, refund.reason) == (
        RefundState.DONE,
        staff,
        "Half of it undone",
    )
    said = ops.get(page(paid)).content.decode()
    assert re.search(r"27[.,]60", said)
    assert re.search(r"6[.,]90", said)
    assert "Half of it undone" in LogEntry.objects.latest("pk").change_message


def test_the_form_sent_twice_refunds_once(ops, paid):
    sent = answers()
    ops.post(act(paid, "refund"), sent)
    sweeps.sweep_returns()

    ops.post(act(paid, "refund"), sent)

    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"service": "69.01"}, {"service": "-1"}, {"service": "0"}, {"reason": ""}, {"key": "x"},
        {"borne": "partner"},
     {"service": "1e400"}],
)  # fmt: skip
def test_what_does_not_fit_moves_nothing(ops, paid, wrong):
    answer = ops.post(act(paid, "refund"), answers(**wrong))

    assert answer.status_code == 200
    assert not Refund.objects.exists()
    assert not Operation.objects.filter(refund__isnull=False).exists()


@pytest.mark.parametrize(
    "name", ["refund", "refund-again", "refund-by-hand", "evidence", "accept-dispute"]
)
def test_nobody_moves_money_without_the_right_or_the_second_factor(client, staff, paid, name):
    sign_in(client, staff)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()

    answer = client.post(act(paid, name), answers(words=""))

    assert answer.status_code in (302, 403)
    assert not Refund.objects.exists()


def test_what_came_back_is_sent_again_or_noted(ops, owing):
    charge = cast.charged(owing(COMES_BACK))
    ops.post(act(charge, "refund"), answers())
    sweeps.sweep_returns()
    user_actions.let_refunds_settle()
    refunds.apply_refund(Refund.objects.get().stripe_id)
    listed = reverse("admin:payments_refund_changelist") + "?standing=open"
    assert str(charge.booking) in ops.get(listed).content.decode()

    ops.post(
        act(charge, "refund-by-hand"),
        {"refund": Refund.objects.get().pk, "reason": "Transferred on Tuesday, order 4711"},
    )

    assert Refund.objects.get().by_hand_at is not None
    assert act(charge, "refund-again") not in ops.get(page(charge)).content.decode()


@pytest.fixture
def two_back(ops, owing):
    """10.00, then 20.00, both sent back by the customer's bank."""
    charge = cast.charged(owing(COMES_BACK))
    for service in ("10.00", "20.00"):
        ops.post(act(charge, "refund"), answers(service=service))
        sweeps.sweep_returns()
    user_actions.let_refunds_settle()
    for refund in Refund.objects.all():
        refunds.apply_refund(refund.stripe_id)
    return charge


@pytest.mark.parametrize("name", ["refund-by-hand", "refund-again"])
def test_of_two_that_came_back_the_one_that_is_meant_is_settled(ops, two_back, name):
    first, second = Refund.objects.all()
    said = ops.get(act(two_back, name)).content.decode()
    assert re.search(rf'value="{first.pk}"[^>]*>[^<]*10[.,]00', said)
    assert re.search(rf'value="{second.pk}"[^>]*>[^<]*20[.,]00', said)

    ops.post(act(two_back, name), {"refund": second.pk, "reason": "Order 4711"})

    assert [refunds.waits_for_staff(one) for one in Refund.objects.order_by("pk")[:2]] == [
        True,
        False,
    ]


@pytest.mark.parametrize("name", ["refund-by-hand", "refund-again"])
def test_the_one_that_waits_no_more_is_not_taken_for_the_other(ops, two_back, name):
    first, second = Refund.objects.all()
    refunds.note_paid_by_hand(second.pk)

    answer = ops.post(act(two_back, name), {"refund": second.pk, "reason": "Order 4711"})

    assert str(refunds.NotBack.sentence) in html.unescape(answer.content.decode())
    assert refunds.waits_for_staff(Refund.objects.get(pk=first.pk))
    assert Refund.objects.count() == 2


@pytest.mark.parametrize("name", ["refund-by-hand", "refund-again"])
def test_none_named_settles_none(ops, two_back, name):
    ops.post(act(two_back, name), {"reason": "Order 4711"})

    assert all(refunds.waits_for_staff(one) for one in Refund.objects.all())
    assert Refund.objects.count() == 2


def test_staff_keep_frozen_what_a_dispute_froze(ops, staff, paid):
    dispute = disputes.apply_dispute(user_actions.dispute(paid.stripe_charge))
    assert act(paid, "freeze") in ops.get(page(paid)).content.decode()

    ops.post(act(paid, "freeze"), {"reason": "The case goes on"})
    user_actions.decide_dispute(dispute.stripe_id, won=True)
    disputes.apply_dispute(dispute.stripe_id)

    assert list(Earning.objects.values_list("frozen_by", flat=True)) == [staff.pk]
    said = ops.get(page(paid)).content.decode()
    assert act(paid, "freeze") not in said
    assert act(paid, "thaw") in said


def test_evidence_is_read_then_sent(ops, staff, paid):
    disputes.apply_dispute(user_actions.dispute(paid.stripe_charge))
    said = ops.get(page(paid)).content.decode()
    assert paid.booking.number in said
    assert "ACCESS ACTIVITY LOG" in said or "PRODUCT DESCRIPTION" in said
    assert act(paid, "refund") not in said

    ops.post(
        act(paid, "evidence"), {"words": "They were at home.", "reason": "Signed, with the code"}
    )
    sweeps.sweep_returns()

    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.submitted_by) == (DisputeState.REVIEW, staff)
    assert "They were at home." in dispute.evidence["uncategorized_text"]


def test_a_dispute_is_accepted(ops, paid):
    disputes.apply_dispute(user_actions.dispute(paid.stripe_charge))

    ops.post(act(paid, "accept-dispute"), {"reason": "It was our mistake"})
    sweeps.sweep_returns()

    assert Dispute.objects.get().state == DisputeState.LOST


def test_the_trial_balance_comes_to_nothing(ops, owing, paid):
    cast.come_to_payday(paid.earning)
    sweeps.sweep_payouts()
    ops.post(act(paid, "refund"), answers())
    sweeps.sweep_returns()
    comparing.compare()

    said = ops.get(reverse("admin:payments_ledgerentry_balance")).content.decode()

    assert re.search(r"<td data-label=\"[^\"]+\">[^<]*0[.,]00", said)
    assert paid.partner.name in said  # who owes
    assert (
        reverse("admin:payments_ledgerentry_balance")
        in ops.get(reverse("admin:payments_ledgerentry_changelist")).content.decode()
    )


def test_the_weeks_are_drawn_beside_it(ops, owing, paid, stopped_clock):
    """A week ago 71.90 and half of the price back; this week nothing is paid, and a part more goes
    back.
    """
    ops.post(act(paid, "refund"), answers())
    sweeps.sweep_returns()
    stopped_clock(mila_now() + timedelta(weeks=1))
    sign_in(ops, User.objects.get(is_staff=True))
    ops.post(act(paid, "refund"), answers(service="10.00"))
    sweeps.sweep_returns()

    said = ops.get(reverse("admin:payments_ledgerentry_balance")).content.decode()

    titles = re.findall(r"<title>([^<]+: [^<]+)</title>", said)
    paid_, earned = titles[:14], titles[14:]
    assert len(earned) == 14
    assert re.search(r"71[.,]90", paid_[-2])
    assert re.search(r"0[.,]00", paid_[-1])
    assert re.search(r"9[.,]80", earned[-2])  # 13.80 and 2.90, less 6.90
    assert re.search(r"-2[.,]00|−2[.,]00", earned[-1])
    assert all(title.endswith("–") for title in (*paid_[:-2], *earned[:-2]))


def test_a_difference_is_closed_with_a_reason(ops, staff, paid):
    Posting.objects.create(account="", currency="eur", net=1, transaction="", available_on=0)
    comparing.compare()
    row = Difference.objects.get()
    address = reverse("admin:payments_difference_act", args=[row.pk, "close"])

    ops.post(address, {"reason": ""})
    assert Difference.objects.get().closed_at is None
    ops.post(address, {"reason": "Stripe has said sorry"})

    assert Difference.objects.get().closed_by == staff
