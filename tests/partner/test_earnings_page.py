"""What each job brought: price, commission, net; what is not paid yet says so (rule M2, M3, P4)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import PartnerProfile
from mila.clock import mila_now
from partner.earnings import Line
from payments.earnings import earn_advance, earn_charge
from payments.models import Advance, Charge, ChargeState
from requests_app.models import State
from tests import cast, factories
from tests.signing_in import sign_in

EARNINGS = "/partner/earnings/"


def charged(technician, *, days, state=ChargeState.SUCCEEDED):
    booking = factories.placed_booking(wishes=[factories.service_day_at(9, days=days)])
    booking = cast.walk(booking, technician, State.FINISHED)
    paid = state == ChargeState.SUCCEEDED
    charge = Charge.objects.create(
        booking=booking,
        partner=technician.partner,
        kind="job",
        state=state,
        currency="EUR",
        amount_cents=7190,
        service_cents=6900,
        booking_fee_cents=290,
        commission_cents=1380,
        partner_cents=5520,
        succeeded_at=mila_now() if paid else None,
    )
    if paid:
        earn_charge(charge, mila_now())
    return charge


@pytest.fixture
def inside(client, morning, partner):
    sign_in(client, partner.user)
    return partner


def test_nothing_earned_yet(client, inside):
    assert 'class="empty"' in client.get(EARNINGS).content.decode()


def test_paid_and_unpaid_stand_apart(client, inside):
    paid = charged(inside, days=3)
    unpaid = charged(inside, days=5, state=ChargeState.FAILED)

    page = client.get(EARNINGS).content.decode().replace("\N{NO-BREAK SPACE}", " ")

    assert page.count('class="line-when" data-state="promised"') == 2
    # the next payout, and the job's own line
    assert page.count(f'datetime="{paid.earning.promised_on}"') == 2
    # Two jobs, the next payout, the month, the sum: the unpaid one is in none of them.
    assert page.count("55,20 €") == 5
    assert "110,40" not in page
    assert reverse("partner:job", args=[unpaid.booking.uuid]) in page
    assert "Odile" not in page


def test_what_mila_advances_is_earned_and_no_longer_unpaid(client, inside, staff):
    unpaid = charged(inside, days=5, state=ChargeState.FAILED)
    at = mila_now()
    advance = Advance.objects.create(charge=unpaid, cents=5520, by=staff, reason="x", made_at=at)
    earning = earn_advance(advance, at)

    page = client.get(EARNINGS).content.decode().replace("\N{NO-BREAK SPACE}", " ")

    assert 'id="unpaid"' not in page
    assert str(Line(earning, 5520, 0, "", "").note) in page
    assert page.count(f'datetime="{earning.promised_on}"') == 2
    job = reverse("partner:job", args=[unpaid.booking.uuid])
    cast.sign(unpaid.booking)
    assert f'datetime="{earning.promised_on}"' in client.get(job).content.decode()


def test_colleagues_job_of_the_same_company_has_no_link(client, morning, rival_partner):
    PartnerProfile.objects.filter(pk=rival_partner.partner_id).update(owner=rival_partner.user)
    colleague = factories.TechnicianFactory(partner=rival_partner.partner)
    charge = charged(colleague, days=3)
    sign_in(client, rival_partner.user)

    page = client.get(EARNINGS).content.decode()

    assert colleague.name in page
    assert str(charge.booking.uuid) not in page


def test_page_asks_as_often_for_three_as_for_one(client, inside):
    charged(inside, days=3)
    client.get(EARNINGS)
    with CaptureQueriesContext(connection) as one:
        client.get(EARNINGS)
    charged(inside, days=5)
    charged(inside, days=8)

    with CaptureQueriesContext(connection) as three:
        client.get(EARNINGS)

    assert len(one) == len(three)


def test_every_tab_leads_somewhere(client, inside):
    page = client.get(EARNINGS).content.decode()

    for name in (
        "partner:offers",
        "partner:jobs",
        "partner:calendar",
        "partner:earnings",
        "partner:me",
    ):
        assert f'href="{reverse(name)}"' in page
    assert page.count('aria-current="page"') == 1
