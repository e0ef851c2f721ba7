"""No page of the back office without the second factor, and no session of staff for ever
(rule O2, fault S9).
"""

import time
from datetime import timedelta

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import Notification
from mila import second_factor
from mila.clock import mila_now
from mila.encrypted_fields import keyring
from mila.web import middleware
from simulation import factor
from tests import factories
from tests.architecture.addresses import fill, routes
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
