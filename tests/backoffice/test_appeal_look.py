"""The desk of a customer's appeal in a real Chromium: what is said, what is owed instead, what goes
back (rule L17); nothing for axe, nothing wider than the phone.
"""

import pytest
from django.test import Client
from django.urls import reverse

from payments import appeals, sweeps
from payments.models import ChargeState
from requests_app.actions import signing
from requests_app.models import State
from tests import cast, chromium, factories
from tests.backoffice.looking import faults
from tests.payments import cast as paid
from tests.pictures import jpeg, redraw
from tests.signing_in import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]


def appealed(customer, technician, judge, number):
    booking = factories.placed_booking(customer=customer, card=paid.saved_card(customer, number))
    work = cast.walk(booking, technician, State.FINISHED)
    signing.refuse(work.pk, by=None, reason="The screen is broken")
    signing.decide(work.pk, service_cents=6900, by=judge, reason="It works now")
    sweeps.charge_booking(work.pk)
    appeals.appeal(work.pk, words="It never worked", picture=redraw(jpeg()), by=None)
    return work


@pytest.fixture
def pages(morning, customer, staff):
    """One whose card paid, one whose card did not; somebody else than `staff` has decided."""
    judge, technician = factories.UserFactory(is_staff=True), paid.payee()
    settled = appealed(customer, technician, judge, paid.GOOD)
    unpaid = appealed(customer, technician, judge, paid.DECLINES_LATER)
    assert settled.charges.get().state == ChargeState.SUCCEEDED
    assert unpaid.charges.get().state == ChargeState.FAILED
    stands = appealed(customer, technician, judge, paid.GOOD)
    lowered = appealed(customer, technician, judge, paid.DECLINES_LATER)
    appeals.uphold(stands.decision_appeals.get().pk, reason="It works on the film", by=staff)
    appeals.overturn_unpaid(
        lowered.decision_appeals.get().pk, reason="You are right", by=staff, service_cents=4000
    )
    act, page = "admin:requests_app_booking_act", "admin:requests_app_booking_change"
    return {
        "booking": reverse(page, args=[unpaid.pk]),
        "stands": reverse(page, args=[stands.pk]),
        "lowered": reverse(page, args=[lowered.pk]),
        "unpaid": reverse(act, args=[unpaid.pk, "appeal-overturn"]),
        "paid": reverse(act, args=[settled.pk, "appeal-overturn"]),
        "uphold": reverse(act, args=[settled.pk, "appeal-uphold"]),
    }


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_pages(live_server, pages, staff, width, height):
    client = Client()
    sign_in(client, staff)
    with chromium.opened() as browser:
        context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        chromium.sign_in(context, client, live_server.url)
        page = context.new_page()
        found = faults(page, live_server.url, pages, picture_name="appeal-staff-{}")

    assert found == []
