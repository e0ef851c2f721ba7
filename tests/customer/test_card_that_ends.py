"""A card that ends before the visit (rule B7)."""

from datetime import UTC, date, datetime

import pytest

from accounts.models import Notification, User
from payments.models import SavedCard
from requests_app.actions import drafting, placing
from requests_app.lifecycle import Role
from requests_app.models import BookingEvent, State
from tests import factories
from tests.customer.card_steps import CONSENTS, at, order, type_card, url
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


class TestCardThatEnds:
    """A card is good through the last day of its month, on the wall of the place (rule B7)."""

    @pytest.fixture
    def draft(self, stopped_clock, somebody_free, customer):
        """A visit on Wednesday 5 December, asked for nine days ahead; so far on as the stand-in
        takes no past year.
        """
        stopped_clock(at(2040, 11, 26, 10))
        return factories.DraftFactory(customer=customer, card="", wishes=[at(2040, 12, 5)])

    @pytest.mark.parametrize("ends", [(12, 2040), (1, 2041)])
    def test_one_that_lasts_until_the_visit_is_taken(self, ends, client, draft):
        type_card(client, draft, ends=ends)

        order(client, draft)

        draft.refresh_from_db()
        assert draft.state == State.SEARCHING
        assert (draft.card_ends_on.year, draft.card_ends_on.month) == ends[::-1]

    def test_one_typed_that_has_ended_already_is_refused_by_its_name(self, client, draft):
        type_card(client, draft, ends=(10, 2040))

        answer = client.post(
            url(draft), CONSENTS | {"card": "new"}, headers={"accept-language": "en"}
        )

        assert answer.status_code == 422
        assert (
            "Nothing was ordered: Visa •••• 4242, 10/2040 ends before your visit."
            in answer.content.decode()
        )
        draft.refresh_from_db()
        assert draft.state == State.DRAFT

    def test_one_typed_that_ends_before_is_refused_nothing_ordered_and_the_draft_kept(
        self, client, draft
    ):
        type_card(client, draft, ends=(11, 2040))

        answer = client.post(
            url(draft), CONSENTS | {"card": "new"}, headers={"accept-language": "en"}
        )

        assert answer.status_code == 422
        page = answer.content.decode()
        assert "Nothing was ordered: Visa •••• 4242, 11/2040 ends before your visit." in page
        assert "ends on 30 November 2040, before the visit on Wednesday 5 December" in " ".join(
            page.split()
        )
        assert answer.context["form"]["card"].value() == "new"
        assert answer.context["setup"].done_at is None  # fields for another one
        draft.refresh_from_db()
        assert (draft.state, draft.placed_at) == (State.DRAFT, None)
        assert not BookingEvent.objects.filter(booking=draft).exists()
        assert not Notification.objects.filter(kind="booked").exists()

    def test_after_it_another_card_is_taken(self, client, draft):
        type_card(client, draft, ends=(11, 2040))
        order(client, draft)

        type_card(client, draft, "5555555555554444")
        order(client, draft)

        draft.refresh_from_db()
        assert draft.state == State.SEARCHING
        assert SavedCard.objects.get(stripe_id=draft.card).brand == "mastercard"

    def test_after_it_an_earlier_visit_is_taken(self, client, draft):
        type_card(client, draft, ends=(11, 2040))
        order(client, draft)

        drafting.set_wishes(draft.pk, [datetime(2040, 11, 30, 14)])
        card = SavedCard.objects.get()
        order(client, draft, card=str(card.pk))

        draft.refresh_from_db()
        assert (draft.state, draft.card) == (State.SEARCHING, card.stripe_id)

    def test_a_saved_one_is_said_and_cannot_be_chosen(self, client, draft):
        SavedCard.objects.filter(stripe_id=cast.saved_card(draft.customer)).update(
            exp_month=11, exp_year=2040
        )
        User.objects.update(language="en")
        client.force_login(draft.customer)

        page = client.get(url(draft))

        assert [value for value, _words in page.context["form"].fields["card"].choices] == ["new"]
        assert "Visa •••• 4242, 11/2040 ends on 30 November 2040" in " ".join(
            page.content.decode().split()
        )

    def test_a_saved_one_that_is_sent_all_the_same_is_refused(self, client, draft):
        card = SavedCard.objects.get(stripe_id=cast.saved_card(draft.customer))
        SavedCard.objects.update(exp_month=11, exp_year=2040)
        client.force_login(draft.customer)

        answer = order(client, draft, card=str(card.pk))

        assert answer.status_code == 422
        draft.refresh_from_db()
        assert (draft.state, draft.card) == (State.DRAFT, "")

    def test_the_last_of_several_wishes_counts(self, client, draft):
        drafting.set_wishes(draft.pk, [datetime(2040, 11, 30, 14), datetime(2040, 12, 5, 14)])
        type_card(client, draft, ends=(11, 2040))

        assert order(client, draft).status_code == 422
        assert not BookingEvent.objects.filter(booking=draft).exists()

    def test_the_order_itself_judges_what_another_tab_has_changed(self, draft):
        """Chosen for a day in November; the wish is another one by the time it is ordered."""
        placing.save_card(draft.pk, card="pm_1", ends_on=date(2040, 11, 30))

        with pytest.raises(placing.CardEnds):
            placing.place(draft.pk, role=Role.CUSTOMER, by=draft.customer)

        draft.refresh_from_db()
        assert draft.state == State.DRAFT
        assert not BookingEvent.objects.filter(booking=draft).exists()
        assert not draft.quotes.exists()

    def test_the_day_is_the_one_on_the_wall_of_the_place(self, draft):
        """The evening of the 30th in Paris is the 30th, and no card of ours ends by UTC."""
        late = SavedCard(exp_month=11, exp_year=2040)
        draft.last_start_at = datetime(2040, 11, 30, 22, 59, tzinfo=UTC)
        assert late.lasts(draft)

        draft.last_start_at = datetime(2040, 11, 30, 23, 0, tzinfo=UTC)
        assert not late.lasts(draft)
