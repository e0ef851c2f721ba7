"""Whatever a test of money asks the stand-in, Stripe's own classes judge what it answers."""

import pytest

from payments.standin.core import StandIn
from payments.standin.store import Store
from tests.payments.standin import witness


@pytest.fixture(autouse=True)
def witnessed(monkeypatch):
    """Answers and events of this test, each held against the SDK; the differences are told at its
    end.
    """
    found: list[str] = []
    handle, emit = StandIn.handle, Store.emit

    def judged(self, *args, **kwargs):
        status, headers, answer = handle(self, *args, **kwargs)
        found.extend(witness.differences(status, answer))
        return status, headers, answer

    def told(self, event_id, type, body, **kwargs):
        found.extend(witness.of_event(type, body))
        return emit(self, event_id, type, body, **kwargs)

    monkeypatch.setattr(StandIn, "handle", judged)
    monkeypatch.setattr(Store, "emit", told)
    yield found
    assert sorted(set(found)) == []
