"""A clock that stands still on a Tuesday at ten, and a booking that looks for somebody."""

import pytest

from tests import factories
from tests.cast import MORNING


@pytest.fixture
def still(stopped_clock):
    stopped_clock(MORNING)
    return MORNING


@pytest.fixture
def wanted(still, customer):
    """Friday 27 November 2026, 14:00 to 15:00 in Lyon, looking for somebody."""
    return factories.placed_booking(customer=customer)
