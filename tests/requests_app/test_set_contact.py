"""Who books, who is at the door, and with which card (rule B1, B7, B8)."""

from accounts.models import User
from requests_app.actions import drafting, placing
from requests_app.models import Booking, State
from tests import factories
from tests.requests_app.booking_states import booking_in, refused, unchanged

CONTACT = {"name": "Odile P.", "phone": "+33639980118", "problem": "Lent.", "at_the_door": "Jules"}


def test_contact_is_kept_and_the_booking_speaks_the_customer_s_language(now, customer, stranger):
    User.objects.filter(pk=customer.pk).update(language="it")
    customer.refresh_from_db()
    draft = factories.DraftFactory()

    drafting.set_contact(draft.pk, customer=customer, booked_by=stranger, **CONTACT)

    draft = Booking.objects.get(pk=draft.pk)
    assert (draft.customer, draft.booked_by, draft.language) == (customer, stranger, "it")
    assert {field: getattr(draft.contact, field) for field in CONTACT} == CONTACT
    assert draft.contact.street == "14 rue de l’Exemple"


def test_placed_booking_keeps_its_customer(now, partner, stranger):
    booking = booking_in(State.SEARCHING, partner, now)

    with refused(booking, drafting.NotADraft):
        drafting.set_contact(booking.pk, customer=stranger, **CONTACT)
    assert booking.contact.name == "Odile Perrachon"


def test_customer_for_a_new_address_is_an_account_no_password_opens(db):
    user = drafting.customer_for("New@Example.com", name="New", language="de")

    assert (user.email, user.name, user.language) == ("new@example.com", "New", "de")
    assert not user.has_usable_password()


def test_customer_for_a_known_address_is_left_as_it_is(customer):
    user = drafting.customer_for("ODILE@example.com", name="Somebody", language="de")

    assert user == customer
    assert (user.name, user.language) == ("Odile Perrachon", "fr")
    assert User.objects.count() == 1


def test_phone_is_remembered_and_replaced(customer):
    drafting.remember_phone(customer, "+33639980117")
    drafting.remember_phone(customer, "+33639980118")

    assert User.objects.get(pk=customer.pk).customer.phone == "+33639980118"


def test_card_is_saved_with_its_instant_and_replaced(now):
    draft = factories.DraftFactory(card="")

    placing.save_card(draft.pk, card="pm_1")
    placing.save_card(draft.pk, card="pm_2")

    draft = Booking.objects.get(pk=draft.pk)
    assert (draft.card, draft.card_saved_at, draft.state) == ("pm_2", now, State.DRAFT)


def test_same_card_again_changes_nothing(now, stopped_clock):
    draft = factories.DraftFactory(card="")
    placing.save_card(draft.pk, card="pm_1")
    stopped_clock(now.replace(hour=12))

    with unchanged(draft):
        placing.save_card(draft.pk, card="pm_1")
