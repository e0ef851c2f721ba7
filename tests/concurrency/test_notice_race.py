"""A message that is being sent while its reason falls away (rule N3): it is sent and its row stays,
or it is dropped and nobody sends it.
"""

from functools import partial

import pytest
from django.db import IntegrityError, transaction

from accounts import delivery, notifications
from accounts.models import Attempt, Notification, NotificationState
from mila.clock import mila_now, reset_clock, set_clock
from requests_app import notices
from tests import factories
from tests.cast import MORNING
from tests.concurrency.threads import amid

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
DROPS = {"price_proposed": notices.drop_answered, "call_reminder": notices.drop_waiting}


@pytest.fixture(params=DROPS)
def due(request, customer):
    """A message that is due, and the act that makes it needless."""
    set_clock(MORNING)
    booking = factories.placed_booking(customer=customer)
    Notification.objects.all().delete()
    row = Notification.objects.create(
        kind=request.param,
        subject_id=booking.uuid,
        user=customer,
        email=customer.email,
        language="fr",
        due_at=mila_now(),
    )
    yield row, partial(dropped, DROPS[request.param], booking)
    reset_clock()


def dropped(drop, booking):
    with transaction.atomic():
        drop(booking)


def test_one_that_is_being_sent_stays(due, monkeypatch):
    row, drop = due
    threads, answers = amid(monkeypatch, Attempt.objects, "get_or_create", drop)

    attempt = delivery._take(row.pk)
    threads[0].join()

    assert answers == [None]
    assert attempt.notification_id == Notification.objects.get().pk == row.pk
    assert Notification.objects.get().state == NotificationState.SENDING


def test_one_that_is_dropped_is_not_sent(due, monkeypatch):
    row, drop = due
    take = partial(delivery._take, row.pk)
    threads, answers = amid(monkeypatch, notifications, "drop", take)

    drop()
    threads[0].join()

    assert answers == [None]
    assert (Notification.objects.count(), Attempt.objects.count()) == (0, 0)


def test_control_without_the_lock_the_act_fails(due, monkeypatch):
    row, drop = due
    monkeypatch.setattr(notifications, "drop", lambda waiting: waiting.delete())
    threads, answers = amid(monkeypatch, Attempt.objects, "get_or_create", drop)

    delivery._take(row.pk)
    threads[0].join()

    assert [type(answer) for answer in answers] == [IntegrityError]
