"""A job whose every private word is one of a kind, and what was queued about it."""

import pytest

from accounts.models import Notification
from requests_app.models import State
from tests import factories
from tests.cast import walk


def queued(kind, **where):
    return Notification.objects.get(kind=kind, **where)


@pytest.fixture
def signed(morning, partner):
    """A job to its signature; every private word of the customer is one of a kind."""
    booking = factories.placed_booking(
        customer=factories.UserFactory(name="Canary Kunde", email="canary@example.com"),
        contact={
            "name": "Canary Name",
            "street": "9 rue Canari",
            "door_code": "C4N4RY",
            "problem": "canary problem",
            "phone": "+33639980999",
            "at_the_door": "Canary Door",
        },
    )
    return walk(booking, partner, State.SIGNED_OFF)
