"""A card on a draft is offered where it was typed, or to the account that saved it: never by the
link (rule B12).
"""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import mail_words
from accounts.models import Notification, User
from mila.web.limits import CONTACTS, HOUR, LIMITS, Limit
from payments.models import PaymentCustomer, SavedCard
from payments.standin import user_actions
from requests_app.actions import placing
from requests_app.models import Booking, State
from tests import factories
from tests.cast import next_wall
from tests.customer.card_steps import CONSENTS, order, type_card
from tests.customer.card_steps import url as card_page
from tests.customer.test_draft_steps import PLACE, WHO, draft, service, up_to_when, url
from tests.limited import counters
from tests.payments import cast

__all__ = ["counters", "draft", "service"]  # fixtures
pytestmark = pytest.mark.django_db(databases=["default", "standin"])
WRONG = "odille@example.com"


@pytest.fixture
def half(client, draft):
    """A guest mistypes the address, types the card, and is called away before the order."""
    up_to_when(client, draft)
    client.post(url("who", draft), {**WHO, "email": WRONG})
    draft.refresh_from_db()
    type_card(client, draft)
    order(client, draft, terms="")
    draft.refresh_from_db()
    assert draft.card
    return draft


@pytest.fixture
def thief(half):
    """Whoever reads the mistyped mailbox, with the link that went there."""
    row = Notification.objects.filter(email=WRONG).latest("pk")
    browser = Client()
    link = mail_words.unsealed(row)["link"].removeprefix("http://localhost:8000")
    assert browser.get(link, follow=True).request["PATH_INFO"] == card_page(half)
    return browser


def offered(browser, booking):
    return [
        value
        for value, _words in browser.get(card_page(booking)).context["form"].fields["card"].choices
    ]


def is_a_draft(booking):
    booking = Booking.objects.get(pk=booking.pk)
    assert (booking.state, booking.placed_at) == (State.DRAFT, None)
    assert not booking.events.exists()
    assert not booking.quotes.exists()
    assert not Notification.objects.filter(kind="booked").exists()


@pytest.mark.parametrize("choice", ["new", "the card"])
def test_who_has_the_link_orders_with_no_card_of_another(half, thief, choice):
    card = SavedCard.objects.get()

    answer = order(thief, half, card="new" if choice == "new" else str(card.pk))

    assert answer.status_code == 422
    assert offered(thief, half) == ["new"]
    assert card.last4 not in thief.get(card_page(half)).content.decode()
    is_a_draft(half)


def test_the_browser_that_typed_it_orders_with_it(client, half, thief):
    assert offered(thief, half) == ["new"]

    answer = order(client, half, card=str(SavedCard.objects.get().pk))

    assert answer.status_code == 302
    half.refresh_from_db()
    assert half.state == State.SEARCHING


def test_fields_are_not_shared_between_browsers(client, draft):
    """They have just confirmed the card and not yet sent the page; whoever has the link sends
    theirs first.
    """
    up_to_when(client, draft)
    client.post(url("who", draft), WHO)
    thief = Client()
    thief.get(card_page(draft))
    type_card(client, draft)

    answer = order(thief, draft)

    assert answer.status_code == 422
    assert not SavedCard.objects.exists()
    is_a_draft(draft)
    setups = draft.card_setups.order_by("number")
    assert len({one.client_secret for one in setups}) == len(setups) == 2
    assert order(client, draft).status_code == 302


@pytest.mark.parametrize("what", ["place", "when", "who", "service"])
def test_another_browser_that_changes_it_loses_the_card(client, half, thief, what):
    sent = {
        "place": {**PLACE, "street": "1 rue du Voleur"},
        "when": {"slot": next_wall(4).isoformat(timespec="minutes")},
        "who": {**WHO, "email": WRONG},
        "service": {"service": half.service.slug, "country": "FR"},
    }[what]

    assert thief.post(url(what, half), sent).status_code == 302

    half.refresh_from_db()
    assert (half.card, half.card_saved_at, half.card_ends_on) == ("", None, None)
    assert "new" in offered(thief, half)
    if what != "who":  # with another link
        assert offered(client, half) == ["new"]  # nobody orders by habit what another has changed


def test_the_browser_that_typed_it_may_change_the_draft(client, half):
    card = half.card

    client.post(url("place", half), {**PLACE, "street": "15 rue de l’Exemple"})
    client.post(url("when", half), {"slot": next_wall(4).isoformat(timespec="minutes")})
    client.post(url("who", half), {**WHO, "email": WRONG})

    half.refresh_from_db()
    assert half.card == card
    assert offered(client, half) == [str(SavedCard.objects.get().pk), "new"]


def test_the_bank_s_own_page_leads_back_to_the_browser_that_typed_it(client, half, thief):
    user_actions.type_card(
        client.get(card_page(half)).context["setup"].client_secret, cast.ASKS_ONCE
    )
    back = {"setup_intent": "seti_x", "redirect_status": "succeeded"}

    elsewhere = thief.get(card_page(half), back)
    here = client.get(card_page(half), back)

    assert elsewhere.context["form"]["card"].value() == "new"
    card = SavedCard.objects.latest("pk")
    assert here.context["form"]["card"].value() == str(card.pk)
    assert order(client, half, card=str(card.pk)).status_code == 302


def test_what_an_account_has_saved_is_offered_by_no_link(morning, customer):
    card = cast.saved_card(customer)
    booking = factories.DraftFactory(customer=customer, card=card)
    browser = Client()

    answer = order(browser, booking, card=str(SavedCard.objects.get().pk))

    assert offered(browser, booking) == ["new"]
    assert answer.status_code == 422
    is_a_draft(booking)
    browser.force_login(customer)
    assert offered(browser, booking) == [str(SavedCard.objects.get().pk), "new"]


def test_what_a_guest_typed_is_not_offered_to_the_account_of_the_address(half, thief):
    """The mistyped address has an account, and it is signed in."""
    thief.force_login(half.customer)

    assert offered(thief, half) == ["new"]
    assert order(thief, half, card=str(SavedCard.objects.get().pk)).status_code == 422
    is_a_draft(half)


def test_a_draft_begun_with_somebody_s_address_gives_the_stranger_no_card_of_theirs(
    client, draft, customer
):
    up_to_when(client, draft)
    client.post(url("who", draft), WHO)
    planted = card_page(draft)
    owner = Client()
    owner.force_login(customer)
    owner.post(url("who", draft), {**WHO, "problem": "A secret."})
    draft.refresh_from_db()
    type_card(owner, draft)
    order(owner, draft, terms="")
    assert SavedCard.objects.get().saved_by == customer

    assert client.get(planted).status_code == 404
    assert offered(Client(), draft) == ["new"]
    is_a_draft(draft)


def test_a_card_is_dropped_from_a_draft_alone(searching):
    card = searching.card

    placing.drop_card(searching.pk, unless="")

    searching.refresh_from_db()
    assert searching.card == card


# --- The way to the door (rule B12)


def at_the_order(browser, booking):
    user_actions.type_card(browser.get(card_page(booking)).context["setup"].client_secret)
    answer = browser.post(card_page(booking), CONSENTS | {"card": "new"}, follow=True)
    return " ".join(answer.content.decode().split())


def test_who_orders_without_having_seen_the_door_code_does_not_take_it_along(half, thief):
    page = at_the_order(thief, half)

    booking = Booking.objects.get(pk=half.pk)
    assert (booking.state, booking.contact.door_code) == (State.SEARCHING, "")
    assert "n’est pas conservé" in page
    row = Notification.objects.filter(email=WRONG).latest("pk")
    thief.get(mail_words.unsealed(row)["link"].removeprefix("http://localhost:8000"))
    booking.refresh_from_db()
    assert booking.email_proved_at is not None  # the mistyped mailbox has proved itself
    assert "4180A" not in thief.get(reverse("customer:access", args=[half.token])).content.decode()


def test_who_wrote_the_door_code_takes_it_along(client, half, thief):
    page = at_the_order(client, half)

    booking = Booking.objects.get(pk=half.pk)
    assert (booking.state, booking.contact.door_code) == (State.SEARCHING, "4180A, 3e")
    assert "n’est pas conservé" not in page


def test_an_order_that_is_refused_keeps_the_door_code(half, thief):
    assert order(thief, half).status_code == 422

    is_a_draft(half)
    assert Booking.objects.get(pk=half.pk).contact.door_code == "4180A, 3e"


# --- How often (fault C15, X1)


def test_one_draft_makes_no_more_rows_and_customers_than_a_person_needs(counters, client, draft):
    up_to_when(client, draft)
    for number in range(35):
        client.post(url("who", draft), {**WHO, "email": f"x{number}@example.com"})
        draft.refresh_from_db()
        client.get(card_page(draft))

    assert User.objects.filter(email__startswith="x").count() == CONTACTS.amount == 30
    assert PaymentCustomer.objects.count() == 30


def test_looking_at_the_card_page_is_limited(counters, client, draft, monkeypatch):
    up_to_when(client, draft)
    client.post(url("who", draft), WHO)
    draft.refresh_from_db()
    few = Limit("few_cards", 3, HOUR)
    monkeypatch.setitem(LIMITS, "customer:card", (few, LIMITS["customer:card"][1]))

    answers = [Client().get(card_page(draft)).status_code for _each in range(5)]

    assert answers == [200, 200, 200, 429, 429]
    assert draft.card_setups.count() == 3
