"""A decision is overturned while the customer pays what it asked for, and while a worker charges it
(rule L17, M4): the former figure is paid and the appeal waits, or the new one is owed alone; never
both.
"""

import os
from dataclasses import replace

import pytest

from backoffice.invariants import violations
from mila.clock import mila_now, reset_clock, set_clock
from payments import appeals, charges, gateway, sweeps
from payments.models import Charge, ChargeState, LedgerEntry
from payments.standin import user_actions
from requests_app.actions import signing
from requests_app.actions.appealing import AppealDecided
from requests_app.models import Booking, SignOff, State, Verdict
from tests import cast, factories
from tests.concurrency.threads import raised
from tests.payments import cast as paid

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
ROUNDS = int(os.environ.get("FAULT_RUNS", "3"))
FORMER, NEW = 6900 + 290, 4000 + 290
PAID_OR_UNDER_WAY = (charges.PaidMeanwhile, charges.UnderWay)


@pytest.fixture
def people():
    set_clock(cast.MORNING)
    judge, second = (
        factories.UserFactory(is_staff=True, is_superuser=True, email=f"{name}@example.com")
        for name in ("judge", "second")
    )
    yield judge, second
    reset_clock()


@pytest.fixture
def appealed(people, customer):
    """A decision nobody has paid, and the customer's appeal against it."""
    card = paid.saved_card(customer, paid.DECLINES_LATER)
    searching = factories.placed_booking(customer=customer, card=card)
    work = cast.walk(searching, paid.payee(), State.FINISHED)
    signing.refuse(work.pk, by=None, reason="The screen is broken")
    signing.decide(work.pk, service_cents=6900, by=people[0], reason="It works now")
    return appeals.appeal(work.pk, words="It does not work", by=None)


def overturn(appealed, second):
    return lambda: appeals.overturn_unpaid(
        appealed.pk, reason="You are right", by=second, service_cents=4000
    )


def take_good_card(booking):
    card = paid.saved_card(booking.customer)
    Booking.objects.filter(pk=booking.pk).update(card=card)
    return card


def declined(appealed):
    """Charged in vain: the payment is open at Stripe, and its page in the customer's hand."""
    charge = charges.submit(charges.open_charge(appealed.booking_id).pk)
    assert charge.state == ChargeState.FAILED
    return paid.secret_of(charge)


def pay_there(secret, card, booking):
    """As their own page does: at Stripe, and then it is asked how it is."""

    def act():
        answer = user_actions.confirm_on_session(secret, card)
        for intent in paid.intents(booking):
            charges.apply_intent(intent["id"])
        return answer

    return act


def at_the_end(appealed):
    """The rest of the work is done, and no message is on its way any more; the amounts paid."""
    booking = appealed.booking
    sweeps.charge_booking(booking.pk)
    Charge.objects.filter(state__in=charges.OPEN_STATES).update(next_at=mila_now())
    sweeps.sweep()
    for intent in paid.intents(booking):
        charges.apply_intent(intent["id"])
    return [one["amount"] for one in paid.at_stripe(booking)]


def fits(appealed, amounts):
    """What was paid is what the appeal says, and the books hold it once."""
    appealed.refresh_from_db()
    overturned = appealed.verdict == Verdict.OVERTURNED
    owed = NEW if overturned else FORMER
    charge = Charge.objects.get()
    assert amounts == [owed]
    assert (charge.state, charge.amount_cents) == (ChargeState.SUCCEEDED, owed)
    assert Booking.objects.get(pk=appealed.booking_id).state == State.SETTLED
    assert SignOff.objects.count() == 1 + overturned
    assert LedgerEntry.objects.filter(charge=charge, account="stripe").count() == 1
    assert violations() == {}


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_paid_on_their_page_at_the_same_moment(appealed, people, _round):
    secret = declined(appealed)
    card = take_good_card(appealed.booking)

    failures = raised(
        overturn(appealed, people[1]),
        pay_there(secret, card, appealed.booking),
        sweeps.sweep,
    )

    assert all(isinstance(failure, charges.PaidMeanwhile) for failure in failures)
    fits(appealed, at_the_end(appealed))


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_tried_again_with_another_card_at_the_same_moment(appealed, people, _round):
    declined(appealed)
    card, charge = take_good_card(appealed.booking), Charge.objects.get()

    def again():
        charges.retry_with_card(charge.pk, payment_method=card)
        charges.submit(charge.pk)

    failures = raised(overturn(appealed, people[1]), again, sweeps.sweep)

    assert all(isinstance(failure, PAID_OR_UNDER_WAY) for failure in failures)
    fits(appealed, at_the_end(appealed))


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_charged_by_two_workers_at_the_same_moment(appealed, people, _round):
    take_good_card(appealed.booking)

    def worker():
        sweeps.charge_booking(appealed.booking_id)

    failures = raised(overturn(appealed, people[1]), worker, worker, sweeps.sweep)

    assert all(isinstance(failure, PAID_OR_UNDER_WAY) for failure in failures)
    fits(appealed, at_the_end(appealed))


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_lowered_let_stand_and_paid_at_the_same_moment(appealed, people, _round):
    secret = declined(appealed)
    card = take_good_card(appealed.booking)
    third = factories.UserFactory(is_staff=True, is_superuser=True, email="third@example.com")

    failures = raised(
        overturn(appealed, people[1]),
        lambda: appeals.uphold(appealed.pk, reason="It stays", by=third),
        pay_there(secret, card, appealed.booking),
    )

    assert all(isinstance(one, (*PAID_OR_UNDER_WAY, AppealDecided)) for one in failures)
    fits(appealed, at_the_end(appealed))


def test_control_without_the_stop_at_stripe_both_figures_are_paid(appealed, people, monkeypatch):
    """What is believed to be dead there is paid all the same, after the new figure was decided."""
    secret = declined(appealed)
    card = take_good_card(appealed.booking)

    def believed(intent_id, **_kwargs):
        return replace(gateway.retrieve_payment_intent(intent_id), status="canceled")

    monkeypatch.setattr(gateway, "cancel_payment_intent", believed)
    overturn(appealed, people[1])()
    sweeps.charge_booking(appealed.booking_id)
    user_actions.confirm_on_session(secret, card)

    amounts = [one["amount"] for one in paid.at_stripe(appealed.booking)]
    assert sorted(amounts) == [NEW, FORMER]
