"""Paying what could not be charged by itself, by the link (rule M4)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import Notification
from mila.formats import day
from payments import charges, sweeps
from payments.models import Charge, ChargeState, Operation, SavedCard
from payments.standin import user_actions
from requests_app.models import State
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


def url(booking):
    return reverse("customer:pay", args=[booking.token])


def page_of(booking):
    return reverse("customer:booking", args=[booking.token])


@pytest.fixture
def declined(owing):
    booking = owing(cast.DECLINES_LATER)
    cast.charged(booking)
    return booking


@pytest.fixture
def asked(owing):
    booking = owing(cast.ASKS_ALWAYS)
    cast.charged(booking)
    return booking


def test_the_booking_leads_to_it(client, declined):
    page = client.get(page_of(declined)).content.decode()

    assert url(declined) in page


def test_a_declined_card_shows_fields_for_another(client, declined):
    page = client.get(url(declined))

    assert "71,90" in page.content.decode()
    assert "data-card-form" in page.content.decode()
    assert "data-pay-form" not in page.content.decode()
    assert cast.secret_of(Charge.objects.get()) in page.content.decode()
    assert page["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page["Cache-Control"]


def test_a_bank_that_asks_shows_its_question(client, asked):
    page = client.get(url(asked)).content.decode()

    assert "data-pay-form" in page
    assert f'data-payment-method="{Charge.objects.get().payment_method}"' in page


def test_paid_in_the_browser(client, asked):
    charge = Charge.objects.get()
    user_actions.confirm_on_session(cast.secret_of(charge), charge.payment_method)

    answers = [client.post(url(asked)), client.post(url(asked))]

    assert [answer.url for answer in answers] == [page_of(asked)] * 2
    asked.refresh_from_db()
    assert asked.state == State.SETTLED
    assert len(cast.at_stripe(asked)) == 1


def test_coming_back_from_the_bank(client, asked):
    charge = Charge.objects.get()
    user_actions.confirm_on_session(cast.secret_of(charge), charge.payment_method)

    answer = client.get(
        url(asked), {"payment_intent": charge.intent_id, "redirect_status": "succeeded"}
    )

    assert answer.url == page_of(asked)


def test_what_the_address_claims_is_not_believed(client, asked):
    answer = client.get(url(asked), {"payment_intent": "pi_other", "redirect_status": "succeeded"})

    assert answer.status_code == 200
    assert Charge.objects.get().state == ChargeState.ACTION_REQUIRED


def test_sent_without_paying_it_says_so(client, declined):
    answer = client.post(url(declined))

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert cast.at_stripe(declined) == []


class TestSavedCard:
    @pytest.fixture
    def other(self, payer, declined):
        return SavedCard.objects.get(stripe_id=cast.saved_card(payer))

    def test_their_own_when_signed_in(self, client, payer, declined, other):
        client.force_login(payer)

        page = client.get(url(declined))
        answer = client.post(url(declined), {"card": str(other.pk)})

        assert [value for value, _words in page.context["form"].fields["card"].choices] == [
            "again",
            str(other.pk),
            "new",
        ]
        assert answer.url == page_of(declined)
        assert len(cast.at_stripe(declined)) == 1
        assert Operation.objects.filter(kind="confirm").count() == 2

    @pytest.mark.parametrize("signed_in", [True, False])
    def test_nobody_else(self, client, stranger, declined, other, signed_in):
        if signed_in:
            client.force_login(stranger)

        answer = client.post(url(declined), {"card": str(other.pk)})

        assert answer.status_code == 422
        assert "4242" not in answer.content.decode()
        assert cast.at_stripe(declined) == []
        assert Operation.objects.filter(kind="confirm").count() == 1

    def test_an_answer_that_is_lost_leads_back_to_the_booking(self, client, payer, declined, other):
        client.force_login(payer)
        user_actions.switch_on("answer_lost", path="payment_intents/.*/confirm", times=1)

        answer = client.post(url(declined), {"card": str(other.pk)})

        assert answer.url == page_of(declined)
        assert Charge.objects.get().state == ChargeState.UNKNOWN


def test_closed_at_stripe_it_asks_them_to_call(client, declined):
    charge = Charge.objects.get()
    user_actions.on_dashboard(f"/v1/payment_intents/{charge.intent_id}/cancel")
    charges.apply_intent(charge.intent_id)

    page = client.get(url(declined)).content.decode()

    assert "data-card-form" not in page
    assert "tel:" in page


def test_the_card_service_is_away(client, declined):
    user_actions.switch_on("unreachable")

    assert client.get(url(declined)).status_code == 503
    assert client.post(url(declined)).status_code == 503


def test_nothing_open_leads_to_the_booking(client, owing, searching):
    paid = owing()
    cast.charged(paid)

    assert client.get(url(paid)).url == page_of(paid)
    assert client.get(url(searching)).url == page_of(searching)


def test_a_foreign_token_is_not_found(client, declined):
    assert client.get(reverse("customer:pay", args=["x" * 43])).status_code == 404


# --- Why, which card, when, and once more


def text_of(client, booking):
    return " ".join(
        client.get(url(booking), headers={"accept-language": "en"}).content.decode().split()
    )


def test_it_says_why_and_when_and_to_its_owner_which_card(client, declined, payer):
    Charge.objects.update(failure_code="insufficient_funds")
    when = Operation.objects.filter(answered_at__isnull=False).latest("pk").answered_at

    by_link = text_of(client, declined)
    payer.language = "en"
    payer.save()
    client.force_login(payer)
    by_owner = text_of(client, declined)

    for page in (by_link, by_owner):
        assert "There was not enough money on the account of the card." in page
        assert (
            f'datetime="{when.isoformat(timespec="microseconds")}' in page
            or f"{when:%Y-%m-%d}" in page
        )
    assert "•••• 0341" not in by_link
    assert "•••• 0341" in by_owner


def test_it_says_until_when_and_what_then(client, declined, stopped_clock):
    """A day after the last reminder; then it is staff's."""
    charge = Charge.objects.get()
    until = charges.staffs_at(charge, declined)
    assert until == charge.next_at + timedelta(days=7)  # reminders on day 0, 1, 3, 7

    page = text_of(client, declined)
    for _step in range(4):
        charge = Charge.objects.get()
        assert charges.staffs_at(charge, declined) == until  # each reminder says the same day
        stopped_clock(charge.next_at)
        sweeps.sweep()
    late = text_of(client, declined)

    with translation.override("en"):
        assert f"Please pay by {day(until, declined.timezone)}." in page
    assert Notification.objects.filter(kind="unpaid_ops").count() == 1
    assert "our team has your booking" in late
    assert "Please pay by" not in late


def test_same_card_is_tried_again(client, declined, monkeypatch):
    charge = Charge.objects.get()
    before = charge.operations.filter(kind="confirm").count()
    assert 'value="again"' in text_of(client, declined)

    page = client.post(url(declined), {"card": "again"})

    assert page.status_code == 422  # it declines again
    charge.refresh_from_db()
    assert charge.operations.filter(kind="confirm").count() == before + 1
    assert charge.state == ChargeState.FAILED


@pytest.mark.parametrize("code", ["lost_card", "expired_card", "card_is_gone"])
def test_card_that_is_refused_for_good_is_not_tried_again(client, declined, code):
    Charge.objects.update(failure_code=code)
    before = Operation.objects.count()

    assert 'value="again"' not in text_of(client, declined)
    client.post(url(declined), {"card": "again"})

    assert Operation.objects.count() == before
    assert Charge.objects.get().state == ChargeState.FAILED
