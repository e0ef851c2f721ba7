"""Papers in the back office: found, opened, never changed (rule M8; fault A11)."""

import pytest
from django.urls import reverse

from mila import second_factor
from papers import sweeps
from papers.models import Billing, Paper
from requests_app.models import ContactAccess
from tests.papers import cast
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def invoice(payer, payee):
    cast.billing_of(payee)
    charge = cast.paid_job(payer, payee)
    sweeps.sweep()
    return Paper.objects.get(charge=charge, key__endswith="-service")


@pytest.mark.parametrize("asked", ["", "?q=Partner", "?q=abc", "?q=1"])
def test_list_and_its_search(client, staff, invoice, asked):
    sign_in(client, staff)

    answer = client.get(reverse("admin:papers_paper_changelist") + asked)

    assert answer.status_code == 200
    assert (invoice.number in answer.content.decode()) == (asked != "?q=abc")


def test_staff_open_a_paper_and_leave_a_row(client, staff, invoice):
    sign_in(client, staff)
    page = client.get(reverse("admin:papers_paper_change", args=[invoice.pk])).content.decode()
    address = reverse("admin:papers_paper_file", args=[invoice.pk])

    assert address in page
    assert "Odile" not in page
    assert client.get(address).content == invoice.file.pdf
    assert ContactAccess.objects.filter(user=staff).count() == 1


def test_who_lives_where_is_shown_after_the_factor_was_shown_again(client, staff, invoice):
    sign_in(client, staff, seconds_ago=second_factor.RECENT + 60)
    billing = Billing.objects.get()
    pages = [
        reverse("admin:papers_paper_file", args=[invoice.pk]),
        reverse("admin:papers_billing_changelist"),
        reverse("admin:papers_billing_change", args=[billing.pk]),
        reverse("admin:papers_billing_history", args=[billing.pk]),
    ]

    asked = [client.get(page) for page in pages]

    assert all(one.url.startswith("/accounts/2fa/reauthenticate/") for one in asked)
    assert not ContactAccess.objects.filter(user=staff).exists()
    sign_in(client, staff)
    assert [client.get(page).status_code for page in pages] == [200] * 4
