"""An account opens only after its address was proved; nothing of a guest's
joins before (rule B12).
"""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from accounts import mail_words, pace
from accounts.models import Notification, User
from payments import cards
from payments.models import PaymentCustomer, SavedCard
from requests_app import access
from requests_app.actions import drafting
from tests import factories

SIGNUP, LOGIN, CODE = (
    reverse("account_signup"),
    reverse("account_login"),
    reverse("account_email_verification_sent"),
)
BOOKINGS = reverse("customer:bookings")
VICTIM, PASSWORD, OTHER_PASSWORD = "odile@example.com", "chouette-hulotte-9", "mesange-bleue-27"


@pytest.fixture(autouse=True)
def _no_limits(settings, monkeypatch):
    settings.ACCOUNT_RATE_LIMITS = False
    monkeypatch.setattr(pace, "SIGN_UP", 0)
    monkeypatch.setattr(pace, "SIGN_IN", 0)
    monkeypatch.setattr(pace, "RESET", 0)


def sign_up(client, email=VICTIM, password=PASSWORD):
    return client.post(SIGNUP, {"email": email, "password1": password})


def sign_in(client, email=VICTIM, password=PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


def mailed(kind, email=VICTIM):
    """What the reader of the latest mail of this kind has."""
    return mail_words.unsealed(Notification.objects.filter(kind=kind, email=email).latest("pk"))


def type_code(client, code):
    return client.post(CODE, {"code": code, "action": "verify"})


def order_as_guest(email=VICTIM):
    guest = drafting.customer_for(email, name="Odile Perrachon", language="fr")
    return factories.placed_booking(customer=guest, email_proved_at=None)


@pytest.fixture
def hijacked(morning):
    """Somebody signs up with another's address; later its owner books as a guest."""
    thief = Client()
    sign_up(thief)
    return thief, order_as_guest()


class TestSomebodyElseWasFirst:
    def test_the_guests_booking_is_not_shown(self, hijacked):
        thief, booking = hijacked

        assert thief.get(BOOKINGS).url.startswith(LOGIN)
        assert thief.get(reverse("customer:booking_own", args=[booking.uuid])).url.startswith(LOGIN)

    def test_the_password_opens_nothing(self, hijacked):
        thief = Client()

        answer = sign_in(thief)

        assert answer.status_code == 200
        assert "_auth_user_id" not in thief.session
        assert answer.content.decode().count("field-error") == sign_in(
            Client(), "nobody@example.com"
        ).content.decode().count("field-error")

    def test_even_a_session_of_the_account_sees_nothing(self, hijacked):
        """Defence in depth: whatever has let the account in, its address is not proved."""
        _thief, booking = hijacked
        inside = Client()
        inside.force_login(booking.customer)

        assert booking.number not in inside.get(BOOKINGS).content.decode()
        assert inside.get(reverse("customer:booking_own", args=[booking.uuid])).status_code == 404
        assert not access.is_customer(booking.customer, booking)

    def test_the_card_is_not_offered(self, hijacked, morning):
        _thief, booking = hijacked
        card = saved_card(booking.customer, saved_by=None)
        draft = factories.DraftFactory(customer=booking.customer, card="")

        assert cards.usable_cards(draft, own=True) == []
        assert card.pk

    def test_its_owner_gets_in_by_the_mail_and_the_thief_is_out(self, hijacked):
        _thief, booking = hijacked
        owner = Client()
        sign_up(owner, password=OTHER_PASSWORD)
        choose_password(owner, mailed("account_way_in")["link"], OTHER_PASSWORD)

        assert sign_in(Client(), password=PASSWORD).status_code == 200
        assert sign_in(owner, password=OTHER_PASSWORD).status_code == 302
        assert booking.number in owner.get(BOOKINGS).content.decode()

    def test_the_address_of_an_unproved_account_cannot_be_changed(self, hijacked):
        """Or the guest's booking would go along to an address the thief can prove."""
        thief, booking = hijacked

        thief.post(CODE, {"action": "change", "email": "thief@example.com"})

        booking.customer.refresh_from_db()
        assert booking.customer.email == VICTIM


def saved_card(user, saved_by):
    customer = PaymentCustomer.objects.create(user=user, stripe_id=f"cus_{user.pk}")
    return SavedCard.objects.create(
        customer=customer,
        stripe_id=f"pm_{user.pk}",
        brand="visa",
        last4="4242",
        exp_month=12,
        exp_year=2040,
        saved_by=saved_by,
    )


def choose_password(client, link, password):
    page = client.get(link.removeprefix("http://localhost:8000"), follow=True)
    return client.post(page.redirect_chain[-1][0], {"password1": password, "password2": password})


class TestProof:
    def test_the_code_of_the_mail_opens_the_account(self, client, morning):
        sign_up(client)
        assert client.get(BOOKINGS).status_code == 302

        type_code(client, mailed("account_code")["code"])

        assert client.get(BOOKINGS).status_code == 200
        assert EmailAddress.objects.get().verified

    def test_a_wrong_code_opens_nothing(self, client, morning):
        sign_up(client)

        answers = [type_code(client, "00000000").status_code for _ in range(4)]

        assert answers[0] == 200
        assert answers[-1] == 302
        type_code(client, mailed("account_code")["code"])  # used up: three tries
        assert client.get(BOOKINGS).status_code == 302
        assert not EmailAddress.objects.get().verified

    def test_who_is_made_by_code_has_proved(self, morning):
        user = User.objects.create_user("Made@Example.com", PASSWORD)

        assert sign_in(Client(), "made@example.com").status_code == 302
        assert user.email == "made@example.com"

    def test_a_guest_who_proves_finds_the_bookings(self, client, morning):
        booking = order_as_guest()
        sign_up(client)

        choose_password(client, mailed("account_way_in")["link"], PASSWORD)
        sign_in(client)

        assert booking.number in client.get(BOOKINGS).content.decode()
        assert client.get(reverse("customer:booking_own", args=[booking.uuid])).status_code == 302

    def test_the_code_is_readable_in_no_row(self, client, morning):
        sign_up(client)

        row = (
            Notification.objects.filter(kind="account_code")
            .values_list("context", "error", "subject_id")
            .get()
        )

        assert mailed("account_code")["code"] not in str(row)


class TestCards:
    def test_a_card_is_offered_to_the_account_that_saved_it_alone(
        self, customer, stranger, morning
    ):
        mine = saved_card(customer, saved_by=customer)
        draft = factories.DraftFactory(customer=customer, card="")

        assert cards.usable_cards(draft, own=True) == [mine]
        assert cards.usable_cards(draft, own=False) == []
        assert (
            cards.usable_cards(factories.DraftFactory(customer=stranger, card=""), own=True) == []
        )

    def test_a_guest_who_mistypes_gives_no_card_away(self, customer, morning):
        """The booking is another person's by a slip; the card of it is not offered for that
        person's own.
        """
        guests = saved_card(customer, saved_by=None)
        draft = factories.DraftFactory(customer=customer, card="")
        this_one = factories.DraftFactory(customer=customer, card=guests.stripe_id)

        assert cards.usable_cards(draft, own=True) == []
        assert (
            cards.usable_cards(this_one, own=True) == cards.usable_cards(this_one, own=False) == []
        )
        assert cards.usable_cards(this_one, own=False, typed=guests.stripe_id) == [
            guests
        ]  # in the browser it came from


class TestMails:
    @pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
    @pytest.mark.parametrize(
        "kind",
        ["account_code", "account_reset", "account_unknown", "account_email_changed",
            "account_password_changed",
         "account_way_in", "account_still_you", "account_factor_added", "account_factor_removed",
         "account_recovery_codes"],
    )  # fmt: skip
    def test_speak_the_houses_voice(self, kind, language):
        row = Notification(pk=1, kind=kind, subject_id="0" * 32, email=VICTIM, language=language)
        row.context = {
            "signs_in": "http://localhost:8000/in/",
            "signs_up": "http://localhost:8000/up/",
        }
        row.context["forgot"] = "http://localhost:8000/forgot/"
        row.sealed = '{"link": "http://localhost:8000/key/", "code": "12345678"}'

        message = mail_words.render(row)

        assert "Mila" in message.subject + message.body
        assert "[" not in message.subject
        assert "{{" not in message.body
        if kind == "account_code":
            assert "12345678" in message.body
        if kind in ("account_reset", "account_way_in"):
            assert "http://localhost:8000/key/" in message.body

    def test_links_are_of_the_site_not_of_the_request(self, client, customer):
        client.post(
            reverse("account_reset_password"),
            {"email": customer.email},
            headers={"Host": "testserver"},
        )

        assert mailed("account_reset", customer.email)["link"].startswith(
            "http://localhost:8000/accounts/password/"
        )
