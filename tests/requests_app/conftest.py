"""The clock of the tests of the core: it stands still, so that what happens has one instant."""

import pytest


@pytest.fixture
def now(morning, stopped_clock):
    """A Tuesday, 10:00 in Paris, until the test stops the clock at another instant."""
    stopped_clock(morning)
    return morning
