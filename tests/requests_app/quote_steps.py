"""A visit at work, what is agreed about it, and a price accepted on the technician's phone."""

import pytest

from requests_app import price_versions
from requests_app.actions import answering
from requests_app.models import State
from requests_app.price_versions import ByHand
from tests.cast import walk

HAND = ByHand("the words", "Odile Perrachon", "[[1,2]]", "Firefox")


@pytest.fixture
def work(searching, partner):
    """At work; 69 euros and 60 minutes are agreed."""
    return walk(searching, partner, State.IN_PROGRESS)


def agreed(booking):
    quote = price_versions.agreed(booking)
    return quote.version, quote.service_cents


def on_screen(booking, technician, quote, *, number="", hand=HAND):
    return answering.accept_on_screen(
        booking.pk,
        technician.pk,
        version=quote.version,
        by=technician.user,
        number=number,
        hand=hand,
    )
