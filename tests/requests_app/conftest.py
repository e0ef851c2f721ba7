"""The clock of the tests of the core: it stands still, so that what happens has one instant."""

import pytest

from requests_app.models import photo_storage


@pytest.fixture
def now(morning, stopped_clock):
    """A Tuesday, 10:00 in Paris, until the test stops the clock at another instant."""
    stopped_clock(morning)
    return morning


@pytest.fixture
def files():
    """A function that names the files of photos in the storage, which is empty before the test.

    It lives as long as the process: what other tests have left is not of this one.
    """
    storage = photo_storage()

    def names():
        return set(storage.listdir("photos")[1]) if storage.exists("photos") else set()

    for name in names():
        storage.delete(f"photos/{name}")
    return names
