"""A visit under way, and a price above what the card was saved for (rule L10, M4)."""

import pytest

from requests_app.models import State
from tests import cast

HIGH = 20_000  # 69 euros are booked, the card was saved for 103.50


@pytest.fixture
def work(booked, partner):
    return cast.walk(booked, partner, State.IN_PROGRESS)


@pytest.fixture
def high(work, partner):
    return cast.propose(work, partner, HIGH)
