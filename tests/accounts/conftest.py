"""Fixtures of the tests about people."""

import pytest

from dispatch import offers
from tests import push_service
from tests.accounts.pushing import pushed, woken


@pytest.fixture
def service(settings):
    with push_service.running() as service:
        settings.PUSH_SERVICES = [service.origin]
        yield service


@pytest.fixture
def offered(searching, partner, service):
    """An open window, its push delivered: the phone and the offer."""
    phone = woken(service, partner.user)
    offer = offers.open_next(searching.pk)
    assert pushed("offer") == [1]
    return phone, offer
