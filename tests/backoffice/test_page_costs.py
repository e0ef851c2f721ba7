"""No page loads a row twice, or asks more than it may (rule O1)."""

import pytest
from django.urls import reverse

from dispatch import offers
from tests.page_costs import counted
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

# Statements of a page at most, once the process is warm.
AT_MOST = {
    "home": 2,
    "services": 1,
    "booking": 17,
    "job": 27,
    "jobs": 6,
    "offers": 10,
    "offer": 8,
    "board": 28,
}


@pytest.fixture
def open_offer(searching, partner):
    return offers.open_next(searching.pk)


def ask(client, address, **headers):
    """Twice: the second one is what it costs in a process that is up."""
    assert client.get(address, headers=headers).status_code == 200
    with counted() as cost:
        answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return cost


def judge(name, cost):
    assert (cost.twice, cost.statements <= AT_MOST[name]) == ({}, True), cost.statements


@pytest.mark.parametrize("name", ["home", "services"])
def test_public_page(name, client, searching):
    judge(name, ask(client, reverse(f"customer:{name}")))


def test_customer_s_booking(client, job):
    judge("booking", ask(client, reverse("customer:booking", args=[job.token])))


def test_technician_s_job(client, job, partner):
    client.force_login(partner.user)

    judge("job", ask(client, reverse("partner:job", args=[job.uuid])))


def test_technician_s_jobs(client, job, partner):
    client.force_login(partner.user)

    judge("jobs", ask(client, reverse("partner:jobs")))


def test_technician_s_offers(client, searching, partner):
    client.force_login(partner.user)

    judge("offers", ask(client, reverse("partner:offers")))


def test_technician_s_offer(client, open_offer):
    client.force_login(open_offer.technician.user)

    judge("offer", ask(client, reverse("partner:offer", args=[open_offer.pk])))


def test_board(client, staff, job):
    sign_in(client, staff)

    judge("board", ask(client, reverse("admin:index"), X_By_Itself="yes"))
