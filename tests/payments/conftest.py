"""Whatever a test of money asks the stand-in, Stripe's own types judge what it answers."""

import pytest

from payments import advances, sweeps
from payments.standin.core import StandIn
from payments.standin.store import Store
from tests import factories
from tests.payments import cast
from tests.payments.standin import types_witness, witness


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
        found.extend(types_witness.differences(status, answer))
        return status, headers, answer

    def told(self, event_id, type, body, **kwargs):
        found.extend(witness.of_event(type, body))
        found.extend(types_witness.of_event(type, body))
        return emit(self, event_id, type, body, **kwargs)

    monkeypatch.setattr(StandIn, "handle", judged)
    monkeypatch.setattr(Store, "emit", told)
    yield found
    assert sorted(set(found)) == []


@pytest.fixture
def ops(morning):
    return factories.UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def card(payer):
    return cast.saved_card(payer)


@pytest.fixture
def unpaid(owing, payer, card):
    cast.wealth(payer, card)
    return cast.unpaid_for_long(owing(cast.DECLINES_LATER))


@pytest.fixture
def paid_out(unpaid, ops):
    """Advanced, and with the partner's bank."""
    advance = advances.grant(unpaid.pk, by=ops, reason="Moved away")
    cast.come_to_payday(advance.earning)
    sweeps.sweep_payouts()
    return advance
