"""The bank's yes heard twice at once, against a technician who takes the proposal back, and the
reminder against the answer (rule L10): one acceptance or none, never two and never both.
"""

import threading

import pytest

from accounts import notifications
from accounts.models import Notification
from mila.clock import mila_now, reset_clock, set_clock
from mila.errors import Refusal
from payments import raising
from payments.models import PriceRaise
from payments.standin import user_actions
from requests_app import price_versions
from requests_app.actions import answering
from requests_app.models import Booking, QuoteEvent, State
from tests import cast, factories
from tests.concurrency.threads import raised
from tests.payments import cast as paid

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
HIGH = 20_000


@pytest.fixture
def question(customer, partner):
    """The bank has said yes, and nobody has heard it yet."""
    set_clock(cast.MORNING)
    booking = factories.placed_booking(customer=customer, card=paid.saved_card(customer))
    work = cast.walk(booking, partner, State.IN_PROGRESS)
    quote = cast.propose(work, partner, HIGH)
    raising.ask(work.pk, version=quote.version, by=customer)
    found = raising.open_question(PriceRaise.objects.select_related().get())
    user_actions.confirm_saved_card(found.client_secret, found.card)
    yield found
    reset_clock()


def accepted(question):
    return QuoteEvent.objects.filter(quote=question.quote, step="accepted").count()


def hear(question):
    return lambda: raising.finish(PriceRaise.objects.select_related().get(pk=question.pk))


def test_heard_by_page_and_webhook_at_once_is_one_acceptance(question):
    assert raised(*[hear(question)] * 4) == []

    assert accepted(question) == 1


def test_control_without_the_lock_they_all_find_it_open(question, monkeypatch):
    barrier, take = threading.Barrier(2, timeout=20), answering.price_versions.accept
    monkeypatch.setattr(answering, "lock_booking", lambda pk: Booking.objects.get(pk=pk))
    monkeypatch.setattr(raising, "lock_booking", lambda pk: Booking.objects.get(pk=pk))

    def together(*args, **kwargs):
        barrier.wait()
        return take(*args, **kwargs)

    monkeypatch.setattr(price_versions, "accept", together)

    raised(hear(question), hear(question))

    assert accepted(question) == 2


def test_taken_back_at_the_same_moment_it_is_one_or_the_other(question, partner):
    booking = Booking.objects.get(pk=question.quote.booking_id)

    failures = raised(hear(question), lambda: cast.propose(booking, partner, 7000, key="less"))

    assert all(isinstance(error, Refusal) for error in failures)
    agreed = price_versions.agreed(booking).service_cents
    assert (agreed == HIGH) == (accepted(question) == 1)
    if agreed != HIGH:
        assert agreed == 6900


# --- The reminder


def remind(question):
    PriceRaise.objects.filter(pk=question.pk).update(remind_at=mila_now())
    return raising._remind(question.pk)


def decline(question):
    quote = question.quote
    answering.decline(quote.booking_id, version=quote.version, by=None)


def reminders(question):
    return Notification.objects.filter(
        subject_id=question.quote.booking.uuid, kind="bank_waits"
    ).count()


def test_answered_as_the_reminder_falls_due_nobody_is_reminded_of_it(question):
    assert raised(lambda: remind(question), lambda: decline(question)) == []
    raising._remind(question.pk)

    assert reminders(question) == 0


def test_swept_twice_at_once_it_is_one_reminder(question):
    assert raised(*[lambda: remind(question)] * 4) == []

    assert reminders(question) == 1


def test_control_without_the_lock_the_reminder_outlives_the_answer(question, monkeypatch):
    """The answer comes between the look at the proposal and the message."""
    write = notifications.queue_all
    monkeypatch.setattr(raising, "lock_unless_locked", lambda pk: Booking.objects.get(pk=pk))

    def late(messages):
        if [message.kind for message in messages] == ["bank_waits"]:
            assert raised(lambda: decline(question)) == []
        return write(messages)

    monkeypatch.setattr(notifications, "queue_all", late)

    remind(question)

    assert reminders(question) == 1
