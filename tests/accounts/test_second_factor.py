"""No page of the back office without the second factor, and no session of staff for ever
(rule O2, fault S9).
"""

import time
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import CustomerProfile, Notification
from backoffice.admin.bookings import BookingAdmin
from mila import second_factor
from mila.clock import mila_now
from mila.encrypted_fields import keyring
from mila.web import middleware
from policy.models import PolicyRow
from requests_app.actions import placing
from requests_app.lifecycle import Role
from requests_app.models import BookingPhoto, ContactAccess, PhotoSize
from simulation import factor
from tests import factories
from tests.architecture.addresses import fill, routes
from tests.pictures import photo_of
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-secret-word"
BOARD = "/admin/"
ADMIN = sorted(
    {
        fill(route, object_id=1, pk=1)
        for route, _name, _view in routes()
        if route.startswith("/admin/")
    }
)


@pytest.fixture
def ops(staff):
    """With a password, an address and an authenticator app."""
    staff.set_password(PASSWORD)
    staff.save()
    factor.enrol(staff)
    return staff


@pytest.fixture
def clock(monkeypatch):
    """The machine's clock, which the test moves: clock(seconds)."""
    begun, moved = time.time(), [0.0]
    monkeypatch.setattr(second_factor.time, "time", lambda: begun + moved[0])
    assert middleware.time is second_factor.time

    def move(seconds):
        moved[0] += seconds

    return move


def with_password(client, user):
    return client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})


def opened(client):
    """Addresses of the admin that answer with a page."""
    found = {address: client.get(address) for address in ADMIN}
    return [address for address, answer in found.items() if answer.status_code == 200]


# --- The door
# --------------------------------------------------------------------------------------------------


def test_not_one_page_of_the_admin_opens_without_it(client, staff):
    client.force_login(staff)
    assert len(ADMIN) > 100

    assert opened(client) == []

    posted = [client.post(address).status_code for address in ADMIN]
    assert set(posted) == {302}


def test_pages_open_with_it(client, staff):
    sign_in(client, staff)

    assert len(opened(client)) > 30


def test_who_has_none_is_led_to_where_one_is_made(client, staff):
    client.force_login(staff)

    answer = client.get(BOARD, follow=True)

    assert [address for address, _status in answer.redirect_chain] == [
        "/admin/login/?next=/admin/",
        "/accounts/2fa/",
    ]
    assert "L’administration demande un second facteur." in answer.content.decode()


def test_who_has_not_shown_it_is_led_to_show_it_and_then_on(client, ops):
    client.force_login(ops)
    answer = client.get("/admin/payments/charge/", follow=True)
    assert (
        answer.redirect_chain[-1][0]
        == "/accounts/2fa/reauthenticate/?next=%2Fadmin%2Fpayments%2Fcharge%2F"
    )

    sent = {"code": factor.current_code(ops), "next": "/admin/payments/charge/"}
    answer = client.post("/accounts/2fa/reauthenticate/", sent, follow=True)

    assert answer.redirect_chain == [("/admin/payments/charge/", 302)]
    assert answer.status_code == 200


def test_password_alone_leaves_somebody_outside(client, ops):
    answer = with_password(client, ops)

    assert answer.url == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    assert opened(client) == []


def test_password_and_code_open_the_board(client, ops):
    with_password(client, ops)
    client.post("/accounts/2fa/authenticate/", {"code": factor.current_code(ops)})

    assert client.get(BOARD).status_code == 200


def test_a_wrong_code_opens_nothing(client, ops):
    with_password(client, ops)
    wrong = "000000" if factor.current_code(ops) != "000000" else "111111"
    client.post("/accounts/2fa/authenticate/", {"code": wrong})

    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/login/?next=/admin/"])
def test_the_admins_own_form_is_gone(client, ops, path):
    client.force_login(ops)
    answer = client.post(path, {"username": ops.email, "password": PASSWORD})

    assert answer.url.startswith("/accounts/2fa/reauthenticate/")
    assert client.get(BOARD).status_code == 302


def test_password_is_no_second_factor(client, ops):
    client.force_login(ops)

    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    assert answer.url == "/accounts/2fa/reauthenticate/"
    assert client.get(BOARD).status_code == 302


def test_a_factor_that_was_removed_opens_nothing_any_more(client, staff):
    sign_in(client, staff)
    assert client.get(BOARD).status_code == 200

    Authenticator.objects.filter(user=staff).delete()

    assert client.get(BOARD).status_code == 302


@pytest.mark.parametrize("path", ["totp/deactivate/", "recovery-codes/generate/"])
def test_who_changes_a_factor_is_told_by_mail(
    client, staff, path, django_capture_on_commit_callbacks
):
    """A thief at an open screen must not put a factor of their own in its place unheard."""
    sign_in(client, staff)

    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/accounts/2fa/{path}").status_code == 302

    kind = "account_recovery_codes" if "recovery" in path else "account_factor_removed"
    assert list(Notification.objects.values_list("kind", "email", "user")) == [
        (kind, staff.email, staff.pk)
    ]


def test_nobody_is_told_of_a_change_that_is_refused(client, ops):
    """Without the second factor shown lately nothing is changed."""
    client.force_login(ops)

    client.post("/accounts/2fa/totp/deactivate/")

    assert Authenticator.objects.filter(user=ops).exists()
    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("totp_activated", "account_factor_added"),
        ("webauthn_added", "account_factor_added"),
        ("totp_deactivated", "account_factor_removed"),
        ("webauthn_removed", "account_factor_removed"),
        ("recovery_codes_generated", "account_recovery_codes"),
    ],
)
def test_each_change_of_a_factor_has_its_mail(staff, name, kind):
    get_adapter().send_notification_mail(f"mfa/email/{name}", staff)

    row = Notification.objects.get()
    assert (row.kind, row.email, row.user) == (kind, staff.email, staff)


def test_somebody_elses_factor_counts_for_nobody(client, staff):
    sign_in(client, staff)
    other = factories.UserFactory(is_staff=True)
    session = client.session
    session["_auth_user_id"] = str(other.pk)
    session["_auth_user_hash"] = other.get_session_auth_hash()
    session.save()
    factor.enrol(other)

    assert client.get(BOARD).status_code == 302


def test_wish_of_another_site_is_not_followed(client, staff):
    sign_in(client, staff)

    assert client.get("/admin/login/?next=https://evil.example/").url == BOARD


def test_customers_are_asked_for_none(client, customer):
    client.force_login(customer)

    assert client.get("/bookings/").status_code == 200


def test_secret_of_the_app_lies_encrypted(ops):
    kept = Authenticator.objects.get(user=ops).data["secret"]

    assert factor.SECRET not in kept
    assert keyring().decrypt(kept.encode()).decode() == factor.SECRET


# --- How long a session lives
# ------------------------------------------------------------------------------------


def test_ends_after_half_an_hour_without_a_visit(client, staff, clock):
    sign_in(client, staff)
    clock(second_factor.IDLE - 1)
    assert client.get(BOARD).status_code == 200

    clock(second_factor.IDLE)

    assert client.get(BOARD).url == "/admin/login/?next=/admin/"
    assert "_auth_user_id" not in client.session


def test_ends_after_ten_hours_however_busy(client, staff, clock):
    sign_in(client, staff)
    for _ in range(29):  # 20 minutes each
        clock(1200)
        assert client.get(BOARD).status_code == 200
    clock(1199)
    assert client.get(BOARD).status_code == 200

    clock(1)

    assert client.get(BOARD).status_code == 302


def test_a_page_that_looks_by_itself_keeps_nobody_signed_in(client, staff, clock):
    sign_in(client, staff)
    for _ in range(2):
        clock(850)
        answer = client.get(BOARD, headers={"HX-Request": "true", second_factor.BY_ITSELF: "yes"})
        assert answer.status_code == 200
    clock(100)

    answer = client.get(BOARD, headers={"HX-Request": "true", second_factor.BY_ITSELF: "yes"})

    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/accounts/login/")


def test_the_boards_own_looks_say_so(client, staff):
    sign_in(client, staff)

    assert (
        f'hx-headers=\'{{"{second_factor.BY_ITSELF}": "yes"}}\''
        in client.get(BOARD).content.decode()
    )


def test_a_clock_put_back_ends_it(client, staff, clock):
    sign_in(client, staff)

    clock(-60)

    assert client.get(BOARD).status_code == 302


def test_the_demos_clock_does_not(client, staff, stopped_clock):
    sign_in(client, staff)
    stopped_clock(mila_now() + timedelta(days=3))

    assert client.get(BOARD).status_code == 200


def test_sessions_of_customers_live_on(client, customer, clock):
    client.force_login(customer)
    client.get("/bookings/")
    clock(86400)

    assert client.get("/bookings/").status_code == 200


# --- Asked again
# -------------------------------------------------------------------------------------------------

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
    yield BOARD
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


# --- The demo
# --------------------------------------------------------------------------------------------------


def test_demo_enrols_its_staff_and_says_how(ops, capsys):
    call_command("demo_code", ops.email)

    assert capsys.readouterr().out.strip() == factor.current_code(ops)


@pytest.mark.parametrize("who", ["customer", "nobody@mila.example"])
def test_no_code_for_others(customer, who):
    with pytest.raises(CommandError):
        call_command("demo_code", customer.email if who == "customer" else who)


def test_production_refuses_the_demos_secret(staff, settings):
    settings.PRODUCTION = True

    with pytest.raises(factor.OnlyForTheDemo):
        factor.enrol(staff)
    assert not Authenticator.objects.exists()
    assert factor.current_code(staff) == ""


def test_clerk_has_no_more_rights_with_it(client):
    clerk = factories.UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_booking"))
    sign_in(client, clerk)

    assert client.get(reverse("admin:requests_app_booking_changelist")).status_code == 200
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 403
