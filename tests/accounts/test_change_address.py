"""Another address to sign in with: the password or a code to the old one first, the new one proved,
the old one told.

Rule B12. The third way, a passkey, in a browser that has one: test_second_factor_in_browser.py.
"""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from accounts import mail_words, still_you
from accounts.models import AccountCode, Notification, User
from simulation import factor
from tests import factories

ADDRESS, CODE = reverse("account_email"), reverse("account_email_verification_sent")
REAUTHENTICATE, BY_CODE = reverse("account_reauthenticate"), reverse("account_reauthenticate_code")
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
    return mail_words.unsealed(
        Notification.objects.filter(kind="account_code", email=email).latest("pk")
    )["code"]


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
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [
        (NEW, True, True)
    ]


def test_the_old_address_is_told(inside):
    ask_and_show(inside)
    type_code(inside, code())

    assert Notification.objects.filter(kind="account_email_changed", email=OLD).count() == 1
    assert not Notification.objects.filter(kind="account_email_changed", email=NEW).exists()


def test_bookings_stay_with_the_account(inside, customer, morning):
    booking = factories.placed_booking(customer=customer)
    ask_and_show(inside)
    type_code(inside, code())

    assert booking.number in inside.get(reverse("customer:bookings")).content.decode()


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
    assert booking.number not in inside.get(reverse("customer:bookings")).content.decode()

    type_code(inside, code())

    booking.refresh_from_db()
    assert booking.customer == customer
    assert booking.number in inside.get(reverse("customer:bookings")).content.decode()


@pytest.mark.parametrize("action", ["action_primary", "action_remove", "action_send"])
@pytest.mark.parametrize("whose", ["own", "another's", "nobody's", "unproved"])
def test_other_buttons_of_the_library_break_nothing(inside, customer, stranger, action, whose):
    EmailAddress.objects.create(user=customer, email=stranger.email)  # as the pages of old left it
    email = {
        "own": OLD,
        "another's": stranger.email,
        "nobody's": "x@example.com",
        "unproved": stranger.email,
    }[whose]
    url = inside.post(ADDRESS, {"email": email, action: "1"}).url
    answer = (
        inside.post(url, {"password": PASSWORD}, follow=True)
        if url.startswith(REAUTHENTICATE)
        else inside.get(url)
    )

    assert answer.status_code == 200
    assert User.objects.get(pk=customer.pk).email == OLD
    assert EmailAddress.objects.filter(
        user=customer, email=OLD, verified=True, primary=True
    ).exists()


# --- A code to the old address


def ask_by_code(client, email=NEW):
    """The wish, and the page on which a code to the old address is sent and typed."""
    ask(client, email)
    client.post(BY_CODE, {"send": "1", "next": ADDRESS})
    row = Notification.objects.filter(kind="account_still_you").latest("pk")
    return row, mail_words.unsealed(row)["code"]


def show(client, digits):
    return client.post(BY_CODE, {"code": digits, "next": ADDRESS})


def wrong(digits):
    return f"{(int(digits) + 1) % 10**8:08}"


def test_a_code_to_the_old_address_does_instead_of_the_password(inside, customer):
    other_way = inside.get(ask(inside).url).content.decode()
    assert f"{BY_CODE}?next=" in other_way

    message, digits = ask_by_code(inside)
    assert (message.email, message.user) == (OLD, customer)
    assert show(inside, digits).url == CODE
    type_code(inside, code())

    assert User.objects.get(pk=customer.pk).email == NEW
    assert Notification.objects.filter(kind="account_email_changed", email=OLD).count() == 1


def test_looking_at_the_page_sends_nothing(inside):
    inside.get(BY_CODE)

    assert not Notification.objects.exists()


def test_a_wrong_code_changes_nothing(inside, customer):
    _message, digits = ask_by_code(inside)

    assert "Ce code est faux ou trop ancien" in show(inside, wrong(digits)).content.decode()

    assert not Notification.objects.filter(kind="account_code").exists()
    assert User.objects.get(pk=customer.pk).email == OLD
    assert ask(inside).url.startswith(REAUTHENTICATE)


def test_after_so_many_wrong_ones_the_right_one_is_wrong_too(inside):
    _message, digits = ask_by_code(inside)
    for _ in range(still_you.TRIES):
        show(inside, wrong(digits))

    assert show(inside, digits).status_code == 200
    assert not Notification.objects.filter(kind="account_code").exists()


@pytest.mark.parametrize(("after", "taken"), [(-1, True), (0, False), (1, False)])
def test_a_code_lives_so_long(inside, stopped_clock, morning, after, taken):
    stopped_clock(morning)
    _message, digits = ask_by_code(inside)
    stopped_clock(morning + still_you.LIFE + timedelta(seconds=after))

    assert (show(inside, digits).status_code == 302) is taken


def test_a_code_is_right_once(inside, client, customer):
    _message, digits = ask_by_code(inside)
    show(inside, digits)
    client.logout()
    client.force_login(customer)

    assert show(client, digits).status_code == 200
    assert ask(client).url.startswith(REAUTHENTICATE)


def test_so_many_messages_an_hour(inside):
    for _ in range(still_you.AN_HOUR + 1):
        answer = inside.post(BY_CODE, {"send": "1"}, follow=True)

    assert "plusieurs messages" in answer.content.decode()
    assert Notification.objects.filter(kind="account_still_you").count() == still_you.AN_HOUR


def test_a_code_for_another_person_is_wrong(inside, stranger):
    still_you.send_code(stranger.pk)
    digits = mail_words.unsealed(Notification.objects.get(email=stranger.email))["code"]
    ask(inside)

    assert show(inside, digits).status_code == 200
    assert not Notification.objects.filter(kind="account_code").exists()


def test_who_reads_the_rows_finds_no_code(inside):
    message, digits = ask_by_code(inside)

    assert digits not in str(vars(AccountCode.objects.get()))
    assert digits not in str(message.context)


def test_no_code_by_mail_in_place_of_a_second_factor(inside, customer):
    factor.enrol(customer)
    still_you.send_code(customer.pk)
    digits = mail_words.unsealed(Notification.objects.get())["code"]

    assert ask(inside).url.startswith(reverse("mfa_reauthenticate"))
    assert show(inside, digits).url.startswith(reverse("mfa_reauthenticate"))
    inside.post(BY_CODE, {"send": "1"})

    assert Notification.objects.count() == 1
    assert AccountCode.objects.get().tries == 0
    assert ask(inside).url.startswith(reverse("mfa_reauthenticate"))


def test_who_has_no_password_is_asked_for_the_code(client, customer):
    customer.set_unusable_password()
    customer.save()
    client.force_login(customer)

    assert ask(client).url.startswith(BY_CODE)
    _message, digits = ask_by_code(client)
    assert show(client, digits).url == CODE
