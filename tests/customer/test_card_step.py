"""The last step: a card, the consents, the order (rule B6, B7, M9; law R5, R6)."""

from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse

from accounts.models import CalendarEntry, Notification
from mila.clock import mila_now, set_clock
from payments import cards
from payments.models import CardSetup, Charge, PaymentCustomer, SavedCard
from payments.standin import user_actions
from payments.standin.models import Thing
from requests_app.actions import drafting, placing
from requests_app.models import BookingEvent, State
from tests import factories
from tests.customer.card_steps import order, type_card, url
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def draft(morning, somebody_free, customer):
    return factories.DraftFactory(customer=customer, card="")


def test_everything_is_said_before_the_order(client, draft):
    page = client.get(url(draft), headers={"Accept-Language": "en"}).content.decode()

    # beside the summary, and in the phone's dock
    assert page.count("Order with obligation to pay") == 2
    for fact in ("71.90", "106.40", "25.00", "24 hours", "Mila mediates", "Mila sells", "14 days"):
        assert fact in page
    assert 'data-client-secret="seti_' in page
    assert 'data-publishable-key="pk_test_standin"' in page
    assert "stripe.js" in page
    for name, of in (
        ("own_terms", [draft.token]),
        ("withdrawal", []),
        ("privacy", []),
        ("legal", []),
    ):
        # what is accepted can be read (law R6)
        assert f'href="{reverse(f"customer:{name}", args=of)}"' in page


def test_looking_often_opens_one_setup(client, draft):
    for _ in range(3):
        client.get(url(draft))

    assert CardSetup.objects.count() == PaymentCustomer.objects.count() == 1
    assert Thing.objects.filter(kind="setup_intent").count() == 1


def test_an_order_with_a_new_card(client, draft):
    type_card(client, draft)

    answer = order(client, draft)

    assert answer.url == reverse("customer:booking", args=[draft.token])
    draft.refresh_from_db()
    card = SavedCard.objects.get()
    assert (draft.state, draft.card) == (State.SEARCHING, card.stripe_id)
    assert (card.last4, card.customer.user) == ("4242", draft.customer)
    assert draft.withdrawal_waived_at is not None
    assert not Charge.objects.exists()
    assert not Thing.objects.filter(kind="payment_intent").exists()


def test_sent_twice_it_is_placed_once(client, draft):
    type_card(client, draft)

    answers = [order(client, draft), order(client, draft)]

    assert {answer.url for answer in answers} == {reverse("customer:booking", args=[draft.token])}
    assert BookingEvent.objects.filter(booking=draft).count() == 1
    assert Notification.objects.filter(kind="booked").count() == 1


def test_without_a_card_nothing_is_placed(client, draft):
    client.get(url(draft))

    answer = order(client, draft)

    assert answer.status_code == 422
    assert str(placing.CardMissing.sentence) in answer.content.decode()
    assert answer.context["form"]["terms"].value()
    assert answer.context["form"]["starts_early"].value()
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_a_time_at_which_nobody_is_free_any_more_orders_nothing(client, draft, somebody_free):
    """Free at the step, taken before the order (rule B14)."""
    type_card(client, draft)
    start = draft.first_start_at
    CalendarEntry.objects.create(
        technician=somebody_free,
        during=DateTimeTZRange(start, start + timedelta(hours=1), "[)"),
        kind="job",
    )

    answer = order(client, draft, language="en")

    assert answer.status_code == 422
    said = " ".join(answer.context["form"].non_field_errors())
    assert "Nobody is free on Friday 27 November" in said
    assert "Free now:" in said
    draft.refresh_from_db()
    assert draft.state == State.DRAFT
    assert not BookingEvent.objects.exists()
    assert not Notification.objects.filter(kind="booked").exists()


@pytest.mark.parametrize("missing", ["starts_early", "terms"])
def test_a_missing_consent_keeps_the_card(client, draft, missing):
    type_card(client, draft)

    answer = order(client, draft, **{missing: ""})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [missing]
    card = SavedCard.objects.get()
    assert answer.context["form"]["card"].value() == str(card.pk)
    draft.refresh_from_db()
    assert (draft.state, draft.card) == (State.DRAFT, card.stripe_id)
    assert order(client, draft, card=str(card.pk)).status_code == 302


def test_a_refused_card_saves_nothing(client, draft):
    answer = type_card(client, draft, cast.REFUSED_AT_ONCE)

    assert answer["error"]["code"] == "card_declined"
    assert order(client, draft).status_code == 422
    assert not SavedCard.objects.exists()
    assert type_card(client, draft)["status"] == "succeeded"
    assert order(client, draft).status_code == 302


def test_a_card_that_asks_the_bank(client, draft):
    assert type_card(client, draft, cast.ASKS_ONCE)["status"] == "succeeded"

    assert order(client, draft).status_code == 302


def test_coming_back_from_the_bank_shows_the_card(client, draft):
    type_card(client, draft)

    page = client.get(url(draft), {"setup_intent": "seti_x", "redirect_status": "succeeded"})

    assert page.context["form"]["card"].value() == str(SavedCard.objects.get().pk)


def test_a_setup_the_webhook_finished_first(client, draft):
    type_card(client, draft)
    cards.finish_setup(CardSetup.objects.get())

    assert order(client, draft).status_code == 302
    assert SavedCard.objects.count() == 1


def test_another_card_that_was_not_typed_is_no_card(client, draft):
    """The one saved before is not taken in its place."""
    type_card(client, draft)
    order(client, draft, terms="")
    client.get(url(draft))

    answer = order(client, draft, card="new")

    assert answer.status_code == 422
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


class TestSavedCards:
    @pytest.fixture
    def card(self, draft):
        return SavedCard.objects.get(stripe_id=cast.saved_card(draft.customer))

    def offered(self, page):
        return [value for value, _words in page.context["form"].fields["card"].choices]

    def test_their_own_when_signed_in(self, client, draft, card):
        client.force_login(draft.customer)

        page = client.get(url(draft))
        answer = order(client, draft, card=str(card.pk))

        assert self.offered(page) == [str(card.pk), "new"]
        assert page.context["form"]["card"].value() == str(card.pk)
        assert answer.status_code == 302
        draft.refresh_from_db()
        assert (draft.state, draft.card) == (State.SEARCHING, card.stripe_id)
        assert draft.events.get().by == draft.customer

    @pytest.mark.parametrize("who", ["nobody", "stranger", "staff"])
    def test_nobody_else_sees_or_uses_them(self, client, draft, card, who, stranger, staff):
        if who != "nobody":
            client.force_login({"stranger": stranger, "staff": staff}[who])

        page = client.get(url(draft))
        answer = order(client, draft, card=str(card.pk))

        assert self.offered(page) == ["new"]
        assert "4242" not in page.content.decode()
        assert answer.status_code == 422
        draft.refresh_from_db()
        assert (draft.state, draft.card) == (State.DRAFT, "")

    def test_not_somebody_elses(self, client, draft, stranger):
        foreign = SavedCard.objects.get(stripe_id=cast.saved_card(stranger))
        client.force_login(draft.customer)

        assert order(client, draft, card=str(foreign.pk)).status_code == 422

    def test_not_an_expired_one(self, client, draft, card):
        at = mila_now().replace(day=15)
        SavedCard.objects.update(exp_year=at.year, exp_month=at.month - 1)
        client.force_login(draft.customer)

        assert self.offered(client.get(url(draft))) == ["new"]

    def test_one_that_ends_this_month(self, client, draft, card):
        at = mila_now()
        SavedCard.objects.update(exp_year=at.year, exp_month=at.month)
        client.force_login(draft.customer)

        assert self.offered(client.get(url(draft))) == [str(card.pk), "new"]


def test_another_address_means_another_card(client, draft, stranger):
    """Back to the step before, another e-mail: what the first person began
    is not the second one's.
    """
    type_card(client, draft)
    drafting.set_contact(
        draft.pk,
        customer=stranger,
        name="N",
        phone="+33639980117",
        problem="P",
        at_the_door="",
        booked_by=None,
    )
    draft.refresh_from_db()  # with another link

    refused = order(client, draft)
    type_card(client, draft)
    answer = order(client, draft)

    assert (refused.status_code, answer.status_code) == (422, 302)
    draft.refresh_from_db()
    assert SavedCard.objects.get(stripe_id=draft.card).customer.user == stranger
    assert CardSetup.objects.count() == 2


def test_no_consent_is_asked_for_where_none_is_due(client, morning, customer):
    swiss = factories.DraftFactory(
        customer=customer,
        card="",
        country="CH",
        currency="CHF",
        service_cents=11900,
        booking_fee_cents=490,
    )

    form = client.get(url(swiss)).context["form"]

    assert "starts_early" not in form.fields


def test_a_wish_that_has_passed_is_said(client, draft):
    type_card(client, draft)
    set_clock(draft.first_start_at - timedelta(minutes=30))

    answer = order(client, draft)

    assert answer.status_code == 422
    assert str(placing.WishPassed.sentence) in answer.content.decode()


@pytest.mark.parametrize("fault", ["unreachable", "500", "409", "429"])
def test_the_card_service_is_away(client, draft, fault):
    user_actions.switch_on(fault)

    page = client.get(url(draft))

    assert page.status_code == 503
    user_actions.switch_off()
    set_clock(mila_now() + timedelta(minutes=1))
    assert client.get(url(draft)).status_code == 200


def test_away_while_ordering_orders_nothing(client, draft):
    type_card(client, draft)
    user_actions.switch_on("unreachable")

    answer = order(client, draft)

    assert answer.status_code == 503
    draft.refresh_from_db()
    assert draft.state == State.DRAFT
    user_actions.switch_off()
    assert order(client, draft).status_code == 302


def test_a_placed_booking_leads_to_its_page(client, searching):
    answer = client.get(url(searching))

    assert answer.url == reverse("customer:booking", args=[searching.token])
    assert not CardSetup.objects.exists()


def test_an_unfinished_draft_leads_back(client, draft):
    draft.contact.phone = ""
    draft.contact.save()

    assert client.get(url(draft)).url == reverse("customer:draft_who", args=[draft.token])


def test_a_foreign_token_is_not_found(client, draft):
    assert client.get(reverse("customer:card", args=["x" * 43])).status_code == 404


def test_the_page_is_kept_by_nobody(client, draft):
    page = client.get(url(draft))

    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "strict-origin"


# --- Too many cards (fault X1)


def test_after_five_cards_the_page_says_so_and_a_saved_one_still_orders(client, draft):
    for _each in range(5):
        type_card(client, draft)
        order(client, draft, terms="")

    page = client.get(url(draft), headers={"Accept-Language": "en"})
    answer = order(client, draft, card=str(SavedCard.objects.latest("pk").pk))

    assert "Several cards were tried already" in page.content.decode()
    assert CardSetup.objects.count() == 5
    draft.refresh_from_db()
    assert (answer.status_code, draft.state) == (302, State.SEARCHING)


def test_browser_that_has_tried_enough_elsewhere_gets_no_form(client, draft):
    for _each in range(10):
        other = factories.DraftFactory(customer=draft.customer, card="")
        type_card(client, other)

    answer = client.get(url(draft), headers={"Accept-Language": "en"})

    assert answer.status_code == 429
    assert "Please come back tomorrow, or call us" in answer.content.decode()
    assert not draft.card_setups.exists()
