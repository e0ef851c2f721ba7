"""The secret link leads back, also to a draft: it is mailed when the contact step is saved
(rule B1, B12).
"""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts import mail_words
from accounts.models import Notification, NotificationState
from catalogue.models import Service
from policy.figures import Policy
from requests_app.models import Booking
from tests import factories
from tests.customer.test_draft_steps import PLACE, WHO, draft, service, up_to_when, url

__all__ = ["draft", "service"]  # fixtures
ODILE, WRONG = "odile@example.com", "odille@example.com"


@pytest.fixture
def filled(client, draft):
    """Place and time are there; the contact step comes next."""
    up_to_when(client, draft)
    return draft


def save(client, booking, **changes):
    """The contact step, and the draft as it is afterwards."""
    answer = client.post(url("who", booking), {**WHO, **changes})
    assert answer.status_code == 302
    booking.refresh_from_db()
    return answer


def mails(email=ODILE):
    return Notification.objects.filter(kind="draft_saved", email=email)


def link_to(email=ODILE):
    return mail_words.unsealed(mails(email).latest("pk"))["link"].removeprefix(
        "http://localhost:8000"
    )


def card(booking):
    return reverse("customer:card", args=[booking.token])


def leads_to(address, browser=None):
    """Where a link ends; the page of the card itself is another app's."""
    browser = browser or Client()
    while not address.endswith("/card/"):
        answer = browser.get(address)
        if answer.status_code != 302:
            return answer.status_code
        address = answer.url
    return address


def test_the_link_is_mailed_and_leads_back_on_any_device(client, filled):
    save(client, filled)

    assert mails().count() == 1
    message = mail_words.render(mails().get())
    assert filled.number in message.subject
    assert not {"Perrachon", "Exemple", "4180A", "Rien dans"} & set(message.body.split())
    assert leads_to(link_to()) == card(filled)


def test_no_mail_before_the_contact_step(filled):
    assert not Notification.objects.exists()


def test_the_same_address_again_is_mailed_nothing_more(client, filled):
    save(client, filled)
    save(client, filled, problem="Rien au salon.", email="ODILE@example.com ")

    assert mails().count() == 1


def test_a_step_that_is_refused_mails_nothing(client, filled):
    answer = client.post(url("who", filled), {**WHO, "phone": "12"})

    assert answer.status_code == 422
    assert not Notification.objects.exists()


def test_who_is_signed_in_finds_the_draft_in_the_account(client, filled, customer):
    client.force_login(customer)
    save(client, filled)

    assert filled.customer == customer
    assert not Notification.objects.exists()


def test_another_address_gets_the_link_and_the_mistyped_one_leads_nowhere(client, filled):
    save(client, filled, email=WRONG)
    wrong = link_to(WRONG)

    answer = save(client, filled)

    assert answer.url == card(filled)
    assert mails(WRONG).get().state == NotificationState.FAILED  # it had not gone out yet
    assert leads_to(wrong) == 404
    assert leads_to(link_to()) == card(filled)


def test_back_leads_to_the_draft_although_its_link_is_another(client, filled):
    save(client, filled, email=WRONG)
    old = url("place", filled)
    save(client, filled)

    assert client.get(old).url == url("place", filled)
    assert Client().get(old).status_code == 404


def test_back_to_the_first_address_is_a_change_as_well(client, filled):
    save(client, filled)
    first = link_to()
    save(client, filled, email=WRONG)
    save(client, filled)

    assert leads_to(first) == 404
    assert leads_to(link_to()) == card(filled)


def test_whose_address_was_mistyped_is_shown_no_door_code(client, filled):
    save(client, filled, email=WRONG)
    elsewhere = Client()
    assert leads_to(link_to(WRONG), elsewhere) == card(filled)

    page = elsewhere.get(url("place", filled)).content.decode()

    assert "4180A" not in page
    assert "n’est pas affiché sur cet appareil" in page
    assert "4180A" in client.get(url("place", filled)).content.decode()


def test_the_mail_of_a_draft_proves_no_address(client, filled):
    save(client, filled)

    leads_to(link_to())

    filled.refresh_from_db()
    assert filled.email_proved_at is None


@pytest.mark.parametrize(
    ("change", "kept"),
    [({}, "4180A, 3e"), ({"street": "15 rue de l’Exemple"}, ""), ({"door_code": "B2"}, "B2")],
    ids=["as it is", "another door", "another code"],
)
def test_what_is_not_shown_is_kept_for_the_same_door(client, filled, change, kept):
    save(client, filled)
    elsewhere = Client()

    elsewhere.post(url("place", filled), {**PLACE, "door_code": "", **change})

    assert Booking.objects.get().contact.door_code == kept
    if kept == "4180A, 3e":
        assert "4180A" not in elsewhere.get(url("place", filled)).content.decode()


def test_the_browser_that_wrote_the_door_code_can_empty_it(client, filled):
    client.post(url("place", filled), {**PLACE, "door_code": ""})

    assert Booking.objects.get().contact.door_code == ""


def test_who_has_overwritten_a_door_code_is_not_shown_the_next(client, filled):
    elsewhere = Client()
    elsewhere.post(url("place", filled), {**PLACE, "door_code": "mine"})
    client.post(url("place", filled), PLACE)

    assert "4180A" not in elsewhere.get(url("place", filled)).content.decode()


def test_one_draft_mails_no_more_than_so_many_an_hour(client, filled):
    for number in range(Policy().address_codes_an_hour + 2):
        save(client, filled, email=f"stray-{number}@example.com")

    assert Notification.objects.filter(kind="draft_saved").count() == Policy().address_codes_an_hour
    assert filled.customer.email == f"stray-{number}@example.com"  # the draft goes on none the less


def begun_by(browser):
    browser.post(reverse("customer:book", args=[Service.objects.get().slug]))
    booking = Booking.objects.latest("pk")
    up_to_when(browser, booking)
    return browser, booking


def test_one_mailbox_is_not_filled_by_many_drafts(client, filled, stopped_clock, morning):
    """Also not by drafts that were begun long before: what counts is what was mailed."""
    most = Policy().address_codes_an_hour
    aged = [begun_by(browser) for browser in (Client(), Client(), Client())]
    for hour in range(1, 3):
        stopped_clock(morning + timedelta(hours=25 * hour))
        for browser, old in aged:
            for turn in range(3):
                save(browser, old, email=f"other-{hour}-{turn}@example.com")
                save(browser, old)
        assert mails().count() == most * hour

    save(client, filled)

    assert filled.customer.email == ODILE  # the draft goes on none the less
    assert mails().count() == most * 2


def test_drafts_that_strangers_began_take_no_mail_from_who_begins_one(client, filled):
    victim = factories.UserFactory(email=ODILE)
    for _ in range(Policy().address_codes_an_hour + 1):
        factories.DraftFactory(customer=victim)

    save(client, filled)

    assert mails().count() == 1


def test_a_guest_s_order_speaks_the_language_of_the_page_and_tells_of_no_account(client, filled):
    factories.UserFactory(email=ODILE, language="de")

    for email in (ODILE, "new@example.com"):
        save(client, filled, email=email)
        assert filled.language == "fr"


def test_an_account_s_order_speaks_its_language(client, filled):
    client.force_login(factories.UserFactory(email=ODILE, language="de"))

    save(client, filled)

    assert filled.language == "de"


def test_whose_address_was_mistyped_does_not_find_the_draft_in_their_browser(client, filled):
    save(client, filled, email=WRONG)
    elsewhere = Client()
    assert leads_to(link_to(WRONG), elsewhere) == card(filled)
    begin = reverse("customer:book", args=[filled.service.slug])

    assert elsewhere.post(begin).url != card(filled)
    assert client.post(begin).url == card(filled)


def test_whoever_takes_a_draft_over_by_its_link_does_not_take_the_door_code(
    client, filled, stranger
):
    save(client, filled, email=WRONG)
    elsewhere = Client()
    elsewhere.force_login(stranger)

    save(elsewhere, filled)

    assert filled.customer == stranger
    assert Booking.objects.get().contact.door_code == ""


def test_an_account_elsewhere_is_not_shown_it_either(client, filled, customer):
    client.force_login(customer)
    save(client, filled)
    elsewhere = Client()
    elsewhere.force_login(customer)

    assert "4180A" not in elsewhere.get(url("place", filled)).content.decode()


def test_three_addresses_one_after_the_other_and_back_leads_on(client, filled):
    old = url("place", filled)
    for email in (WRONG, "third@example.com", ODILE):
        save(client, filled, email=email)

    assert client.get(old).url == url("place", filled)
    assert Booking.objects.get().contact.door_code == "4180A, 3e"
