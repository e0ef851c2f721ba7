"""Somebody who pays, somebody who is paid, and what lies between."""

import pytest

from tests.payments import cast


@pytest.fixture
def payer(morning, customer):
    return customer


@pytest.fixture
def payee(morning):
    """A Friend's technician whose partner can receive money."""
    return cast.payee(user__name="Yanis Corvel", user__email="yanis@example.com")


@pytest.fixture
def owing(payer, payee):
    """A function: a signed-off booking whose card has this number."""

    def make(number=cast.GOOD, **kwargs):
        return cast.signed_booking(payer, cast.saved_card(payer, number), payee, **kwargs)

    return make


@pytest.fixture
def booked(searching, payer):
    """A booking whose card can really be charged."""
    searching.card = cast.saved_card(payer)
    searching.customer = payer
    searching.save(update_fields=["card", "customer"])
    return searching
