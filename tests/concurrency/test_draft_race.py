"""Twenty presses on "book" at once: one draft (the page's key, guarded by the database)."""

import pytest
from django.test import Client
from django.urls import reverse

from mila.clock import reset_clock, set_clock
from requests_app.models import Booking
from tests import factories
from tests.cast import MORNING
from tests.concurrency.threads import at_once

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
PRESSES = 20


@pytest.fixture
def address():
    set_clock(MORNING)
    yield reverse("customer:book", args=[factories.ServiceFactory().slug])
    reset_clock()


def press_at_once(address, key):
    """Each in a browser that has no session yet; where they were led."""
    return at_once(*[lambda: Client().post(address, {"key": key}).url] * PRESSES)


def test_twenty_presses_make_one_draft(address):
    key = Client().get(address).context["key"]

    led = press_at_once(address, key)

    assert Booking.objects.count() == 1
    assert (len(led), len(set(led))) == (PRESSES, 1)


def test_control_without_a_key_each_press_makes_its_own(address):
    press_at_once(address, "")

    assert Booking.objects.count() == PRESSES


def test_another_page_begins_another_draft(address):
    for _ in range(2):
        Client().post(address, {"key": Client().get(address).context["key"]})

    assert Booking.objects.count() == 2


def test_the_key_of_a_draft_that_was_ordered_begins_a_new_one(address):
    Client().post(address, {"key": "the-page"})
    Booking.objects.update(state="cancelled")

    Client().post(address, {"key": "the-page"})

    assert sorted(Booking.objects.values_list("state", flat=True)) == ["cancelled", "draft"]


def test_who_reads_the_row_cannot_press_again(address):
    Client().post(address, {"key": "the-page"})
    begun = Booking.objects.get()

    Client().post(address, {"key": begun.draft_key})

    assert Booking.objects.count() == 2
