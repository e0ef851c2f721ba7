"""Saving a card: one customer at Stripe, one try at a time, a card for the one who typed it
(rule B7).
"""

from datetime import timedelta

import pytest

from accounts.models import Notification
from mila.clock import mila_now, set_clock
from payments import cards, gateway
from payments.models import CardSetup, PaymentCustomer, SavedCard
from payments.standin import user_actions
from payments.standin.models import Thing
from requests_app.actions import placing
from requests_app.lifecycle import Role
from requests_app.models import Booking
from tests import factories
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def draft(morning, customer):
    return factories.DraftFactory(customer=customer, card="")


def test_one_customer_for_all_their_bookings(draft):
    cards.open_setup(draft)
    cards.open_setup(factories.DraftFactory(customer=draft.customer, card=""))

    assert PaymentCustomer.objects.count() == 1
    assert Thing.objects.filter(kind="customer").count() == 1


def test_a_lost_answer_within_the_minute_opens_nothing_twice(draft):
    set_clock(mila_now().replace(second=0), speed=0)
    user_actions.switch_on("answer_lost", path="customers", times=1)
    with pytest.raises(gateway.OutcomeUnknown):
        cards.open_setup(draft)

    cards.open_setup(draft)

    assert Thing.objects.filter(kind="customer").count() == 1


def test_an_unfinished_try_goes_on_and_a_finished_one_is_followed_by_another(draft):
    first = cards.open_setup(draft)
    assert cards.open_setup(draft, here=[first.pk]) == first
    user_actions.type_card(first.client_secret)
    cards.finish_setup(first)

    second = cards.open_setup(draft, here=[first.pk])

    assert (first.number, second.number) == (1, 2)


def test_nothing_typed_is_no_card(draft):
    setup = cards.open_setup(draft)

    assert cards.finish_setup(setup) is None
    assert cards.typed_card(draft, here=[setup.pk]) is None
    setup.refresh_from_db()
    assert setup.done_at is None


def test_finished_twice_is_one_card(draft):
    setup = cards.open_setup(draft)
    user_actions.type_card(setup.client_secret)

    assert cards.finish_setup(setup) == cards.finish_setup(setup)
    assert SavedCard.objects.count() == 1
    assert str(SavedCard.objects.get()) == "Visa •••• 4242, 12/2040"


def test_the_bank_did_not_agree(draft):
    setup = cards.open_setup(draft)

    user_actions.type_card(setup.client_secret, cast.ASKS_ONCE, bank_agrees=False)

    assert cards.finish_setup(setup) is None


def test_a_late_message_does_not_replace_what_was_ordered_with(draft):
    setup = cards.open_setup(draft)
    user_actions.type_card(setup.client_secret)
    chosen = SavedCard.objects.get(stripe_id=cast.saved_card(draft.customer))
    cards.use_saved_card(draft, chosen.pk)
    placing.place(draft.pk, role=Role.CUSTOMER, by=None)

    cards.finish_setup(setup)

    assert Booking.objects.get(pk=draft.pk).card == chosen.stripe_id


def test_a_card_stays_with_the_one_who_typed_it(draft, stranger):
    setup = cards.open_setup(draft)
    user_actions.type_card(setup.client_secret)
    first = draft.customer
    draft.customer = stranger
    draft.save(update_fields=["customer"])

    saved = cards.finish_setup(setup)

    assert saved.customer.user == first
    assert Booking.objects.get(pk=draft.pk).card == ""
    assert cards.typed_card(draft, here=[setup.pk]) is None
    with pytest.raises(SavedCard.DoesNotExist):
        cards.use_saved_card(draft, saved.pk)
    assert cards.open_setup(draft).customer.user == stranger
    assert CardSetup.objects.count() == 2


# --- Cards tried one after the other (fault X1)


def save_another(draft, **whose):
    setup = cards.open_setup(draft, **whose)
    user_actions.type_card(setup.client_secret)
    cards.finish_setup(setup)
    return setup


def test_a_draft_takes_five_cards_and_no_sixth(draft):
    for _each in range(5):
        save_another(draft)

    with pytest.raises(cards.CardsTried):
        cards.open_setup(draft)

    assert CardSetup.objects.count() == Thing.objects.filter(kind="setup_intent").count() == 5
    assert Notification.objects.filter(kind="cards_ops", subject_id=draft.uuid).count() == 1


def test_looking_again_beyond_the_cap_tells_ops_no_second_time(draft):
    for _each in range(5):
        save_another(draft)

    for _each in range(3):
        with pytest.raises(cards.CardsTried):
            cards.open_setup(draft)

    assert Notification.objects.filter(kind="cards_ops").count() == 1


@pytest.mark.parametrize(
    ("later", "opens"), [(timedelta(hours=23), False), (timedelta(days=1), True)]
)
@pytest.mark.parametrize("who", ["account", "browser"])
def test_an_account_or_a_browser_saves_ten_cards_a_day_whatever_the_draft(
    later, opens, who, draft, stopped_clock
):
    stopped_clock(mila_now())
    here = []
    whose = {"by": draft.customer} if who == "account" else {"here": here}
    for _each in range(10):
        here.append(
            save_another(factories.DraftFactory(customer=draft.customer, card=""), **whose).pk
        )
    stopped_clock(mila_now() + later)

    if opens:
        assert cards.open_setup(draft, **whose).number == 1
    else:
        with pytest.raises(cards.CardsTried):
            cards.open_setup(draft, **whose)

    assert CardSetup.objects.count() == 10 + opens


@pytest.mark.parametrize("signed_in", [True, False])
def test_nobody_is_refused_for_what_strangers_did_with_their_address(draft, signed_in):
    for _each in range(10):
        save_another(factories.DraftFactory(customer=draft.customer, card=""))
    whose = {"by": draft.customer} if signed_in else {}

    assert cards.open_setup(draft, **whose).number == 1
