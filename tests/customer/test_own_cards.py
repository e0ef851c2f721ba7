"""The cards of an account: added without a booking, offered first, removed, followed
(rule B7, B12).
"""

from datetime import date

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from mila.clock import mila_now
from payments import cards, gateway, own_cards, sweeps, webhooks
from payments.models import CardSetup, SavedCard, StripeEvent
from payments.standin import user_actions
from payments.standin.models import Event, Thing
from requests_app.models import Booking
from tests import factories
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
PAGE, ADD = reverse("customer:own_cards"), reverse("customer:add_card")


def act(name, card):
    return reverse(f"customer:{name}_card", args=[card.pk])


def kept(customer, number=cast.GOOD):
    return SavedCard.objects.get(stripe_id=cast.saved_card(customer, number))


def attached(card):
    return Thing.objects.get(id=card.stripe_id).body["customer"] is not None


@pytest.fixture
def own(client, payer):
    """The customer's browser, signed in, in English."""
    payer.language = "en"
    payer.save()
    client.force_login(payer)
    return client


def text(client):
    return client.get(PAGE).content.decode()


# --- Added


def test_card_is_added_without_a_booking(own, payer):
    page = own.get(ADD)
    user_actions.type_card(page.context["setup"].client_secret)

    answer = own.post(ADD, {"card": "new"})

    card = SavedCard.objects.get()
    assert (answer.url, card.saved_by, card.last4) == (PAGE, payer, "4242")
    assert "•••• 4242" in text(own)
    draft = factories.DraftFactory(customer=payer, card="")
    assert cards.usable_cards(draft, own=True) == [card]


def test_looking_again_opens_no_second_try(own):
    assert own.get(ADD).context["setup"] == own.get(ADD).context["setup"]
    assert CardSetup.objects.count() == 1


def test_nothing_typed_saves_nothing(own):
    own.get(ADD)

    answer = own.post(ADD, {"card": "new"})

    assert answer.status_code == 422
    assert "No card was saved" in answer.content.decode()
    assert not SavedCard.objects.exists()


def test_message_of_stripe_saves_it_too(own, payer):
    setup = own.get(ADD).context["setup"]
    user_actions.type_card(setup.client_secret)
    event = StripeEvent.objects.create(
        stripe_id="evt_1",
        type="setup_intent.succeeded",
        object_id=setup.intent_id,
        livemode=False,
        payload={},
    )

    webhooks.handle(event.pk)

    assert SavedCard.objects.get().saved_by == payer


def test_many_tries_end_for_the_day(own, payer, monkeypatch):
    customer = cards.payment_customer(payer)
    for number in range(10):
        CardSetup.objects.create(
            customer=customer,
            number=number,
            intent_id=f"seti_{number}",
            opened_by=payer,
            done_at=mila_now(),
        )

    assert own.get(ADD).url == PAGE
    assert CardSetup.objects.count() == 10


def test_twint_is_said_not_to_work_in_switzerland_alone(own):
    assert "TWINT" in own.get(ADD, {"country": "CH"}).content.decode()
    assert "TWINT" not in own.get(ADD, {"country": "FR"}).content.decode()


def test_unproved_address_has_no_cards(own, payer):
    kept(payer)
    EmailAddress.objects.filter(user=payer).update(verified=False)

    for address in (PAGE, ADD):
        assert own.get(address).url == reverse("account_email")


# --- Chosen


def test_chosen_one_is_offered_first(own, payer):
    old, new = kept(payer), kept(payer)
    draft = factories.DraftFactory(customer=payer, card="")
    assert cards.usable_cards(draft, own=True) == [new, old]

    own.post(act("choose", old))

    assert cards.usable_cards(draft, own=True) == [old, new]
    assert own_cards.own_cards(payer) == [old, new]


@pytest.mark.parametrize("name", ["choose", "remove"])
def test_somebody_else_s_card_is_not_found(own, payer, stranger, name):
    card = kept(stranger)

    assert own.post(act(name, card)).status_code == 404
    card.refresh_from_db()
    assert card.removed_at is None
    assert attached(card)
    assert "4242" not in text(own)


def test_guest_s_card_is_no_account_s(own, payer):
    card = kept(payer)
    SavedCard.objects.update(saved_by=None)

    assert own.post(act("remove", card)).status_code == 404
    assert attached(card)


# --- Removed


def test_removed_card_is_gone_here_and_at_stripe(own, payer):
    card, other = kept(payer), kept(payer)
    own_cards.choose(payer, card.pk)
    draft = factories.DraftFactory(customer=payer, card=card.stripe_id)

    for _ in range(2):
        assert own.post(act("remove", card)).url == PAGE

    card.refresh_from_db()
    assert (card.removed_at is not None, card.detached_at is not None) == (True, True)
    assert not attached(card)
    assert cards.usable_cards(draft, own=True) == [other]
    assert Booking.objects.get(pk=draft.pk).card == ""
    with pytest.raises(cards.CardRemoved):
        cards.use_saved_card(draft, card.pk)
    assert Booking.objects.get(pk=draft.pk).card == ""


def test_card_a_booking_needs_stays(own, booked, payer):
    card = SavedCard.objects.get(stripe_id=booked.card)

    page = own.post(act("remove", card), follow=True).content.decode()

    card.refresh_from_db()
    assert f"the booking {booked.number} is still to be paid with it" in page
    assert card.removed_at is None
    assert attached(card)
    assert Booking.objects.get(pk=booked.pk).card == card.stripe_id


def test_card_of_an_unpaid_booking_stays_and_of_a_paid_one_goes(own, owing, payer):
    unpaid, paid = owing(cast.DECLINES_LATER), owing()
    cast.charged(unpaid)
    cast.charged(paid)

    for booking in (unpaid, paid):
        own.post(act("remove", SavedCard.objects.get(stripe_id=booking.card)))

    found = {one.stripe_id: one.removed_at is None for one in SavedCard.objects.all()}
    assert found == {unpaid.card: True, paid.card: False}


def test_stripe_that_does_not_answer_hears_of_it_later(own, payer):
    card = kept(payer)
    user_actions.switch_on("unreachable", path="detach")
    own.post(act("remove", card), follow=True)
    user_actions.switch_off()
    assert attached(card)
    assert "4242" not in text(own)

    sweeps.sweep()

    card.refresh_from_db()
    assert card.detached_at is not None
    assert not attached(card)
    assert own_cards.to_detach() == []


# --- Followed


def test_renewed_card_lasts_longer_for_its_bookings_too(own, booked):
    card = SavedCard.objects.get(stripe_id=booked.card)
    user_actions.renew_card(card.stripe_id, month=3, year=2044)
    told = Event.objects.get(type="payment_method.automatically_updated")
    event = StripeEvent.objects.create(
        stripe_id=told.id, type=told.type, object_id=card.stripe_id, livemode=False, payload={}
    )

    for _ in range(2):
        webhooks.handle(event.pk)

    card.refresh_from_db()
    booked.refresh_from_db()
    assert (card.exp_month, card.exp_year) == (3, 2044)
    assert booked.card_ends_on == date(2044, 3, 31)
    assert "03/2044" in text(own)
    assert told.type in gateway.PLATFORM_EVENTS


def test_card_of_nobody_here_changes_nothing(own):
    assert own_cards.follow("pm_unknown") is False


def test_wallet_is_named(payer):
    card = kept(payer)
    card.wallet = "apple_pay"

    assert str(card).startswith("Apple Pay, Visa •••• 4242")
