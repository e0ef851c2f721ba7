"""A decision that the customer was right about and that nobody has paid yet: less is owed, or
nothing, the open charge is changed to it, and the former figure can be paid no more (rule L17, M4).
"""

from dataclasses import replace

import pytest
from django.urls import reverse

from accounts.models import Notification
from backoffice.invariants import violations
from mila.clock import mila_now
from payments import appeals, charges, gateway, sweeps, webhooks
from payments.models import Charge, ChargeState, Refund
from payments.standin import user_actions
from requests_app.actions import contesting, signing
from requests_app.actions.appealing import AppealDecided
from requests_app.models import Booking, DecisionAppeal, SignOff, State, Verdict
from tests.payments import cast as paid
from tests.payments.appealing import contested, second
from tests.signing_in import sign_in

__all__ = ["contested", "second"]  # fixtures
pytestmark = pytest.mark.django_db(databases=["default", "standin"])
FEE = 290
DECIDED = 6900


@pytest.fixture
def decided(contested, staff):
    return signing.decide(contested.pk, service_cents=DECIDED, by=staff, reason="It works now")


def with_card(booking, number):
    card = paid.saved_card(booking.customer, number)
    Booking.objects.filter(pk=booking.pk).update(card=card)


def nothing_sent(booking):
    """The message that should have opened the charge is still on its way."""


def planned(booking):
    charges.open_charge(booking.pk)


def declined(booking):
    with_card(booking, paid.DECLINES_LATER)
    sweeps.charge_booking(booking.pk)


def asked_by_the_bank(booking):
    with_card(booking, paid.ASKS_ALWAYS)
    sweeps.charge_booking(booking.pk)


UNPAID = (nothing_sent, planned, declined, asked_by_the_bank)


def appealed(booking):
    return appeals.appeal(booking.pk, words="It does not work", by=None)


def overturned(found, by, cents):
    return appeals.overturn_unpaid(found.pk, reason="You are right", by=by, service_cents=cents)


def pay(booking):
    """The next round of the sweep, with a card that does."""
    with_card(booking, paid.GOOD)
    booking = Booking.objects.get(pk=booking.pk)
    if booking.unsettled_at is not None:
        sweeps.charge_booking(booking.pk)
    return Charge.objects.filter(booking=booking).first()


def now(booking):
    return Booking.objects.get(pk=booking.pk)


@pytest.mark.parametrize("stands", UNPAID)
def test_less_is_owed_and_that_alone_is_charged(stands, decided, second):
    stands(decided)
    found = overturned(appealed(decided), second, 4000)

    booking = now(decided)
    assert (found.verdict, booking.state) == (Verdict.OVERTURNED, State.SIGNED_OFF)
    assert [one.service_cents for one in SignOff.objects.order_by("pk")] == [DECIDED, 4000]
    charge = pay(decided)
    assert (charge.state, charge.amount_cents) == (ChargeState.SUCCEEDED, 4000 + FEE)
    assert [one["amount"] for one in paid.at_stripe(decided)] == [4000 + FEE]
    assert now(decided).state == State.SETTLED
    assert not Refund.objects.exists()
    assert violations() == {}


@pytest.mark.parametrize("stands", UNPAID)
def test_nothing_is_owed_and_nothing_is_sent(stands, decided, second):
    stands(decided)
    overturned(appealed(decided), second, 0)

    assert (now(decided).state, now(decided).fee_cents) == (State.FAILED, 0)
    pay(decided)
    sweeps.sweep()
    assert paid.at_stripe(decided) == []
    assert not Charge.objects.exclude(state=ChargeState.OBJECTED).exists()
    assert violations() == {}


@pytest.mark.parametrize(("cents", "fee"), [(1000, 1000), (0, 0)])
def test_a_fee_that_was_decided_is_lowered_likewise(
    contested, staff, second, monkeypatch, cents, fee
):
    monkeypatch.setattr(signing, "may_withdraw", lambda *_args: False)
    booking = signing.decide_fee(contested.pk, by=staff, reason="Nobody was there")
    declined(booking)

    overturned(appealed(booking), second, cents)

    assert (now(booking).state, now(booking).fee_cents) == (State.FAILED, fee)
    pay(booking)
    assert [one["amount"] for one in paid.at_stripe(booking, kind="fee")] == ([fee] if fee else [])
    assert violations() == {}


@pytest.mark.parametrize("stands", [declined, asked_by_the_bank])
def test_the_former_figure_can_be_paid_no_more(stands, decided, second):
    stands(decided)
    secret = paid.secret_of(Charge.objects.get())
    card = paid.saved_card(decided.customer)
    overturned(appealed(decided), second, 4000)

    answer = user_actions.confirm_on_session(secret, card)

    assert "error" in answer or answer["status"] == "canceled"
    assert paid.at_stripe(decided) == []


@pytest.mark.parametrize("cents", [-1, DECIDED, DECIDED + 1, 50_000])
def test_never_more_than_was_decided(decided, second, cents):
    declined(decided)
    before = Charge.objects.values().get()
    found = appealed(decided)

    with pytest.raises(contesting.NotLess):
        overturned(found, second, cents)

    found.refresh_from_db()
    assert (found.verdict, now(decided).state) == ("", State.SIGNED_OFF)
    assert Charge.objects.values().get() == before
    assert SignOff.objects.count() == 1


def test_who_decided_first_stops_nothing(decided, staff):
    declined(decided)
    before = Charge.objects.values().get()
    found = appealed(decided)

    with pytest.raises(contesting.SameJudge):
        overturned(found, staff, 4000)

    assert Charge.objects.values().get() == before
    assert SignOff.objects.count() == 1


def test_said_twice_is_one_decision(decided, second):
    declined(decided)
    found = appealed(decided)
    overturned(found, second, 4000)
    overturned(found, second, 1000)

    assert [one.service_cents for one in SignOff.objects.order_by("pk")] == [DECIDED, 4000]
    with pytest.raises(AppealDecided):
        appeals.uphold(found.pk, reason="No", by=second)


def test_what_was_decided_anew_is_appealed_against_no_more(decided, second):
    declined(decided)
    overturned(appealed(decided), second, 4000)

    assert not contesting.may_appeal(now(decided), mila_now())
    with pytest.raises(contesting.NoDecision):
        appealed(decided)


def test_paid_at_the_last_moment_it_goes_back_instead(decided, second):
    declined(decided)
    found = appealed(decided)
    secret = paid.secret_of(Charge.objects.get())
    user_actions.confirm_on_session(secret, paid.saved_card(decided.customer))

    with pytest.raises(charges.PaidMeanwhile):
        overturned(found, second, 4000)

    found.refresh_from_db()
    assert (found.verdict, now(decided).state) == ("", State.SETTLED)
    assert SignOff.objects.count() == 1
    back = {"service_cents": 2900, "booking_fee_cents": 0, "by_mila": False}
    appeals.overturn(found.pk, reason="You are right", by=second, **back)
    assert Refund.objects.get().amount_cents == 2900
    assert violations() == {}


def test_what_was_paid_is_not_lowered(decided, second):
    paid_one = pay(decided)
    found = appealed(decided)

    with pytest.raises(charges.PaidMeanwhile):
        overturned(found, second, 4000)

    found.refresh_from_db()
    assert (found.verdict, now(decided).state) == ("", State.SETTLED)
    assert Charge.objects.get() == paid_one
    assert [one["amount"] for one in paid.at_stripe(decided)] == [DECIDED + FEE]
    assert SignOff.objects.count() == 1


def test_while_a_payment_is_under_way_nothing_is_changed(decided, second):
    charge = charges.open_charge(decided.pk)
    Charge.objects.filter(pk=charge.pk).update(state=ChargeState.SENT)
    found = appealed(decided)

    with pytest.raises(charges.UnderWay):
        overturned(found, second, 4000)

    found.refresh_from_db()
    assert (found.verdict, Charge.objects.get().state) == ("", ChargeState.SENT)
    assert SignOff.objects.count() == 1


def test_what_the_bank_still_works_on_is_not_decided_anew(decided, second, monkeypatch):
    declined(decided)
    found = appealed(decided)
    cancel = gateway.cancel_payment_intent
    monkeypatch.setattr(
        gateway,
        "cancel_payment_intent",
        lambda *args, **kwargs: replace(cancel(*args, **kwargs), status="processing"),
    )

    with pytest.raises(charges.UnderWay):
        overturned(found, second, 4000)

    found.refresh_from_db()
    charge = Charge.objects.get()
    assert (found.verdict, now(decided).state) == ("", State.SIGNED_OFF)
    assert (charge.state, charge.amount_cents) == (ChargeState.PLANNED, DECIDED + FEE)
    assert SignOff.objects.count() == 1


# --- Between Stripe and the database


@pytest.fixture
def broken_off(decided, second):
    """The answer to the cancellation was lost: whether it is dead at Stripe nobody knows."""
    declined(decided)
    found = appealed(decided)
    user_actions.switch_on("answer_lost", path="payment_intents/.*/cancel", times=1)
    with pytest.raises(gateway.OutcomeUnknown):
        overturned(found, second, 4000)
    return found


def test_broken_off_nothing_is_sent_and_the_appeal_waits(broken_off, decided):
    with_card(decided, paid.GOOD)
    sweeps.sweep()

    broken_off.refresh_from_db()
    assert broken_off.verdict == ""
    assert Charge.objects.get().state == ChargeState.OBJECTED
    assert paid.at_stripe(decided) == []
    assert violations() == {}


def test_broken_off_it_is_done_by_the_same_act_once_more(broken_off, decided, second):
    overturned(broken_off, second, 4000)

    assert pay(decided).amount_cents == 4000 + FEE
    assert [one["amount"] for one in paid.at_stripe(decided)] == [4000 + FEE]


def test_broken_off_and_let_stand_it_is_charged_as_it_was_decided(broken_off, decided, second):
    with_card(decided, paid.GOOD)
    appeals.uphold(broken_off.pk, reason="We have looked", by=second)
    sweeps.sweep()

    assert [one["amount"] for one in paid.at_stripe(decided)] == [DECIDED + FEE]
    assert now(decided).state == State.SETTLED
    assert violations() == {}


def test_stripes_word_of_the_former_one_changes_nothing_of_the_next(decided, second):
    declined(decided)
    former = Charge.objects.get().intent_id
    overturned(appealed(decided), second, 4000)
    event = type("Event", (), {"object_id": former, "account": ""})
    assert webhooks.HANDLERS["payment_intent.canceled"](event)
    charges.open_charge(decided.pk)
    assert webhooks.HANDLERS["payment_intent.canceled"](event)

    charge = Charge.objects.get()
    assert (charge.state, charge.intent_id) == (ChargeState.PLANNED, "")
    assert (charge.amount_cents, charge.failure_code) == (4000 + FEE, "")


def test_stripes_word_before_our_own_changes_nothing_either(broken_off, decided, second):
    before = Charge.objects.values().get()
    event = type("Event", (), {"object_id": before["intent_id"], "account": ""})

    assert webhooks.HANDLERS["payment_intent.canceled"](event)

    assert Charge.objects.values().get() == before
    overturned(broken_off, second, 4000)
    assert pay(decided).amount_cents == 4000 + FEE


# --- What is said


def told(booking, kind):
    return Notification.objects.filter(subject_id=booking.uuid, kind=kind).latest("pk").context


def test_the_customer_reads_the_new_figure_and_no_further_appeal(client, decided, second):
    declined(decided)
    overturned(appealed(decided), second, 4000)

    assert told(decided, "decision_appeal_decided")["paid"] is False
    assert told(decided, "decided")["charge_cents"] == 4000 + FEE
    assert told(decided, "decided")["may_appeal"] is False
    page = client.get(
        reverse("customer:booking", args=[decided.token]), headers={"accept-language": "en"}
    ).content.decode()
    assert "You are right" in page
    assert reverse("customer:appeal", args=[decided.token]) not in page


@pytest.mark.parametrize(("typed", "owed"), [("40", 4000), ("0", None)])
def test_staff_say_what_is_owed_instead(client, decided, second, typed, owed):
    declined(decided)
    found = appealed(decided)
    sign_in(client, second)
    act = reverse("admin:requests_app_booking_act", args=[decided.pk, "appeal-overturn"])
    form = client.get(act).context["form"]
    assert set(form.fields) == {"owed", "reason"}

    client.post(act, {"owed": typed, "reason": "You are right"}, follow=True)

    found.refresh_from_db()
    assert found.verdict == Verdict.OVERTURNED
    lowered = SignOff.objects.filter(service_cents=4000).exists()
    assert lowered is (owed is not None)
    assert now(decided).state == (State.SIGNED_OFF if owed else State.FAILED)


def test_staff_who_ask_too_much_read_why_and_nothing_is_changed(client, decided, second):
    declined(decided)
    found = appealed(decided)
    sign_in(client, second)
    act = reverse("admin:requests_app_booking_act", args=[decided.pk, "appeal-overturn"])

    client.post(act, {"owed": "70", "reason": "You are right"}, follow=True)

    found.refresh_from_db()
    assert found.verdict == ""
    assert Charge.objects.get().state == ChargeState.FAILED
    assert DecisionAppeal.objects.count() == 1
