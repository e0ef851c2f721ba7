"""What each job brought: price, commission, net; what is not paid yet says so (rule M2, M3, P4)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mila.clock import mila_now
from payments.models import Charge, ChargeState
from requests_app.models import State
from tests import cast, factories

EARNINGS = "/partner/earnings/"


def charged(technician, *, days, state=ChargeState.SUCCEEDED):
    booking = factories.placed_booking(wishes=[factories.service_day_at(9, days=days)])
    booking = cast.walk(booking, technician, State.FINISHED)
    return Charge.objects.create(
        booking=booking, partner=technician.partner, kind="job", state=state, currency="EUR", amount_cents=7190,
        service_cents=6900, booking_fee_cents=290, commission_cents=1380, partner_cents=5520,
        succeeded_at=mila_now() if state == ChargeState.SUCCEEDED else None,
    )  # fmt: skip


@pytest.fixture
def inside(client, morning, partner):
    client.force_login(partner.user)
    return partner


def test_nothing_earned_yet(client, inside):
    assert 'class="empty"' in client.get(EARNINGS).content.decode()


def test_paid_and_unpaid_stand_apart(client, inside):
    charged(inside, days=3)
    unpaid = charged(inside, days=5, state=ChargeState.FAILED)

    page = client.get(EARNINGS).content.decode().replace("\N{NO-BREAK SPACE}", " ")

    assert page.count('data-state="done"') == 1
    assert page.count('class="line-when" data-state="promised"') == 1
    assert page.count("55,20 €") == 4  # two jobs, and the sum twice: the unpaid one is not in it
    assert "110,40" not in page
    assert reverse("partner:job", args=[unpaid.booking.uuid]) in page
    assert "Odile" not in page


def test_colleagues_job_of_the_same_company_has_no_link(client, morning, rival_partner):
    colleague = factories.TechnicianFactory(partner=rival_partner.partner)
    charge = charged(colleague, days=3)
    client.force_login(rival_partner.user)

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

    for name in ("partner:offers", "partner:jobs", "partner:calendar", "partner:earnings", "partner:me"):
        assert f'href="{reverse(name)}"' in page
    assert page.count('aria-current="page"') == 1
