"""Each verb of the core loop in no more statements than this, its BEGIN and COMMIT counted."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Technician
from dispatch import matching, offers
from mila.clock import set_clock
from requests_app.actions import visit
from tests.dispatch.steps import technician

pytestmark = pytest.mark.django_db(transaction=True)

AT_MOST = {
    "open_next": 23,
    "open_next again": 20,
    "acknowledge": 5,
    "decline": 5,
    "expire": 5,
    "claim": 12,
    "record_call": 22,
    "confirm": 19,
}


@pytest.mark.parametrize("newcomers_first", [False, True])  # a hash of the booking says which
def test_no_verb_needs_more_than_its_statements(searching, partner, monkeypatch, newcomers_first):
    """Two let it go, the third has it: the table is the whole story of a booking until it is
    confirmed.
    """
    monkeypatch.setattr(matching, "asks_newcomer_first", lambda _booking: newcomers_first)
    technician(north_m=900)
    technician(north_m=1800)
    pk, used = searching.pk, {}

    def counted(name, verb, *args, **kwargs):
        with CaptureQueriesContext(connection) as queries:
            answer = verb(*args, **kwargs)
        used[name] = max(used.get(name, 0), len(queries))
        return answer

    first = counted("open_next", offers.open_next, pk)
    counted("decline", offers.decline, first.pk, first.technician_id, reason="time")
    second = counted("open_next again", offers.open_next, pk)
    second = counted("acknowledge", offers.acknowledge, second.pk, second.technician_id)
    set_clock(second.expires_at)
    assert counted("expire", offers.expire, second.pk)
    third = counted("open_next again", offers.open_next, pk)
    winner = Technician.objects.select_related("user").get(pk=third.technician_id)
    them = {"by": winner.user}
    assert counted("claim", offers.claim, pk, winner.pk, rank=1, **them).state == "claimed"
    counted("record_call", visit.record_call, pk, winner.pk, channel="phone", reached=True, **them)
    assert counted("confirm", visit.confirm, pk, winner.pk, **them).state == "confirmed"

    looks_once_more = {"open_next": newcomers_first, "open_next again": newcomers_first}
    at_most = {name: most + looks_once_more.get(name, 0) for name, most in AT_MOST.items()}
    assert {name: count for name, count in used.items() if count > at_most[name]} == {}
    assert used.keys() == AT_MOST.keys()
