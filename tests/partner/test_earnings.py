"""What each job brought the partner (rule M2): theirs alone, and in a fixed number of queries."""

import pytest
from django.urls import reverse

from partner import earnings
from payments.models import ChargeState
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


def test_prices_commission_and_net_of_what_is_paid(owing, payee):
    cast.charged(owing())
    cast.charged(owing(service_cents=10000))
    cast.charged(owing(cast.DECLINES_LATER, service_cents=5000))
    cast.charged(owing(country="CH", currency="CHF", service_cents=11900, booking_fee_cents=490))

    found = earnings.earnings(payee.partner, None)

    assert found["sums"] == [
        {"currency": "CHF", "service": 11900, "commission": 2380, "net": 9520},
        {"currency": "EUR", "service": 16900, "commission": 3380, "net": 13520},
    ]
    assert [charge.state for charge in found["page"]].count(ChargeState.FAILED) == 1
    assert found["page"][0].currency == "CHF"


def test_another_partners_are_not_there(owing, rival_partner):
    cast.charged(owing())

    found = earnings.earnings(rival_partner.partner, "no number")

    assert (list(found["page"]), found["sums"]) == ([], [])


@pytest.mark.parametrize("rows", [1, 3])
def test_three_queries_however_many_jobs(owing, payee, rows, django_assert_num_queries):
    for _ in range(rows):
        cast.charged(owing())

    with django_assert_num_queries(3):
        page = earnings.earnings(payee.partner, "1")["page"]
        assert [charge.booking.service.name for charge in page] == ["Wi-Fi lent"] * rows


def test_the_page_is_the_technicians(client, owing, payee, customer):
    cast.charged(owing())
    address = reverse("partner:earnings")

    assert client.get(address).status_code == 302
    client.force_login(customer)
    assert client.get(address).status_code == 403
    client.force_login(payee.user)
    assert "55,20" in client.get(address).content.decode()
