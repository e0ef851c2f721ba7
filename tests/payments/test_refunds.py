"""Money back to the payer, with exact shares, never more than was paid, however often and late it
is sent (rule M6).
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Notification
from mila.clock import mila_now, set_clock
from mila.errors import Refusal
from payments import payouts, refunds, sweeps
from payments.models import (
    Charge,
    Earning,
    Payout,
    Refund,
    RefundOrigin,
    RefundState,
)
from payments.standin import user_actions
from payments.standin.models import Thing
from tests.payments import cast
from tests.payments.refunding import (
    COMES_BACK,
    LATE,
    all_is_well,
    at_stripe,
    balances,
    borne,
    give,
    ops,
    paid,
    payee,
)

__all__ = ["give", "ops", "paid", "payee"]  # fixtures

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


def test_half_the_service_takes_the_exact_shares(paid, give):
    refund = give(paid, 3450)

    assert (refund.state, borne(refund)) == (RefundState.DONE, (2760, 690, 0, 0))
    assert (refund.reversal_cents, refund.fee_cents) == (3450, 690)
    assert refunds.arrived_cents(paid.booking_id) == 3450  # what the customer's page says
    assert at_stripe(paid) == (1380 + 290 - 690, 5520 - 2760)
    assert balances(paid.booking) == {
        "stripe": 3740,
        "partner": -2760,
        "commission": -690,
        "booking_fee": -290,
    }
    all_is_well()


def test_all_of_it_leaves_nothing(paid, give):
    refund = give(paid, 6900, 290)

    assert borne(refund) == (5520, 1380, 290, 0)
    assert at_stripe(paid) == (0, 0)
    assert balances(paid.booking) == {}
    all_is_well()


def test_good_will_is_milas_alone(paid, give):
    refund = give(paid, 2000, by_mila=True)

    assert (borne(refund), refund.reversal_cents, refund.fee_cents) == ((0, 0, 0, 2000), 0, 0)
    assert at_stripe(paid)[1] == 5520
    assert not Earning.objects.filter(cents__lt=0).exists()
    all_is_well()


def test_only_the_booking_fee_takes_nothing_from_the_partner(paid, give):
    assert borne(give(paid, 0, 290)) == (0, 0, 290, 0)
    assert at_stripe(paid) == (1380, 5520)
    all_is_well()


def test_pieces_add_up_to_the_whole(paid, give):
    pieces = [give(paid, cents) for cents in (1, 2, 333, 1, 6563)]
    pieces.append(give(paid, 0, 290))

    assert [sum(part) for part in zip(*map(borne, pieces), strict=True)] == [5520, 1380, 290, 0]
    assert at_stripe(paid) == (0, 0)
    all_is_well()


@pytest.mark.parametrize(("service", "fee"), [(6901, 0), (0, 291), (-1, 290), (0, 0)])
def test_more_than_paid_is_refused(paid, give, service, fee):
    with pytest.raises(Refusal):
        give(paid, service, fee)

    assert not Refund.objects.exists()
    assert not Thing.objects.filter(kind="refund").exists()


def test_the_rest_is_less_after_each(paid, give):
    give(paid, 6000)

    with pytest.raises(refunds.MoreThanPaid):
        give(paid, 901)

    assert Refund.objects.count() == 1


def test_the_database_refuses_more_than_was_paid(paid):
    with pytest.raises(IntegrityError, match="never_more_back_than_paid"), transaction.atomic():
        Charge.objects.filter(pk=paid.pk).update(refunded_cents=7191)


def test_a_form_sent_twice_refunds_once(paid, ops):
    key = uuid4()
    for _ in range(2):
        row = refunds.refund(
            paid.pk, key=key, service_cents=1000, booking_fee_cents=0, by=ops, reason="x"
        )
        refunds.submit(row.pk)

    assert Refund.objects.count() == Thing.objects.filter(kind="refund").count() == 1


def test_while_one_is_made_no_other_begins(paid, ops):
    refunds.refund(
        paid.pk, key=uuid4(), service_cents=1000, booking_fee_cents=0, by=ops, reason="x"
    )

    with pytest.raises(refunds.OneAtATime):
        refunds.refund(
            paid.pk, key=uuid4(), service_cents=1000, booking_fee_cents=0, by=ops, reason="x"
        )


def test_what_is_not_paid_cannot_go_back(owing, give):
    charge = cast.charged(owing(cast.DECLINES_LATER))

    with pytest.raises(refunds.NothingPaid):
        give(charge, 100)


def test_payer_and_partner_are_told_once(paid, give):
    refund = give(paid, 3450)
    refunds.apply_refund(refund.stripe_id)

    told = Notification.objects.filter(kind__in=("refunded", "job_refunded"))
    found = {one.kind: (one.email, one.context) for one in told}
    assert len(told) == 2
    assert found["refunded"][0] == paid.booking.customer.email
    assert found["refunded"][1]["refund_cents"] == 3450
    assert found["job_refunded"][1]["share_cents"] == 2760


# --- The payout


def test_before_the_payout_it_comes_off_the_share(paid, give, payee):
    give(paid, 3450)

    cast.come_to_payday(paid.earning)
    sweeps.sweep_payouts()

    assert Payout.objects.get().cents == 2760
    assert at_stripe(paid)[1] == 0
    all_is_well()


def test_while_it_is_made_the_share_is_frozen(paid, ops):
    row = refunds.refund(
        paid.pk, key=uuid4(), service_cents=1000, booking_fee_cents=0, by=ops, reason="x"
    )
    cast.come_to_payday(paid.earning)

    sweeps.sweep_payouts()
    assert not Payout.objects.exists()
    with pytest.raises(payouts.StillOpen):
        payouts.thaw(paid.booking_id)

    refunds.submit(row.pk)
    assert not Earning.objects.exclude(frozen_at=None).exists()


def test_what_staff_froze_stays_frozen(paid, give, ops):
    payouts.freeze(paid.booking_id, by=ops)

    give(paid, 1000)

    assert Earning.objects.exclude(frozen_at=None).count() == 2


def test_staff_take_over_what_a_refund_froze(paid, ops):
    row = refunds.refund(
        paid.pk, key=uuid4(), service_cents=1000, booking_fee_cents=0, by=ops, reason="x"
    )
    payouts.freeze(paid.booking_id, by=ops)

    refunds.submit(row.pk)

    assert list(Earning.objects.values_list("frozen_by", flat=True)) == [ops.pk, ops.pk]
    cast.come_to_payday(paid.earning)
    sweeps.sweep_payouts()
    assert not Payout.objects.exists()
    payouts.thaw(paid.booking_id)
    assert not Earning.objects.exclude(frozen_at=None).exists()
    all_is_well()


def test_staff_who_let_go_meanwhile_leave_it_to_the_refund(paid, ops):
    row = refunds.refund(
        paid.pk, key=uuid4(), service_cents=1000, booking_fee_cents=0, by=ops, reason="x"
    )
    payouts.freeze(paid.booking_id, by=ops)

    payouts.thaw(paid.booking_id)

    assert Earning.objects.filter(frozen_at__isnull=False, frozen_by=None).exists()
    refunds.submit(row.pk)
    assert not Earning.objects.exclude(frozen_at=None).exists()
    all_is_well()


def test_what_is_over_and_still_frozen_is_told(paid):
    Earning.objects.filter(pk=paid.earning.pk).update(frozen_at=mila_now())

    assert cast.money_faults() == {
        "disputes": [f"earning {paid.earning.pk} is still frozen by what is over"]
    }


def test_after_the_payout_it_is_a_debt_netted_from_the_next(paid, owing, give, payee):
    """Fault M15."""
    cast.come_to_payday(paid.earning)
    sweeps.sweep_payouts()

    refund = give(paid, 3450)

    assert refund.earning.cents == -2760
    assert at_stripe(paid)[1] == -2760
    assert balances(paid.booking)["partner"] == 2760
    all_is_well()
    later = cast.earned(owing())
    cast.come_to_payday(later)
    sweeps.sweep_payouts()
    assert Payout.objects.latest("pk").cents == 5520 - 2760
    assert at_stripe(paid)[1] == 0
    all_is_well()


# --- What fails later


def test_one_that_comes_back_is_owed_and_staff_hear_of_it(owing, give, ops):
    paid = cast.charged(owing(COMES_BACK))
    refund = give(paid, 3450)
    user_actions.let_refunds_settle()

    refunds.apply_refund(refund.stripe_id)
    refunds.apply_refund(refund.stripe_id)

    refund.refresh_from_db()
    assert (refund.state, refunds.waits_for_staff(refund)) == (RefundState.CAME_BACK, True)
    assert refunds.arrived_cents(paid.booking_id) == 0
    assert balances(paid.booking)["customer"] == -3450
    assert Notification.objects.filter(kind="refund_ops").count() == 1
    all_is_well()


def test_what_came_back_is_sent_again_without_touching_a_share(owing, give, ops):
    paid = cast.charged(owing(COMES_BACK))
    refund = give(paid, 3450)
    user_actions.let_refunds_settle()
    refunds.apply_refund(refund.stripe_id)
    before = at_stripe(paid)

    again = refunds.submit(refunds.send_again(refund.pk, by=ops, reason="Another try").pk)

    assert (again.state, again.origin) == (RefundState.DONE, RefundOrigin.AGAIN)
    assert at_stripe(paid) == (before[0] - 3450, before[1])
    assert "customer" not in balances(paid.booking)
    with pytest.raises(refunds.NotBack):
        refunds.send_again(refund.pk, by=ops, reason="Twice")
    all_is_well()


def test_what_came_back_is_paid_by_hand_once(owing, give, ops):
    paid = cast.charged(owing(COMES_BACK))
    refund = give(paid, 3450)
    user_actions.let_refunds_settle()
    refunds.apply_refund(refund.stripe_id)

    refunds.note_paid_by_hand(refund.pk)
    refunds.note_paid_by_hand(refund.pk)

    assert balances(paid.booking)["bank"] == -3450
    with pytest.raises(refunds.NotBack):
        refunds.send_again(refund.pk, by=ops, reason="Twice")
    all_is_well()


def test_a_late_one_waits_for_the_bank(owing, give):
    refund = give(cast.charged(owing(LATE)), 3450)
    assert refund.state == RefundState.PENDING

    user_actions.let_refunds_settle()
    set_clock(mila_now() + timedelta(hours=13), speed=0)
    sweeps.sweep_returns()  # the message was lost (fault M8)

    refund.refresh_from_db()
    assert (refund.state, refund.next_at) == (RefundState.DONE, None)
    all_is_well()
