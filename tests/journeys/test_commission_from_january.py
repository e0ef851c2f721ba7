"""A row of policy, "Pro 10 % from 1 January": what was ordered before is shared at 20 %, what is
ordered after at 10 %, to the cent, in split, ledger and papers (rule M2, M3, M7, M8).
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db.models import Sum
from django.urls import reverse

from mila.clock import mila_now
from papers import actions
from papers.models import Paper
from payments import comparing
from payments.models import Difference, Earning, LedgerEntry
from policy.models import PolicyRow
from policy.queries import policy_at
from requests_app.models import State
from tests import factories
from tests.cast import walk
from tests.papers import cast as papers
from tests.payments import cast
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
NEW_YEAR = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)  # midnight in Paris


@pytest.fixture
def row(client, staff, morning):
    """As our staff write it: looked at, then saved."""
    sign_in(client, staff)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    figure = {
        "key": "commission_bp",
        "value": '{"friend": 2000, "pro": 1000}',
        "country": "",
        "starts_at_0": "2027-01-01",
        "starts_at_1": "00:00",
        "note": "Pro 10 % from 1 January",
    }
    address = reverse("admin:policy_policyrow_add")
    seen = client.post(address, figure).context["adminform"].form["seen"].value()
    client.post(address, {**figure, "seen": seen})
    return PolicyRow.objects.get(starts_at=NEW_YEAR)


def order(payer, cents):
    """Now, with a card that can be charged."""
    return factories.placed_booking(
        customer=payer,
        card=cast.saved_card(payer),
        service_cents=cents,
        policy_data=policy_at(mila_now(), "FR").to_json(),
    )


def paid(booking, pro):
    """Done and signed days later, charged, with its papers."""
    charge = cast.charged(walk(booking, pro, State.SIGNED_OFF))
    actions.issue_for_charge(charge.pk)
    return charge


def ledger(charge):
    lines = LedgerEntry.objects.filter(charge=charge).order_by()
    return dict(lines.values_list("account").annotate(Sum("cents")))


@pytest.mark.usefixtures("row")
@pytest.mark.parametrize("cents", [6900, 4999, 12345])
@pytest.mark.parametrize(
    ("ordered_at", "percent"), [(NEW_YEAR - timedelta(seconds=1), 20), (NEW_YEAR, 10)]
)
def test_each_booking_keeps_the_rate_of_its_order(payer, stopped_clock, ordered_at, percent, cents):
    """All are done, signed and paid in January."""
    pro = papers.pro()
    papers.billing_of(pro)
    stopped_clock(ordered_at)
    booking = order(payer, cents)

    stopped_clock(NEW_YEAR + timedelta(hours=10))  # nobody is asked at night
    charge = paid(booking, pro)

    assert charge.succeeded_at > NEW_YEAR
    commission = (cents * percent + 50) // 100
    partner = cents - commission
    signed = charge.booking.sign_off
    assert (signed.commission_cents, signed.partner_cents) == (commission, partner)
    assert (charge.commission_cents, charge.partner_cents) == (commission, partner)
    assert ledger(charge) == {
        "stripe": cents + 290,
        "partner": -partner,
        "commission": -commission,
        "booking_fee": -290,
    }
    assert Earning.objects.get(charge=charge).cents == partner
    assert dict(Paper.objects.values_list("kind", "total_cents")) == {
        "receipt": cents + 290,
        "invoice": cents + 290,
        "self_bill": partner,
    }
    comparing.compare()
    assert not Difference.objects.exists()
    assert cast.money_faults() == {}
