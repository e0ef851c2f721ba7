"""Who may open a paper, where, and for how long (rule M8, D8, B11; fault A1, A3, A11)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.http import Http404
from django.urls import reverse

from accounts.models import PartnerProfile
from mila.clock import mila_now, set_clock
from papers import access, sweeps
from papers.models import Billing, Paper
from payments.access import payee_of
from requests_app.models import Booking, ContactAccess
from tests import factories
from tests.papers import cast
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def charge(payer, payee):
    cast.billing_of(payee)
    charge = cast.paid_job(payer, payee)
    sweeps.sweep()
    return charge


def paper(charge, end):
    return Paper.objects.get(charge=charge, key__endswith=f"-{end}")


def address(charge, end):
    return reverse("customer:paper", args=[charge.booking.token, paper(charge, end).uuid])


def test_customer_finds_their_papers_on_the_page_and_opens_them(client, charge):
    page = client.get(reverse("customer:booking", args=[charge.booking.token])).content.decode()

    for end in ("receipt", "service", "fee"):
        assert address(charge, end) in page
    answer = client.get(address(charge, "service"))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert (
        answer.headers["Content-Disposition"]
        == f'attachment; filename="{paper(charge, "service").number}.pdf"'
    )
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.content == paper(charge, "service").file.pdf


def test_partners_paper_is_behind_no_customers_link(client, charge):
    assert client.get(address(charge, "commission")).status_code == 404
    page = client.get(reverse("customer:booking", args=[charge.booking.token])).content.decode()
    assert str(paper(charge, "commission").uuid) not in page


def test_page_says_that_a_paper_is_still_to_come(client, payer, payee):
    charge = cast.paid_job(payer, payee)
    sweeps.sweep()

    page = client.get(reverse("customer:booking", args=[charge.booking.token])).content.decode()

    assert "D’autres documents suivent" in page


def test_friend_opens_their_papers(client, charge, payee):
    sign_in(client, payee.user)

    page = client.get(reverse("partner:papers")).content.decode()
    answer = client.get(reverse("partner:paper", args=[paper(charge, "commission").uuid]))

    assert paper(charge, "commission").number in page
    assert answer.content == paper(charge, "commission").file.pdf
    assert not ContactAccess.objects.exists()


def test_customers_invoice_is_a_look_at_contact_data_and_ends_with_it(client, charge, payee):
    sign_in(client, payee.user)
    invoice = reverse("partner:paper", args=[paper(charge, "service").uuid])

    assert client.get(invoice).status_code == 200
    looks = [look for look in ContactAccess.objects.all() if look.reason == "invoice"]
    assert len(looks) == 1

    set_clock(charge.booking.signed_off_at + timedelta(days=7), speed=0)
    assert client.get(invoice).status_code == 404
    assert invoice not in client.get(reverse("partner:papers")).content.decode()


def test_rival_finds_nothing(charge, rival_partner):
    payee = payee_of(rival_partner.user)

    assert list(access.papers_of_payee(payee)) == []
    for one in Paper.objects.all():
        with pytest.raises(Http404):
            access.file_for_payee(payee, one.uuid)


def test_customers_invoice_is_nobodys_who_has_not_done_the_job(charge, payee, rival_partner):
    invoice = paper(charge, "service")
    Booking.objects.filter(pk=charge.booking_id).update(technician=rival_partner)

    with pytest.raises(Http404):
        access.file_for_payee(payee_of(payee.user), invoice.uuid)

    assert not ContactAccess.objects.exists()


def test_what_may_not_be_looked_at_any_more_is_asked_again(charge, payee, monkeypatch):
    """The look itself is the judge: the list may have been read a moment before."""
    monkeypatch.setattr(access, "reveal_contact", lambda *args, **more: None)

    with pytest.raises(Http404):
        access.file_for_payee(payee_of(payee.user), paper(charge, "service").uuid)


def test_papers_of_a_company_are_its_owners(payer, morning):
    technician, owner = cast.pro(), factories.UserFactory()
    cast.billing_of(technician)
    charge = cast.paid_job(payer, technician)
    sweeps.sweep()
    bill = paper(charge, "self_bill")

    with pytest.raises(Http404):
        access.file_for_payee(payee_of(technician.user), bill.uuid)
    PartnerProfile.objects.filter(pk=technician.partner_id).update(owner=owner)
    assert access.file_for_payee(payee_of(owner), bill.uuid).paper == bill


def test_staff_with_the_right_leave_a_row_for_a_customers_paper(charge):
    clerk = factories.UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_paper"))
    desk = factories.UserFactory(is_staff=True)
    desk.user_permissions.set(
        Permission.objects.filter(codename__in=["view_paper", "view_bookingcontact"])
    )
    bare = factories.UserFactory(is_staff=True)

    for user in (clerk, bare):
        with pytest.raises(Http404):
            access.file_for_staff(user, paper(charge, "service").pk)
    assert access.file_for_staff(clerk, paper(charge, "commission").pk)
    assert not ContactAccess.objects.exists()
    assert access.file_for_staff(desk, paper(charge, "service").pk)
    assert ContactAccess.objects.get().user == desk


# --- The partner's details

TYPED = {"name": "Yanis Corvel", "street": "12 rue des Lilas", "postcode": "69007", "city": "Lyon",
         "register_number": "732 829 320", "vat_number": "", "mandate": "on"}  # fmt: skip


def test_details_are_kept_with_the_mandate(client, payee):
    sign_in(client, payee.user)

    answer = client.post(reverse("partner:billing"), TYPED)

    assert answer.status_code == 302
    kept = Billing.objects.get()
    assert (kept.partner, kept.register_number, kept.mandate_by) == (
        payee.partner,
        "732829320",
        payee.user,
    )
    assert kept.mandate_at <= mila_now()


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("mandate", ""),
        ("register_number", "732829321"),
        ("vat_number", "FR00"),
        ("postcode", "6900"),
        ("name", " "),
    ],
)
def test_details_that_are_none_are_refused_and_nothing_is_kept(client, payee, field, typed):
    sign_in(client, payee.user)

    answer = client.post(reverse("partner:billing"), {**TYPED, field: typed})

    assert answer.status_code == 422
    assert not Billing.objects.exists()


def test_changed_details_leave_what_was_issued(client, charge, payee):
    sign_in(client, payee.user)
    before = paper(charge, "service").content

    client.post(reverse("partner:billing"), {**TYPED, "name": "Corvel Dépannage"})

    assert Billing.objects.get().name == "Corvel Dépannage"
    assert paper(charge, "service").content == before
