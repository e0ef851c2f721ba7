"""What asks for the second factor again: money, contact data, policy and rights (rule O2,
fault S9).
"""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import CustomerProfile
from backoffice.admin.bookings import BookingAdmin
from mila import second_factor
from mila.clock import mila_now
from policy.models import PolicyRow
from requests_app.actions import placing
from requests_app.lifecycle import Role
from requests_app.models import BookingPhoto, ContactAccess, PhotoSize
from simulation import factor
from tests import factories
from tests.pictures import photo_of
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
LONG_AGO = second_factor.RECENT + 60
POLICY = {
    "key": "wishes_max",
    "value": "2",
    "starts_at_0": "2030-01-01",
    "starts_at_1": "08:00",
    "note": "Fewer.",
}


def test_contact_data_is_shown_after_the_factor_was_shown_again(client, staff, searching):
    address = reverse("admin:requests_app_booking_act", args=[searching.pk, "contact"])
    sign_in(client, staff, seconds_ago=LONG_AGO)

    asked = client.post(address, {"reason": "They called."})
    assert asked.url.startswith("/accounts/2fa/reauthenticate/?next=")
    assert not ContactAccess.objects.exists()

    answer = client.post(
        "/accounts/2fa/reauthenticate/", {"code": factor.current_code(staff), "next": address}
    )

    assert answer.status_code == 200  # what was sent was kept, and goes on
    assert "Odile" in answer.content.decode()
    assert ContactAccess.objects.get().reason == "They called."


@pytest.fixture
def known(morning, customer):
    """A customer with an account, a profile, and a booking with a photo."""
    CustomerProfile.objects.create(user=customer)
    draft = factories.DraftFactory(customer=customer)
    photo_of(draft)
    placing.place(draft.pk, role=Role.CUSTOMER, by=customer)
    return customer


def pages_of_the_back_office():
    """Every list, also searched; every row with its history; photos; the box in which a person is
    picked.
    """
    yield "/admin/"
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_changelist") + "?q=odile"
        for pk in model._default_manager.values_list("pk", flat=True)[:5]:
            for page in ("change", "history", "delete"):
                yield reverse(f"{name}_{page}", args=[pk])
    for photo in BookingPhoto.objects.all():
        for size in PhotoSize:
            yield reverse(
                "admin:requests_app_booking_photo", args=[photo.booking_id, photo.key, size]
            )
    yield picker("Odile")


def picker(term):
    box = {"app_label": "accounts", "model_name": "technician", "field_name": "user", "term": term}
    return f"{reverse('admin:autocomplete')}?{urlencode(box)}"


def telling(client):
    """The pages that tell how a customer is reached, or show a photo of their home."""
    found = {address: client.get(address) for address in pages_of_the_back_office()}
    assert len(found) > 40
    return {
        address
        for address, answer in found.items()
        if b"odile@example.com" in (content := answer.getvalue())
        or b"Odile" in content
        or content[:2] == b"\xff\xd8"
    }


def test_no_page_tells_how_a_customer_is_reached_before_the_factor_is_shown_again(
    client, staff, known
):
    sign_in(client, staff, seconds_ago=LONG_AGO)

    assert telling(client) == set()
    assert not ContactAccess.objects.exists()


def test_within_ten_minutes_they_do(client, staff, known):
    sign_in(client, staff)

    assert len(telling(client)) >= 8
    assert ContactAccess.objects.get().reason == "photo"


def test_who_is_named_by_the_whole_address_is_picked_without(client, staff, known):
    sign_in(client, staff, seconds_ago=LONG_AGO)

    assert client.get(picker("Odile@Example.com ")).json()["results"][0]["id"] == str(known.pk)
    assert client.get(picker("odile@example")).json()["results"] == []


def test_nothing_is_asked_within_ten_minutes(client, staff, searching):
    sign_in(client, staff, seconds_ago=second_factor.RECENT - 60)

    answer = client.get(reverse("admin:requests_app_booking_act", args=[searching.pk, "contact"]))

    assert answer.status_code == 200


@pytest.mark.parametrize("page", ["policy_policyrow_add", "accounts_user_add", "auth_group_add"])
def test_policy_and_rights_ask_again(client, staff, page):
    sign_in(client, staff, seconds_ago=LONG_AGO)

    for send in (client.get, client.post):
        assert send(reverse(f"admin:{page}"), POLICY).url.startswith(
            "/accounts/2fa/reauthenticate/"
        )
    assert not PolicyRow.objects.exists()


def test_rights_of_somebody_are_not_written_without(client, staff, customer):
    address = reverse("admin:accounts_user_change", args=[customer.pk])
    sign_in(client, staff, seconds_ago=LONG_AGO)

    assert client.post(address, {"is_staff": "on"}).url.startswith("/accounts/2fa/reauthenticate/")
    customer.refresh_from_db()
    assert not customer.is_staff


def test_policy_rows_are_not_deleted_without(client, staff):
    row = PolicyRow.objects.create(
        key="pool_after_windows", value=5, starts_at=mila_now() + timedelta(days=2)
    )
    sign_in(client, staff, seconds_ago=LONG_AGO)
    chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}

    client.post(reverse("admin:policy_policyrow_delete", args=[row.pk]), {"post": "yes"})
    client.post(reverse("admin:policy_policyrow_changelist"), chosen)

    assert PolicyRow.objects.filter(pk=row.pk).exists()


def test_every_act_over_money_or_contact_data_asks_again():
    found = {act.name for act in BookingAdmin.acts if act.asks_again}

    assert found == {
        "accept-dispute",
        "advance",
        "advance-approve",
        "appeal-overturn",
        "appeal-uphold",
        "evidence",
        "keep-suspended",
        "refund",
        "refund-again",
        "refund-by-hand",
        "contact",
        "decide",
        "decide-fee",
        "decide-none",
        "fail",
        "freeze",
        "retry",
        "take-up",
        "thaw",
        "way",
        "withdraw",
    }
