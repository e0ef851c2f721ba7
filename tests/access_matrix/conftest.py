"""One world for a whole module: the people and things of it are made once and only looked at."""

import os
from contextlib import ExitStack

import pytest
from django.db import transaction
from django.test import override_settings

from tests.access_matrix.asker import Asker
from tests.access_matrix.matrix import Matrix
from tests.access_matrix.ownership import Ownership

BOTH = ("default", "standin")


@pytest.fixture(scope="module")
def ownership(django_db_setup, django_db_blocker):
    """In a transaction around those of the module's tests, given up at the end."""
    with django_db_blocker.unblock(), ExitStack() as stack:
        for name in BOTH:
            stack.enter_context(transaction.atomic(using=name))
        yield Ownership()
        for name in BOTH:
            transaction.set_rollback(True, using=name)


@pytest.fixture
def matrix(ownership, caplog, db):
    """It asks more often than anybody may, and each refusal would be a line in the log."""
    caplog.set_level("ERROR", logger="django.request")
    with override_settings(ACCOUNT_RATE_LIMITS=False):
        yield Matrix(ownership, Asker())


@pytest.fixture
def whole():
    """MILA_WALLS=whole asks every cell, some 50,000: too slow for every day."""
    return os.environ.get("MILA_WALLS") == "whole"
