"""What is set off after a commit comes after it, once, and cannot undo it (fault F10)."""

import logging

import pytest
from django.db import transaction

from mila.transactions import after_commit


def test_waits_for_the_commit(db, django_capture_on_commit_callbacks):
    done = []
    with django_capture_on_commit_callbacks(execute=True):
        after_commit(done.append, 7)
        assert done == []

    assert done == [7]


@pytest.mark.django_db(transaction=True)
def test_failure_is_logged_and_the_next_still_comes(caplog):
    done = []
    with caplog.at_level(logging.ERROR), transaction.atomic():
        after_commit(int, "not a number")
        after_commit(done.append, 7)

    assert done == [7]
    assert "not a number" in caplog.text
