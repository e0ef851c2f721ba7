"""A customer's appeal against a decision they pay for: in time, once, decided by a second person,
and the money by the same act (rule L17, M6).
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Notification
from backoffice import booking_history
from backoffice.invariants import violations
from mila.clock import mila_now
from payments import appeals, charges, refunds
from payments.models import Charge, ChargeState, Earning, Refund
from requests_app.actions import contesting, signing
from requests_app.actions.appealing import AppealDecided, AppealTooLate
from requests_app.models import Booking, DecisionAppeal, Verdict
from tests.payments.appealing import contested, second
from tests.signing_in import sign_in

__all__ = ["contested", "second"]  # fixtures
pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def decided(contested, staff):
    """Ops have decided for the whole price, and it is paid."""
    booking = signing.decide(contested.pk, service_cents=6900, by=staff, reason="It works now")
    charges.submit(charges.open_charge(booking.pk).pk)
    return Booking.objects.get(pk=booking.pk)


def kinds(booking):
    found = Notification.objects.filter(subject_id=booking.uuid, kind__startswith="decision_")
    return set(found.values_list("kind", flat=True))


def made(booking, words="It does not work"):
    return appeals.appeal(booking.pk, words=words, by=None)


def overturned(found, by, **change):
    what = {"service_cents": 2000, "booking_fee_cents": 0, "by_mila": False}
    return appeals.overturn(found.pk, reason="You are right", by=by, **what | change)


def test_an_appeal_is_told_to_both_and_the_share_waits(decided):
    found = made(decided)

    assert (found.decision.move, found.verdict) == ("decide", "")
    assert kinds(decided) == {"decision_appeal_ops", "decision_appealed"}
    assert Earning.objects.get(booking=decided).frozen_at is not None
    assert contesting.may_appeal(decided, mila_now()) is False


def test_made_twice_is_one(decided):
    assert made(decided) == made(decided, "Once more")
    assert DecisionAppeal.objects.get().words == "It does not work"


@pytest.mark.parametrize(("seconds", "taken"), [(-1, True), (0, False)])
def test_until_its_time_is_over(decided, seconds, taken, stopped_clock):
    decision = contesting.decision_of(decided)
    stopped_clock(contesting.until_at(decided, decision) + timedelta(seconds=seconds))

    assert contesting.may_appeal(decided, mila_now()) is taken
    if taken:
        assert made(decided)
        return
    with pytest.raises(AppealTooLate):
        made(decided)
    assert not DecisionAppeal.objects.exists()


def test_nothing_decided_or_nothing_owed_is_no_case(contested, staff, payee, customer):
    with pytest.raises(contesting.NoDecision):
        made(contested)
    none = signing.decide_none(contested.pk, by=staff, reason="Mila's fault")
    with pytest.raises(contesting.NoDecision):
        made(none)
    assert not DecisionAppeal.objects.exists()


def test_a_fee_that_was_decided_is_one(contested, staff, monkeypatch):
    monkeypatch.setattr(signing, "may_withdraw", lambda *_args: False)
    fee = signing.decide_fee(contested.pk, by=staff, reason="Nobody was there")

    assert made(fee).decision.move == "decide_fee"


# --- The desk


def test_overturned_money_goes_back_by_the_same_act(decided, second):
    found = overturned(made(decided), second)

    refund = Refund.objects.get()
    assert (refund.amount_cents, refund.by, refund.uuid) == (2000, second, found.uuid)
    assert found.verdict == Verdict.OVERTURNED
    assert "decision_appeal_decided" in kinds(decided)
    assert violations() == {}


def test_repeated_gives_nothing_twice(decided, second):
    found = made(decided)
    overturned(found, second)
    overturned(found, second)

    assert Refund.objects.count() == 1


def test_what_stays_is_paid_out(decided, second):
    found = appeals.uphold(made(decided).pk, reason="We have looked", by=second)

    assert (found.verdict, found.decided_by) == (Verdict.UPHELD, second)
    assert Earning.objects.get(booking=decided).frozen_at is None
    assert not Refund.objects.exists()


def test_who_decided_first_does_not_decide_again(decided, staff):
    found = made(decided)
    for act in (
        lambda: overturned(found, staff),
        lambda: appeals.uphold(found.pk, reason="No", by=staff),
    ):
        with pytest.raises(contesting.SameJudge):
            act()
    found.refresh_from_db()
    assert (found.verdict, Refund.objects.count()) == ("", 0)


def test_another_verdict_changes_nothing(decided, second):
    found = made(decided)
    appeals.uphold(found.pk, reason="It stays", by=second)

    with pytest.raises(AppealDecided):
        overturned(found, second)
    assert not Refund.objects.exists()


@pytest.mark.parametrize("cents", [0, 6901])
def test_amount_that_cannot_be_leaves_the_appeal_open(decided, second, cents):
    found = made(decided)

    with pytest.raises((refunds.NothingAsked, refunds.MoreThanPaid)):
        overturned(found, second, service_cents=cents)

    found.refresh_from_db()
    assert (found.verdict, Refund.objects.count()) == ("", 0)


def test_what_is_not_paid_yet_cannot_go_back(decided, second):
    found = made(decided)
    Charge.objects.update(state=ChargeState.FAILED)

    with pytest.raises(refunds.NothingPaid):
        overturned(found, second)
    found.refresh_from_db()
    assert found.verdict == ""


def test_staff_hear_once_a_day_before(decided, stopped_clock):
    found = made(decided)
    stopped_clock(found.warn_at - timedelta(seconds=1))
    assert contesting.sweep_appeals() == 0
    stopped_clock(found.warn_at)

    assert [contesting.sweep_appeals(), contesting.sweep_appeals()] == [1, 0]
    assert "decision_appeal_due_ops" in kinds(decided)
    assert not contesting.warn(found.pk)


# --- Pages


def test_customer_appeals_from_the_page_and_reads_what_became_of_it(client, decided, second):
    booking, page = (
        reverse(f"customer:{name}", args=[decided.token]) for name in ("booking", "appeal")
    )
    assert page in client.get(booking).content.decode()
    assert "It works now" in client.get(page).content.decode()
    assert client.post(page, {"words": " "}).status_code == 422

    assert client.post(page, {"words": "It does not work"}).url == booking
    read = client.get(booking).content.decode()
    assert "It does not work" in read
    assert page not in read

    overturned(DecisionAppeal.objects.get(), second)
    assert "You are right" in client.get(booking).content.decode()


def test_page_is_gone_without_a_decision(client, contested):
    page = reverse("customer:appeal", args=[contested.token])

    answer = client.post(page, {"words": "It does not work"})

    assert answer.url == reverse("customer:booking", args=[contested.token])
    assert not DecisionAppeal.objects.exists()


def test_staff_decide_on_the_bookings_page(client, decided, second):
    found = made(decided)
    sign_in(client, second)
    tiles = {tile.name: tile for tile in client.get(reverse("admin:index")).context["tiles"]}
    assert tiles["customer_appeals"].count == 1
    assert list(client.get(tiles["customer_appeals"].url).context["cl"].result_list) == [decided]
    act = reverse("admin:requests_app_booking_act", args=[decided.pk, "appeal-overturn"])

    client.post(
        act, {"service": "20", "fee": "no", "borne": "mila", "reason": "You are right"}, follow=True
    )

    found.refresh_from_db()
    assert (found.verdict, Refund.objects.get().amount_cents) == (Verdict.OVERTURNED, 2000)


def test_staffs_page_says_whose_decision_it_was_and_who_has_judged_it(decided, staff, second):
    appeals.uphold(made(decided).pk, reason="It works on the film", by=second)

    [row] = booking_history.customers_appeals(decided, mila_now()).rows

    assert (row[1], row[-2], row[-1]) == (staff, second, "It works on the film")
