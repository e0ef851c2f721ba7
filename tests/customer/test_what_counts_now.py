"""Title and first button say what counts now (rule L9, M4, B11)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from catalogue.models import Service
from mila.templatetags.site import five
from payments.models import Charge, ChargeKind, ChargeState, PaymentCustomer, SavedCard
from requests_app.actions import changes
from requests_app.lifecycle import Role
from requests_app.models import QuoteLine, State
from tests import factories
from tests.cast import walk

EN = {"accept-language": "en"}


def url(name, booking):
    return reverse(f"customer:{name}", args=[booking.token])


def read(client, booking, **headers):
    return client.get(url("booking", booking), headers=headers or EN)


class TestLate:
    @pytest.fixture(params=[State.CONFIRMED, State.EN_ROUTE])
    def late(self, request, searching, partner, stopped_clock):
        booking = walk(searching, partner, request.param)

        def so_late(minutes):
            stopped_clock(booking.start_at + timedelta(minutes=minutes))
            return booking

        return so_late

    def test_after_half_an_hour_both_ways_out_are_first(self, client, late):
        booking = late(30)

        answer = read(client, booking)

        page = answer.context["page"]
        assert page.title == "Yanis has not come: what shall happen now?"
        assert (page.primary.url, page.second.url) == (
            url("no_show", booking),
            url("cancel", booking),
        )
        assert "From " not in page.explanation
        # in the head and at the thumb
        assert answer.content.decode().count(f'href="{page.second.url}"') >= 2

    def test_a_second_before_they_are_not(self, client, late, stopped_clock):
        booking = late(29)
        stopped_clock(booking.start_at + timedelta(minutes=30, seconds=-1))

        page = read(client, booking).context["page"]

        assert "has not come" not in page.title
        assert page.second is None


class TestOver:
    def test_history_is_folded_once_it_is_over(self, client, searching, partner):
        before = read(client, searching).content.decode()
        changes.cancel(searching.pk, role=Role.CUSTOMER, by=None)

        after = read(client, searching).content.decode()

        assert ("Where your visit stands" in before, "Where your visit stands" in after) == (
            True,
            False,
        )
        assert after.index("What happened") < after.index('<ol class="timeline">')
        assert "<details" in after[: after.index("What happened")].rsplit("</section>", 1)[-1]


class TestPriceLine:
    def test_is_in_the_readers_language(self, client, searching):
        Service.objects.update(name_fr="Wi-Fi lent", name_de="Langsames WLAN")

        page = read(client, searching, **{"accept-language": "de"}).content.decode()

        assert "<dt>Langsames WLAN</dt>" in page

    def test_technicians_own_words_stay_as_they_were_written(self, client, searching):
        Service.objects.update(name_de="Langsames WLAN")
        QuoteLine.objects.update(label="Passer un câble", in_own_words=True)

        page = read(client, searching, **{"accept-language": "de"}).content.decode()

        assert "<dt>Passer un câble</dt>" in page


class TestUnpaid:
    @pytest.fixture
    def unpaid(self, searching, partner):
        booking = walk(searching, partner, State.SIGNED_OFF)
        owner = PaymentCustomer.objects.create(user=booking.customer, stripe_id="cus_x")
        SavedCard.objects.create(
            customer=owner,
            stripe_id="pm_x",
            brand="visa",
            last4="0341",
            exp_month=12,
            exp_year=2030,
        )
        charge = booking.charges.first() or Charge(
            booking=booking, kind=ChargeKind.values[0], currency="EUR"
        )
        charge.state, charge.payment_method, charge.failure_code = (
            ChargeState.FAILED,
            "pm_x",
            "insufficient_funds",
        )
        charge.amount_cents, charge.service_cents, charge.booking_fee_cents = 7190, 6900, 290
        charge.commission_cents, charge.partner_cents = 1380, 5520
        charge.save()
        return booking

    def test_says_why_which_card_and_how_to_pay(self, client, unpaid):
        answer = read(client, unpaid)

        words = " ".join(answer.content.decode().split())
        assert "There was not enough money on the account of the card." in words
        assert "0341" not in words
        assert answer.context["page"].primary.url == url("pay", unpaid)

    def test_code_nobody_knows_is_no_riddle(self, client, unpaid):
        unpaid.charges.update(failure_code="do_not_honor", payment_method="pm_gone")

        words = " ".join(read(client, unpaid).content.decode().split())

        assert "Your bank has refused the payment without saying why." in words
        assert "do_not_honor" not in words


@pytest.mark.parametrize(("stars", "full"), [(5, 5), (4.7, 5), (4.2, 4), (1, 1), (None, 0)])
def test_stars_are_five(stars, full):
    assert five(stars) == [True] * full + [False] * (5 - full)


class TestErrors:
    """The summary has one heading for each kind and the field's own words (rule B1)."""

    @pytest.fixture
    def draft(self, client, morning, somebody_free):
        return factories.DraftFactory()

    @pytest.mark.parametrize(
        ("sent", "heading"),
        [({}, "Something is missing"), ({"phone": "12"}, "Please look at this again")],
    )
    def test_title_heading_and_words(self, draft, sent, heading):
        answer = Client().post(reverse("customer:draft_who", args=[draft.token]), sent, headers=EN)

        page = " ".join(answer.content.decode().split())
        assert "<title> Error:" in page
        assert f">{heading}</h2>" in page.replace("> ", ">").replace(" <", "<")
        words = answer.context["form"].errors["phone"][0]
        assert page.count(words) == 2  # above, and beside the field
        assert 'href="#id_phone"' in page

    def test_page_without_an_error_has_no_such_title(self, client, draft):
        page = client.get(
            reverse("customer:draft_who", args=[draft.token]), headers=EN
        ).content.decode()

        assert "Error:" not in page

    def test_long_name_has_a_sentence_of_ours(self, draft):
        answer = Client().post(
            reverse("customer:draft_who", args=[draft.token]), {"name": "x" * 121}, headers=EN
        )

        error = answer.context["form"].errors["name"][0]
        assert error == "This is too long: there is room for 120 characters, and it has 121."
