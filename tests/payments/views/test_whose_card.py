"""A card on a draft is offered where it was typed, or to the account that saved it: never by the link (PRODUCT B12)."""

import pytest
from django.test import Client

from accounts import notifications
from accounts.models import Notification
from payments.models import SavedCard
from payments.standin import hands
from requests_app.actions import placing
from requests_app.models import Booking, State
from tests import factories
from tests.cast import next_wall
from tests.payments import cast
from tests.payments.views.test_card_step import order, type_card
from tests.payments.views.test_card_step import url as card_page
from tests.requests_app.views.test_steps import PLACE, WHO, draft, service, up_to_when, url

__all__ = ["draft", "service"]  # fixtures
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
    link = notifications.unsealed(row)["link"].removeprefix("http://localhost:8000")
    assert browser.get(link, follow=True).request["PATH_INFO"] == card_page(half)
    return browser


def offered(browser, booking):
    return [value for value, _words in browser.get(card_page(booking)).context["form"].fields["card"].choices]


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
    """She has just confirmed the card and not yet sent the page; whoever has the link sends theirs first."""
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
    hands.type_card(client.get(card_page(half)).context["setup"].client_secret, cast.ASKS_ONCE)
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


def test_a_draft_begun_with_somebody_s_address_gives_the_stranger_no_card_of_theirs(client, draft, customer):
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
