"""Another card for a booking that is under way: proven first, of the customer's own account, before
anything is charged (rule B7, B12, L10).
"""

import pytest
from django.urls import reverse

from accounts import ladder, mail_words
from accounts.models import Notification
from accounts.notice_rows import Channel
from mila.clock import mila_now
from payments import another_card, cards, charges, own_cards, raising, sweeps
from payments.models import Charge, PriceRaise, SavedCard
from payments.standin import user_actions
from requests_app import price_versions
from requests_app.models import AcceptanceKind, Booking, State
from tests import cast, factories
from tests.payments import cast as paid

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
EN = {"accept-language": "en"}


@pytest.fixture
def own(client, booked):
    client.force_login(booked.customer)
    return client


def form_of(booking):
    return reverse("customer:another_card", args=[booking.token])


def card_of(booking):
    return Booking.objects.values_list("card", flat=True).get(pk=booking.pk)


def kept(booking, number=paid.ASKS_ONCE):
    return SavedCard.objects.get(stripe_id=paid.saved_card(booking.customer, number))


def ways(client, booking):
    page = client.get(reverse("customer:booking", args=[booking.token]), headers=EN)
    return [way.url for way in page.context["page"].actions]


def told(booking):
    rows = Notification.objects.filter(kind="card_changed", subject_id=booking.uuid)
    return [(row.email, row.context["card"]) for row in rows.order_by("pk")]


# --- On the page


def test_a_new_card_is_the_bookings_once_it_is_proven(own, booked, payee):
    former = card_of(booked)
    setup = own.get(form_of(booked)).context["setup"]
    assert card_of(booked) == former
    user_actions.type_card(setup.client_secret)
    assert card_of(booked) == former

    answer = own.post(form_of(booked), {"card": "new"})

    assert answer.url == reverse("customer:booking", args=[booked.token])
    card = SavedCard.objects.get(stripe_id=card_of(booked))
    assert (card.stripe_id != former, card.saved_by) == (True, booked.customer)
    cast.walk(booked, payee, State.SIGNED_OFF)
    sweeps.charge_booking(booked.pk)
    assert Charge.objects.get().payment_method == card.stripe_id
    assert own_cards.own_cards(booked.customer)  # the former one is theirs still


def test_fields_that_were_not_filled_in_change_nothing(own, booked):
    former = card_of(booked)
    own.get(form_of(booked))

    answer = own.post(form_of(booked), {"card": "new"})

    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors()
    assert card_of(booked) == former


def test_a_card_the_bank_refuses_changes_nothing(own, booked):
    former = card_of(booked)
    setup = own.get(form_of(booked)).context["setup"]
    user_actions.type_card(setup.client_secret, paid.ASKS_ALWAYS, bank_agrees=False)

    assert own.post(form_of(booked), {"card": "new"}).status_code == 422
    assert card_of(booked) == former


def test_back_from_a_bank_that_wanted_the_whole_window(own, booked):
    former = card_of(booked)
    setup = own.get(form_of(booked)).context["setup"]
    user_actions.type_card(setup.client_secret)

    own.get(form_of(booked), {"setup_intent": setup.intent_id})

    assert card_of(booked) not in ("", former)


def test_a_card_that_is_saved_is_chosen(own, booked):
    other = kept(booked)

    own.post(form_of(booked), {"card": str(other.pk)})

    assert card_of(booked) == other.stripe_id


def test_each_change_is_told_by_mail_and_no_device_alone_can_hear_it(booked):
    former, other = SavedCard.objects.get(), kept(booked)
    for card in (other, other, former, other):
        another_card.take(booked.pk, card.pk, by=booked.customer)

    address = booked.customer.email
    assert told(booked) == [(address, str(card)) for card in (other, former, other)]
    row = Notification.objects.filter(kind="card_changed").first()
    message = mail_words.render(row)
    assert str(other) in message.body
    assert message.reply_to
    assert ladder.RUNGS[row.urgency] == (Channel.EMAIL,)


def test_a_card_of_somebody_else_is_no_choice(own, booked):
    former = card_of(booked)
    theirs = SavedCard.objects.get(stripe_id=paid.saved_card(factories.UserFactory()))

    assert own.post(form_of(booked), {"card": str(theirs.pk)}).status_code == 422
    assert card_of(booked) == former
    with pytest.raises(SavedCard.DoesNotExist):
        another_card.take(booked.pk, theirs.pk, by=booked.customer)


def test_the_link_alone_changes_no_card(client, booked):
    former, other = card_of(booked), kept(booked)

    looked = client.get(form_of(booked))
    sent = client.post(form_of(booked), {"card": str(other.pk)})

    login = reverse("account_login")
    assert looked.url.startswith(login)
    assert sent.url.startswith(login)
    assert card_of(booked) == former


def test_another_account_changes_no_card(client, booked, stranger):
    former, other = card_of(booked), kept(booked)
    client.force_login(stranger)

    client.post(form_of(booked), {"card": str(other.pk)})

    assert card_of(booked) == former
    with pytest.raises(SavedCard.DoesNotExist):
        another_card.take(booked.pk, other.pk, by=stranger)


def test_a_card_that_ends_before_the_visit_is_refused(own, booked):
    former, other = card_of(booked), kept(booked)
    at = mila_now()
    SavedCard.objects.filter(pk=other.pk).update(exp_year=at.year - 1, exp_month=12)

    assert own.post(form_of(booked), {"card": str(other.pk)}).status_code == 422
    with pytest.raises(another_card.CardEnds):
        another_card.take(booked.pk, other.pk, by=booked.customer)
    assert card_of(booked) == former


def test_a_card_that_was_removed_is_refused(booked):
    former, other = card_of(booked), kept(booked)
    own_cards.remove(booked.customer, other.pk)

    with pytest.raises(cards.CardRemoved):
        another_card.take(booked.pk, other.pk, by=booked.customer)
    assert card_of(booked) == former


def test_the_former_card_can_be_removed_and_the_new_one_stays(booked):
    former, other = SavedCard.objects.get(), kept(booked)
    another_card.take(booked.pk, other.pk, by=booked.customer)

    own_cards.remove(booked.customer, former.pk)
    with pytest.raises(own_cards.CardNeeded):
        own_cards.remove(booked.customer, other.pk)


# --- Until when


def test_offered_until_the_end_is_signed(own, booked, payee):
    assert form_of(booked) in ways(own, booked)
    cast.walk(booked, payee, State.FINISHED)
    assert form_of(booked) in ways(own, booked)
    cast.sign(booked)

    assert form_of(booked) not in ways(own, booked)
    answer = own.post(form_of(booked), {"card": "new"})
    assert answer.url == reverse("customer:booking", args=[booked.token])


def test_once_it_is_charged_the_card_stays(booked, payee):
    former, other = card_of(booked), kept(booked)
    cast.walk(booked, payee, State.SIGNED_OFF)
    charges.open_charge(booked.pk)

    with pytest.raises(another_card.CardFixed):
        another_card.take(booked.pk, other.pk, by=booked.customer)
    assert (card_of(booked), Charge.objects.get().payment_method) == (former, former)


# --- Above what the card was saved for


@pytest.fixture
def asked(booked, payee):
    """The bank of the former card is asked about a high price."""
    work = cast.walk(booked, payee, State.IN_PROGRESS)
    quote = cast.propose(work, payee, 20_000)
    raising.ask(work.pk, version=quote.version, by=work.customer)
    return raising.open_question(PriceRaise.objects.select_related().get())


def test_a_question_that_waits_is_asked_of_the_new_card(booked, asked):
    other = kept(booked)
    another_card.take(booked.pk, other.pk, by=booked.customer)
    user_actions.confirm_saved_card(asked.client_secret, asked.card)

    raising.hear(asked.intent_id)
    assert price_versions.agreed(booked).service_cents == 6900

    anew = raising.open_question(PriceRaise.objects.select_related().get())
    assert anew.intent_id != asked.intent_id
    user_actions.confirm_saved_card(anew.client_secret, other.stripe_id)
    assert raising.finish(anew)
    assert price_versions.agreed(booked).acceptance_kind == AcceptanceKind.BANK


def test_a_yes_of_the_former_cards_bank_that_comes_late_counts_nothing(booked, asked, monkeypatch):
    """It was looked up before the change, and written after it."""
    other, count = kept(booked), raising._count
    user_actions.confirm_saved_card(asked.client_secret, asked.card)

    def changed_between(*args):
        another_card.take(booked.pk, other.pk, by=booked.customer)
        return count(*args)

    monkeypatch.setattr(raising, "_count", changed_between)
    with pytest.raises(raising.NotTheirCard):
        raising.finish(asked)

    assert price_versions.agreed(booked).service_cents == 6900


def test_a_price_that_the_bank_has_confirmed_keeps_its_card(own, booked, asked):
    former, other = card_of(booked), kept(booked)
    user_actions.confirm_saved_card(asked.client_secret, asked.card)
    raising.finish(asked)

    with pytest.raises(another_card.CardFixed):
        another_card.take(booked.pk, other.pk, by=booked.customer)
    assert card_of(booked) == former
    assert form_of(booked) not in ways(own, booked)
