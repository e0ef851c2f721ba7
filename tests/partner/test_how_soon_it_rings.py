"""From the order to the notification, the page closed (rule D4, N1). A slice; more by
`python -m bench.push`, which prints how long it took.
"""

import json
import math
import os
import sys
import time

import pytest

from dispatch import offers
from dispatch.models import Offer, OfferState
from tests import chromium, factories
from tests.partner.test_push_in_browser import (
    at_once,
    pocket,
    service,
    shown,
    tap,
    wake,
    worker_of,
)

__all__ = ["at_once", "pocket", "service"]  # fixtures
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]
SOON = 2.0  # seconds, at p95


def test_order_to_notification(pocket, capsys):
    page, phone, _technician = pocket
    wake(page)
    blank, deliver = worker_of(page.context)
    page.close()
    waits = []
    for number in range(int(os.environ.get("MILA_PUSH_RUNS", "3"))):
        began = time.perf_counter()
        booking = factories.placed_booking()
        offer = offers.open_next(booking.pk)
        deliver(phone.got[number])
        chromium.until(blank, lambda: shown(blank.context))
        waits.append(time.perf_counter() - began)

        tap(blank.context, "pass")  # so that they may be asked for the next one
        left = Offer.objects.filter(pk=offer.pk, state=OfferState.DECLINED)
        chromium.until(blank, left.exists)
        assert shown(blank.context) == []

    waits.sort()
    p95 = waits[max(0, math.ceil(len(waits) * 0.95) - 1)]
    figures = {"what": "order to notification", "runs": len(waits)}
    figures |= {"median_ms": round(waits[len(waits) // 2] * 1e3), "p95_ms": round(p95 * 1e3)}
    with capsys.disabled():
        sys.stdout.write(f"{json.dumps({**figures, 'most_ms': round(waits[-1] * 1e3)})}\n")
    if len(waits) >= 20:  # a few at once with other tests say nothing about one in twenty
        assert p95 < SOON
