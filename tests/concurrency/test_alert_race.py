"""Many posts at once for one address: no more mails than the limit (rule B14)."""

import threading

import pytest
from django.db import connections

from accounts.models import Notification
from dispatch import alerts
from dispatch.models import AlertTrail, AreaAlert
from mila.clock import reset_clock, set_clock
from tests import factories
from tests.cast import MORNING

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
MOST, POSTS = 5, 12


@pytest.fixture
def draft():
    set_clock(MORNING)
    yield factories.DraftFactory(contact={"lat": 44.518, "lon": 3.501})
    reset_clock()


def ask_at_once(draft, monkeypatch):
    """Each for a place of its own; all have looked whether somebody comes
    before the first goes on.
    """
    barrier, raised = threading.Barrier(POSTS, timeout=20), []
    monkeypatch.setattr(alerts, "somebody_works", lambda *_args: barrier.wait() < 0)

    def ask(number):
        try:
            booking = type(draft).objects.get(pk=draft.pk)
            booking.postcode = f"480{number:02}"
            alerts.ask(booking, email="odile@example.com", language="fr")
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=[number]) for number in range(POSTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []


def test_posts_at_once_write_no_more_mails_than_the_limit(draft, monkeypatch):
    ask_at_once(draft, monkeypatch)

    assert AreaAlert.objects.count() == Notification.objects.count() == MOST


def test_control_without_the_lock_they_all_read_below_it(draft, monkeypatch):
    counted, create = threading.Barrier(POSTS, timeout=20), AlertTrail.objects.create
    monkeypatch.setattr(alerts, "_lock_trail", lambda _email: AlertTrail.objects.all())
    monkeypatch.setattr(AlertTrail.objects, "create", lambda **row: (counted.wait(), create(**row)))

    ask_at_once(draft, monkeypatch)

    assert AreaAlert.objects.count() == POSTS
