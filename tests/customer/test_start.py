"""Where a person goes after signing in."""

import pytest
from django.urls import reverse

from accounts.models import Dispatcher, Technician
from tests import factories

pytestmark = pytest.mark.django_db


def test_start_asks_a_visitor_to_sign_in(client):
    assert client.get(reverse("start"))["Location"] == "/accounts/login/?next=/start/"


def test_start_leads_each_to_their_own_place(client, customer, partner, staff):
    found = {}
    for who, user in {"customer": customer, "technician": partner.user, "staff": staff}.items():
        client.force_login(user)
        found[who] = client.get(reverse("start"))["Location"]

    assert found == {"customer": "/bookings/", "technician": "/partner/offers/", "staff": "/admin/"}


def test_start_leads_nobody_to_a_page_that_refuses_them(client, partner, rival_partner):
    planner = factories.UserFactory()
    Dispatcher.objects.create(partner=rival_partner.partner, user=planner)
    Technician.objects.filter(pk=partner.pk).update(active=False)

    for user in (planner, partner.user):
        client.force_login(user)
        assert client.get(reverse("start"))["Location"] == "/bookings/"
