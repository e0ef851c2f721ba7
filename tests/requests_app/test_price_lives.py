"""Whatever both sides do, in any order: nobody pays a cent they did not accept (rule B8, L10, L13).

A slice of it; ten thousand by `python -m bench.prices`.
"""

import random
from unittest.mock import patch

import pytest

from requests_app.actions import answering
from requests_app.models import State
from tests import negotiating
from tests.cast import walk


@pytest.fixture
def work(searching, partner):
    return walk(searching, partner, State.IN_PROGRESS)


def test_nothing_is_charged_that_was_not_accepted(work, partner, staff):
    assert [
        wrong
        for seed in range(100)
        for wrong in negotiating.play(work, partner, staff, random.Random(seed))
    ] == []


def test_control_without_the_number_the_count_finds_it(work, partner, staff):
    with patch.object(answering, "rises", return_value=False):
        found = [negotiating.play(work, partner, staff, random.Random(seed)) for seed in range(60)]

    assert any("a stroke raised" in what for wrong in found for what in wrong)
