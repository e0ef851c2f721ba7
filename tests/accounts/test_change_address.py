"""Another address to sign in with: the password first, the new one proved, the old one told (PRODUCT B12)."""

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from accounts import notifications
from accounts.models import Notification, User
from tests import factories

ADDRESS, CODE = reverse("account_email"), reverse("account_email_verification_sent")
REAUTHENTICATE = reverse("account_reauthenticate")
OLD, NEW, PASSWORD = "odile@example.com", "perrachon@example.com", "chouette-hulotte-9"


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def inside(client, customer):
    customer.set_password(PASSWORD)
    customer.save()
    client.force_login(customer)
    return client


def ask(client, email=NEW):
    return client.post(ADDRESS, {"email": email, "action_add": "1"})


def ask_and_show(client, email=NEW):
    """Both: the wish, and the password that is asked for."""
    url = ask(client, email).url
    return client.post(url, {"password": PASSWORD}) if url.startswith(REAUTHENTICATE) else None


def code(email=NEW):
    return notifications.unsealed(Notification.objects.filter(kind="account_code", email=email).latest("pk"))["code"]


def type_code(client, digits):
    return client.post(CODE, {"code": digits, "action": "verify"})


def test_the_password_comes_first(inside, customer):
    assert ask(inside).url.startswith(REAUTHENTICATE)

    assert not Notification.objects.exists()
    assert User.objects.get(pk=customer.pk).email == OLD


def test_a_wrong_password_changes_nothing(inside, customer):
    answer = inside.post(ask(inside).url, {"password": "not-the-password"})

    assert answer.status_code == 200
    assert not Notification.objects.exists()


def test_only_the_code_changes_it(inside, customer):
    ask_and_show(inside)
    customer.refresh_from_db()
    assert customer.email == OLD

    type_code(inside, code())

    customer.refresh_from_db()
    assert customer.email == NEW
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [(NEW, True, True)]


def test_the_old_address_is_told(inside):
    ask_and_show(inside)
    type_code(inside, code())

    assert Notification.objects.filter(kind="account_email_changed", email=OLD).count() == 1
    assert not Notification.objects.filter(kind="account_email_changed", email=NEW).exists()


def test_bookings_stay_with_the_account(inside, customer, morning):
    booking = factories.placed_booking(customer=customer)
    ask_and_show(inside)
    type_code(inside, code())

    assert booking.number in inside.get(reverse("requests_app:bookings")).content.decode()


def test_an_address_of_another_account_is_refused_in_words(inside, customer, stranger):
    ask_and_show(inside, stranger.email)

    answer = inside.post(CODE, {"code": code(stranger.email), "action": "verify"}, follow=True)

    assert answer.status_code == 200
    assert "appartient à un autre compte" in answer.content.decode()
    assert User.objects.get(pk=customer.pk).email == OLD


def test_the_answer_before_the_code_is_the_same_for_a_known_address(inside, stranger):
    assert ask_and_show(inside, stranger.email).url == CODE
    assert Notification.objects.filter(kind="account_code", email=stranger.email).count() == 1


def test_bookings_made_as_a_guest_join_when_the_address_is_proved(inside, customer, morning):
    guest = factories.UserFactory(email=NEW, proved=False)
    booking = factories.placed_booking(customer=guest, email_proved_at=None)
    ask_and_show(inside)
    assert booking.number not in inside.get(reverse("requests_app:bookings")).content.decode()

    type_code(inside, code())

    booking.refresh_from_db()
    assert booking.customer == customer
    assert booking.number in inside.get(reverse("requests_app:bookings")).content.decode()


@pytest.mark.parametrize("action", ["action_primary", "action_remove", "action_send"])
@pytest.mark.parametrize("whose", ["own", "another's", "nobody's", "unproved"])
def test_other_buttons_of_the_library_break_nothing(inside, customer, stranger, action, whose):
    EmailAddress.objects.create(user=customer, email=stranger.email)  # as the pages of old left it
    email = {"own": OLD, "another's": stranger.email, "nobody's": "x@example.com", "unproved": stranger.email}[whose]
    url = inside.post(ADDRESS, {"email": email, action: "1"}).url
    answer = (
        inside.post(url, {"password": PASSWORD}, follow=True) if url.startswith(REAUTHENTICATE) else inside.get(url)
    )

    assert answer.status_code == 200
    assert User.objects.get(pk=customer.pk).email == OLD
    assert EmailAddress.objects.filter(user=customer, email=OLD, verified=True, primary=True).exists()
