"""A visit that was contested, and who else of staff may decide about it."""

import pytest

from mila.clock import mila_now
from requests_app.actions import signing
from requests_app.models import State
from tests import cast, factories

REASON = "The screen is broken"


@pytest.fixture
def second(db):
    return factories.UserFactory(is_staff=True, is_superuser=True, email="second@example.com")


@pytest.fixture
def contested(booked, payee, stopped_clock):
    stopped_clock(mila_now())
    work = cast.walk(booked, payee, State.FINISHED)
    return signing.refuse(work.pk, by=None, reason=REASON)
