"""Asked of every address: no cache keeps it, nobody frames it, nothing breaks or leaks
(fault A13, S12, W10).
"""

import pytest
from django.test import Client

from tests.architecture.addresses import addresses
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
# The stand-in for Stripe's card field stands in a frame of our own page.
FRAMED_BY_US = {"/_stripe/card/"}
ALL = sorted({address for address, _, _ in addresses()})


@pytest.fixture(params=["visitor", "customer", "partner", "staff"])
def answers(request):
    client = Client(raise_request_exception=False)
    if request.param != "visitor":
        who = request.getfixturevalue(request.param)
        sign_in(client, getattr(who, "user", who))
    wanted = [a for a in ALL if request.param == "staff" or not a.startswith("/admin/")]
    return request.param, {
        address: client.get(address) for address in wanted if "logout" not in address
    }


def test_every_answer(answers):
    who, found = answers
    faults = []
    for address, answer in found.items():
        if answer.status_code >= 500 and address != "/readyz":
            faults.append(f"{address}: {answer.status_code}")
        if who != "visitor" and "no-store" not in answer.get("Cache-Control", ""):
            faults.append(f"{address}: may be kept")
        if who != "visitor" and "Cookie" not in answer.get("Vary", ""):
            faults.append(f"{address}: does not vary by person")
        framed_by = "'self'" if address in FRAMED_BY_US else "'none'"
        if f"frame-ancestors {framed_by}" not in answer.get("Content-Security-Policy", ""):
            faults.append(f"{address}: may be framed")
        if (
            answer.get("X-Content-Type-Options") != "nosniff"
            or answer.get("Referrer-Policy") != "same-origin"
        ):
            faults.append(f"{address}: lacks a guard")
        if not answer.streaming and b"Traceback (most recent call last)" in answer.content:
            faults.append(f"{address}: shows a traceback")

    assert faults == []
