"""Accounts in the back office: rights from superusers only, no password, no phone; and the lists
of people.
"""

import uuid

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import CustomerProfile, User
from tests import factories
from tests.backoffice.people_steps import notice, ops, page
from tests.signing_in import sign_in

__all__ = ["ops"]  # fixtures
pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    """Staff with every right on accounts, and not a superuser."""
    user = factories.UserFactory(email="clerk@example.com", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label__in=["accounts", "auth"])
    )
    sign_in(client, user)
    return user


def test_no_password_is_shown(ops, customer):
    customer.set_password("a-long-secret-word")
    customer.save()

    assert customer.password not in ops.get(page("user_change", customer.pk)).content.decode()
    assert (
        "password" not in ops.get(page("user_change", customer.pk)).context["adminform"].form.fields
    )


def test_staff_give_themselves_no_rights(client, clerk):
    answer = client.post(
        page("user_change", clerk.pk), {"name": "x", "language": "fr", "is_superuser": "on"}
    )

    clerk.refresh_from_db()
    assert answer.status_code == 403
    assert not clerk.is_superuser


def test_staff_give_others_no_rights(client, clerk, customer):
    sent = {
        "name": "Odile P.",
        "language": "fr",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
    }

    assert (
        client.post(
            page("user_change", customer.pk), {**sent, "email": "x@example.com"}
        ).status_code
        == 302
    )

    customer.refresh_from_db()
    assert (customer.name, customer.is_staff, customer.is_superuser) == ("Odile P.", False, False)
    assert customer.email == "odile@example.com"


def test_only_superusers_add_accounts_and_write_groups(client, clerk):
    group = Group.objects.create(name="Ops")

    assert client.get(page("user_add")).status_code == 403
    assert client.get(reverse("admin:auth_group_add")).status_code == 403
    assert (
        client.post(
            reverse("admin:auth_group_change", args=[group.pk]), {"name": "Boss"}
        ).status_code
        == 403
    )


def test_superuser_makes_a_colleague_without_a_password(ops):
    sent = {"email": "new@example.com", "name": "Nina", "language": "fr", "is_staff": "on"}

    assert ops.post(page("user_add"), sent).status_code == 302

    nina = User.objects.get(email="new@example.com")
    assert nina.is_staff
    assert not nina.has_usable_password()


def test_nobody_is_deleted(ops, customer, partner):
    for address in (page("user_delete", customer.pk), page("technician_delete", partner.pk)):
        assert ops.post(address, {"post": "yes"}).status_code == 403
    assert (
        ops.post(page("partnerprofile_delete", partner.partner_id), {"post": "yes"}).status_code
        == 403
    )


def test_customers_show_no_phone(ops, customer):
    profile = CustomerProfile.objects.create(user=customer, phone="+33639980117")

    for address in (page("customerprofile_changelist"), page("customerprofile_change", profile.pk)):
        assert "39980117" not in ops.get(address).content.decode()


def test_second_factors_and_addresses_are_not_in_reach(ops):
    assert ops.get("/admin/mfa/authenticator/").status_code == 404
    assert ops.get("/admin/account/emailaddress/").status_code == 404


def test_staff_sign_in_by_the_sites_own_door(client, staff, customer):
    """The admin's own form knows no second factor (fault S9)."""
    staff.set_password("a-long-secret-word")
    staff.save()
    sent = {"username": staff.email, "password": "a-long-secret-word"}

    answer = client.post(reverse("admin:login"), sent)

    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
    assert "_auth_user_id" not in client.session
    sign_in(client, customer)
    assert client.get(reverse("admin:login")).status_code == 403


# --- Lists

MAKE = {
    "user": factories.UserFactory,
    "partnerprofile": factories.PartnerFactory,
    "technician": factories.TechnicianFactory,
    "customerprofile": lambda: CustomerProfile.objects.create(user=factories.UserFactory()),
    "notification": notice,
    "skill": lambda: factories.SkillFactory(slug=uuid.uuid4().hex, name="Autre"),
}


@pytest.mark.parametrize("model", MAKE)
def test_lists_take_the_same_queries_for_one_and_three(ops, morning, model):
    address = page(f"{model}_changelist")
    MAKE[model]()
    with CaptureQueriesContext(connection) as one:
        assert ops.get(address, {"q": ""}).status_code == 200
    MAKE[model]()
    MAKE[model]()
    with CaptureQueriesContext(connection) as three:
        ops.get(address, {"q": ""})

    assert len(three) == len(one)


def test_skill_in_use_is_not_deleted(ops, partner):
    skill = partner.skills.get().skill

    assert ops.post(page("skill_delete", skill.pk), {"post": "yes"}).status_code == 403
