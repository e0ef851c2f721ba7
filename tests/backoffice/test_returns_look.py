"""The pages about money that goes back, in a real Chromium: nothing for axe, nothing wider than the
phone.
"""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from payments import comparing, disputes, refunds, sweeps
from payments.standin import user_actions
from payments.standin.models import Posting
from tests import chromium
from tests.backoffice.looking import faults
from tests.payments import cast
from tests.signing_in import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]


@pytest.fixture
def money(owing, staff):
    """One refunded in part, one contested, a partner who owes, a cent too much at Stripe."""
    refunded, contested = cast.charged(owing()), cast.charged(owing())
    cast.come_to_payday(refunded.earning)
    sweeps.sweep_payouts()
    row = refunds.refund(
        refunded.pk,
        key=uuid4(),
        service_cents=6000,
        booking_fee_cents=0,
        by=staff,
        reason="Half of it undone",
    )
    refunds.submit(row.pk)
    disputes.apply_dispute(user_actions.dispute(contested.stripe_charge))
    Posting.objects.create(account="", currency="eur", net=1, transaction="", available_on=0)
    comparing.compare()
    return refunded.booking_id, contested.booking_id


def pages(refunded, contested):
    act = "admin:requests_app_booking_act"
    return {
        "board": reverse("admin:index"),
        "refunded": reverse("admin:requests_app_booking_change", args=[refunded]),
        "refund": reverse(act, args=[refunded, "refund"]),
        "contested": reverse("admin:requests_app_booking_change", args=[contested]),
        "evidence": reverse(act, args=[contested, "evidence"]),
        "balance": reverse("admin:payments_ledgerentry_balance"),
        "ledger": reverse("admin:payments_ledgerentry_changelist"),
        "differences": reverse("admin:payments_difference_changelist"),
        "disputes": reverse("admin:payments_dispute_changelist"),
    }


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_pages(live_server, money, staff, width, height):
    client = Client()
    sign_in(client, staff)
    heard = []
    with chromium.opened() as browser:
        context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        chromium.sign_in(context, client, live_server.url)
        page = context.new_page()
        page.on(
            "console",
            lambda line: heard.append(line.text) if line.type in ("error", "warning") else None,
        )
        found = faults(page, live_server.url, pages(*money), picture_name="returns-{}")

    assert found == []
    assert heard == []
