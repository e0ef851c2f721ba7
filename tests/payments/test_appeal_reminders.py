"""Nobody is reminded of a sum while people look at the decision that it rests on; afterwards the
reminders go on where they were (rule L17, M4).
"""

from datetime import timedelta

import pytest

from accounts.models import Notification
from mila.clock import mila_now
from payments import appeals, sweeps
from payments.models import Charge, ChargeState
from requests_app.actions import signing
from requests_app.models import Booking
from tests.payments import cast as paid
from tests.payments.appealing import contested, second

__all__ = ["contested", "second"]  # fixtures
pytestmark = pytest.mark.django_db(databases=["default", "standin"])
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
KINDS = ("unpaid", "unpaid_ops", "action_required")


@pytest.fixture
def decided(contested, staff):
    booking = signing.decide(contested.pk, service_cents=6900, by=staff, reason="It works now")
    card = paid.saved_card(booking.customer, paid.DECLINES_LATER)
    Booking.objects.filter(pk=booking.pk).update(card=card)
    return Booking.objects.get(pk=booking.pk)


def declined(booking):
    sweeps.charge_booking(booking.pk)
    charge = Charge.objects.get()
    assert charge.state == ChargeState.FAILED
    return charge


def appealed(booking):
    return appeals.appeal(booking.pk, words="It does not work", by=None)


def reminders():
    return Notification.objects.filter(kind__in=KINDS).count()


def swept_at(at, stopped_clock):
    stopped_clock(at)
    sweeps.sweep()
    return reminders()


@pytest.mark.parametrize("waits", [True, False])
def test_while_the_appeal_waits_nothing_asks_for_the_money(decided, stopped_clock, waits):
    due = declined(decided).next_at
    if waits:
        appeal = appealed(decided)

    assert swept_at(due - SECOND, stopped_clock) == 1
    assert swept_at(due, stopped_clock) == (1 if waits else 2)
    if waits:
        assert Charge.objects.get().next_at == appeal.due_at
        assert swept_at(appeal.due_at, stopped_clock) == 1
        assert swept_at(appeal.due_at + DAY, stopped_clock) == 1


def test_let_stand_they_go_on_a_step_later(decided, second, stopped_clock):
    due = declined(decided).next_at
    appeal = appealed(decided)
    swept_at(due, stopped_clock)
    stopped_clock(due + 2 * DAY)
    for _repeat in range(2):
        appeals.uphold(appeal.pk, reason="We have looked", by=second)

    going_on = due + 3 * DAY
    assert swept_at(going_on - SECOND, stopped_clock) == 1
    assert swept_at(going_on, stopped_clock) == 2
    assert Charge.objects.get().next_at == going_on + 2 * DAY


def test_let_stand_before_one_was_due_it_comes_in_its_time(decided, second, stopped_clock):
    due = declined(decided).next_at
    appeal = appealed(decided)
    stopped_clock(due - timedelta(hours=20))

    appeals.uphold(appeal.pk, reason="We have looked", by=second)

    assert swept_at(due - SECOND, stopped_clock) == 1
    assert swept_at(due, stopped_clock) == 2


def test_declined_meanwhile_they_hear_of_it_once_it_stands(decided, second):
    appeal = appealed(decided)
    declined(decided)
    sweeps.sweep()
    assert reminders() == 0

    appeals.uphold(appeal.pk, reason="We have looked", by=second)
    sweeps.sweep()

    assert reminders() == 1


def test_staff_are_not_asked_to_run_after_it_either(decided, second, stopped_clock):
    """All of the ladder was climbed before the appeal, a day before they would be told."""
    charge = declined(decided)
    last = len(decided.policy.unpaid_reminder_days)
    Charge.objects.update(reminders=last, next_at=mila_now() + DAY)
    appeal, due = appealed(decided), mila_now() + DAY

    assert swept_at(due, stopped_clock) == 1
    appeals.uphold(appeal.pk, reason="We have looked", by=second)
    assert swept_at(due + DAY, stopped_clock) == 2
    assert Notification.objects.filter(kind="unpaid_ops").count() == 1
    assert Charge.objects.get(pk=charge.pk).next_at is None


def test_what_staff_had_been_told_before_stays_theirs(decided, second):
    declined(decided)
    Charge.objects.update(next_at=None, reminders=len(decided.policy.unpaid_reminder_days))
    appeal, before = appealed(decided), reminders()

    appeals.uphold(appeal.pk, reason="We have looked", by=second)
    sweeps.sweep()

    assert (Charge.objects.get().next_at, reminders()) == (None, before)


def test_of_a_figure_decided_anew_they_begin_anew(decided, second, stopped_clock):
    declined(decided)
    appeal = appealed(decided)
    appeals.overturn_unpaid(appeal.pk, reason="You are right", by=second, service_cents=4000)

    charge = declined(decided)
    assert (charge.amount_cents, charge.reminders) == (4000 + 290, 1)
    assert reminders() == 2
    for _day in decided.policy.unpaid_reminder_days:
        swept_at(Charge.objects.get().next_at, stopped_clock)
    assert reminders() == 2 + len(decided.policy.unpaid_reminder_days)
    assert Notification.objects.filter(kind="unpaid_ops").count() == 1
