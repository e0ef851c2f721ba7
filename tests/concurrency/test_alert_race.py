"""Many posts at once for one address: no more mails than the limit (rule B14)."""

import threading
from functools import partial

import pytest

from accounts.models import Notification
from dispatch import alerts
from dispatch.models import AlertTrail, AreaAlert
from mila.clock import reset_clock, set_clock
from tests import factories
from tests.cast import MORNING
from tests.concurrency.threads import raised

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
    looked = threading.Barrier(POSTS, timeout=20)
    monkeypatch.setattr(alerts, "somebody_works", lambda *_args: looked.wait() < 0)

    def ask(number):
        booking = type(draft).objects.get(pk=draft.pk)
        booking.postcode = f"480{number:02}"
        alerts.ask(booking, email="odile@example.com", language="fr")

    assert raised(*[partial(ask, number) for number in range(POSTS)]) == []


def test_posts_at_once_write_no_more_mails_than_the_limit(draft, monkeypatch):
    ask_at_once(draft, monkeypatch)

    assert AreaAlert.objects.count() == Notification.objects.count() == MOST


def test_control_without_the_lock_they_all_read_below_it(draft, monkeypatch):
    counted, create = threading.Barrier(POSTS, timeout=20), AlertTrail.objects.create
    monkeypatch.setattr(alerts, "_lock_trail", lambda _email: AlertTrail.objects.all())
    monkeypatch.setattr(AlertTrail.objects, "create", lambda **row: (counted.wait(), create(**row)))

    ask_at_once(draft, monkeypatch)

    assert AreaAlert.objects.count() == POSTS
