"""Passkeys, codes and apps in a real Chromium: staff enter the back office, customers change the
address (rule B12).
"""

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.sessions.models import Session

from accounts import mail_words
from accounts.models import Notification, User
from mila import second_factor
from simulation import factor
from tests import chromium, factories
from tests.browsing import follow, glance
from tests.browsing import look as look_at_both_sizes

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]
PASSWORD = "a-long-secret-word"
SMALL, WIDE = (390, 844), (1280, 800)
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def ops(transactional_db):
    user = factories.UserFactory(
        name="Ops", email="ops@example.com", is_staff=True, is_superuser=True
    )
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture(params=[SMALL, WIDE], ids=["390", "1280"])
def page(request, live_server):
    """With a device that keeps passkeys; what the browser complains about fails the test."""
    complaints = []
    width, height = request.param
    with chromium.opened() as browser:
        context = browser.new_context(
            locale="fr-FR",
            reduced_motion="reduce",
            base_url=live_server.url,
            viewport={"width": width, "height": height},
        )
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda note: complaints.append(note.text) if "Content Security" in note.text else None,
        )
        device = context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        yield page
    assert complaints == []


def look(page, name):
    page.wait_for_timeout(150)
    glance(page, f"factor-{name}")


def sign_in_by_password(page, email="ops@example.com"):
    page.goto("/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button[type=submit] >> nth=0")


def sign_out(page):
    page.context.clear_cookies()


def later():
    """So long after the last showing of who somebody is that it is asked again."""
    for session in Session.objects.all():
        kept = session.get_decoded()
        for shown in kept.get(AUTHENTICATION_METHODS_SESSION_KEY, []):
            shown["at"] -= second_factor.RECENT
        session.session_data = Session.objects.encode(kept)
        session.save(update_fields=["session_data"])


def test_from_the_password_to_the_board(page, ops):
    sign_in_by_password(page)
    page.wait_for_url("**/accounts/2fa/")
    look(page, "01-none-yet")

    follow(page, "text=Ajouter une clé d’accès")
    look(page, "02-add-passkey")
    page.click("#add_passkey")
    # to make it is not yet to show that it works
    page.wait_for_url("**/2fa/webauthn/reauthenticate/**")
    look(page, "06-still-you")
    page.click("#use_passkey")
    page.wait_for_url("**/2fa/recovery-codes/")
    look(page, "03-recovery-codes")
    assert Authenticator.objects.filter(user=ops).count() == 2

    follow(page, 'main a[href="/accounts/2fa/"]')
    look(page, "04-two-ways")
    page.goto("/accounts/2fa/webauthn/")
    look(page, "05-passkeys")
    page.goto("/accounts/2fa/totp/activate/")
    look(page, "07-add-app")
    secret = page.inner_text("code.key")
    counter = list(yield_hotp_counters_from_time())[1]
    page.fill("[name=code]", format_hotp_value(hotp_value(secret, counter)))
    page.click("main form button[type=submit]")
    page.wait_for_url("**/accounts/2fa/")
    look(page, "08-all-three")
    page.goto("/accounts/2fa/totp/deactivate/")
    look(page, "09-remove-app")
    page.goto("/accounts/2fa/recovery-codes/generate/")
    look(page, "10-new-codes")
    page.goto("/accounts/2fa/")
    page.click("text=Vers l’administration")
    page.wait_for_url("**/admin/")

    sign_out(page)
    sign_in_by_password(page)
    page.wait_for_url("**/2fa/authenticate/")
    look(page, "11-second-factor")
    page.click("#use_passkey")
    page.wait_for_url("**/admin/")

    sign_out(page)
    page.goto("/accounts/login/")
    look(page, "12-sign-in")
    page.click("#passkey_login")
    page.wait_for_url("**/admin/")


def test_a_customer_changes_the_address_by_passkey(page, customer):
    customer.set_password(PASSWORD)
    customer.save()
    sign_in_by_password(page, customer.email)
    page.wait_for_url("**/bookings/")
    page.goto("/accounts/2fa/webauthn/add/")
    page.click("#add_passkey")
    page.wait_for_url("**/2fa/webauthn/reauthenticate/**")
    sign_out(page)
    page.goto("/accounts/login/")
    page.click("#passkey_login")
    page.wait_for_url("**/bookings/")
    later()

    page.goto("/accounts/email/")
    look(page, "13-change-address")
    page.fill("[name=email]", "perrachon@example.com")
    page.click("[name=action_add]")
    page.wait_for_url("**/2fa/webauthn/reauthenticate/**")
    assert page.locator("[name=password]").count() == 0
    assert User.objects.get(pk=customer.pk).email == "odile@example.com"
    assert not Notification.objects.filter(kind="account_code").exists()

    page.click("#use_passkey")
    page.wait_for_url("**/confirm-email/")
    message = Notification.objects.get(kind="account_code", email="perrachon@example.com")
    page.fill("[name=code]", mail_words.unsealed(message)["code"])
    page.click("[name=action][value=verify]")
    page.wait_for_url(lambda url: "confirm-email" not in url)

    assert User.objects.get(pk=customer.pk).email == "perrachon@example.com"
    assert (
        Notification.objects.filter(kind="account_email_changed", email="odile@example.com").count()
        == 1
    )


def test_a_customer_changes_the_address_by_a_code_to_the_old_one(page, customer):
    customer.set_password(PASSWORD)
    customer.save()
    sign_in_by_password(page, customer.email)
    page.wait_for_url("**/bookings/")
    later()

    page.goto("/accounts/email/")
    page.fill("[name=email]", "perrachon@example.com")
    page.click("[name=action_add]")
    page.wait_for_url("**/accounts/reauthenticate/**")
    look(page, "14-password-or-code")
    follow(page, "main a[href*='/reauthenticate/code/']")
    look(page, "15-code-not-yet-sent")
    page.click("[name=send]")
    page.wait_for_selector("[name=code]")
    look(page, "16-code-sent")
    page.fill("[name=code]", "1")
    page.click("main form button[type=submit] >> nth=0")
    page.wait_for_selector(".field-error")
    look(page, "17-wrong-code")
    message = Notification.objects.get(kind="account_still_you", email="odile@example.com")
    page.fill("[name=code]", mail_words.unsealed(message)["code"])
    page.click("main form button[type=submit] >> nth=0")
    page.wait_for_url("**/confirm-email/")

    assert (
        Notification.objects.filter(kind="account_code", email="perrachon@example.com").count() == 1
    )


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_the_second_factor_is_asked_for_in_each_language(language, open_page, live_server, ops):
    factor.enrol(ops)
    User.objects.update(language=language)
    page = open_page(locale=language, base_url=live_server.url)
    sign_in_by_password(page)
    page.wait_for_url("**/accounts/2fa/authenticate/**")
    assert page.locator("html").get_attribute("lang") == language
    look_at_both_sizes(page, f"factor-asked-{language}")

    page.fill("[name=code]", factor.current_code(ops))
    with page.expect_navigation():
        page.press("[name=code]", "Enter")
    later()
    page.goto("/admin/accounts/user/")

    page.wait_for_url("**/accounts/2fa/reauthenticate/**")
    look_at_both_sizes(page, f"factor-asked-again-{language}")
